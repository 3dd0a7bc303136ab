"""Approvals: one declarative state machine for what needs somebody else's word."""
