"""What weights and raters leave open about obstacles: ranges of degrees of obstruction, and how often they lead.

Degrees O_j as in `diagnosis.obstruction`, with x = (Σ r s − min s)/(max s − min s) and each draw's own weights and
raters (`levels`). An index that is not known stands in nobody's way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.evaluation.diagnosis import quadrants_of
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.levels import Cells, checked, effective_weights

_CHUNK, _SCHOOLS = 100, 50
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Lackings:
    """What holds over all draws of each index, for each school, shape (schools, m), and for all, shape (m,).

    Attributes
    ----------
    low, high : (schools, m) interval of the degree of obstruction
    among : (schools, m) share of draws in which it is one of the ``most`` largest
    first : (schools, m) share of draws in which it is the largest; a tie is nobody's
    counted_low, counted_high : (m,) interval of the number of schools of which it is one of the ``most`` largest
    performance_low, performance_high : (m,) interval of the mean performance, 0 to 1; NaN where nothing is known
    same : (m,) share of draws with the same quadrant as with the given weights and all raters; NaN where unknown
    """

    low: Array
    high: Array
    among: Array
    first: Array
    counted_low: Array
    counted_high: Array
    performance_low: Array
    performance_high: Array
    same: Array


def lackings(memberships: Array, votes: NDArray[np.intp], drawn: Array, times: Array, weights: Array,
             groups: NDArray[np.intp], scores: Array, most: int = 3, confidence: float = 0.95
             ) -> Lackings:  # fmt: skip
    """Read every school's degrees of obstruction over the draws of `levels`.

    Parameters are those of `levels`; ``most`` obstacles are told of each school.

    Raises
    ------
    InputError
        As `levels` does.
    """
    known = checked(memberships, votes, drawn, times, weights, scores)
    tail = [(1 - confidence) / 2, (1 + confidence) / 2]
    n, m = known.shape
    ends, among, first = np.empty((2, n, m)), np.empty((n, m)), np.empty((n, m))
    counted, good = np.zeros((len(drawn), m)), np.zeros((len(drawn), m))
    # So many schools at a time, since all degrees of all draws of a province would not fit in memory.
    for start in range(0, n, _SCHOOLS):
        at = slice(start, start + _SCHOOLS)
        cells = Cells(memberships[at], votes[at], known[at])
        degrees, block = _degrees(cells, known[at], drawn, times, groups, scores)
        good += block
        ends[:, at] = np.quantile(degrees, tail, axis=0)
        large = _among(degrees, most)
        among[at], counted = large.mean(axis=0), counted + large.sum(axis=1)
        first[at] = _first(degrees)
    there = known.any(axis=0)
    good[:, there] /= known.sum(axis=0)[there]
    whole = _performance(Cells(memberships, votes, known).rows @ scores, scores)
    mean = np.where(known, whole, 0.0).sum(axis=0)[there] / known.sum(axis=0)[there]
    given = quadrants_of(weights[there], mean)
    same = np.full(m, np.nan)
    same[there] = (quadrants_of(drawn[:, there], good[:, there]) == given).mean(axis=0)
    counts = np.quantile(counted, tail, axis=0, method="inverted_cdf")
    means = np.quantile(np.where(there, good, np.nan), tail, axis=0)
    return Lackings(ends[0], ends[1], among, first, counts[0], counts[1], means[0], means[1], same)


def _performance(points: Array, scores: Array) -> Array:
    return np.asarray((points - scores.min()) / (scores.max() - scores.min()))


def _degrees(cells: Cells, known: NDArray[np.bool_], drawn: Array, times: Array, groups: NDArray[np.intp],
             scores: Array) -> tuple[Array, Array]:  # fmt: skip
    """Degrees (draws, schools, m), and performances summed over these schools (draws, m)."""
    n, m = known.shape
    degrees, summed = np.empty((len(drawn), n, m)), np.empty((len(drawn), m))
    good = np.where(known, _performance(cells.rows @ scores, scores), 0.0)
    for start in range(0, len(drawn), _CHUNK):
        at = slice(start, start + _CHUNK)
        x = np.repeat(good[None], len(drawn[at]), axis=0)
        if cells.voted.any():
            shares = _performance(cells.shares(times[at]) @ scores, scores)
            x[:, :, cells.voted] = np.where(known[:, cells.voted], shares, 0.0)
        summed[at] = x.sum(axis=1)
        lack = effective_weights(drawn[at], known, groups) * (1 - np.where(known, x, 1.0))
        total = lack.sum(axis=2, keepdims=True)
        degrees[at] = np.divide(lack, total, out=np.zeros_like(lack), where=total > _TIE)
    return degrees, summed


def _among(degrees: Array, most: int) -> NDArray[np.bool_]:
    if most >= degrees.shape[2]:
        return np.asarray(degrees > 0)
    limit = np.partition(degrees, -most, axis=2)[..., -most, None]
    return np.asarray((degrees >= limit) & (degrees > 0))


def _first(degrees: Array) -> Array:
    """How often each index is the largest, and larger than the next by more than rounding."""
    if degrees.shape[2] < 2:
        return np.asarray((degrees > 0).mean(axis=0))
    largest = np.partition(degrees, -2, axis=2)
    clear = largest[..., -1] - largest[..., -2] > _TIE
    place = degrees.argmax(axis=2)
    return np.stack([((place == j) & clear).mean(axis=0) for j in range(degrees.shape[2])], axis=1)
