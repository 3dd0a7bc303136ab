"""Tests of the balance engine."""
