"""α-fair sharing: Σ_s ω_s φ(u_s) as large as it can be, φ(u) = u^(1−α)/(1−α), ln u for α = 1.

Atkinson (1970), Mo and Walrand (2000). φ is concave, so it lies below every tangent, and the programme with tangents in
its place gives an upper bound; tangents are added at its answer until bound and answer meet (Duran and Grossmann 1986).
The gap is that of the equally distributed equivalent score u* = φ⁻¹(Σ ω φ(u)/Σ ω): no choice has a u* above
u*/(1 − gap).
"""

import time
from dataclasses import dataclass

import numpy as np

from xuequ.engines.balance.funding_programme import GAP, Rows, Solved, scores, tried
from xuequ.engines.balance.funding_task import FundDesign, Task
from xuequ.engines.balance.inputs import Array
from xuequ.engines.errors import InputError

_FIRST = 6
_STEP_GAP = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Fair:
    """A choice of projects, its equally distributed equivalent score, and the proven gap."""

    x: Array
    equivalent: float
    gap: float


def welfare(u: Array, alpha: float) -> Array:
    """φ of scores above zero.

    >>> welfare(np.array([2.0]), 2.0).tolist()
    [-0.5]
    """
    if alpha == 1:
        return np.asarray(np.log(u))
    return np.asarray(u ** (1 - alpha) / (1 - alpha))


def equivalent(u: Array, weight: Array, alpha: float) -> float:
    """The score that, given to all, would be as good: Atkinson's equally distributed equivalent.

    >>> round(equivalent(np.array([50.0, 80.0]), np.ones(2), 1.0), 6)
    63.245553
    """
    return _inverse(float(np.average(welfare(u, alpha), weights=weight)), alpha)


def _inverse(value: float, alpha: float) -> float:
    if alpha == 1:
        return float(np.exp(value))
    base = value * (1 - alpha)
    return float(base ** (1 / (1 - alpha))) if base > 0 else float("inf")


def fair(task: Task, limits: Rows, design: FundDesign, alpha: float) -> Fair | None:
    """Return the α-fair choice; None when time ran out before any was found.

    Raises
    ------
    InputError
        ``zero-score``: with α of 1 or more every score must be above zero.
    """
    if alpha > 0 and not (task.base > 0).all():
        school = task.schools[int(np.argmin(task.base))]
        message = f"school {school!r} has a score of 0; alpha needs scores above 0"
        raise InputError("zero-score", message, column="base", value=school)
    # In shares of the mean score, so that powers stay near 1.
    unit = float(task.base.mean()) or 1.0
    lowest, most = task.base / unit, (task.base + np.bincount(task.of, task.gain, len(task.schools))) / unit
    rows = limits.widened(len(task.schools))
    grid = 1 if alpha == 0 else _FIRST
    for part in np.linspace(0.0, 1.0, grid):
        rows = _tangents(task, rows, lowest * (most / lowest) ** part if alpha else lowest, unit, alpha)
    return _closed(task, rows, design, unit, alpha)


def _tangents(task: Task, rows: Rows, at: Array, unit: float, alpha: float) -> Rows:
    """z_s ≤ φ(t) + φ'(t)(u_s − t) for one t of each school; z_s are the last columns."""
    slope = at ** (-alpha)
    S = len(task.schools)
    A = -scores(task, rows.A.shape[1] - len(task.cost)) * (slope / unit)[:, None]
    A[np.arange(S), rows.A.shape[1] - S + np.arange(S)] = 1
    return rows.plus(A, -np.inf, welfare(at, alpha) + slope * (task.base / unit - at))


def _closed(task: Task, rows: Rows, design: FundDesign, unit: float, alpha: float) -> Fair | None:
    n, weight = len(task.cost), task.weight
    objective = np.concatenate([np.zeros(rows.A.shape[1] - len(weight)), -weight])
    best: tuple[float, Array] | None = None
    bound, end = np.inf, time.monotonic() + design.seconds
    while True:
        found = tried(task, objective, rows, design, _STEP_GAP)
        if found is None:
            break
        x = np.rint(found.x[:n])
        u = task.after(x) / unit
        value = equivalent(u, weight, alpha)
        best = (value, x) if best is None or value > best[0] else best
        bound = min(bound, _inverse(_bound(found, weight), alpha))
        if best[0] >= bound * (1 - GAP) or time.monotonic() > end or not _below(found, u, weight, alpha):
            break
        rows = _tangents(task, rows, u, unit, alpha)
    if best is None:
        return None
    return Fair(best[1], best[0] * unit, max(0.0, 1 - best[0] / bound))


def _bound(found: Solved, weight: Array) -> float:
    return -found.bound / float(weight.sum())


def _below(found: Solved, u: Array, weight: Array, alpha: float) -> bool:
    """Whether the tangents still promise more than is there."""
    return bool((found.x[-len(weight) :] > welfare(u, alpha) + 1e-9).any())
