"""Tests of the site."""  # noqa: A005 - named after what it tests
