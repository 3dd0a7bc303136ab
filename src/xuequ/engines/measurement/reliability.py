"""Reliability of a sum of items: alpha with its interval, omega, split halves, stratified alpha.

Scores are (pupils, items) arrays of pupils who were given every item. Sources: Cronbach 1951; Feldt 1965 (interval);
Rajaratnam, Cronbach & Gleser 1965 (stratified alpha); Guttman 1945 (split half); McDonald 1999 (omega).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from xuequ.engines.measurement.findings import Reliability

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


def split_half_of(scores: Floats) -> float | None:
    """Return Guttman's split-half reliability of odd and even items, which asks for no equal halves."""
    halves = scores[:, ::2].sum(axis=1), scores[:, 1::2].sum(axis=1)
    variance = (halves[0] + halves[1]).var(ddof=1)
    if scores.shape[1] < 2 or variance <= 0:
        return None
    return float(2 * (1 - (halves[0].var(ddof=1) + halves[1].var(ddof=1)) / variance))


def stratified_alpha(scores: Floats, strata: Sequence[str]) -> float | None:
    """Return alpha of a total whose items fall into strata: 1 − Σ var(stratum)(1 − alpha(stratum)) / var(total).

    Strata of one item, and items without one, have no alpha of their own and are taken together.
    """
    labels = np.asarray(strata)
    alone = {name for name in strata if not name or list(strata).count(name) < 2}
    labels = np.array(["" if name in alone else name for name in labels])
    variance = scores.sum(axis=1).var(ddof=1)
    if variance <= 0 or len(set(labels)) < 2:
        return None
    error = 0.0
    for name in sorted(set(labels)):
        part = scores[:, labels == name]
        error += part.sum(axis=1).var(ddof=1) * (1 - (alpha_of(part) or 0.0))
    return float(1 - error / variance)


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


def reliability_of(scores: Floats, strata: Sequence[str] = (), confidence: float = 0.95) -> Reliability:
    """Return every coefficient of the total of ``scores``; ``strata`` names the part that each item belongs to."""
    n, k = scores.shape
    total = scores.sum(axis=1)
    sd = float(total.std(ddof=1))
    alpha = alpha_of(scores)
    interval = feldt_interval(alpha, n, k, confidence) if alpha is not None and alpha < 1 else (None, None)
    return Reliability(
        n=n,
        items=k,
        mean=float(total.mean()),
        sd=sd,
        alpha=alpha,
        low=interval[0],
        high=interval[1],
        omega=omega_of(scores),
        split_half=split_half_of(scores),
        stratified=stratified_alpha(scores, strata) if strata else None,
        sem=sd * (1 - max(alpha, 0.0)) ** 0.5 if alpha is not None else None,
    )
