"""District projects from the application to the use of what was bought."""
