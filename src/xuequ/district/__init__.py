"""Who: schools, years and terms, classes, subjects, people, roles; and who may see what."""
