"""Weekly visits to schools (专项调研): who is due and why, minutes on a phone, problems until they are solved."""
