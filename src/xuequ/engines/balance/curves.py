"""The Lorenz curve of an amount over pupils, and what the official coefficient would be without each school.

A district's figures are a census: all its schools are counted, so there is no sample and no interval. What can be
told is how far the verdict hangs on a single school: the coefficient with that school left out,
CV₋ᵢ² = (ΣP − Pᵢ)(Σx²/P − xᵢ²/Pᵢ)/(Σx − xᵢ)² − 1.
"""

from dataclasses import dataclass

import numpy as np

from xuequ.engines.balance.inputs import Array
from xuequ.engines.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Lorenz:
    """Points of the curve from (0, 0) to (1, 1), both of shape (schools + 1,); ``gini`` is 1 − 2 × its area."""

    pupils: Array
    amount: Array
    gini: float


def lorenz(x: Array, P: Array) -> Lorenz:
    """Return the curve of amounts ``x`` with pupils ``P``, schools in the order of their amount per pupil.

    Raises
    ------
    InputError
        ``all-zero`` when there is nothing to share.

    >>> books, pupils = np.array([279, 137, 935, 160, 402.0]), np.array([45, 37, 89, 76, 55.0])
    >>> round(lorenz(books, pupils).gini, 4)
    0.2884
    """
    if not x.any():
        raise InputError("all-zero", "all amounts are zero, so nothing can be compared")
    order = np.argsort(x / P, kind="stable")
    across = np.concatenate([[0.0], np.cumsum(P[order]) / P.sum()])
    up = np.concatenate([[0.0], np.cumsum(x[order]) / x.sum()])
    area = float(np.sum(np.diff(across) * (up[1:] + up[:-1]) / 2))
    return Lorenz(across, up, 1 - 2 * area)


def without_each(x: Array, P: Array) -> Array:
    """Return the coefficient with each school left out in turn, shape (schools,); NaN where nothing would be left."""
    total, pupils, squares = x.sum() - x, P.sum() - P, np.sum(x * x / P) - x * x / P
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sqrt(np.maximum(pupils * squares / total**2 - 1, 0.0))
    return np.where((total > 0) & (len(x) > 1), found, np.nan)
