"""How many fields of a lot are wrong, from those that were looked at: exact bounds, no approximation. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Sample:
    """A kind of field: ``lot`` that was drawn from, ``drawn`` of it, ``wrong`` and ``open`` (not to be told) of these.

    ``changed`` fields were all looked at, with ``changed_wrong`` and ``changed_open`` among them.
    """

    lot: int
    drawn: int
    wrong: int
    open: int = 0
    changed: int = 0
    changed_wrong: int = 0
    changed_open: int = 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """How many of ``all`` fields are wrong: at least ``low`` and at most ``high``."""

    all: int
    low: int
    high: int


def wrong_range(lot: int, drawn: int, low: int, high: int, alpha: float = ALPHA) -> tuple[int, int]:
    """Return bounds for the number wrong in a lot, of which ``drawn`` were drawn without replacement.

    ``low`` of the drawn are wrong for certain and ``high`` at most. With X hypergeometric the bounds are the least K
    with P(X ≥ low | K) > α/2 and the largest K with P(X ≤ high | K) > α/2 (the tests of K inverted, as by Clopper and
    Pearson 1934 for the binomial), so that they hold the true number in 1 − α of all draws at least.

    >>> wrong_range(10, 10, 2, 2)
    (2, 2)
    >>> wrong_range(20, 5, 0, 0)
    (0, 9)
    """
    if not 0 <= low <= high <= drawn <= lot:
        raise ValueError(f"{low} to {high} of {drawn} from {lot}")
    least, most = low, lot - (drawn - high)
    possible = range(least, most + 1)
    bottom = next(K for K in possible if _at_least(low, lot, K, drawn) > alpha / 2)
    top = next(K for K in reversed(possible) if 1 - _at_least(high + 1, lot, K, drawn) > alpha / 2)
    return bottom, top


def _at_least(x: int, lot: int, wrong: int, drawn: int) -> float:
    """P(X ≥ x) where ``wrong`` of the lot are wrong."""
    ways = sum(comb(wrong, k) * comb(lot - wrong, drawn - k) for k in range(x, drawn + 1))
    return ways / comb(lot, drawn)


def wrong_of(sample: Sample, alpha: float = ALPHA) -> Wrong:
    """Return the bounds of one kind of field: the lot by its sample, what changed much as it was found."""
    low, high = (0, 0)
    if sample.drawn:
        low, high = wrong_range(sample.lot, sample.drawn, sample.wrong, sample.wrong + sample.open, alpha)
    known = sample.changed_wrong
    return Wrong(sample.lot + sample.changed, low + known, high + known + sample.changed_open)


def wrong_of_all(samples: Iterable[Sample]) -> Wrong:
    """Return bounds for all kinds together: those of each at α over their number, added (Bonferroni), so they hold."""
    kinds = list(samples)
    risky = sum(sample.drawn < sample.lot for sample in kinds)
    found = [wrong_of(sample, ALPHA / max(risky, 1)) for sample in kinds]
    return Wrong(*(sum(getattr(one, name) for one in found) for name in ("all", "low", "high")))
