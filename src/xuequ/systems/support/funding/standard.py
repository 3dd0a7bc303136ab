"""The part of the money that follows from the standard: exact to the cent, from counts and stars alone. Pure.

amount = (yuan for each pupil) · max(pupils, least) + step(stars awarded) + (yuan for a star) · max(stars gained, 0).
Stars are those that the city has awarded; a rating or a prediction of the district plays no part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Protocol

CENT = Decimal("0.01")


class Rates(Protocol):
    """The fields of ``models.Standard``."""

    base_per_pupil_yuan: Decimal
    least_pupils: int
    improved_yuan: Decimal

    def step_yuan(self, stars: int) -> Decimal:
        """The part for so many stars awarded."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a school; None where nobody has published it."""

    pupils: int
    award: int | None
    improved: int | None


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a school's amount in yuan, to the cent."""

    pupils: int
    base: Decimal
    star: Decimal
    improved: Decimal

    @property
    def total(self) -> Decimal:
        """All parts together."""
        return self.base + self.star + self.improved


def parts(rates: Rates, facts: Facts) -> Parts:
    """Return the parts that the standard gives a school; a school without pupils gets none."""
    counted = max(facts.pupils, rates.least_pupils) if facts.pupils else 0
    return Parts(
        counted,
        (rates.base_per_pupil_yuan * counted).quantize(CENT, ROUND_HALF_UP),
        rates.step_yuan(facts.award or 0),
        rates.improved_yuan * max(facts.improved or 0, 0),
    )


def highest_base(given: Sequence[Parts], money: Decimal) -> Decimal | None:
    """Return the most yuan for each pupil with which all parts fit into ``money``; None if not even 0 fits."""
    fixed = sum((one.star + one.improved for one in given), Decimal(0))
    pupils = sum(one.pupils for one in given)
    if fixed > money or not pupils:
        return None
    # Each school's base is rounded by itself, so half a cent a school is kept aside.
    room = money - fixed - CENT * len(given) / 2
    return max((room / pupils).quantize(CENT, ROUND_DOWN), Decimal(0))
