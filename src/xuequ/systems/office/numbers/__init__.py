"""Numbers with their definition, and replies that cite them."""
