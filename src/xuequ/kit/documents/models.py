"""Tables: official documents: replies that cite numbers with their definition."""
