"""What the usual prediction error of a school effect leaves out, and how much it is.

The prediction error of a mixed model takes the variances as known and the school's mean starting point as
exact. Both are estimates, and with some twenty schools it matters: intervals of nominal 95 % would hold the true
effect less often.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def variance_from_estimating(school_variance: float, reliability: Array, parameters: int) -> Array:
    """Return what estimating the variance between schools adds to the variance of each effect's error.

    With λ_j = τ²/(τ² + D_j) and D_j the error variance of school j's mean, the second-order term of the mean
    squared error of an empirical best predictor is g3_j = D_j² (τ² + D_j)⁻³ V(τ̂²), it enters twice under REML,
    and V(τ̂²) = 2 / Σ (τ² + D_k)⁻². Written by λ, and with the sum scaled to J − parameters schools:

        2 g3_j = 4 τ² λ_j (1 − λ_j)² / Σ λ_k² · J / (J − parameters)

    Source: Prasad & Rao (1990), JASA 85, 163-171; Datta & Lahiri (2000), Statistica Sinica 10, 613-627 (REML).

    Parameters
    ----------
    school_variance : τ², in squared units of the effects
    reliability : λ_j, shape (J,)
    parameters : coefficients that are estimated from the differences between schools

    Returns
    -------
    numpy.ndarray
        variances, shape (J,); zero when τ² is zero

    Examples
    --------
    Ten schools of equal reliability ½ and one between-school coefficient: 4 · 1 · ½ · ¼ / 2.5 · 10 / 9.

    >>> variance_from_estimating(1.0, np.full(10, 0.5), 1).round(4)[0]
    np.float64(0.2222)
    """
    total = float(np.sum(reliability**2))
    if school_variance <= 0 or total <= 0:
        return np.zeros_like(reliability)
    schools = len(reliability)
    scale = schools / max(schools - parameters, 1)
    return 4 * school_variance * reliability * (1 - reliability) ** 2 / total * scale


def variance_from_mean_start(coefficient: float, within: float, pupils: Array, reliability: Array) -> Array:
    """Return what the error of the schools' mean starting points adds to the variance of each effect's error.

    The mean x̄_j of n_j observed starting points differs from the school's true one by chance. Its coefficient c
    corrects for attenuation, so that c (x̄_j − truth) enters the predicted effect, shrunken by λ_j. Where x = t + e
    with reliability ρ within schools and true slope B, c = B (1 − ρ), and the error variance of a school's mean
    exceeds σ²/n_j by B² (1 − ρ)² v/n_j = c² v/n_j, v being the variance of x within schools: λ_j² c² v / n_j.

    Parameters
    ----------
    coefficient : c, of the school's mean starting point; 0 when the model has none
    within : v, pooled variance of the observed starting point within schools
    pupils : n_j, shape (J,)
    reliability : λ_j, shape (J,)

    Returns
    -------
    numpy.ndarray
        variances, shape (J,)

    Examples
    --------
    >>> variance_from_mean_start(0.3, 1.0, np.array([90.0]), np.array([1.0]))
    array([0.001])
    """
    return reliability**2 * coefficient**2 * within / pupils
