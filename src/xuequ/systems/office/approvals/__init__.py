"""What waits for whose decision."""
