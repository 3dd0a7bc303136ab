"""The REML criterion of the layered model, its derivatives and its minimum.

Model for pupil i with the scores O_i of m cells (subject × year)::

    y_i = [μ + C D_i u + e_i] at O_i        u_c ~ N(0, g_c I) for each class c        e_i ~ N(0, R)

D_i (m × q) holds the shares of the pupil's own schools (and teachers), C carries what a year gave into the years
after it: C[(s,t), (s,t')] = α^(t-t') for t' ≤ t, with persistence α = 1 in the layered model proper. With P_i the
inverse of R at O_i, padded by zeros, sums over pupils with the same pattern of missing scores and the same path
through the schools give Henderson's equations (Henderson 1975, *Biometrics* 31, 423-447)::

    F = Σ P_i        N = Σ P_i C D_i        B = Σ D_iᵀCᵀ P_i C D_i        A = B - Nᵀ F⁻¹ N
    S = I + G^½ A G^½        K = G^½ S⁻¹ G^½        û = K (Σ D_iᵀCᵀP_i y_i - Nᵀ F⁻¹ Σ P_i y_i)

K is the covariance of û - u, the estimation of μ included. The pupils themselves never enter a system of equations:
only the q random effects do. The criterion and its derivatives (v_i = P_i (y_i - μ̂ - C D_i û), H_i the covariance of
μ̂ + C D_i û) are::

    d = Σ log|R_i| + log|S| + log|F| + Σ y_iᵀ v_i + (n - m) log 2π
    -2 ∂ by R:     P_i summed - v_i v_iᵀ - P_i H_i P_i
    -2 ∂ by g_c:   tr T_cc - |w_c|²      T = Zᵀ P Z = G^-½ (I - S⁻¹) G^-½,    w = Zᵀ P y = G⁻¹ û

Fisher's information is ½ |T_cd|² for g and ½ Σ tr(P_i E_a P_i E_b) for R.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from xuequ.engines.errors import InputError

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_STEPS = 200
_SETTLED = 1e-15
_ACCEPTED = 1e-6
_TINY = 1e-7
_REMEMBERED = 6
_CHUNK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class LayeredProblem:
    """Scores and paths of n pupils, by number.

    Attributes
    ----------
    scores : shape (n, m), zero where missing
    patterns : which cells are scored, shape (patterns, m)
    pattern_of, path_of : of each pupil, shape (n,)
    columns : random effects of each path in each cell, shape (paths, m, J); slots not needed have weight 0
    weights : shares that go with them, shape (paths, m, J)
    classes : variance that each random effect has, ascending, shape (q,)
    carry : C, shape (m, m)
    """

    scores: Array
    patterns: NDArray[np.bool_]
    pattern_of: Ints
    path_of: Ints
    columns: Ints
    weights: Array
    classes: Ints
    carry: Array

    @property
    def m(self) -> int:
        """Cells."""
        return self.scores.shape[1]

    @property
    def q(self) -> int:
        """Random effects."""
        return len(self.classes)

    @property
    def counts(self) -> scipy.sparse.csr_array:
        """Pupils by path and pattern, shape (paths, patterns)."""
        shape = (len(self.columns), len(self.patterns))
        ones = np.ones(len(self.scores))
        return scipy.sparse.coo_array((ones, (self.path_of, self.pattern_of)), shape=shape).tocsr()


@dataclass(frozen=True, slots=True, eq=False)
class Variances:
    """R, shape (m, m), and g, shape (classes,)."""

    residual: Array
    effects: Array


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The equations solved at some variances.

    Attributes
    ----------
    variances : at which
    criterion : REML criterion
    mean : μ̂, shape (m,), and ``mean_covariance``, shape (m, m)
    effects : û, shape (q,), and ``covariance``, of û - u, shape (q, q)
    score : half of -∂d by the free entries of R and by g, shapes (m(m+1)/2,) and (classes,)
    step : Fisher's step for them, of the same shapes
    """

    variances: Variances
    criterion: float
    mean: Array
    mean_covariance: Array
    effects: Array
    covariance: Array
    score: tuple[Array, Array]
    step: tuple[Array, Array]

    @property
    def flat(self) -> Array:
        """The free entries of R, then g."""
        return np.concatenate(
            [self.variances.residual[np.triu_indices(len(self.mean))], self.variances.effects]
        )

    @property
    def flat_step(self) -> Array:
        """The step in the same order."""
        return np.concatenate(self.step)

    @property
    def gain(self) -> float:
        """Twice the lowering of the criterion that the step promises."""
        return float(sum(s @ d for s, d in zip(self.score, self.step, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """P of each pattern, (patterns, m, m), its sums by path, (paths, m, m), and Σ n log|R|."""

    inverse: Array
    by_path: Array
    log_determinant: float


@dataclass(frozen=True, slots=True, eq=False)
class _Equations:
    """Blocks of the mixed-model equations: F⁻¹ (m, m), log|F|, N (m, q), A (q, q)."""

    fixed_inverse: Array
    log_fixed: float
    border: Array
    random: Array


def solve(problem: LayeredProblem, counts: scipy.sparse.csr_array, variances: Variances) -> Solution:
    """Solve the mixed-model equations at given variances, with the derivatives for the search.

    Raises
    ------
    numpy.linalg.LinAlgError
        when R is not positive definite
    """
    weights = _weights(problem, counts, variances.residual)
    equations = _equations(problem, weights)
    root = np.sqrt(variances.effects)[problem.classes]
    S_inverse, log_random = _inverse(np.eye(problem.q) + root[:, None] * equations.random * root)
    K = root[:, None] * S_inverse * root
    FN = equations.fixed_inverse @ equations.border
    weighted = _weighted(problem, weights.inverse, problem.scores)
    right_fixed, right_random = weighted.sum(axis=0), _gathered(problem, _by_path(problem, weighted))
    u = K @ (right_random - FN.T @ right_fixed)
    mean = equations.fixed_inverse @ right_fixed - FN @ u
    fitted = mean + (_own(problem, u) @ problem.carry.T)[problem.path_of]
    v = _weighted(problem, weights.inverse, problem.scores - fitted)
    cross = -FN @ K
    mean_covariance = equations.fixed_inverse - cross @ FN.T
    spread = _spread(problem, K, cross, mean_covariance)
    scores_R, step_R = _residual_step(problem, counts, weights, v, spread)
    scores_g, step_g = _effects_step(problem, variances.effects, equations.random, S_inverse, v)
    observed = int(problem.patterns[problem.pattern_of].sum())
    criterion = weights.log_determinant + log_random + equations.log_fixed
    criterion += float((problem.scores * v).sum()) + (observed - problem.m) * np.log(2.0 * np.pi)
    score, step = (scores_R, scores_g), (step_R, step_g)
    return Solution(variances, criterion, mean, mean_covariance, u, K, score, step)


def minimise(problem: LayeredProblem, start: Variances) -> Solution:
    """The variances of least REML criterion, by Fisher scoring.

    The information that R and g share is left out of the step, which costs convergence where there are few pupils
    for each effect; Anderson's mixing of the last steps makes up for it (Walker and Ni 2011, *SIAM Journal on
    Numerical Analysis* 49, 1715-1735). A step that does not descend is cut until it does.

    Raises
    ------
    InputError
        ``no-convergence``
    """
    counts = problem.counts
    here = solve(problem, counts, start)
    past: list[Solution] = []
    for _ in range(_MOST_STEPS):
        if here.gain < _SETTLED * problem.m:
            return here
        after = _descend(problem, counts, here, past)
        if after is None:
            break
        same = np.array_equal(after.variances.effects > 0.0, here.variances.effects > 0.0)
        past = [*past, here][-_REMEMBERED:] if same else []
        here = after
    if here.gain < _ACCEPTED:
        return here
    message = (
        "the search for the variances did not settle: there are few pupils for so many subjects, years and units;"
        " leave some out"
    )
    raise InputError("no-convergence", message)


def _descend(
    problem: LayeredProblem, counts: scipy.sparse.csr_array, here: Solution, past: list[Solution]
) -> Solution | None:
    """The first step that descends: the mixed one, then Fisher's own cut ever shorter.

    Near the minimum the criterion lacks the digits to tell, and the gain that is left decides.
    """
    polishing = here.gain < _ACCEPTED
    cuts = [(here.flat_step, float(cut)) for cut in 0.5 ** np.arange(2 if polishing else 20)]
    if len(past) > 1:
        cuts = [(_mixed(past, here), 1.0), *cuts]
    for step, shorter in cuts:
        try:
            after = solve(problem, counts, _moved(problem, here, shorter * step))
        except np.linalg.LinAlgError:
            continue
        if after.criterion <= here.criterion - 1e-4 * shorter * here.gain:
            return after
        if polishing and after.gain < 0.9 * here.gain:
            return after
    return None


def _mixed(past: list[Solution], here: Solution) -> Array:
    """Anderson's step: from where the last steps, combined linearly, would vanish."""
    solutions = [*past, here]
    scale = 1.0 / (np.abs(here.flat) + np.abs(here.flat).mean())
    places = np.diff([solution.flat for solution in solutions], axis=0).T
    steps = np.diff([solution.flat_step for solution in solutions], axis=0).T
    weights = np.linalg.lstsq(scale[:, None] * steps, scale * here.flat_step, rcond=1e-8)[0]
    mixed: Array = here.flat_step - (places + steps) @ weights
    return mixed


def _moved(problem: LayeredProblem, here: Solution, step: Array) -> Variances:
    R, g = here.variances.residual, here.variances.effects
    free = problem.m * (problem.m + 1) // 2
    change = np.zeros_like(R)
    change[np.triu_indices(problem.m)] = step[:free]
    effects = np.where(g + step[free:] > 0.0, g + step[free:], 0.0)
    # The last part of the way to zero is taken at once: scoring would halve it for ever.
    effects[(effects < _TINY * R.trace() / problem.m) & (step[free:] <= 0.0)] = 0.0
    return Variances(R + np.triu(change) + np.triu(change, 1).T, effects)


def _weights(problem: LayeredProblem, counts: scipy.sparse.csr_array, R: Array) -> _Weights:
    """Invert R at every pattern at once: cells not scored get an identity that is taken out again."""
    np.linalg.cholesky(R)
    seen = problem.patterns.astype(np.float64)
    both = seen[:, :, None] * seen[:, None, :]
    padded = both * R
    padded[:, np.arange(problem.m), np.arange(problem.m)] += 1.0 - seen
    roots = np.linalg.cholesky(padded)
    logs = 2.0 * np.log(np.einsum("paa->pa", roots)).sum(axis=1)
    inverse = np.linalg.inv(padded) * both
    inverse = (inverse + inverse.transpose(0, 2, 1)) / 2.0
    flat = counts @ inverse.reshape(len(inverse), -1)
    by_path = flat.reshape(-1, problem.m, problem.m)
    return _Weights(inverse, by_path, float(counts.sum(axis=0) @ logs))


def _equations(problem: LayeredProblem, weights: _Weights) -> _Equations:
    C, q = problem.carry, problem.q
    border = np.zeros((q, problem.m))
    random = np.zeros(q * q)
    PC = weights.by_path @ C
    for columns, w, block in _slots(problem):
        np.add.at(border, columns, w[:, :, None] * PC[block].transpose(0, 2, 1))
        inner = C.T @ PC[block]
        for others, w_other, _ in _slots(problem, block):
            at = columns[:, :, None] * q + others[:, None, :]
            values = inner * (w[:, :, None] * w_other[:, None, :])
            random += np.bincount(at.ravel(), values.ravel(), minlength=q * q)
    fixed_inverse, log_fixed = _inverse(weights.by_path.sum(axis=0))
    A = random.reshape(q, q) - border @ fixed_inverse @ border.T
    return _Equations(fixed_inverse, log_fixed, border.T, (A + A.T) / 2.0)


def _slots(problem: LayeredProblem, chosen: slice | None = None) -> list[tuple[Ints, Array, slice]]:
    """Columns (paths, m) and weights (paths, m) slot by slot, the paths in blocks of bounded size."""
    paths, _, slots = problem.columns.shape
    starts = range(0, paths, _CHUNK)
    blocks = [chosen] if chosen is not None else [slice(a, min(a + _CHUNK, paths)) for a in starts]
    return [(problem.columns[b, :, j], problem.weights[b, :, j], b) for b in blocks for j in range(slots)]


def _inverse(matrix: Array) -> tuple[Array, float]:
    """Inverse and log determinant of a positive definite matrix, by its Cholesky root."""
    root, failed = scipy.linalg.lapack.dpotrf(matrix, lower=1)
    if failed:
        raise np.linalg.LinAlgError("not positive definite")
    inverse = scipy.linalg.lapack.dpotri(root, lower=1)[0]
    lower = np.tril(inverse)
    return lower + np.tril(inverse, -1).T, 2.0 * float(np.log(np.diag(root)).sum())


def _weighted(problem: LayeredProblem, inverse: Array, values: Array) -> Array:
    """P_i x_i for each pupil, shape (n, m)."""
    product = np.empty_like(values)
    for start in range(0, len(values), _CHUNK):
        part = slice(start, start + _CHUNK)
        P = inverse[problem.pattern_of[part]]
        product[part] = (P @ values[part, :, None])[:, :, 0]
    return product


def _by_path(problem: LayeredProblem, values: Array) -> Array:
    """Sums over the pupils of each path, shape (paths, m)."""
    paths = len(problem.columns)
    sums = [np.bincount(problem.path_of, values[:, a], minlength=paths) for a in range(problem.m)]
    return np.array(sums, dtype=np.float64).T


def _gathered(problem: LayeredProblem, by_path: Array) -> Array:
    """Σ D_iᵀ Cᵀ x_i from the sums by path, shape (q,)."""
    carried = by_path @ problem.carry
    weighted = problem.weights * carried[:, :, None]
    sums = np.bincount(problem.columns.ravel(), weighted.ravel(), minlength=problem.q)
    return sums.astype(np.float64)


def _own(problem: LayeredProblem, u: Array) -> Array:
    """D u for each path, shape (paths, m)."""
    own: Array = (problem.weights * u[problem.columns]).sum(axis=2)
    return own


def _spread(problem: LayeredProblem, K: Array, cross: Array, mean_covariance: Array) -> Array:
    """H, the covariance of μ̂ + C D û - C D u, for each path, shape (paths, m, m)."""
    C = problem.carry
    spread = np.broadcast_to(mean_covariance, (len(problem.columns), problem.m, problem.m)).copy()
    for columns, w, block in _slots(problem):
        mixed = (cross.T[columns] * w[:, :, None]).transpose(0, 2, 1) @ C.T
        spread[block] += mixed + mixed.transpose(0, 2, 1)
        for others, w_other, _ in _slots(problem, block):
            inner = K[columns[:, :, None], others[:, None, :]] * (w[:, :, None] * w_other[:, None, :])
            spread[block] += C @ inner @ C.T
    return spread


def _residual_step(
    problem: LayeredProblem, counts: scipy.sparse.csr_array, weights: _Weights, v: Array, spread: Array
) -> tuple[Array, Array]:
    """Score and Fisher's step for the entries of R on and above the diagonal."""
    m, P = problem.m, weights.inverse
    inner = (counts.T @ spread.reshape(len(spread), -1)).reshape(P.shape)
    S = v.T @ v - weights.by_path.sum(axis=0) + (P @ inner @ P).sum(axis=0)
    rows, columns = np.triu_indices(m)
    factor = np.where(rows == columns, 0.5, 1.0)
    score = factor * S[rows, columns]
    flat = P.reshape(len(P), -1)
    number = np.asarray(counts.sum(axis=0)).ravel()
    pairs = (flat.T @ (number[:, None] * flat)).reshape(m, m, m, m)
    a, b, c, d = rows[:, None], columns[:, None], rows, columns
    information = np.outer(factor, factor) * (pairs[a, c, b, d] + pairs[a, d, b, c])
    return score, scipy.linalg.solve(information, score, assume_a="pos")


def _effects_step(
    problem: LayeredProblem, g: Array, A: Array, S_inverse: Array, v: Array
) -> tuple[Array, Array]:
    """Score and Fisher's step for g; a variance of zero leaves its bound only where the score tells it to."""
    classes, size = problem.classes, len(g)
    w = _gathered(problem, _by_path(problem, v))
    positive = (g > 0.0)[classes]
    scale = 1.0 / np.sqrt(np.where(g > 0.0, g, 1.0))[classes]
    T = scale[:, None] * (np.eye(problem.q) - S_inverse) * scale
    T[~positive] = T[:, ~positive] = 0.0
    trace = np.bincount(classes, np.diag(T), minlength=size)
    square = np.bincount(classes, w**2, minlength=size)
    one = np.eye(size)[classes]
    information = 0.5 * one.T @ (T**2) @ one
    for c in np.flatnonzero(g == 0.0):
        block = _at_zero(A, S_inverse, np.sqrt(g)[classes], classes == c)
        trace[c], information[c, c] = block.trace(), 0.5 * (block**2).sum()
    score = 0.5 * (square - trace)
    free = (g > 0.0) | (score > 0.0)
    score = np.where(free, score, 0.0)
    step = np.zeros(size)
    step[free] = np.linalg.lstsq(information[np.ix_(free, free)], score[free], rcond=None)[0]
    blocked = (g == 0.0) & (step < 0.0)
    return np.where(blocked, 0.0, score), np.where(blocked, 0.0, step)


def _at_zero(A: Array, S_inverse: Array, root: Array, chosen: NDArray[np.bool_]) -> Array:
    """The block of Zᵀ P Z of a class whose variance is zero: A - A K A."""
    side = A[chosen] * root
    block: Array = A[np.ix_(chosen, chosen)] - side @ S_inverse @ side.T
    return block
