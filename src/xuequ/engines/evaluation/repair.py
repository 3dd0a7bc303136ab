"""The one judgement to revisit, and the value that helps most.

Every judged pair is tried with every value of Saaty's scale; the smallest CR wins. Nothing is changed: the person
who judged decides, for a consistent matrix is not a true one. Missing pairs stay
filled in as they were, so that CR may come out lower still.
"""

from dataclasses import dataclass

import numpy as np

from xuequ.engines.evaluation.ahp import Priorities, eigen_weights
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.judgements import SAATY, Judgements

_LEAST_HELP = 1e-9


@dataclass(frozen=True, slots=True)
class Repair:
    """One judgement: ``first`` to ``second`` was ``given``; ``suggested`` brings CR down to ``cr``.

    ``fitting`` is w_i/w_j, what the weights as a whole say of the pair.
    """

    first: str
    second: str
    given: float
    suggested: float
    fitting: float
    cr: float


def advise(matrix: Judgements, found: Priorities) -> Repair | None:
    """Return the judgement whose change helps most; None when no single change lowers CR."""
    if found.cr <= 0:
        return None
    n = len(matrix.names)
    i, j = np.nonzero(np.triu(~np.isnan(matrix.values), 1))
    i, j, value = np.repeat(i, len(SAATY)), np.repeat(j, len(SAATY)), np.tile(SAATY, len(i))
    tried = np.repeat(found.completed[None], len(value), axis=0)
    at = np.arange(len(value))
    tried[at, i, j], tried[at, j, i] = value, 1 / value
    cr = np.maximum(eigen_weights(tried)[1] - n, 0.0) / (n - 1) / found.ri
    best = int(np.argmin(np.round(cr, 12)))
    if cr[best] > found.cr - _LEAST_HELP:
        return None
    return _repair(matrix, found.weights, int(i[best]), int(j[best]), float(value[best]), float(cr[best]))


def _repair(matrix: Judgements, w: Array, i: int, j: int, value: float, cr: float) -> Repair:
    """Named from the side on which the suggested value is at least 1, as people say it."""
    if value < 1:
        i, j, value = j, i, 1 / value
    return Repair(
        first=matrix.names[i],
        second=matrix.names[j],
        given=float(matrix.values[i, j]),
        suggested=value,
        fitting=float(w[i] / w[j]),
        cr=cr,
    )
