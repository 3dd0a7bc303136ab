"""The tables of support, by part."""

from xuequ.systems.support.funding.models import (
    Allocation,
    Appeal,
    Project,
    Round,
    Simulation,
    Source,
    Spending,
    Standard,
)
from xuequ.systems.support.visits.models import Issue, Visit, VisitRequest

__all__ = [
    "Allocation", "Appeal", "Issue", "Project", "Round", "Simulation", "Source", "Spending", "Standard", "Visit",
    "VisitRequest",
]  # fmt: skip
