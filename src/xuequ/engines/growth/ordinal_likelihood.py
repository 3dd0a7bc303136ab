"""The likelihood of the cumulative logit model with a random intercept, by adaptive Gauss-Hermite quadrature.

With u_j = σ b_j, b_j ~ N(0, 1), and g_j(b) the log of school j's contribution times the density of b, the nodes
are z_q about the mode b̂_j in units of s_j = (−g_j''(b̂_j))^(−1/2):

    L_j = √2 s_j Σ_q w_q exp(z_q²) exp g_j(b̂_j + √2 s_j z_q)

The gradient is the mean of the cells' scores over the posterior of b_j (Fisher's identity) with the same nodes.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_MOST_STEPS = 50
_FLOOR = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Pupils alike in school, level and predictors, counted.

    ``X`` (cells, p), ``level`` 0…K−1, ``school`` 0…J−1 in order, ``count``; J schools, K levels.
    """

    X: Array
    level: NDArray[np.int64]
    school: NDArray[np.int64]
    count: Array
    schools: int
    levels: int


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalParameters:
    """Thresholds at the predictors' ``centre``, shape (K−1,), β (p,), σ."""

    thresholds: Array
    beta: Array
    scale: float
    centre: Array

    @property
    def thresholds_at_zero(self) -> Array:
        """The thresholds of the formula, where predictors are not centred."""
        return self.thresholds + float(self.centre @ self.beta)

    @property
    def natural(self) -> Array:
        """Thresholds at the centre, β and σ in one vector."""
        return np.concatenate([self.thresholds, self.beta, [self.scale]])

    def moved(self, vector: Array) -> "OrdinalParameters":
        """The parameters with another ``natural`` vector."""
        inner = len(self.thresholds)
        return replace(self, thresholds=vector[:inner], beta=vector[inner:-1], scale=float(vector[-1]))

    def vector(self, spread: Array, *, free_scale: bool) -> Array:
        """Free coordinates: first threshold, logs of the steps between them, β in SDs of x, σ."""
        steps = np.log(np.maximum(np.diff(self.thresholds), 1e-8))
        tail = [self.scale] if free_scale else []
        return np.concatenate([self.thresholds[:1], steps, self.beta * spread, tail])

    @classmethod
    def of(
        cls, vector: Array, levels: int, spread: Array, centre: Array, *, free_scale: bool
    ) -> "OrdinalParameters":
        """The inverse of ``vector``; σ and −σ give the same likelihood."""
        steps = np.exp(np.clip(vector[1 : levels - 1], -30, 30))
        thresholds = vector[0] + np.concatenate([[0.0], np.cumsum(steps)])
        beta = vector[levels - 1 : levels - 1 + len(spread)] / spread
        return cls(thresholds, beta, abs(float(vector[-1])) if free_scale else 0.0, centre)


@dataclass(frozen=True, slots=True, eq=False)
class Integrated:
    """The likelihood at some parameters.

    Attributes
    ----------
    log_likelihood : of all schools
    modes : of b_j, shape (J,)
    effects, variances : posterior means and variances of u_j, shape (J,)
    natural_gradient : by thresholds, β and σ (see ``OrdinalParameters.natural``)
    """

    parameters: OrdinalParameters
    log_likelihood: float
    modes: Array
    effects: Array
    variances: Array
    by_threshold: Array
    by_beta: Array
    by_scale: float

    @property
    def natural_gradient(self) -> Array:
        """The derivative by ``natural``."""
        return np.concatenate([self.by_threshold, self.by_beta, [self.by_scale]])

    def gradient(self, vector: Array, spread: Array, *, free_scale: bool) -> Array:
        """The derivative by the free coordinates."""
        levels = len(self.by_threshold) + 1
        tails = np.cumsum(self.by_threshold[::-1])[::-1]
        steps = tails[1:] * np.exp(np.clip(vector[1 : levels - 1], -30, 30))
        tail = [self.by_scale * np.sign(vector[-1])] if free_scale else []
        return np.concatenate([tails[:1], steps, self.by_beta / spread, tail])


def integrate(parameters: OrdinalParameters, cells: Cells, nodes: int, modes: Array) -> Integrated:
    """Integrate the random intercepts out; ``modes`` is where the search for the modes starts."""
    eta = (cells.X - parameters.centre) @ parameters.beta
    edges = np.concatenate([[-np.inf], parameters.thresholds, [np.inf]])
    low, high = edges[cells.level] - eta, edges[cells.level + 1] - eta
    if parameters.scale == 0.0:
        return _without_schools(parameters, cells, low, high)
    mode, spread = _modes(parameters.scale, cells, low, high, modes)
    z, w = np.polynomial.hermite.hermgauss(nodes)
    points = mode[:, None] + np.sqrt(2.0) * spread[:, None] * z
    shift = parameters.scale * points[cells.school]
    logs, d_low, d_high = _cell_terms(low[:, None] - shift, high[:, None] - shift)
    weighted = cells.count[:, None]
    total = _by_school(cells, weighted * logs)
    log_joint = total - points**2 / 2 + np.log(w) + z**2 + np.log(spread)[:, None] - np.log(np.pi) / 2
    largest = log_joint.max(axis=1, keepdims=True)
    share = np.exp(log_joint - largest)
    of_school = largest[:, 0] + np.log(share.sum(axis=1))
    share /= share.sum(axis=1, keepdims=True)
    mean = (share * points).sum(axis=1)
    second = (share * points**2).sum(axis=1)
    here = share[cells.school] * weighted
    return _scored(
        parameters, cells, float(of_school.sum()), mode, mean, second - mean**2,
        (here * d_low).sum(axis=1), (here * d_high).sum(axis=1),
        -float((here * (d_low + d_high) * points[cells.school]).sum()),
    )  # fmt: skip


def _without_schools(parameters: OrdinalParameters, cells: Cells, low: Array, high: Array) -> Integrated:
    logs, d_low, d_high = _cell_terms(low, high)
    zero = np.zeros(cells.schools)
    return _scored(
        parameters, cells, float(cells.count @ logs), zero, zero, zero,
        cells.count * d_low, cells.count * d_high, 0.0,
    )  # fmt: skip


def _scored(
    parameters: OrdinalParameters,
    cells: Cells,
    log_likelihood: float,
    modes: Array,
    mean: Array,
    variance: Array,
    d_low: Array,
    d_high: Array,
    by_scale: float,
) -> Integrated:
    inner = cells.levels - 1
    upper = np.bincount(cells.level, d_high, minlength=cells.levels)[:inner]
    by_threshold: Array = np.asarray(
        upper + np.bincount(cells.level, d_low, minlength=cells.levels)[1:], dtype=np.float64
    )
    by_beta = -(d_low + d_high) @ (cells.X - parameters.centre)
    scale = parameters.scale
    return Integrated(
        parameters, log_likelihood, modes, scale * mean, scale**2 * variance, by_threshold, by_beta, by_scale
    )


def _by_school(cells: Cells, values: Array) -> Array:
    """Sums over the cells of each school, which stand together; shape (J, …)."""
    starts = np.searchsorted(cells.school, np.arange(cells.schools))
    return np.add.reduceat(values, starts, axis=0)


def _logistic(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _cell_terms(low: Array, high: Array) -> tuple[Array, Array, Array]:
    """log(F(high) − F(low)) and its derivatives by low and high."""
    # For two positive ends the mirrored difference keeps its digits.
    mirrored = low > 0
    a, b = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    difference = np.maximum(_logistic(b) - _logistic(a), _FLOOR)
    d_low = -_density(low) / difference
    d_high = _density(high) / difference
    return np.log(difference), d_low, d_high


def _density(x: Array) -> Array:
    p = _logistic(x)
    return p * (1.0 - p)


def _modes(scale: float, cells: Cells, low: Array, high: Array, start: Array) -> tuple[Array, Array]:
    """Newton's method on all schools' b at once: the posterior is log-concave, so it arrives."""
    b = start.copy()
    curvature = np.ones(cells.schools)
    for _ in range(_MOST_STEPS):
        shift = scale * b[cells.school]
        p_low, p_high = _logistic(low - shift), _logistic(high - shift)
        # d/dη log(F(h − η) − F(l − η)) = F(h) + F(l) − 1, and the second derivative −(f(h) + f(l)).
        slope = scale * _by_school(cells, cells.count * (p_low + p_high - 1.0)) - b
        second = p_low * (1 - p_low) + p_high * (1 - p_high)
        curvature = 1.0 + scale**2 * _by_school(cells, cells.count * second)
        step = slope / curvature
        b = b + np.clip(step, -3.0, 3.0)
        if np.abs(step).max() < 1e-10:
            break
    return b, 1.0 / np.sqrt(curvature)
