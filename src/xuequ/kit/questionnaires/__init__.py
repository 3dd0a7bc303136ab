"""Questionnaires: one JSON source for the browser, paper and Excel."""
