"""What the city awards, and how the district's view compares with it."""
