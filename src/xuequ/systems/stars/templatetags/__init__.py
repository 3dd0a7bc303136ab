"""Template tags of stars."""
