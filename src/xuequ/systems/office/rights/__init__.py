"""Consent and the rights of a person."""
