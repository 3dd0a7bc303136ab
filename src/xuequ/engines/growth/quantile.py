"""Exact linear quantile regression for many taus at once: the quantile regression process."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.vertices import Problem, walk

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

_COLLINEAR = 1e-9
# Ties are broken by shifting each response by its own amount, this small against the residuals; the
# coefficients are formed from the true responses afterwards.
_SHIFT = 1e-10
_ROUNDING = 1e-13
_LOSS_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class QuantileProcess:
    """Solutions of quantile regression for T taus.

    Attributes
    ----------
    taus : shape (T,)
    coefficients : shape (p, T); 0 for a dropped column
    loss : minimum of the weighted check loss, units of the response, shape (T,)
    gap : the loss is proven to exceed the minimum by no more than this, shape (T,)
    basis : for each tau the rows whose responses the solution meets exactly, shape (T, r)
    dropped : columns left out because the columns before them determine them
    """

    taus: FloatArray
    coefficients: FloatArray
    loss: FloatArray
    gap: FloatArray
    basis: IndexArray
    dropped: tuple[int, ...]


def fit_quantile_process(
    X: ArrayLike, y: ArrayLike, taus: Sequence[float] | FloatArray, weights: ArrayLike | None = None
) -> QuantileProcess:
    """Minimise the check loss exactly for every tau.

    For each tau the coefficients b minimise ``sum_i w_i rho_tau(y_i - x_i'b)`` with
    ``rho_tau(r) = r (tau - 1[r < 0])`` (Koenker and Bassett 1978, Econometrica 46, 33-50). The walk from
    vertex to vertex is described in `vertices`; Chernozhukov, Fernandez-Val and Melly (2022, Empirical
    Economics 62, 7-33) show why neighbouring taus should share their work.

    Where several solutions share the minimum, one of them is returned: the one that stays optimal when the
    responses are shifted by minute fixed amounts.

    Parameters
    ----------
    X : design matrix with its intercept column if one is wanted, shape (n, p)
    y : responses, shape (n,)
    taus : values in (0, 1) in any order, shape (T,)
    weights : not negative, shape (n,); a row of weight w counts as w equal rows; 1 when left out

    Raises
    ------
    InputError
        ``bad-shape``, ``infinite-value``, ``bad-tau``, ``bad-weight``, ``no-column`` (nothing to fit), or
        ``no-optimum`` when rounding errors prevent the proof of a solution; unproven ones are never returned.

    Examples
    --------
    The median of stack loss on air flow, water temperature and acid concentration as in R's documentation of
    ``quantreg::rq``: -39.690, 0.832, 0.574, -0.061.

    >>> air = [80, 80, 75, 62, 62, 62, 62, 62, 58, 58, 58, 58, 58, 58, 50, 50, 50, 50, 50, 56, 70]
    >>> water = [27, 27, 25, 24, 22, 23, 24, 24, 23, 18, 18, 17, 18, 19, 18, 18, 19, 19, 20, 20, 20]
    >>> acid = [89, 88, 90, 87, 87, 87, 93, 93, 87, 80, 89, 88, 82, 93, 89, 86, 72, 79, 80, 82, 91]
    >>> loss = [42, 37, 37, 28, 18, 18, 19, 20, 15, 14, 14, 13, 11, 12, 8, 7, 8, 8, 9, 15, 15]
    >>> X = np.column_stack([np.ones(21), air, water, acid])
    >>> fit_quantile_process(X, loss, [0.5]).coefficients[:, 0].round(3).tolist()
    [-39.69, 0.832, 0.574, -0.061]
    """
    X, y, grid, w = _checked(X, y, taus, weights)
    rows = np.flatnonzero(w)
    X, y, w = X[rows], y[rows], w[rows]
    columns, base = _orthonormal(X * w[:, None])
    order = np.argsort(grid, kind="stable")
    vertices = _vertices(base, y, w, grid[order])
    place = np.argsort(order, kind="stable")
    basis, signs = vertices.basis[place], vertices.signs[place]
    coefficients = np.zeros((X.shape[1], len(grid)))
    coefficients[columns] = np.linalg.solve(X[basis][:, :, columns], y[basis][:, :, None])[:, :, 0].T
    loss, gap = _loss_and_gap(y[:, None] - X @ coefficients, signs, w, grid)
    _require_proof(loss, gap, grid, float(np.abs(w * y).sum()))
    dropped = tuple(sorted(set(range(X.shape[1])) - set(columns.tolist())))
    return QuantileProcess(grid, coefficients, loss, gap, rows[basis], dropped)


def check_loss(residuals: FloatArray, taus: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Weighted check loss for each tau.

    Parameters
    ----------
    residuals : shape (n, T)
    taus : shape (T,)
    weights : shape (n,); 1 when left out

    Examples
    --------
    >>> check_loss(np.array([[2.0], [-2.0]]), np.array([0.25])).tolist()
    [2.0]
    """
    w = np.ones(len(residuals)) if weights is None else weights
    loss: FloatArray = taus * (w @ residuals) - w @ np.minimum(residuals, 0.0)
    return loss


@dataclass(frozen=True, slots=True, eq=False)
class _Vertices:
    basis: IndexArray
    signs: NDArray[np.int8]


def _vertices(base: FloatArray, y: FloatArray, w: FloatArray, taus: FloatArray) -> _Vertices:
    centred = w * y - base @ (base.T @ (w * y))
    shift = max(_SHIFT * np.abs(centred / w).max(), _ROUNDING * np.abs(y).max()) or 1.0
    problem = Problem.of(base, centred + shift * w * _scatter(len(y)))
    basis = np.empty((len(taus), base.shape[1]), dtype=np.intp)
    signs = np.empty((len(taus), len(y)), dtype=np.int8)
    for k, vertex in walk(problem, taus):
        basis[k], signs[k] = vertex.basis, vertex.signs
    return _Vertices(basis, signs)


def _scatter(n: int) -> FloatArray:
    """Fixed numbers in [0, 1) without a pattern that a design could share (the mixing of splitmix64)."""
    z = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    scattered: FloatArray = (z ^ (z >> np.uint64(31))).astype(np.float64) / 2.0**64
    return scattered


def _loss_and_gap(
    residuals: FloatArray, signs: NDArray[np.int8], w: FloatArray, taus: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The loss, and its excess over what the vertex's signs prove: the residuals on the wrong side."""
    wrong = np.maximum(-residuals * signs.T, 0.0)
    return check_loss(residuals, taus, w), w @ wrong


def _require_proof(loss: FloatArray, gap: FloatArray, taus: FloatArray, size: float) -> None:
    unproven = gap > _LOSS_TOLERANCE * loss + 10.0 * _ROUNDING * size
    if unproven.any():
        tau = taus[unproven][0]
        raise InputError(
            "no-optimum", f"nothing could be proven optimal at tau = {tau:g}: columns nearly coincide"
        )


def _orthonormal(X: FloatArray) -> tuple[IndexArray, FloatArray]:
    """The columns that those before them do not determine, as R keeps them, and an orthonormal base."""
    columns = np.arange(X.shape[1])
    while len(columns):
        base, triangle = np.linalg.qr(X[:, columns])
        remainder = np.abs(np.diagonal(triangle))
        lengths = np.sqrt((X[:, columns[: len(remainder)]] ** 2).sum(axis=0))
        dependent = np.flatnonzero(remainder <= _COLLINEAR * lengths)
        if not len(dependent):
            return columns[: len(remainder)], np.ascontiguousarray(base)
        columns = np.delete(columns, dependent[0])
    raise InputError("no-column", "no column of the design differs from zero")


def _checked(
    X: ArrayLike, y: ArrayLike, taus: Sequence[float] | FloatArray, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    grid = np.asarray(taus, dtype=np.float64)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    if X.ndim != 2 or y.shape != (len(X),) or w.shape != y.shape or grid.ndim != 1:
        shapes = f"X {X.shape}, y {y.shape}, weights {w.shape}, taus {grid.shape}"
        raise InputError("bad-shape", f"the shapes do not fit: {shapes}")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise InputError("infinite-value", "the design or the response holds a value that is not finite")
    if not (len(grid) and (grid > 0.0).all() and (grid < 1.0).all()):
        raise InputError("bad-tau", "every tau must lie between 0 and 1")
    if not (np.isfinite(w).all() and (w >= 0.0).all() and (w > 0.0).any()):
        raise InputError("bad-weight", "weights must be finite, not negative, and not all 0")
    return X, y, grid, w
