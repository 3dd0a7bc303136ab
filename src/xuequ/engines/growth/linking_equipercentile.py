"""Equipercentile linking of two forms through an anchor, with log-linear presmoothing.

A joint table holds how many pupils of a group have total x and anchor v. It is smoothed by a polynomial
log-linear model that keeps chosen moments (Holland and Thayer 2000, Journal of Educational and Behavioral
Statistics 25, 133-183), then linked by chains of equal percentile ranks or by frequency estimation (Kolen and
Brennan 2014, chapters 2, 3 and 5). Scores stand for the interval of one step around them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError

Array = NDArray[np.float64]
MOST_CELLS = 400_000
_STEPS = (1.0, 0.5, 0.25, 0.1)
_MOST_ITERATIONS = 60
_SETTLED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Equally spaced score points from ``low``, ``size`` of them, ``step`` apart."""

    low: float
    step: float
    size: int

    @property
    def points(self) -> Array:
        """The scores, shape (size,)."""
        return np.asarray(self.low + self.step * np.arange(self.size), dtype=np.float64)

    @property
    def edges(self) -> Array:
        """The ends of the scores' intervals, shape (size + 1,)."""
        return np.asarray(self.low + self.step * (np.arange(self.size + 1) - 0.5), dtype=np.float64)

    def places(self, scores: Array) -> NDArray[np.int64]:
        """The position of each score."""
        return np.rint((scores - self.low) / self.step).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class JointTable:
    """Counts or probabilities by total and anchor, shape (totals, anchors)."""

    total: Grid
    anchor: Grid
    cells: Array

    @property
    def of_total(self) -> Array:
        """Probabilities of the totals."""
        return self.cells.sum(axis=1) / self.cells.sum()

    @property
    def of_anchor(self) -> Array:
        """Probabilities of the anchor scores."""
        return self.cells.sum(axis=0) / self.cells.sum()


def grid(*scores: Array, column: str) -> Grid:
    """The finest of the usual steps (1, 0.5, 0.25, 0.1) on which all scores lie.

    Raises
    ------
    InputError
        ``uneven-scores`` when there is none: such scores are linked by a linear method.
    """
    values = np.concatenate(scores)
    low = float(values.min())
    for step in _STEPS:
        if np.all(np.abs((values - low) / step - np.rint((values - low) / step)) < 1e-6):
            return Grid(low, step, int(np.rint((values.max() - low) / step)) + 1)
    raise InputError(
        "uneven-scores", "scores are not multiples of 1, 0.5, 0.25 or 0.1; use a linear method", column=column
    )


def joint_table(total: Array, anchor: Array, of_total: Grid, of_anchor: Grid) -> JointTable:
    """Count the pupils of a group."""
    if of_total.size * of_anchor.size > MOST_CELLS:
        raise InputError("too-many-cells", "total and anchor have too many score points; use a linear method")
    at = of_total.places(total) * of_anchor.size + of_anchor.places(anchor)
    counts = np.bincount(at, minlength=of_total.size * of_anchor.size).astype(np.float64)
    return JointTable(of_total, of_anchor, counts.reshape(of_total.size, of_anchor.size))


def smoothed(table: JointTable, degrees: tuple[int, int], cross: int, *, internal: bool) -> JointTable:
    """Smooth a table so that it keeps its first moments.

    log m_xv = β₀ + Σ_{i≤a} β_i x^i + Σ_{j≤b} γ_j v^j + Σ_{k≤c} δ_k (xv)^k: the fitted table has the observed
    first a moments of the total, the first b of the anchor and c cross-moments.

    Parameters
    ----------
    table : counts
    degrees : a and b
    cross : c
    internal : whether cells with a total below the anchor are impossible (the anchor counts in the total)
    """
    x, v = (2.0 * np.linspace(-0.5, 0.5, g.size) for g in (table.total, table.anchor))
    powers = [np.repeat(x[:, None] ** i, len(v), axis=1) for i in range(degrees[0] + 1)]
    powers += [np.repeat(v[None, :] ** j, len(x), axis=0) for j in range(1, degrees[1] + 1)]
    powers += [np.outer(x, v) ** k for k in range(1, cross + 1)]
    possible = _possible(table) if internal else np.ones(table.cells.shape, dtype=bool)
    design = np.column_stack([power[possible] for power in powers])
    fitted = np.zeros_like(table.cells)
    fitted[possible] = log_linear(table.cells[possible], design)
    return JointTable(table.total, table.anchor, fitted)


def _possible(table: JointTable) -> NDArray[np.bool_]:
    return table.total.points[:, None] >= table.anchor.points[None, :] - 1e-9


def log_linear(counts: Array, design: Array) -> Array:
    """Fitted counts of a Poisson model with log link, by Fisher scoring; their moments are the observed ones.

    Parameters
    ----------
    counts : shape (cells,)
    design : powers of the scores with a column of ones, shape (cells, terms); orthogonalised here

    Raises
    ------
    InputError
        ``no-smoothing`` when the scoring does not settle: lower the degree.
    """
    basis, _ = np.linalg.qr(design)
    eta = np.log(counts + counts.mean())
    weights = np.exp(eta)
    beta = np.linalg.solve(basis.T @ (basis * weights[:, None]), basis.T @ (weights * eta))
    for _ in range(_MOST_ITERATIONS):
        fitted = np.exp(np.clip(basis @ beta, -300.0, 300.0))
        step = np.linalg.solve(basis.T @ (basis * fitted[:, None]), basis.T @ (counts - fitted))
        # A long step overshoots the exponential.
        beta = beta + step * min(1.0, 4.0 / max(float(np.abs(basis @ step).max()), 1e-300))
        if float(np.abs(basis.T @ (counts - fitted)).max()) < _SETTLED * counts.sum():
            return fitted
    raise InputError("no-smoothing", "the log-linear smoothing does not settle; lower its degree")


def percentile_rank(scores: Array, points: Grid, probabilities: Array) -> Array:
    """Share below a score, when each point's pupils are spread evenly over its interval (K & B, equation 2.14).

    Examples
    --------
    >>> percentile_rank(np.array([2.0]), Grid(0, 1, 5), np.array([.2, .3, .2, .2, .1])).round(2)
    array([0.6])
    """
    edges = points.edges
    return np.interp(scores, edges, np.concatenate([[0.0], np.cumsum(probabilities)]))


def score_at(ranks: Array, points: Grid, probabilities: Array) -> Array:
    """The score with a percentile rank; where the ranks stand still, the middle of the stretch."""
    edges = points.edges
    cumulated = np.concatenate([[0.0], np.cumsum(probabilities)])
    cumulated /= cumulated[-1]
    upper = np.clip(np.searchsorted(cumulated, ranks, side="right"), 1, points.size)
    lower = np.clip(np.searchsorted(cumulated, ranks, side="left") - 1, 0, points.size - 1)
    found = _between(ranks, edges, cumulated, upper - 1, at_end=0.0) + _between(
        ranks, edges, cumulated, lower, at_end=1.0
    )
    return np.asarray(found / 2.0)


def _between(ranks: Array, edges: Array, cumulated: Array, at: NDArray[np.intp], *, at_end: float) -> Array:
    height = cumulated[at + 1] - cumulated[at]
    share = np.where(height > 0, (ranks - cumulated[at]) / np.where(height > 0, height, 1.0), at_end)
    return np.asarray(edges[at] + np.clip(share, 0.0, 1.0) * (edges[at + 1] - edges[at]))


def equipercentile(scores: Array, x: tuple[Grid, Array], y: tuple[Grid, Array]) -> Array:
    """Scores on Y with the percentile ranks that ``scores`` have on X."""
    return score_at(percentile_rank(scores, *x), *y)


def chained(scores: Array, new: JointTable, old: JointTable) -> Array:
    """X to V in the group of the new form, V to Y in that of the old one (K & B, section 5.2)."""
    as_anchor = equipercentile(scores, (new.total, new.of_total), (new.anchor, new.of_anchor))
    return equipercentile(as_anchor, (old.anchor, old.of_anchor), (old.total, old.of_total))


def frequency_estimation(scores: Array, new: JointTable, old: JointTable, weight: float) -> Array:
    """Link in the synthetic population: totals given the anchor are the same in both groups (K & B, section 5.1).

    Examples
    --------
    Their worked example, all weight on the group of the new form; printed: −.02, .83, 1.76, 2.92, 3.98, 5.00.

    >>> x = np.array([[.04, .04, .02, 0], [.04, .08, .02, .01], [.06, .12, .05, .02],
    ...               [.03, .12, .05, .05], [.02, .03, .04, .06], [.01, .01, .02, .06]])
    >>> y = np.array([[.04, .03, .01, 0], [.07, .05, .07, .01], [.03, .05, .12, .02],
    ...               [.03, .04, .13, .05], [.02, .02, .05, .06], [.01, .01, .02, .06]])
    >>> grids = Grid(0, 1, 6), Grid(0, 1, 4)
    >>> linked = frequency_estimation(np.arange(6.0), JointTable(*grids, x), JointTable(*grids, y), 1.0)
    >>> linked.round(2).tolist()
    [-0.02, 0.83, 1.76, 2.92, 3.98, 5.0]
    """
    x = weight * new.of_total + (1 - weight) * (_conditional(new) @ old.of_anchor)
    y = weight * (_conditional(old) @ new.of_anchor) + (1 - weight) * old.of_total
    return equipercentile(scores, (new.total, x), (old.total, y))


def _conditional(table: JointTable) -> Array:
    """P(total | anchor) by column; an anchor score that nobody has borrows from the nearest one."""
    held = np.flatnonzero(table.cells.sum(axis=0) > 0)
    nearest = held[np.abs(held[None, :] - np.arange(table.anchor.size)[:, None]).argmin(axis=1)]
    cells = table.cells[:, nearest]
    return np.asarray(cells / cells.sum(axis=0))
