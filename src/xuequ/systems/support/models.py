"""The tables of support, by part."""

from xuequ.systems.support.audits.models import Audit, Check
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
from xuequ.systems.support.pairing.models import Act, Effect, Pair, PairPlan, PairRule, Room
from xuequ.systems.support.visits.models import Issue, Visit, VisitRequest

__all__ = [
    "Act", "Allocation", "Appeal", "Audit", "Check", "Effect", "Issue", "Pair", "PairPlan", "PairRule", "Project",
    "Room", "Round", "Simulation", "Source", "Spending", "Standard", "Visit", "VisitRequest",
]  # fmt: skip
