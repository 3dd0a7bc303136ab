"""Projects and equipment."""
