"""Alerts: a school whose growth leaves the range of its own past. The school sees it first."""
