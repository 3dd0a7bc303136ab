"""Score sheets: read, understood, checked without storing, stored in one transaction, undone as a whole."""
