"""The analytic hierarchy process: weights from judgements of pairs, and how far the judgements contradict each other.

Eigenvector (Saaty 1980): A w = λ w. Geometric mean (Crawford & Williams 1985): w_i ∝ (Π_j a_ij)^(1/n), the least
squares of logarithms. CI = (λ − n)/(n − 1), CR = CI/RI. GCI = 2/((n−1)(n−2)) Σ_{i<j} ln²(a_ij w_j/w_i) with the
geometric weights (Aguarón & Moreno-Jiménez 2003). Koczkodaj (1993): the worst triad's min(|1 − a_ik/(a_ij a_jk)|,
|1 − a_ij a_jk/a_ik|). Missing pairs: for the eigenvector those values that make λ smallest (Bozóki, Fülöp & Rónyai
2010), for the geometric mean least squares on the pairs that were judged, which is the same as filling in w_i/w_j.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.judgements import Judgements
from xuequ.engines.evaluation.random_index import random_index

METHODS = ("eigenvector", "geometric")
ACCEPTED = 0.1
"""CR below which Saaty accepts judgements."""

_TOLERANCE = 1e-12
_MOST_STEPS = 2000
_STEPS_BETWEEN = 4


@dataclass(frozen=True, slots=True, eq=False)
class Priorities:
    """Weights of one matrix.

    Attributes
    ----------
    names, weights : shape (n,), adding up to 1
    method : ``eigenvector`` or ``geometric``
    lambda_max, ci, cr : principal eigenvalue, consistency index and ratio; of the completed matrix if pairs miss
    ri, ri_table : random index and the table that it comes from
    gci, koczkodaj : the other measures of contradiction; 0 for two indexes
    consistent : whether CR is below 0.1
    missing : pairs that were not judged
    completed : the matrix with those pairs filled in, shape (n, n)
    """

    names: tuple[str, ...]
    weights: Array
    method: str
    lambda_max: float
    ci: float
    cr: float
    ri: float
    ri_table: str
    gci: float
    koczkodaj: float
    consistent: bool
    missing: int
    completed: Array


@dataclass(frozen=True, slots=True, eq=False)
class ManyPriorities:
    """Weights of many complete matrices: ``weights`` (k, n), ``lambda_max`` (k,), ``cr`` (k,)."""

    weights: Array
    lambda_max: Array
    cr: Array
    ri_table: str


def prioritise(matrix: Judgements, method: str = "eigenvector", ri: str = "mc") -> Priorities:
    """Weigh the indexes of one matrix.

    Raises
    ------
    InputError
        ``unknown-method``, ``unknown-random-index`` or ``too-many-indexes``.

    >>> from xuequ.engines.evaluation.judgements import judgements
    >>> nan = float("nan")  # the pairs below the diagonal are taken as reciprocals
    >>> cars = [[1, 3, 7, 3], [nan, 1, 9, 1], [nan, nan, 1, 1 / 7], [nan, nan, nan, 1]]
    >>> found = prioritise(judgements(["cost", "safety", "style", "capacity"], np.array(cars)), ri="saaty2005")
    >>> [round(float(w), 3) for w in found.weights], round(found.lambda_max, 6)
    ([0.51, 0.234, 0.041, 0.215], 4.199235)
    """
    if method not in METHODS:
        raise InputError("unknown-method", f"no method {method!r}; there are: {', '.join(METHODS)}")
    n = len(matrix.names)
    index = random_index(n, ri, matrix.missing)
    full = complete(matrix, method)
    found, largest = eigen_weights(full[None])
    geometric = geometric_weights(full[None])
    lambda_max = float(max(largest[0], n))
    ci = (lambda_max - n) / (n - 1)
    cr = ci / index if index > 0 else 0.0
    return Priorities(
        names=matrix.names,
        weights=(found if method == "eigenvector" else geometric)[0],
        method=method,
        lambda_max=lambda_max,
        ci=ci,
        cr=cr,
        ri=index,
        ri_table=ri,
        gci=_gci(matrix, geometric[0]),
        koczkodaj=_koczkodaj(full),
        consistent=cr < ACCEPTED,
        missing=matrix.missing,
        completed=full,
    )


def prioritise_many(matrices: Array, method: str = "eigenvector", ri: str = "mc") -> ManyPriorities:
    """Weigh many complete reciprocal matrices of one size at once.

    Parameters
    ----------
    matrices : shape (k, n, n), positive and reciprocal: as ``Judgements.values`` are

    Raises
    ------
    InputError
        ``not-square``, ``incomplete``, ``unknown-method``, ``unknown-random-index`` or ``too-many-indexes``.
    """
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2]:
        raise InputError("not-square", f"an array of shape {matrices.shape} holds no square matrices")
    if not (matrices > 0).all():
        row = int(np.argmin((matrices > 0).all(axis=(1, 2)))) + 1
        raise InputError("incomplete", "a matrix lacks a pair; weigh it alone", row=row)
    if method not in METHODS:
        raise InputError("unknown-method", f"no method {method!r}; there are: {', '.join(METHODS)}")
    n = matrices.shape[1]
    index = random_index(n, ri)
    weights, largest = eigen_weights(matrices)
    if method == "geometric":
        weights = geometric_weights(matrices)
    cr = np.maximum(largest - n, 0.0) / (n - 1) / index if index > 0 else np.zeros(len(matrices))
    return ManyPriorities(weights, np.maximum(largest, n), cr, ri)


def eigen_weights(matrices: Array) -> tuple[Array, Array]:
    """Principal eigenvectors, shape (k, n) adding up to 1, and eigenvalues, shape (k,), by power iteration.

    Matrices lie last in memory, so that each step runs along all of them at once; those that have settled leave.
    """
    k, n = matrices.shape[:2]
    weights, largest = np.empty((k, n)), np.empty(k)
    A = np.ascontiguousarray(np.moveaxis(matrices, 0, 2))
    w = geometric_weights(matrices).T.copy()
    left = np.arange(k)
    for _ in range(_MOST_STEPS):
        for _ in range(_STEPS_BETWEEN):
            w = _step(A, w)
            w /= w.sum(axis=0)
        image = _step(A, w)
        ratio = image / w
        low, high = ratio.min(axis=0), ratio.max(axis=0)
        # Collatz and Wielandt: the eigenvalue lies between the two.
        done = high - low <= _TOLERANCE * n * high
        if done.any():
            at = left[done]
            weights[at] = (image[:, done] / image[:, done].sum(axis=0)).T
            largest[at] = image[:, done].sum(axis=0) / w[:, done].sum(axis=0)
            A, w, left = A[:, :, ~done], w[:, ~done], left[~done]
        if not len(left):
            return weights, largest
    raise InputError(
        "not-settled", "the weights do not settle; are all judgements above 0?", row=int(left[0]) + 1
    )


def _step(A: Array, w: Array) -> Array:
    return np.asarray(np.einsum("ijk,jk->ik", A, w))


def geometric_weights(matrices: Array) -> Array:
    """Row geometric means of complete matrices, shape (k, n), adding up to 1."""
    w = np.exp(np.log(matrices).mean(axis=2))
    return np.asarray(w / w.sum(axis=1, keepdims=True))


def complete(matrix: Judgements, method: str) -> Array:
    """The matrix with missing pairs filled in, by the smallest λ or by logarithmic least squares."""
    missing = np.argwhere(np.triu(np.isnan(matrix.values), 1))
    start = _filled(matrix.values, _least_squares(matrix.values))
    if not len(missing) or method == "geometric":
        return start
    # Loading it takes longer than all the rest, and complete matrices need none of it.
    from scipy.optimize import minimize

    i, j = missing[:, 0], missing[:, 1]

    def largest(x: Array) -> tuple[float, Array]:
        A = _with(start, i, j, x)
        (w,), (value,) = eigen_weights(A[None])
        (v,), _ = eigen_weights(A.T[None])
        slope = v[i] * A[i, j] * w[j] - v[j] * A[j, i] * w[i]
        return float(value), np.asarray(slope / (v @ w))

    # λ is convex in the logarithms of the missing pairs, so that any start leads to the one smallest.
    found = minimize(largest, np.log(start[i, j]), jac=True, method="BFGS", options={"gtol": 1e-9})
    return _with(start, i, j, found.x)


def _with(A: Array, i: NDArray[np.intp], j: NDArray[np.intp], x: Array) -> Array:
    A = A.copy()
    A[i, j], A[j, i] = np.exp(x), np.exp(-x)
    return A


def _least_squares(values: Array) -> Array:
    """Weights that minimise Σ (ln a_ij − ln w_i + ln w_j)² over the judged pairs (Bozóki, Fülöp & Rónyai 2010)."""
    judged = ~np.isnan(values)
    np.fill_diagonal(judged, val=False)
    laplacian = np.diag(judged.sum(axis=1).astype(np.float64)) - judged
    right = np.where(judged, np.log(np.where(judged, values, 1.0)), 0.0).sum(axis=1)
    w = np.exp(np.linalg.lstsq(laplacian, right, rcond=None)[0])
    return np.asarray(w / w.sum())


def _filled(values: Array, w: Array) -> Array:
    return np.asarray(np.where(np.isnan(values), w[:, None] / w[None, :], values))


def _gci(matrix: Judgements, w: Array) -> float:
    """Over the judged pairs; the divisor loses one for each missing pair, as the degrees of freedom do."""
    n = len(w)
    free = (n - 1) * (n - 2) / 2 - matrix.missing
    errors = np.triu(np.log(matrix.values * w[None, :] / w[:, None]), 1)
    return float(np.nansum(errors**2) / free) if free > 0 else 0.0


def _koczkodaj(A: Array) -> float:
    n = len(A)
    worst = 0.0
    for j in range(1, n - 1):
        ratio = A[:j, j + 1 :] / (A[:j, [j]] * A[[j], j + 1 :])
        worst = max(worst, float(np.minimum(np.abs(1 - ratio), np.abs(1 - 1 / ratio)).max()))
    return worst
