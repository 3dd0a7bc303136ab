"""Search over people, schools, documents."""
