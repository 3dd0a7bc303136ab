"""What other parts may listen to: sent after the transaction, with the ``case``."""

from django.dispatch import Signal

step_opened = Signal()
"""A request waits for somebody new."""

case_closed = Signal()
"""A request was approved, refused or withdrawn, or went back to its author."""
