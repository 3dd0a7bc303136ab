"""What help did: schools that were helped beside schools that were not, before and after.

The difference in differences D = mean change of the helped − mean change of the others. Its interval inverts the
permutation test of a constant effect (Pitman 1937; Ernst 2004), which asks no normal distribution: exact over all ways
to name so many schools helped, or over drawn ones when these are too many; without a generator to draw with, Welch's t.
With δ taken off the helped schools' changes, an assignment π has the statistic D_π − δ c_π, c_π the part of the helped
among those that it names less their part among the others, so each π is as extreme as what was seen from
δ_π = (D − D_π)/(1 − c_π) on, and the limits are order statistics of the δ_π.

The test takes the effect as the same at every school; where it differs much and few were helped, the interval is too
narrow (Welch's is not). It is the effect of help only as far as the others would have changed alike: help goes to weak
schools, and what is weak by chance rises by itself (regression to the mean). `baseline` shows how far the groups were
apart before, and `adjusted` compares schools of the same start: d in after − before = a + b·before + d·helped by least
squares (analysis of covariance), with Student's t of n − 3. Where help was given by the value before, d is free of
regression to the mean and D is not (Lord 1967; Van Breukelen 2006); where groups differ lastingly it is the other way
round, so both are given. `gap` is the mean part of the distance to the giver that closed; helped schools that share a
giver move together, so its interval counts givers (sums of residuals by giver, G/(G − 1), t of G − 1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from scipy.stats import t as student
from scipy.stats import ttest_ind

from xuequ.engines.balance.inputs import Array, Flags
from xuequ.engines.errors import InputError

FEWEST = 3
ALL_UP_TO = 50_000
DRAWS = 19_999
APART = 0.5
"""Groups this many standard deviations apart beforehand make regression to the mean likely."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One school in two rounds; ``partner`` its giver, with the giver's values where they are known."""

    school: str
    helped: bool
    before: float
    after: float
    partner: str = ""
    partner_before: float | None = None
    partner_after: float | None = None


@dataclass(frozen=True, slots=True)
class PairChange:
    """A helped school beside its giver: the gap before and after, and how much of it closed; None where unknown."""

    school: str
    partner: str
    change: float
    gap_before: float | None
    gap_after: float | None
    closed: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairsEffect:
    """The difference in differences.

    Attributes
    ----------
    effect : D in the unit of the values
    low, high, confidence : its interval
    p : two-sided, of no effect
    method : ``permutation`` (all assignments), ``permutation-drawn``, or ``welch-t``
    assignments : how many the interval rests on; 0 for t
    helped, others : schools
    change_helped, change_others : mean changes
    baseline : difference of the groups before, in standard deviations of all; None where all are alike
    adjusted : the difference between schools of the same start; None where it cannot be told from the start
    gap : mean distance to the giver that closed, over the pairs whose giver is known; None below three givers
    remarks : ``baseline-differs``; ``no-common-start`` (every helped school started below every other, or above, so
        that `adjusted` rests on the line alone); ``shared-partners`` (a giver has helped several, so that they are not
        independent and the interval is too narrow)
    pairs : the helped schools
    """

    effect: float
    low: float
    high: float
    confidence: float
    p: float
    method: str
    assignments: int
    helped: int
    others: int
    change_helped: float
    change_others: float
    baseline: float | None
    adjusted: Estimate | None
    gap: Estimate | None
    remarks: tuple[str, ...]
    pairs: tuple[PairChange, ...]


def pairs_effect(
    schools: Sequence[Watched], *, confidence: float = 0.95, rng: np.random.Generator | None = None
) -> PairsEffect:
    """Compare helped schools to others.

    Raises
    ------
    InputError
        ``duplicate-school``, ``not-finite``, ``bad-confidence``, or ``too-few-schools``: fewer than three in a group,
        or so few that no interval of this confidence can exist.
    """
    if not 0.5 <= confidence < 1:
        raise InputError("bad-confidence", "confidence must be from 0.5 to below 1")
    _check(schools)
    helped = np.array([one.helped for one in schools], dtype=bool)
    change = np.array([one.after - one.before for one in schools])
    _refuse_few(helped, confidence)
    effect = float(change[helped].mean() - change[~helped].mean())
    low, high, p, method, count = _interval(change, helped, confidence, rng)
    before = np.array([one.before for one in schools])
    baseline = _baseline(before, helped)
    pairs = tuple(_pair(one) for one in schools if one.helped)
    return PairsEffect(
        effect=effect,
        low=low,
        high=high,
        confidence=confidence,
        p=p,
        method=method,
        assignments=count,
        helped=int(helped.sum()),
        others=int((~helped).sum()),
        change_helped=float(change[helped].mean()),
        change_others=float(change[~helped].mean()),
        baseline=baseline,
        adjusted=_adjusted(change, before, helped, confidence),
        gap=_gap(pairs, confidence),
        remarks=tuple(_remarks(schools, baseline)),
        pairs=pairs,
    )


def _check(schools: Sequence[Watched]) -> None:
    names = [one.school for one in schools]
    for row, one in enumerate(schools, 1):
        if one.school in names[: row - 1]:
            raise InputError(
                "duplicate-school", f"school {one.school!r} stands twice", row=row, value=one.school
            )
        given = [one.before, one.after, one.partner_before, one.partner_after]
        if not all(value is None or np.isfinite(value) for value in given):
            raise InputError("not-finite", "a value is not finite", row=row, value=one.school)


def _refuse_few(helped: Flags, confidence: float) -> None:
    k, n = int(helped.sum()), len(helped)
    if min(k, n - k) < FEWEST:
        message = f"{k} helped schools and {n - k} others; at least {FEWEST} of each are needed"
        raise InputError("too-few-schools", message)
    needed = 2 / (1 - confidence)
    if comb(n, k) < needed * (1 - 1e-12):
        message = f"{k} of {n} schools can be named in {comb(n, k)} ways; {confidence:.0%} need {needed:.0f}"
        raise InputError("too-few-schools", message)


def _interval(
    change: Array, helped: Flags, confidence: float, rng: np.random.Generator | None
) -> tuple[float, float, float, str, int]:
    k, n = int(helped.sum()), len(helped)
    if comb(n, k) > ALL_UP_TO and rng is None:
        found = ttest_ind(change[helped], change[~helped], equal_var=False)
        between = found.confidence_interval(confidence)
        return float(between.low), float(between.high), float(found.pvalue), "welch-t", 0
    if comb(n, k) <= ALL_UP_TO:
        named, method = np.array(list(combinations(range(n), k))), "permutation"
        named = named[(named != np.flatnonzero(helped)).any(axis=1)]
    else:
        named, method = _drawn(n, k, rng or np.random.default_rng(0)), "permutation-drawn"
    return *_inverted(change, helped, named, confidence), method, len(named) + 1


def _drawn(n: int, k: int, rng: np.random.Generator) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.argpartition(rng.random((DRAWS, n)), k, axis=1)[:, :k]


def _inverted(
    change: Array, helped: Flags, named: np.ndarray[tuple[int, int], np.dtype[np.int64]], confidence: float
) -> tuple[float, float, float]:
    """Limits and p from the other assignments than the one seen, which counts as one more."""
    n, k = len(change), int(helped.sum())
    inside, own = change[named].sum(axis=1), helped[named].sum(axis=1)
    other = inside / k - (change.sum() - inside) / (n - k)
    part = own / k - (k - own) / (n - k)
    effect = change[helped].mean() - change[~helped].mean()
    moved = part < 1 - 1e-12
    # A drawn assignment may be the one seen; it is as extreme at every δ.
    same = 1 + int((~moved).sum())
    limits = np.sort((effect - other[moved]) / (1 - part[moved]))
    cut = int(np.floor((1 - confidence) / 2 * (len(named) + 1) + 1e-9)) - same + 1
    if cut < 1:
        return -np.inf, np.inf, 1.0
    tiny = 1e-12 * max(1.0, float(np.abs(change).max()))
    below, above = (limits <= tiny).sum() + same, (limits >= -tiny).sum() + same
    p = min(1.0, 2 * float(min(below, above)) / (len(named) + 1))
    return float(limits[cut - 1]), float(limits[-cut]), p


def _baseline(before: Array, helped: Flags) -> float | None:
    sd = float(before.std(ddof=1))
    return float(before[helped].mean() - before[~helped].mean()) / sd if sd > 0 else None


def _adjusted(change: Array, before: Array, helped: Flags, confidence: float) -> Estimate | None:
    design = np.column_stack([np.ones(len(before)), helped, before - before.mean()])
    spare = len(before) - 3
    if np.linalg.matrix_rank(design) < 3:
        return None
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ change
    variance = float(((change - design @ found) ** 2).sum()) / spare * inverse[1, 1]
    half = float(student.ppf((1 + confidence) / 2, spare)) * variance**0.5
    return Estimate(float(found[1]), float(found[1]) - half, float(found[1]) + half)


def _gap(pairs: Sequence[PairChange], confidence: float) -> Estimate | None:
    known = [(one.partner, one.closed) for one in pairs if one.partner and one.closed is not None]
    givers = len({partner for partner, _closed in known})
    if givers < FEWEST:
        return None
    mean = sum(closed for _partner, closed in known) / len(known)
    residual: dict[str, float] = {}
    for partner, closed in known:
        residual[partner] = residual.get(partner, 0.0) + closed - mean
    spread = sum(value**2 for value in residual.values()) * givers / (givers - 1)
    half = float(student.ppf((1 + confidence) / 2, givers - 1)) * spread**0.5 / len(known)
    return Estimate(mean, mean - half, mean + half)


def _remarks(schools: Sequence[Watched], baseline: float | None) -> Iterator[str]:
    if baseline is not None and abs(baseline) > APART:
        yield "baseline-differs"
    own = [one.before for one in schools if one.helped]
    rest = [one.before for one in schools if not one.helped]
    if max(own) < min(rest) or min(own) > max(rest):
        yield "no-common-start"
    partners = [one.partner for one in schools if one.helped and one.partner]
    if len(set(partners)) < len(partners):
        yield "shared-partners"


def _pair(one: Watched) -> PairChange:
    before = None if one.partner_before is None else one.partner_before - one.before
    after = None if one.partner_after is None else one.partner_after - one.after
    closed = None if before is None or after is None else before - after
    return PairChange(one.school, one.partner, one.after - one.before, before, after, closed)
