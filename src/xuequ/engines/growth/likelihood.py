"""The profiled deviance of a linear mixed model with one grouping factor, its gradient and its minimum.

Model for group j: y_j = X_j β + Z_j u_j + e_j, u_j ~ N(0, σ² Σ), e_j ~ N(0, σ² I), Σ = Λ(θ) Λ(θ)ᵀ.

With A_j = Z_jᵀZ_j, B_j = Z_jᵀ[X_j, y_j] and C = Σ_j [X_j, y_j]ᵀ[X_j, y_j] (Bates, Mächler, Bolker and Walker
2015, "Fitting linear mixed-effects models using lme4", Journal of Statistical Software 67(1), section 3)::

    M_j = I + Λᵀ A_j Λ        K_j = Λ M_j⁻¹ Λᵀ        D = C - Σ_j B_jᵀ K_j B_j = [X, y]ᵀ V⁻¹ [X, y]
    r² = D_yy - D_yX D_XX⁻¹ D_Xy
    ML:    d(θ) = Σ_j log|M_j| + n (1 + log(2π r²/n))
    REML:  d(θ) = Σ_j log|M_j| + log|D_XX| + (n-p) (1 + log(2π r²/(n-p)))

The derivative by Σ, with U_j = B_j - A_j K_j B_j and s_j = U_j (-β, 1)ᵀ, is::

    G = Σ_j (A_j - A_j K_j A_j) - (n/r²) Σ_j s_j s_jᵀ     (REML: n-p for n, and less Σ_j U_jX D_XX⁻¹ U_jXᵀ)

Σ is a minimum on the cone of covariance matrices when GΣ = 0 and G has no negative eigenvalue: this decides
about a variance of zero, where derivatives by Λ vanish whatever the data say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError

Array = NDArray[np.float64]
Method = Literal["ml", "reml"]

_START = 0.4
_MOST_STEPS = 200
_SETTLED = 1e-13
_ACCEPTED = 1e-7
_NEGLIGIBLE = 1e-9
_TINY = 1e-6
_SAME = 1e-8
_NO_REMAINDER = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Cross-products in the coordinates of the search, group index last.

    Attributes
    ----------
    A : Z_jᵀZ_j, shape (q, q, J)
    B : Z_jᵀ[X_j, y_j], shape (q, p+1, J)
    C : Σ_j [X_j, y_j]ᵀ[X_j, y_j], shape (p+1, p+1)
    n : rows
    method : ``"ml"`` or ``"reml"``
    blocks : sizes of the diagonal blocks of Σ, adding up to q
    """

    A: Array
    B: Array
    C: Array
    n: int
    method: Method
    blocks: tuple[int, ...]

    @property
    def q(self) -> int:
        """Random terms."""
        return self.A.shape[0]

    @property
    def p(self) -> int:
        """Fixed terms."""
        return self.C.shape[0] - 1

    @property
    def degrees(self) -> int:
        """The divisor of r²: n for ML, n - p for REML."""
        return self.n - (self.p if self.method == "reml" else 0)

    @property
    def pattern(self) -> tuple[NDArray[np.intp], ...]:
        """Rows and columns of the free entries of Λ."""
        mask = np.zeros((self.q, self.q), dtype=bool)
        for block in _slices(self.blocks):
            mask[block, block] = True
        return np.nonzero(np.tril(mask))


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The deviance at one Λ and what follows from it: β, r², K_j (q, q, J), D_XX and G."""

    factor: Array
    deviance: float
    beta: Array
    r2: float
    K: Array
    D_XX: Array
    G: Array

    def gradient(self, pattern: tuple[NDArray[np.intp], ...]) -> Array:
        """The derivative of the deviance by the free entries of Λ: those of 2GΛ."""
        gradient: Array = 2.0 * (self.G @ self.factor)[pattern]
        return gradient


def profile(problem: Problem, factor: Array) -> Profile:
    """Evaluate the deviance and its derivative at Λ = ``factor``, shape (q, q), lower triangular."""
    A, B, p = problem.A, problem.B, problem.p
    K, log_determinant = _shrinkage(A, factor)
    KB = _product(K, B)
    D = problem.C - _contract(B, KB)
    root = np.linalg.cholesky(D[:p, :p])
    half = np.linalg.solve(root, D[:p, p])
    beta = np.linalg.solve(root.T, half)
    r2 = float(D[p, p] - half @ half)
    _check_residual(problem, r2)
    degrees = problem.degrees
    deviance = log_determinant + degrees * (1.0 + np.log(2.0 * np.pi * r2 / degrees))
    U = B - _product(A, KB)
    s = np.einsum("ipj,p->ij", U, np.append(-beta, 1.0))
    G = A.sum(axis=2) - np.einsum("ikj,klj->il", A, _product(K, A)) - (degrees / r2) * (s @ s.T)
    if problem.method == "reml":
        deviance += 2.0 * float(np.log(np.diag(root)).sum())
        Y = np.einsum("pr,ipj->irj", np.linalg.inv(root).T, U[:, :p], order="C")
        flat = Y.reshape(problem.q, -1)
        G -= flat @ flat.T
    return Profile(factor, float(deviance), beta, r2, K, D[:p, :p], (G + G.T) / 2.0)


def minimise(problem: Problem) -> Profile:
    """Find the minimum of the deviance over all covariance matrices Σ of the problem's block form.

    Damped Newton steps on the exact gradient; where a Σ on the edge of the cone still has a descent direction
    inside it, the search goes on from there.

    Raises
    ------
    InputError
        ``no-residual-variation`` when the model reproduces the response, ``no-convergence`` otherwise.
    """
    factor = _START * np.eye(problem.q)
    for _ in range(_MOST_STEPS):
        found = _descend(problem, factor)
        inside = _inside(problem, found)
        if inside is None:
            return found
        factor = inside
    raise _no_convergence()


def _shrinkage(A: Array, factor: Array) -> tuple[Array, float]:
    """K_j = Λ M_j⁻¹ Λᵀ as TᵀT with T = L⁻¹Λᵀ and M_j = LLᵀ, and Σ_j log|M_j|; no loop over groups."""
    q = len(factor)
    M = np.einsum("ki,kmj->imj", factor, np.einsum("klj,lm->kmj", A, factor, order="C"), order="C")
    L, T = np.zeros_like(M), np.empty_like(M)
    logs = 0.0
    for i in range(q):
        for k in range(i):
            L[i, k] = (M[i, k] - np.einsum("mj,mj->j", L[i, :k], L[k, :k])) / L[k, k]
        L[i, i] = np.sqrt(1.0 + M[i, i] - np.einsum("mj,mj->j", L[i, :i], L[i, :i]))
        T[i] = (factor[:, i, None] - np.einsum("mj,mkj->kj", L[i, :i], T[:i])) / L[i, i]
        logs += 2.0 * float(np.log(L[i, i]).sum())
    return np.einsum("mij,mkj->ikj", T, T, order="C"), logs


def _product(left: Array, right: Array) -> Array:
    """Matrix products of every group; einsum's own choice of memory order would be ten times slower."""
    return np.einsum("ikj,kpj->ipj", left, right, order="C")


def _contract(B: Array, KB: Array) -> Array:
    """Σ_j B_jᵀ K_j B_j."""
    left = np.swapaxes(B, 0, 1).reshape(B.shape[1], -1)
    right = np.swapaxes(KB, 0, 1).reshape(B.shape[1], -1)
    product = left @ right.T
    return (product + product.T) / 2.0


def _descend(problem: Problem, factor: Array) -> Profile:
    """Newton's method with the Hessian's negative curvature turned round and steps cut until they descend."""
    here = profile(problem, factor)
    for _ in range(_MOST_STEPS):
        gradient = here.gradient(problem.pattern)
        step = _newton_step(problem, here, gradient)
        gain = -float(gradient @ step)
        if gain < _SETTLED:
            return here
        after = _line_search(problem, here, step, gain)
        if after is None:
            if gain < _ACCEPTED:
                return here
            raise _no_convergence()
        here = after
    raise _no_convergence()


def _newton_step(problem: Problem, here: Profile, gradient: Array) -> Array:
    rows, columns = problem.pattern
    size = float(np.abs(here.factor).max()) + 1e-3
    hessian = np.empty((len(rows), len(rows)))
    for k, (row, column) in enumerate(zip(rows, columns, strict=True)):
        moved = here.factor.copy()
        moved[row, column] += 1e-5 * size
        hessian[k] = (profile(problem, moved).gradient(problem.pattern) - gradient) / (1e-5 * size)
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2.0)
    floor = 1e-9 * max(float(np.abs(values).max()), 1e-300)
    step: Array = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), floor))
    return step * min(1.0, 2.0 * size / max(float(np.abs(step).max()), 1e-300))


def _line_search(problem: Problem, here: Profile, step: Array, gain: float) -> Profile | None:
    """The first of ever shorter steps that descends; the gradient decides where the deviance lacks digits."""
    for shorter in 0.5 ** np.arange(30):
        factor = here.factor.copy()
        factor[problem.pattern] += shorter * step
        after = profile(problem, factor)
        if after.deviance <= here.deviance - 1e-4 * shorter * gain:
            return after
        if gain < _ACCEPTED and _slope(problem, after) < 0.5 * _slope(problem, here):
            return after
    return None


def _slope(problem: Problem, at: Profile) -> float:
    return float(np.abs(at.gradient(problem.pattern)).max())


def _inside(problem: Problem, found: Profile) -> Array | None:
    """A Λ of lower deviance when ``found`` is no minimum on the cone, else None."""
    for block in _slices(problem.blocks):
        values, vectors = np.linalg.eigh(found.G[block, block])
        if values[0] < -_NEGLIGIBLE * problem.n:
            better = _extended(problem, found, block, vectors[:, 0])
            if better is not None:
                return better
    return None


def _extended(problem: Problem, found: Profile, block: slice, direction: Array) -> Array | None:
    """Add variance along one direction of a block, as much as still lowers the deviance."""
    for amount in 0.1 ** np.arange(1, 9):
        larger = found.factor @ found.factor.T
        larger[block, block] += amount * np.outer(direction, direction)
        factor = lower_root(larger, problem.blocks)
        if profile(problem, factor).deviance < found.deviance - _ACCEPTED:
            return factor
    return None


def lower_root(covariance: Array, blocks: Sequence[int]) -> Array:
    """The lower triangular Λ with ΛΛᵀ = Σ, for a Σ that may be singular; by QR of a symmetric root."""
    root = np.zeros_like(covariance)
    for block in _slices(blocks):
        values, vectors = np.linalg.eigh(covariance[block, block])
        root[block, block] = np.linalg.qr((vectors * np.sqrt(np.clip(values, 0.0, None))).T)[1].T
    return root


def _slices(blocks: Sequence[int]) -> Iterator[slice]:
    start = 0
    for size in blocks:
        yield slice(start, start + size)
        start += size


def settle(problem: Problem, found: Profile) -> Profile:
    """Make variances exactly zero, and ranks exactly lower, where the data cannot tell the difference."""
    for i in range(problem.q):
        covariance = found.factor @ found.factor.T
        if 0.0 < covariance[i, i] < _TINY:
            covariance[i, :] = covariance[:, i] = 0.0
            found = _simpler(problem, found, covariance)
    for block in _slices(problem.blocks):
        covariance = found.factor @ found.factor.T
        values, vectors = np.linalg.eigh(covariance[block, block])
        if 0.0 < values[0] < _TINY:
            covariance[block, block] = (vectors * np.where(values < _TINY, 0.0, values)) @ vectors.T
            found = _simpler(problem, found, covariance)
    return found


def _simpler(problem: Problem, found: Profile, covariance: Array) -> Profile:
    factor = lower_root(covariance, problem.blocks)
    factor[covariance.diagonal() == 0.0] = 0.0
    after = profile(problem, factor)
    return after if after.deviance <= found.deviance + _SAME else found


def _check_residual(problem: Problem, r2: float) -> None:
    if r2 <= _NO_REMAINDER * problem.C[-1, -1]:
        raise InputError(
            "no-residual-variation",
            "the model reproduces the outcome without remainder; does a predictor contain the outcome?",
        )


def _no_convergence() -> InputError:
    return InputError(
        "no-convergence",
        "the search for the variances did not settle; simplify the random part, for example (1 | school)",
    )
