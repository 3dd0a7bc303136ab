"""Figures of schools: pre-filled from what is known, typed by the school, confirmed by the district."""
