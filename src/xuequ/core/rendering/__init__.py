"""Renderers of figures and reports: page, print, spreadsheet and official document from the same objects."""
