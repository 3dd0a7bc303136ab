"""School stars."""
