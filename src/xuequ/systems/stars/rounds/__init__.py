"""Rounds of a year: opening, drawing by lot, reconciling, appeals, closing."""
