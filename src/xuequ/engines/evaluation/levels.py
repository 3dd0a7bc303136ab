"""The fuzzy levels of many schools at once: what weights and raters leave open about grades and scores.

Memberships r (m, K) of one school, weights a (m,), B = a r as in `fuzzy.compose`, ``weighted``; the leading grade is
that of the largest b. In every draw all weights are others (`uncertainty.draw_weights`) and so are the raters
(`uncertainty.draw_raters`): an index that raters vote on then has the shares of the votes drawn. An index on which a
school has nothing gives its weight to the others of its group, never a 0. Groups are told from the same draws, each
by the weights of its own indexes, made to add up to 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.uncertainty import flip, ranks_of

_CHUNK = 100
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What holds of each group of indexes of each school, shape (schools, groups); NaN where nothing of it is known.

    Attributes
    ----------
    score : with the given weights and all raters
    low, high : interval of the score
    sure : the share of draws in which the grade leads that leads with the given weights and all raters
    lowest : the share of draws in which this group's score is below those of all other groups; a tie is nobody's
    """

    score: Array
    low: Array
    high: Array
    sure: Array
    lowest: Array


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """What holds of each school over all draws; arrays have a row for each school.

    Attributes
    ----------
    probability : (schools, K), the share of draws in which a grade leads; of several that tie the better one
    score : (schools,) Σ b s with the given weights and all raters
    low, high : (schools,) interval of the score
    rank_low, rank_high : (schools,) interval of the rank by score, 1 the best
    parts : the same of each group, in the order of their numbers
    draws, confidence : what they rest on
    """

    probability: Array
    score: Array
    low: Array
    high: Array
    rank_low: Array
    rank_high: Array
    parts: Parts
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


def levels(memberships: Array, votes: NDArray[np.intp], drawn: Array, times: Array, weights: Array,
           groups: NDArray[np.intp], scores: Array, confidence: float = 0.95) -> Levels:  # fmt: skip
    """Read every school's leading grade and score, and its groups', over drawn weights and raters.

    Parameters
    ----------
    memberships : (schools, m, K), NaN where a school has nothing on an index
    votes : (schools, raters, m), the place of the grade that a rater voted for, -1 where there is no vote
    drawn : (draws, m) from `uncertainty.draw_weights`
    times : (draws, raters) from `uncertainty.draw_raters`
    weights, groups : (m,) the given weights, and to which group each index belongs
    scores : (K,) what each grade counts

    Raises
    ------
    InputError
        ``bad-shape``, or ``no-data`` with the row of a school on which nothing is known that has any weight.
    """
    known = checked(memberships, votes, drawn, times, weights, scores)
    cells, names = Cells(memberships, votes, known), np.unique(groups)
    n, K, draws = len(known), memberships.shape[2], len(drawn)
    leads, points = np.empty((draws, n), dtype=np.intp), np.empty((draws, n))
    of_parts, same = np.empty((draws, len(names), n)), np.zeros((len(names), n))
    given = cells.composed(weights[None], None, groups)
    led = _leading(given.parts)[0]
    for start in range(0, draws, _CHUNK):
        at = slice(start, start + _CHUNK)
        found = cells.composed(drawn[at], times[at], groups)
        leads[at], points[at] = _leading(found.whole), scores @ found.whole
        of_parts[at] = scores @ found.parts
        same += (_leading(found.parts) == led).sum(axis=0)
    ranks, tail = ranks_of(points), (1 - confidence) / 2
    ends = np.quantile(points, [tail, 1 - tail], axis=0)
    places = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    probability = np.stack([(leads == k).mean(axis=0) for k in range(K)], axis=1)
    there = np.stack([known[:, groups == name].any(axis=1) for name in names], axis=1)
    part_ends = np.quantile(of_parts, [tail, 1 - tail], axis=0)
    told = (scores @ given.parts[0], *part_ends, same / draws, _lowest(of_parts, there.T))
    parts = Parts(*(np.where(there, one.T, np.nan) for one in told))
    score = scores @ given.whole[0]
    return Levels(probability, score, ends[0], ends[1], places[0], places[1], parts, draws, confidence)


def checked(memberships: Array, votes: NDArray[np.intp], drawn: Array, times: Array, weights: Array,
            scores: Array) -> NDArray[np.bool_]:  # fmt: skip
    """Return where something is known, shape (schools, m); ``InputError`` as `levels` says."""
    n, m, K = memberships.shape
    if (
        drawn.shape[1] != m
        or weights.shape != (m,)
        or votes.shape[0] != n
        or votes.shape[2] != m
        or times.shape != (len(drawn), votes.shape[1])
        or len(scores) != K
    ):
        raise InputError(
            "bad-shape", f"{m} indexes in {K} grades do not fit the weights, votes, draws or scores"
        )
    known = np.asarray(~np.isnan(memberships).any(axis=2), dtype=np.bool_)
    judged = (known & (weights > 0)).any(axis=1)
    if not judged.all():
        message = "nothing that has a weight is known of this school"
        raise InputError("no-data", message, row=int(np.argmin(judged)) + 1)
    return known


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """B of the whole, shape (draws, K, schools), and of each group, (draws, groups, K, schools), 0 where unknown."""

    whole: Array
    parts: Array


class Cells:
    """Memberships that stand as they are, and those that hang on who is drawn."""

    def __init__(self, memberships: Array, votes: NDArray[np.intp], known: NDArray[np.bool_]) -> None:
        self.known = known.astype(np.float64)
        self.rows = np.where(known[:, :, None], memberships, 0.0)
        self.voted = np.asarray((votes >= 0).any(axis=(0, 1)), dtype=np.bool_)
        grades = np.arange(memberships.shape[2])
        # Raters first, so that one product counts the votes of all schools, indexes and grades.
        self._votes = (votes.transpose(1, 0, 2)[:, :, self.voted, None] == grades).astype(np.float64)

    def shares(self, times: Array) -> Array:
        """Memberships of the voted indexes by the raters drawn, shape (draws, schools, voted, K)."""
        counts = np.tensordot(times, self._votes, 1)
        total = counts.sum(axis=-1, keepdims=True)
        # Where none of the raters drawn voted, the shares of all stand in.
        return np.asarray(np.where(total > 0, counts / np.maximum(total, 1.0), self.rows[:, self.voted]))

    def composed(self, drawn: Array, times: Array | None, groups: NDArray[np.intp]) -> Composed:
        """B with these weights, (draws, m), and these raters; with all of them where ``times`` is None."""
        n, m, K = self.rows.shape
        moves = self.voted if times is not None else np.zeros(m, dtype=np.bool_)
        rows = self.shares(times) if times is not None and moves.any() else None
        names = np.unique(groups)
        whole, total = np.zeros((len(drawn), K, n)), np.zeros((len(drawn), 1, n))
        parts = np.empty((len(drawn), len(names), K, n))
        for at, name in enumerate(names):
            own = groups == name
            still, voted = own & ~moves, own & moves
            b = (drawn[:, still] @ self.rows[:, still].transpose(1, 2, 0).reshape(-1, K * n)).reshape(
                -1, K, n
            )
            if rows is not None and voted.any():
                b += np.einsum("dm,dsmk->dks", drawn[:, voted], rows[:, :, own[moves]])
            left = (drawn[:, own] @ self.known[:, own].T)[:, None, :]
            b *= np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
            share = drawn[:, own].sum(axis=1)[:, None, None] * (left > 0)
            parts[:, at] = b
            whole += b * share
            total += share
        whole /= total
        return Composed(whole, parts)


def _leading(b: Array) -> NDArray[np.intp]:
    """The place of the largest b along the last axis but one, the better grade of several that tie."""
    return np.asarray(np.argmax(b >= b.max(axis=-2, keepdims=True) - 1e-12, axis=-2))


def _lowest(of_parts: Array, there: NDArray[np.bool_]) -> Array:
    """The share of draws in which each group, of (draws, groups, schools), is below all others that are known."""
    if of_parts.shape[1] < 2:
        return np.zeros(of_parts.shape[1:])
    filled = np.where(there, of_parts, np.inf)
    least = np.partition(filled, 1, axis=1)
    alone = least[:, 1] - least[:, 0] > _TIE
    first = filled.argmin(axis=1)
    return np.stack([((first == at) & alone).mean(axis=0) for at in range(of_parts.shape[1])])


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
