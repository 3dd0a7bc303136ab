"""Rules of advice: those that come with the example scheme, and what the district made of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from xuequ.systems.stars.ailevel.models import AdviceRule
from xuequ.systems.stars.ailevel.scheme import HERE


@dataclass(frozen=True, slots=True)
class Rule:
    """What is advised when an index stands in the way; ``own`` is a rule of the district, not one that came along."""

    item: str
    advice: str
    responsible: str
    cost_yuan: Decimal
    weeks: int
    own: bool = False


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Rule]:
    """Return the rules that come with the example scheme, by index."""
    rows = json.loads((HERE / "advice.json").read_text(encoding="utf-8"))
    return {
        row["item"]: Rule(
            row["item"], row["advice"], row["responsible"], Decimal(row["cost_yuan"]), row["weeks"]
        )
        for row in rows
    }


def rules_in_force() -> dict[str, Rule]:
    """Return the rule of each index: the district's own where there is one, else the one that came along."""
    return dict(shipped()) | _own(AdviceRule.objects.all())


def _own(rows: Iterable[AdviceRule]) -> dict[str, Rule]:
    return {
        row.item: Rule(row.item, row.advice, row.responsible, row.cost_yuan, row.weeks, own=True)
        for row in rows
    }
