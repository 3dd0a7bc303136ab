"""How probable each star is, by what weights and raters leave open.

Points x of item i are a share u = x/full. In each draw the items' full points are multiplied by a number between
1 − noise and 1 + noise and scaled back to the scheme's full points; a star is reached when Σ w u ≥ cut-off/full, in
each dimension with a minimum Σ_dim w u / Σ_dim w ≥ minimum/full points of it, and each veto item it asks for has the
points that lift it. Lower stars must be reached for a higher one.

Points are drawn too. For a school with n second ratings, the mean plus the mean of n vectors of residuals, drawn with
replacement from those of all second ratings of the round (each times √(r/(r−1)) for the r ratings of its school, so
that they are as wide as single ratings), a rater's whole vector at a time: severity stays together. For a school with
a self-rating only, the self-rating minus the difference between self-rating and district of a school drawn by lot,
again whole vectors. Drawn points are rounded half up to the scheme's step, as settled ones are, and stay between 0 and
full.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.second_rating import FEWEST
from xuequ.engines.evaluation.standing import asked_vetoes
from xuequ.engines.evaluation.star_scheme import StarScheme
from xuequ.engines.evaluation.uncertainty import draw_weights, flip


@dataclass(frozen=True, slots=True, eq=False)
class RatedSchool:
    """A school's points: ``own`` its self-rating, shape (items,); ``seconds`` second ratings, shape (raters, items).

    ``by_lot``: whether the school was drawn by lot, so that it speaks for those with a self-rating only.
    """

    key: str
    own: Array
    seconds: Array
    by_lot: bool = False


@dataclass(frozen=True, slots=True)
class StarChance:
    """What holds of a school over all draws.

    Attributes
    ----------
    raters : second ratings that it rests on; 0 for a self-rating that was set right by those drawn by lot
    points, low, high : mean of the drawn totals with the given weights, and their interval
    chances : probability of no star and of each star, the lowest first; they add up to 1
    star : the star with the largest probability, the lower of two that tie
    flip : share of the weight that must move for the total to reach the cut-off of the next star, or to fall below
        that of the star; None where no weights do
    """

    key: str
    raters: int
    points: float
    low: float
    high: float
    chances: tuple[float, ...]
    star: int
    flip: float | None


@dataclass(frozen=True, slots=True)
class StarChances:
    """All schools, and what the draws rest on: second ratings and schools drawn by lot."""

    schools: tuple[StarChance, ...]
    residuals: int
    drawn: int
    draws: int
    noise: float
    confidence: float


def star_chances(
    scheme: StarScheme,
    schools: Sequence[RatedSchool],
    rng: np.random.Generator,
    *,
    draws: int = 2000,
    noise: float = 0.2,
    confidence: float = 0.95,
) -> StarChances:
    """Return how probable each star is for each school.

    Raises
    ------
    InputError
        ``no-stars`` for a scheme without stars, ``bad-shape``, ``bad-points`` with item and school, or ``few-seconds``
        where fewer than three schools drawn by lot have second ratings: nothing can be said then.
    """
    full = np.array([item.points for item in scheme.items])
    _check(scheme, schools, full)
    residuals, differences = _residuals(schools), _differences(schools)
    if len(differences) < FEWEST or not len(residuals):
        raise InputError(
            "few-seconds", f"{len(differences)} schools drawn by lot have second ratings; {FEWEST} needed"
        )
    weights = draw_weights(full, draws, rng, noise=noise)
    found = []
    for school in schools:
        drawn = _drawn(school, residuals, differences, full, scheme.step, draws, rng)
        found.append(_chance(scheme, school, drawn, weights, full, confidence))
    return StarChances(tuple(found), len(residuals), len(differences), draws, noise, confidence)


def _check(scheme: StarScheme, schools: Sequence[RatedSchool], full: Array) -> None:
    if not scheme.stars:
        raise InputError("no-stars", "the scheme has no stars")
    for school in schools:
        if school.own.shape != full.shape or school.seconds.shape[1:] != full.shape:
            raise InputError(
                "bad-shape", "a rating has not as many points as there are items", value=school.key
            )
        for given in (school.own, *school.seconds):
            for at in np.flatnonzero(~((given >= 0) & (given <= full))):
                message = f"{given[at]:g} points are not between 0 and {full[at]:g}"
                raise InputError("bad-points", message, column=scheme.items[at].code, value=school.key)


def _residuals(schools: Sequence[RatedSchool]) -> Array:
    rows = [
        (school.seconds - school.seconds.mean(axis=0)) * np.sqrt(r / (r - 1))
        for school in schools
        if (r := len(school.seconds)) > 1
    ]
    return np.concatenate(rows) if rows else np.empty((0, 0))


def _differences(schools: Sequence[RatedSchool]) -> Array:
    rows = [s.own - s.seconds.mean(axis=0) for s in schools if s.by_lot and len(s.seconds)]
    return np.stack(rows) if rows else np.empty((0, 0))


def _drawn(
    school: RatedSchool, residuals: Array, differences: Array, full: Array, step: float, draws: int,
    rng: np.random.Generator,
) -> Array:  # fmt: skip
    """Points in each draw, shape (draws, items)."""
    n = len(school.seconds)
    if n:
        chosen = rng.integers(len(residuals), size=(draws, n))
        points = school.seconds.mean(axis=0) + residuals[chosen].mean(axis=1)
    else:
        points = school.own - differences[rng.integers(len(differences), size=draws)]
    settled = np.floor(points / step + 0.5 + 1e-9) * step
    return np.asarray(np.clip(settled, 0, full))


def _chance(
    scheme: StarScheme, school: RatedSchool, drawn: Array, weights: Array, full: Array, confidence: float
) -> StarChance:  # fmt: skip
    reached = _reached(scheme, drawn, weights, full)
    levels = reached.sum(axis=1)
    chances = np.bincount(levels, minlength=len(scheme.stars) + 1) / len(levels)
    totals = drawn.sum(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(totals, [tail, 1 - tail])
    likely = int(chances.argmax())
    best = school.seconds.mean(axis=0) if len(school.seconds) else drawn.mean(axis=0)
    return StarChance(
        key=school.key,
        raters=len(school.seconds),
        points=float(totals.mean()),
        low=float(low),
        high=float(high),
        chances=tuple(float(p) for p in chances),
        star=(0, *(rule.star for rule in scheme.stars))[likely],
        flip=_flip(scheme, best, full, likely),
    )


def _reached(scheme: StarScheme, drawn: Array, weights: Array, full: Array) -> NDArray[np.bool_]:
    """Whether each star is reached in each draw, shape (draws, stars); a star needs all below it."""
    share = drawn / full
    total = (weights * share).sum(axis=1)
    places = {item.code: at for at, item in enumerate(scheme.items)}
    dimensions: Mapping[str, list[int]] = {
        d.code: [places[item.code] for item in d.items] for d in scheme.dimensions
    }
    columns = []
    for rule in scheme.stars:
        good = total >= rule.total / scheme.points - 1e-12
        for code, least in rule.minimums.items():
            at = dimensions[code]
            part = (weights[:, at] * share[:, at]).sum(axis=1) / weights[:, at].sum(axis=1)
            good &= part >= least / full[at].sum() - 1e-12
        for item in asked_vetoes(scheme, rule):
            good &= drawn[:, places[item.code]] >= item.veto_points - 1e-12
        columns.append(good)
    return np.logical_and.accumulate(np.stack(columns, axis=1), axis=1)


def _flip(scheme: StarScheme, points: Array, full: Array, likely: int) -> float | None:
    """The smallest change of weights that carries the total over the nearest cut-off."""
    cuts = [rule.total / scheme.points for rule in scheme.stars[max(0, likely - 1) : likely + 1]]
    moves = [flip(points / full, full, cut) for cut in cuts]
    return min((move.moved for move in moves if move is not None), default=None)
