"""Official documents: replies that cite numbers with their definition."""
