"""Weights, fuzzy comprehensive evaluation and the quality of an index system 模糊综合评价."""
