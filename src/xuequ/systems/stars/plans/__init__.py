"""Development plans of schools and their specialities, compared with what the data say."""
