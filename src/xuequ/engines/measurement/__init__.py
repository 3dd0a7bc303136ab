"""Measurement: what the items of a paper measure, how well, and what a part of a paper may be used for."""
