"""Tables: questionnaires: one JSON source for the browser, paper and Excel."""
