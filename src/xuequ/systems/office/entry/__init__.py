"""Typing scores in."""
