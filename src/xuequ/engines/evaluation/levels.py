"""The fuzzy levels of many schools at once: what weights and raters leave open about the leading grade.

Memberships r (m, K) of one school, weights a (m,), B = a r as in `fuzzy.compose`, ``weighted``; the leading grade is
that of the largest b. In every draw all weights are others (`uncertainty.draw_weights`) and so are the raters, drawn
with replacement: an index that raters vote on then has the shares of the votes drawn. An index on which a school has
nothing gives its weight to the others of its group, never a 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.uncertainty import flip, ranks_of

_CHUNK = 100


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What holds of each school over all draws; arrays have a row for each school.

    Attributes
    ----------
    probability : (schools, K), the share of draws in which a grade leads; of several that tie the better one
    score : (schools,) Σ b s with the given weights and all raters
    low, high : (schools,) interval of the score
    rank_low, rank_high : (schools,) interval of the rank by score, 1 the best
    draws, confidence : what they rest on
    """

    probability: Array
    score: Array
    low: Array
    high: Array
    rank_low: Array
    rank_high: Array
    draws: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Turn:
    """The smallest change of weights after which another grade leads.

    ``moved`` is the share of the weight that moves, ``grade`` what then leads as much, ``gains`` and ``gives``
    the places of the indexes that receive and give weight.
    """

    moved: float
    grade: int
    gains: int
    gives: tuple[int, ...]


def effective_weights(weights: Array, known: NDArray[np.bool_], groups: NDArray[np.intp]) -> Array:
    """Weights (..., schools, m) from weights (..., m): what a school lacks goes to the others of its group.

    Where a whole group is unknown its weight is spread over all others.

    >>> known = np.array([[True, False, True], [True, True, True]])
    >>> effective_weights(np.array([0.3, 0.3, 0.4]), known, np.array([0, 0, 1])).round(2).tolist()
    [[0.6, 0.0, 0.4], [0.3, 0.3, 0.4]]
    """
    kept = weights[..., None, :] * known
    member = (groups[:, None] == np.unique(groups)[None, :]).astype(np.float64)
    whole, left = weights @ member, kept @ member
    factor = np.divide(
        np.broadcast_to(whole[..., None, :], left.shape), left, out=np.zeros_like(left), where=left > 0
    )
    spread = kept * (factor @ member.T)
    total = spread.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(spread, total, out=np.zeros_like(spread), where=total > 0))


def levels(memberships: Array, votes: NDArray[np.intp], drawn: Array, weights: Array, groups: NDArray[np.intp],
           scores: Array, rng: np.random.Generator, confidence: float = 0.95) -> Levels:  # fmt: skip
    """Read every school's leading grade and score over drawn weights and raters.

    Parameters
    ----------
    memberships : (schools, m, K), NaN where a school has nothing on an index
    votes : (schools, raters, m), the place of the grade that a rater voted for, -1 where there is no vote
    drawn : (draws, m) from `uncertainty.draw_weights`
    weights, groups : (m,) the given weights, and to which group each index belongs
    scores : (K,) what each grade counts

    Raises
    ------
    InputError
        ``bad-shape``, or ``no-data`` with the row of a school on which nothing is known that has any weight.
    """
    n, m, K = memberships.shape
    if (
        drawn.shape[1] != m
        or weights.shape != (m,)
        or votes.shape[0] != n
        or votes.shape[2] != m
        or len(scores) != K
    ):
        raise InputError("bad-shape", f"{m} indexes in {K} grades do not fit the weights, votes or scores")
    known = np.asarray(~np.isnan(memberships).any(axis=2), dtype=np.bool_)
    judged = (known & (weights > 0)).any(axis=1)
    if not judged.all():
        message = "nothing that has a weight is known of this school"
        raise InputError("no-data", message, row=int(np.argmin(judged)) + 1)
    R = np.where(known[:, :, None], memberships, 0.0)
    leads, points = _over_draws(R, votes, known, drawn, groups, scores, rng)
    ranks = ranks_of(points)
    tail = (1 - confidence) / 2
    ends = np.quantile(points, [tail, 1 - tail], axis=0)
    places = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    b = (effective_weights(weights, known, groups)[:, :, None] * R).sum(axis=1)
    probability = np.stack([(leads == k).mean(axis=0) for k in range(K)], axis=1)
    return Levels(probability, b @ scores, ends[0], ends[1], places[0], places[1], len(drawn), confidence)


def _over_draws(R: Array, votes: NDArray[np.intp], known: NDArray[np.bool_], drawn: Array,
                groups: NDArray[np.intp], scores: Array, rng: np.random.Generator
                ) -> tuple[NDArray[np.intp], Array]:  # fmt: skip
    """Leading grades and scores, each (draws, schools)."""
    n, _m, K = R.shape
    raters = votes.shape[1]
    voted = (votes[..., None] == np.arange(K)).astype(np.float64).transpose(1, 0, 2, 3)
    leads = np.empty((len(drawn), n), dtype=np.intp)
    points = np.empty((len(drawn), n))
    for start in range(0, len(drawn), _CHUNK):
        part = drawn[start : start + _CHUNK]
        rows = np.broadcast_to(R, (len(part), *R.shape))
        if raters:
            times = rng.multinomial(raters, np.full(raters, 1 / raters), size=len(part)).astype(np.float64)
            counts = np.tensordot(times, voted, 1)
            total = counts.sum(axis=-1, keepdims=True)
            # Where none of the raters drawn voted, the shares of all stand in; measured indexes have no votes at all.
            rows = np.where(total > 0, counts / np.maximum(total, 1.0), rows)
        b = np.einsum("dsm,dsmk->dsk", effective_weights(part, known, groups), rows)
        leads[start : start + len(part)] = np.argmax(b >= b.max(axis=2, keepdims=True) - 1e-12, axis=2)
        points[start : start + len(part)] = b @ scores
    return leads, points


def turn(memberships: Array, weights: Array) -> Turn | None:
    """Return the smallest change of weights by which another grade leads as much; None when no weights do.

    Parameters
    ----------
    memberships : (m, K) of one school
    weights : (m,) of its indexes

    >>> rows = np.array([[0.7, 0.3], [0.4, 0.6]])
    >>> turn(rows, np.array([0.5, 0.5])).moved
    0.166666666667
    """
    b = weights @ memberships
    lead = int(np.argmax(b))
    best: Turn | None = None
    for grade in range(memberships.shape[1]):
        found = None if grade == lead else flip(memberships[:, lead] - memberships[:, grade], weights, 0.0)
        if found is not None and (best is None or found.moved < best.moved):
            best = Turn(found.moved, grade, found.gains, found.gives)
    return best
