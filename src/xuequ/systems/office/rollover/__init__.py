"""The move into the next school year."""
