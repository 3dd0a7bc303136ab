"""Tables: ways in besides a password: pupils' cards, guardians' codes, the apps that staff use."""
