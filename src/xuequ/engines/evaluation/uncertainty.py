"""What weights and raters leave open: probabilities of grades, intervals of ranks, and what would flip a verdict.

Weights are drawn around the given ones, each times a number between 1 − noise and 1 + noise, or from a Dirichlet
distribution with them as its mean; raters are drawn with replacement (bootstrap), one fewer than there are: so many
as there are would leave their mean (n − 1)/n of the variance that it has (McCarthy & Snowden 1985). Scores are
weighted means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.ratings import mean_of_raters

_CHUNK = 250


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """What holds of each school over all draws.

    Attributes
    ----------
    score : with the given weights and all raters, shape (schools,)
    low, high : interval of the score
    probability : shape (schools, grades), the lowest grade first
    rank_low, rank_high : interval of the rank, 1 the best; of equal scores the earlier row is first
    draws, confidence : what they rest on
    """

    score: Array
    low: Array
    high: Array
    probability: Array
    rank_low: Array
    rank_high: Array
    draws: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change of weights that brings a score to the limit.

    ``moved`` is the share of the weight that moves; ``weights`` are those after it; ``gains`` is the index that
    receives, ``gives`` those that give, by their places.
    """

    moved: float
    weights: tuple[float, ...]
    gains: int
    gives: tuple[int, ...]


def draw_weights(
    weights: Array,
    draws: int,
    rng: np.random.Generator,
    *,
    noise: float = 0.2,
    concentration: float | None = None,
) -> Array:
    """Weights around the given ones, shape (draws, m), each adding up to 1.

    Raises
    ------
    InputError
        ``bad-weights``, ``bad-noise`` or ``bad-draws``.
    """
    if weights.ndim != 1 or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise InputError("bad-weights", "weights must be 0 or more, and not all 0")
    if draws < 1:
        raise InputError("bad-draws", "at least one draw is needed")
    if not 0 <= noise < 1 or (concentration is not None and not concentration > 0):
        raise InputError("bad-noise", "noise must be from 0 to below 1, a concentration above 0")
    w = weights / weights.sum()
    if concentration is not None:
        # A weight of 0 stays 0; Dirichlet's gammas are drawn for the others.
        drawn = np.where(
            w > 0, rng.standard_gamma(np.maximum(concentration * w, 1e-12), (draws, len(w))), 0.0
        )
    else:
        drawn = w * rng.uniform(1 - noise, 1 + noise, (draws, len(w)))
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def draw_raters(raters: int, draws: int, rng: np.random.Generator) -> Array:
    """How often each rater is drawn, shape (draws, raters): with replacement, one fewer than there are.

    The mean of a draw then has the variance s²/n of the mean of n raters; of a single rater nothing is left open.

    >>> draw_raters(1, 2, np.random.default_rng(1)).tolist(), int(draw_raters(5, 1, np.random.default_rng(1)).sum())
    ([[1.0], [1.0]], 4)
    """
    if not raters:
        return np.empty((draws, 0))
    return rng.multinomial(max(raters - 1, 1), np.full(raters, 1 / raters), size=draws).astype(np.float64)


def standings(values: Array, drawn: Array, weights: Array, cuts: Sequence[float], rng: np.random.Generator,
              confidence: float = 0.95) -> Standings:  # fmt: skip
    """Grades and ranks over drawn weights, and over drawn raters when ``values`` tell them.

    Parameters
    ----------
    values : (schools, m), or (schools, raters, m) with NaN where nobody rated
    drawn : (draws, m) from `draw_weights`
    weights : (m,) the given ones
    cuts : rising limits; a score at or above the k-th has at least grade k

    Raises
    ------
    InputError
        ``bad-cuts``, ``bad-shape``, or ``no-ratings`` with the school's row.
    """
    limits = np.asarray(cuts, dtype=np.float64)
    if not len(limits) or not np.isfinite(limits).all() or (np.diff(limits) <= 0).any():
        raise InputError("bad-cuts", "limits of grades must be numbers that rise")
    if values.ndim not in (2, 3) or values.shape[-1] != drawn.shape[1] or len(weights) != drawn.shape[1]:
        raise InputError("bad-shape", f"values of {values.shape} do not fit {drawn.shape[1]} weights")
    means = values if values.ndim == 2 else mean_of_raters(values)
    bad = np.isnan(means).any(axis=1)
    if bad.any():
        raise InputError("no-ratings", "nobody has rated this school on an index", row=int(bad.argmax()) + 1)
    scores = drawn @ means.T if values.ndim == 2 else _by_raters(values, means, drawn, rng)
    ranks = ranks_of(scores)
    grades = np.searchsorted(limits, scores, side="right")
    tail = (1 - confidence) / 2
    ends = np.quantile(scores, [tail, 1 - tail], axis=0)
    rank_ends = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return Standings(
        score=means @ (weights / weights.sum()),
        low=ends[0],
        high=ends[1],
        probability=np.stack([(grades == g).mean(axis=0) for g in range(len(limits) + 1)], axis=1),
        rank_low=rank_ends[0],
        rank_high=rank_ends[1],
        draws=len(drawn),
        confidence=confidence,
    )


def ranks_of(scores: Array) -> NDArray[np.intp]:
    """Ranks in each row, 1 the highest score; of equal ones the earlier column is first.

    >>> ranks_of(np.array([[2.0, 9.0, 2.0]])).tolist()
    [[2, 1, 3]]
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    return ranks


def _by_raters(values: Array, means: Array, drawn: Array, rng: np.random.Generator) -> Array:
    """Scores with other raters each time; where none of those drawn rated a cell, its mean stands in."""
    n, raters, m = values.shape
    flat = values.transpose(1, 0, 2).reshape(raters, n * m)
    known = (~np.isnan(flat)).astype(np.float64)
    flat = np.nan_to_num(flat)
    complete = bool(known.all())
    scores = np.empty((len(drawn), n))
    for start in range(0, len(drawn), _CHUNK):
        part = drawn[start : start + _CHUNK]
        times = draw_raters(raters, len(part), rng)
        count = max(raters - 1, 1) if complete else times @ known
        cell = np.where(np.asarray(count) > 0, (times @ flat) / np.maximum(count, 1), means.ravel())
        scores[start : start + _CHUNK] = np.einsum("dsi,di->ds", cell.reshape(-1, n, m), part)
    return scores


def flip(values: Array, weights: Array, cut: float) -> Flip | None:
    """Return the smallest change of weights that brings Σ w x to ``cut``; None when no weights do.

    Half the sum of absolute changes is smallest when weight goes to the one index that helps most, from those that
    help least, in their order: a linear program whose optimum this is. Weights stay 0 or more and add up to 1. For two
    schools pass the difference of their values and 0.

    >>> flip(np.array([90.0, 70.0, 50.0]), np.array([0.2, 0.4, 0.4]), 70.0).moved
    0.1
    """
    w = np.asarray(weights / weights.sum(), dtype=np.float64)
    gap = cut - float(w @ values)
    x = values if gap >= 0 else -values
    left = abs(gap)
    best = int(np.argmax(x))
    gives = []
    moved = 0.0
    for j in np.argsort(x, kind="stable"):
        gain = float(x[best] - x[j])
        if left <= 0 or gain <= 0:
            break
        part = min(float(w[j]), left / gain)
        if part > 0:
            w[j], w[best] = w[j] - part, w[best] + part
            gives.append(int(j))
        moved, left = moved + part, left - part * gain
    if left > 1e-9 * max(1.0, abs(cut)):
        return None
    return Flip(round(moved, 12), tuple(map(float, w)), best, tuple(gives))
