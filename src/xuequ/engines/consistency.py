"""Whether several measures of one thing agree: alpha with its interval, alpha without each, omega of one factor.

Scores are complete (rows, items) arrays. Sources: Cronbach 1951; Feldt 1965 (interval); McDonald 1999 (omega).
"""

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

Floats = npt.NDArray[np.float64]


def alpha_of(scores: Floats) -> float | None:
    """Return Cronbach's alpha, k/(k−1) · (1 − Σ var(item) / var(total)); None without two items or any variance.

    >>> round(alpha_of(np.array([[1.0, 1.0], [2.0, 3.0], [3.0, 2.0], [4.0, 4.0]])), 4)
    0.8889
    """
    k = scores.shape[1]
    total = scores.sum(axis=1)
    variance = total.var(ddof=1) if len(total) > 1 else 0.0
    if k < 2 or variance <= 0:
        return None
    return float(k / (k - 1) * (1 - scores.var(axis=0, ddof=1).sum() / variance))


def feldt_interval(alpha: float, n: int, items: int, confidence: float) -> tuple[float, float]:
    """Return Feldt's interval: (1 − alpha̅)/(1 − alpha) follows F with n−1 and (n−1)(k−1) degrees of freedom.

    >>> [round(end, 2) for end in feldt_interval(0.8431428, 30, 7, 0.95)]  # as R's psych for its data "attitude"
    [0.74, 0.92]
    """
    df = n - 1, (n - 1) * (items - 1)
    tail = (1 - confidence) / 2
    low = 1 - (1 - alpha) * stats.f.ppf(1 - tail, *df)
    return float(low), float(1 - (1 - alpha) * stats.f.ppf(tail, *df))


def alphas_without(scores: Floats) -> list[float | None]:
    """Return alpha of the total without each item in turn, from one covariance matrix."""
    k = scores.shape[1]
    covariance = np.atleast_2d(np.cov(scores, rowvar=False))
    total, variances = covariance.sum(), covariance.diagonal()
    rest = total - 2 * covariance.sum(axis=1) + variances
    if k < 3:
        return [None] * k
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (k - 1) / (k - 2) * (1 - (variances.sum() - variances) / rest)
    return [float(value) if left > 0 else None for value, left in zip(values, rest, strict=True)]


def omega_of(scores: Floats) -> float | None:
    """Return omega of one common factor, (Σλ)² / ((Σλ)² + Σψ), fitted to the correlations by least squares."""
    sd = scores.std(axis=0, ddof=1)
    if scores.shape[1] < 3 or (sd <= 0).any():
        return None
    loadings, unique = one_factor(np.asarray(np.corrcoef(scores, rowvar=False)))
    common = float((loadings * sd).sum() ** 2)
    return common / (common + float((unique * sd**2).sum()))


def one_factor(correlation: Floats) -> tuple[Floats, Floats]:
    """Return loadings and uniquenesses (items,) of one factor by unweighted least squares (minres; Harman 1966)."""

    def loadings_at(unique: Floats) -> Floats:
        values, vectors = np.linalg.eigh(correlation - np.diag(unique))
        first = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
        return np.asarray(first * np.sign(first.sum() or 1.0))

    def misfit(unique: Floats) -> float:
        left = correlation - np.outer(loadings := loadings_at(unique), loadings)
        return float(((left - np.diag(left.diagonal())) ** 2).sum())

    start = 1 / np.linalg.pinv(correlation).diagonal()
    bounds = [(0.005, 1.0)] * len(start)
    found = optimize.minimize(misfit, np.clip(start, 0.005, 1.0), method="L-BFGS-B", bounds=bounds)
    loadings = loadings_at(found.x)
    return loadings, 1 - loadings**2
