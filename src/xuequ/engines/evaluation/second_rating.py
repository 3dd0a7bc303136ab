"""A second rating of some schools: who is drawn, how far raters and self-ratings lie apart, and how sure a total is.

Totals of n raters of a school have the mean's interval m ± t·s/√n, with s² pooled over all schools of the round (two
raters of one school alone would say next to nothing). What schools give themselves beyond the district is the mean
difference over the schools drawn by lot, with Student's interval; borderline schools are left out of it, because they
were not drawn by lot.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xuequ.engines.errors import InputError

FEWEST = 3
"""Fewer drawn schools say nothing about the others."""


@dataclass(frozen=True, slots=True)
class RatedTotal:
    """Mean total of a school's raters with its interval; no interval where no school has two raters."""

    key: str
    raters: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Overstatement:
    """Mean of self-rating minus district over ``n`` schools drawn by lot, its interval, and the spread."""

    n: int
    mean: float
    low: float
    high: float
    sd: float


def draw(keys: Sequence[str], share: float, seed: int) -> tuple[str, ...]:
    """Return ⌈share · n⌉ of the keys by lot, in the keys' order; the same seed and keys give the same.

    Keys are sorted first, so that their order in the database plays no part.

    Raises
    ------
    InputError
        ``bad-share`` unless 0 ≤ share ≤ 1, or ``duplicate-code``.

    >>> draw(["a", "b", "c", "d"], 0.5, 7)
    ('a', 'c')
    """
    if not 0 <= share <= 1:
        raise InputError("bad-share", "the share must be between 0 and 1", value=f"{share:g}")
    if len(set(keys)) < len(keys):
        raise InputError("duplicate-code", "a school stands twice among those that may be drawn")
    ordered = sorted(keys)
    count = math.ceil(round(share * len(ordered), 9))
    chosen = np.random.default_rng(seed).permutation(len(ordered))[:count]
    return tuple(ordered[at] for at in sorted(chosen.tolist()))


def nearest_cut(total: float, cuts: Sequence[float]) -> float:
    """Return how far a total lies from the nearest cut-off, above it positive; infinite without cut-offs."""
    return min((total - cut for cut in cuts), key=abs, default=math.inf)


def rated_totals(
    totals: Mapping[str, Sequence[float]], full: float, confidence: float = 0.95
) -> tuple[RatedTotal, ...]:
    """Return each school's mean total with its interval, cut off at 0 and the full points.

    Raises
    ------
    InputError
        ``no-ratings`` for a school without a rater.

    >>> [one] = rated_totals({"a": [70.0, 74.0]}, 100)
    >>> one.mean, round(one.low, 2)
    (72.0, 46.59)
    """
    from scipy.special import stdtrit

    for key, found in totals.items():
        if not found:
            raise InputError("no-ratings", "nobody has rated this school", value=key)
    squares = sum(float(((np.array(v) - np.mean(v)) ** 2).sum()) for v in totals.values())
    df = sum(len(v) - 1 for v in totals.values())
    half = float(stdtrit(df, (1 + confidence) / 2)) * math.sqrt(squares / df) if df else None
    return tuple(_rated(key, list(found), half, full) for key, found in totals.items())


def _rated(key: str, found: list[float], half: float | None, full: float) -> RatedTotal:
    mean = float(np.mean(found))
    if half is None:
        return RatedTotal(key, len(found), mean, None, None)
    wide = half / math.sqrt(len(found))
    return RatedTotal(key, len(found), mean, max(0.0, mean - wide), min(full, mean + wide))


def overstatement(differences: Sequence[float], confidence: float = 0.95) -> Overstatement | None:
    """Return what schools give themselves beyond the district; None for fewer than three drawn schools."""
    from scipy.special import stdtrit

    n = len(differences)
    if n < FEWEST:
        return None
    d = np.asarray(differences, dtype=np.float64)
    mean, sd = float(d.mean()), float(d.std(ddof=1))
    half = float(stdtrit(n - 1, (1 + confidence) / 2)) * sd / math.sqrt(n)
    return Overstatement(n, mean, mean - half, mean + half, sd)
