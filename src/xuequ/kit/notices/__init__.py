"""Notices, gathered: at most one reminder a day, and none when the thing is done."""
