"""How far an index belongs to each grade, best grade first: from votes, or from a measured value and thresholds.

A row of memberships r_1 … r_K adds up to 1. Votes: r_k = n_k/N. Measured value x with a point for each grade,
s_1 > s_2 > … > s_K where more is better: r_1 = 1 from s_1 on, r_K = 1 up to s_K, and between two points one grade
passes into the other along a curve. Points that rise mirror this for costs, where less is better.
"""

from collections.abc import Sequence

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array

CURVES = ("triangle", "trapezoid", "gaussian")
_PLATEAU = 0.25
"""Trapezoid: the part of the way between two points, at either end, that belongs wholly to the nearer grade."""


def memberships_of_votes(votes: Array, names: Sequence[str] = ()) -> Array:
    """Shares of votes, shape (m, K), from counts of the same shape.

    Raises
    ------
    InputError
        ``negative-votes`` or ``no-votes`` with the row (and the index's name as the column, when names are given).

    >>> memberships_of_votes(np.array([[6.0, 3.0, 1.0, 0.0]])).tolist()
    [[0.6, 0.3, 0.1, 0.0]]
    """
    for i, row in enumerate(votes):
        name = names[i] if names else None
        if not np.isfinite(row).all() or (row < 0).any():
            raise InputError("negative-votes", "counts of votes must be 0 or more", column=name, row=i + 1)
        if row.sum() <= 0:
            raise InputError("no-votes", "nobody has voted", column=name, row=i + 1)
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def memberships_of_values(values: Array, points: Sequence[float], curve: str = "triangle") -> Array:
    """Memberships of measured values, shape (m, K), by the grades' points from the best grade to the worst.

    ``triangle`` passes linearly; ``trapezoid`` holds each grade for a quarter of the way; ``gaussian`` is
    exp(−((x − s_k)/σ)²) divided by its sum, σ such that two grades as far apart as the mean of all meet at one half.

    Raises
    ------
    InputError
        ``bad-thresholds``, ``unknown-curve`` or ``not-finite``.

    >>> memberships_of_values(np.array([87.5]), (90, 80, 70, 60)).tolist()
    [[0.75, 0.25, 0.0, 0.0]]
    """
    s = np.asarray(points, dtype=np.float64)
    steps = np.diff(s)
    if len(s) < 2 or not np.isfinite(s).all() or not ((steps < 0).all() or (steps > 0).all()):
        raise InputError(
            "bad-thresholds", "thresholds must all fall (more is better) or all rise (less is better)"
        )
    if curve not in CURVES:
        raise InputError("unknown-curve", f"no curve {curve!r}; there are: {', '.join(CURVES)}")
    values = np.asarray(values, dtype=np.float64)
    if not np.isfinite(values).all():
        raise InputError(
            "not-finite", "a value is missing or infinite", row=int(np.isfinite(values).argmin()) + 1
        )
    if steps[0] < 0:
        s, values = -s, -values
    x = np.clip(values, s[0], s[-1])
    if curve == "gaussian":
        sigma = np.abs(steps).mean() / 2 / np.sqrt(np.log(2))
        bell = np.exp(-(((x[:, None] - s) / sigma) ** 2))
        return np.asarray(bell / bell.sum(axis=1, keepdims=True))
    return _passing(x, s, _PLATEAU if curve == "trapezoid" else 0.0)


def _passing(x: Array, s: Array, plateau: float) -> Array:
    """Two neighbouring grades share each value; ``s`` rises."""
    k = np.clip(np.searchsorted(s, x, side="right") - 1, 0, len(s) - 2)
    way = (x - s[k]) / (s[k + 1] - s[k])
    way = np.clip((way - plateau) / (1 - 2 * plateau), 0.0, 1.0)
    rows = np.zeros((len(x), len(s)))
    at = np.arange(len(x))
    rows[at, k], rows[at, k + 1] = 1 - way, way
    return rows
