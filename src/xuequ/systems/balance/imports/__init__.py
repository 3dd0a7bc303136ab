"""Bringing in the statistics table: columns are named, the file is checked first, stored at once, undone as a whole."""
