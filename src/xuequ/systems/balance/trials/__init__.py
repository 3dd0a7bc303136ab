"""Trials: several changes of figures judged together, kept by name, compared, printed; no figure is ever changed."""
