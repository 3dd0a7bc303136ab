"""Spreadsheets as people keep them: cells, headings, classes as they are written, what can be wrong with a file."""
