"""Where to work next: degrees of obstruction 障碍度, and importance against performance (IPA).

O_j = w_j (1 − x_j)/Σ w (1 − x) of values x from 0 to 1: each index's part in what is missing. IPA (Martilla & James
1977): indexes above and below the mean importance and the mean performance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array

QUADRANTS = ("keep-up", "concentrate", "low-priority", "more-than-enough")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """An index and its part in what a school lacks."""

    name: str
    degree: float


@dataclass(frozen=True, slots=True)
class Placed:
    """An index by importance and performance: ``concentrate`` is important and poorly done."""

    name: str
    importance: float
    performance: float
    quadrant: str


def obstruction(values: Array, weights: Array) -> Array:
    """Degrees of obstruction, shape (schools, m), adding up to 1 in each row; all 0 for a school that lacks nothing.

    Raises
    ------
    InputError
        ``out-of-range`` with the row, or ``bad-weights``.

    >>> obstruction(np.array([[1.0, 0.5, 0.8]]), np.array([0.5, 0.3, 0.2])).round(4).tolist()
    [[0.0, 0.7895, 0.2105]]
    """
    if not (weights >= 0).all() or weights.sum() <= 0:
        raise InputError("bad-weights", "weights must be 0 or more, and not all 0")
    for i, j in np.argwhere(~((values >= 0) & (values <= 1))):
        message = f"{values[i, j]:g} is not between 0 and 1; scale the indexes first"
        raise InputError("out-of-range", message, column=str(j + 1), row=int(i) + 1)
    lacking = weights * (1 - values)
    total = lacking.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(lacking, total, out=np.zeros_like(lacking), where=total > 0))


def obstacles(
    names: Sequence[str], values: Array, weights: Array, most: int = 3
) -> tuple[tuple[Obstacle, ...], ...]:
    """The largest obstacles of each school, the largest first; none that is 0."""
    degrees = obstruction(values, weights)
    return tuple(
        tuple(Obstacle(names[j], float(row[j])) for j in np.argsort(-row, kind="stable")[:most] if row[j] > 0)
        for row in degrees
    )


def importance_performance(names: Sequence[str], importance: Array, performance: Array) -> tuple[Placed, ...]:
    """Place each index against both means; what lies on a mean is high."""
    return tuple(
        Placed(name, float(a), float(b), QUADRANTS[k])
        for name, a, b, k in zip(
            names, importance, performance, quadrants_of(importance, performance), strict=True
        )
    )


def quadrants_of(importance: Array, performance: Array) -> NDArray[np.intp]:
    """Places in ``QUADRANTS`` of indexes along the last axis, each row against its own two means.

    >>> quadrants_of(np.array([0.6, 0.4]), np.array([[0.2, 0.8], [0.8, 0.2]])).tolist()
    [[1, 3], [0, 2]]
    """
    high, good = _reaches_mean(importance), _reaches_mean(performance)
    return np.asarray(np.where(high, np.where(good, 0, 1), np.where(good, 3, 2)))


def _reaches_mean(values: Array) -> NDArray[np.bool_]:
    # The mean of equal decimals may lie above them by the last digit.
    slack = 1e-9 * np.abs(values).max(axis=-1, keepdims=True)
    return np.asarray(values >= values.mean(axis=-1, keepdims=True) - slack)
