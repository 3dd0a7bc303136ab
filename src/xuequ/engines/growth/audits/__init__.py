"""Audits of an evaluation of growth: whether its numbers can be relied on, each with a verdict and its figures."""
