"""Whether a school counts as weak 薄弱校: signs from the items, and from growth and stars where they are published.

Pure: the rule and the figures in, signs out. A sign whose figure nobody has published does not count, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

UNMET, SHORTFALL, GROWTH, STARS = "unmet", "shortfall", "growth", "stars"
HOLDS, NOT, UNKNOWN = "holds", "not", "unknown"


class Rule(Protocol):
    """The fields of ``models.WeakRule``."""

    least_unmet: int
    least_shortfall: float
    with_growth: bool
    star_below: int | None
    needed: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: its code, whether it holds, and the figure that it was read from (None where there is none)."""

    code: str
    state: str
    value: float | None
    limit: float

    def as_json(self) -> Mapping[str, object]:
        """Return the sign for the database."""
        return {"code": self.code, "state": self.state, "value": self.value, "limit": self.limit}


def signs(
    rule: Rule, *, unmet: int, shortfall: float, growth_high: float | None, star: float | None
) -> tuple[Sign, ...]:
    """Return the signs of one school.

    Parameters
    ----------
    unmet, shortfall : of the school's worse part
    growth_high : upper end of the interval of the school's latest growth, in standard deviations
    star : the star that the city has awarded, 0 for none; None where nothing is published
    """
    found = [
        Sign(UNMET, HOLDS if unmet >= rule.least_unmet else NOT, float(unmet), float(rule.least_unmet)),
        Sign(SHORTFALL, HOLDS if shortfall >= rule.least_shortfall else NOT, shortfall, rule.least_shortfall),
    ]
    if rule.with_growth:
        below = growth_high is not None and growth_high < 0
        found.append(
            Sign(GROWTH, UNKNOWN if growth_high is None else HOLDS if below else NOT, growth_high, 0.0)
        )
    if rule.star_below is not None:
        fewer = star is not None and star < rule.star_below
        found.append(
            Sign(STARS, UNKNOWN if star is None else HOLDS if fewer else NOT, star, float(rule.star_below))
        )
    return tuple(found)


def is_weak(rule: Rule, found: tuple[Sign, ...]) -> bool:
    """Whether enough signs hold, and one of the items among them: money and help here are for resources."""
    holding = [sign.code for sign in found if sign.state == HOLDS]
    return len(holding) >= rule.needed and bool({UNMET, SHORTFALL} & set(holding))
