"""What may be read of the rules: everybody who enters balance may read them, they are public law."""

from dataclasses import replace

from django.db.models import QuerySet

from xuequ.engines.balance.indicators import Exemption, IndicatorSet
from xuequ.systems.balance.models import Allowance, Prices, RuleSet, WeakRule
from xuequ.systems.balance.rules.document import rules_of

DEFAULT_PRICES = {
    "R1": "150000", "R2": "30000", "R3": "150000", "R4": "4500", "R5": "900", "R6": "10000", "R7": "60000",
}  # fmt: skip
DEFAULT_MOVES = {"R2": "10000", "R3": "10000"}
"""Invented round figures, marked as an example wherever they are shown, until the district enters its own."""


def rule_sets() -> "QuerySet[RuleSet]":
    """All versions, newest first."""
    return RuleSet.objects.select_related("based_on").order_by("-id")


def in_force() -> RuleSet | None:
    """The version adopted last."""
    return RuleSet.objects.filter(adopted__isnull=False).order_by("-adopted", "-id").first()


def weak_rule() -> WeakRule | None:
    """The rule for weak schools that holds."""
    return WeakRule.objects.order_by("-id").first()


def prices() -> Prices | None:
    """The unit prices that hold; None while the district has entered none."""
    return Prices.objects.order_by("-id").first()


def allowances(year_id: int) -> "QuerySet[Allowance]":
    """The exceptions of a year that have not ended."""
    return Allowance.objects.filter(year=year_id, ended=None).select_related("school")


def with_exceptions(rules: IndicatorSet, rows: "list[Allowance]") -> IndicatorSet:
    """Return the rules with the district's exceptions, as the engine reads them."""
    found = tuple(
        Exemption(
            f"{row.school_id}/{row.part}" if row.part else str(row.school_id),
            row.code,
            row.reason,
            None if row.add is None else float(row.add),
            row.ground,
        )
        for row in rows
    )
    return replace(rules, exceptions=found)


def rules_for(rule_set: RuleSet, year_id: int) -> IndicatorSet:
    """The rules of a version with the exceptions of a year."""
    return with_exceptions(rules_of(rule_set.text), list(allowances(year_id)))
