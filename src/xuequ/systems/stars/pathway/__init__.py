"""The way to the next star."""
