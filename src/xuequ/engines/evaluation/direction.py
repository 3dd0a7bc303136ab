"""Which indexes of a system go against the rest.

An index is set beside the sum of the others' standard scores. Others that are to be merged count once, and others that
were found reversed before it are turned round, the plainest first, so that several do not hide each other. It is
reversed when the correlation is negative beyond chance: p < 0.05 (one-sided, Fisher's z) where the others go together,
p < 0.01 where they do not, for then nothing says which way round an index should be.

The others go together when the mean of their correlations is above 0 with p < 0.01. Correlations of unrelated indexes
over n schools have variance 1/(n − 1) whatever their distribution, and are uncorrelated, so that the mean of m of them
has variance 1/(m(n − 1)).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from xuequ.engines.evaluation.findings import Array

TOGETHER, AGAINST, PROBABLE = 0.01, 0.01, 0.05
FOUND = 0.95
_NEAR_ONE = 0.999999


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """How indexes go along with the rest.

    Attributes
    ----------
    rest : correlation of each index with the rest, shape (indexes,); 0 where it does not vary
    reversed : those that go against it
    loose : a reversed index may be missed: one that goes against the rest as the middle one goes along would be found
        in less than 95 of 100 such systems
    """

    rest: Array
    reversed: NDArray[np.bool_]
    loose: bool


def direction(z: Array, flat: NDArray[np.bool_], merged: Mapping[int, int]) -> Direction:
    """Judge the direction of indexes.

    Parameters
    ----------
    z : standard scores (schools, indexes), 0 for indexes that do not vary
    flat : indexes that do not vary
    merged : index to merge → index that stays
    """
    n, k = z.shape
    R = z.T @ z / n
    counted = ~flat
    counted[list(merged)] = False
    beside = np.tile(counted, (k, 1)) & ~np.eye(k, dtype=np.bool_)
    for goes, stays in merged.items():
        beside[goes, stays] = False
    sign = np.ones(k)
    while True:
        rest = rest_correlations(R, beside * sign)
        margin = _margins(R, rest, beside, sign, n)
        against = counted & (margin > 0)
        new = np.flatnonzero(against & (sign > 0))
        # Which way round is right is told by the greater part.
        if not len(new) or 2 * ((sign < 0).sum() + 1) >= counted.sum():
            return Direction(rest, against, _loose(rest[counted], n))
        sign[new[np.argmax(margin[new])]] = -1


def rest_correlations(R: Array, weights: Array) -> Array:
    """Correlation of each index with the weighted sum of others: R their correlations, a row of weights for each."""
    spread = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", weights, R, weights), 0.0))
    return np.asarray((R * weights).sum(axis=1) / np.where(spread > 1e-9, spread, np.inf))


def _margins(R: Array, rest: Array, beside: NDArray[np.bool_], sign: Array, n: int) -> Array:
    """How far each index lies on the reversed side of its limit, in standard errors."""
    limit = np.where(_together(R, beside, sign, n), norm.isf(PROBABLE), norm.isf(AGAINST))
    return np.asarray(-_z(rest, n) - limit)


def _together(R: Array, beside: NDArray[np.bool_], sign: Array, n: int) -> NDArray[np.bool_]:
    """Whether what stands beside each index goes together."""
    weights = beside * sign
    count = beside.sum(axis=1)
    own = np.einsum("ij,jk,ik->i", weights, R, weights) - count
    pairs = count * (count - 1)
    mean = own / np.maximum(pairs, 1)
    return np.asarray(mean * np.sqrt((n - 1) * pairs / 2) > norm.isf(TOGETHER))


def _z(r: Array, n: int) -> Array:
    return np.asarray(np.arctanh(np.clip(r, -_NEAR_ONE, _NEAR_ONE)) * np.sqrt(max(n - 3, 0)))


def _loose(rest: Array, n: int) -> bool:
    enough = norm.isf(PROBABLE) + norm.ppf(FOUND)
    return not len(rest) or bool(np.median(_z(rest, n)) < enough)
