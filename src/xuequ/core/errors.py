"""Errors that people see: what happened, what was kept, what to do."""

from django.core.exceptions import PermissionDenied


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """An action that the rules do not allow; ``str()`` is a sentence for the person, with the reason and remedy."""


class Forbidden(PermissionDenied):
    """The actor may not do this here."""
