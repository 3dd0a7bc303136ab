"""The tables of support, by part."""

from xuequ.systems.support.visits.models import Issue, Visit, VisitRequest

__all__ = ["Issue", "Visit", "VisitRequest"]
