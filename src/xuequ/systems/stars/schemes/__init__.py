"""Schemes as editable, versioned data."""
