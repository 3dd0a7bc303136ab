"""Whether the odds are proportional: do the predictors weigh the same at every threshold?

Each threshold has its own logistic model of "above it or not" (without schools); equality of their slopes is a
Wald test (Brant 1990, Biometrics 46, 1171-1178) whose covariance comes from the schools' sums of scores, so that
pupils of one school need not be independent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from xuequ.engines.growth.ordinal_likelihood import Cells

Array = NDArray[np.float64]
_MOST_STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class ProportionalOdds:
    """The check.

    Attributes
    ----------
    terms : predictors, length p
    slopes : by threshold, shape (K−1, p)
    statistic, df, p : of the Wald test that all thresholds have the same slopes
    largest_difference : largest deviation of a slope from the mean over the thresholds, as a share of it
    """

    terms: tuple[str, ...]
    slopes: Array
    statistic: float
    df: int
    p: float
    largest_difference: float


def proportional_odds(cells: Cells, terms: tuple[str, ...]) -> ProportionalOdds:
    """Compare the slopes of the thresholds."""
    X = np.column_stack([np.ones(len(cells.count)), cells.X])
    fits = [_logistic_fit(X, cells, (cells.level > k).astype(np.float64)) for k in range(cells.levels - 1)]
    coefficients = np.array([beta for beta, _ in fits])
    influence = np.hstack([scores for _, scores in fits])
    J = cells.schools
    covariance = influence.T @ influence * J / max(J - 1, 1)
    slopes = coefficients[:, 1:]
    contrast = _contrasts(cells.levels - 1, X.shape[1])
    difference = contrast @ coefficients.ravel()
    spread = contrast @ covariance @ contrast.T
    # With fewer schools than contrasts the schools' sums span only some of them.
    df = int(np.linalg.matrix_rank(spread, hermitian=True))
    statistic = float(difference @ np.linalg.pinv(spread, hermitian=True) @ difference)
    mean = slopes.mean(axis=0)
    size = np.abs(slopes - mean) / np.maximum(np.abs(mean), 1e-12)
    return ProportionalOdds(terms, slopes, statistic, df, float(chi2.sf(statistic, df)), float(size.max()))


def _logistic_fit(X: Array, cells: Cells, above: Array) -> tuple[Array, Array]:
    """Coefficients, and each school's influence on them, shape (J, p+1)."""
    beta = np.zeros(X.shape[1])
    information = np.eye(X.shape[1])
    score = np.zeros_like(X)
    for _ in range(_MOST_STEPS):
        p = 0.5 * (1.0 + np.tanh(0.5 * (X @ beta)))
        score = (cells.count * (above - p))[:, None] * X
        information = X.T @ (X * (cells.count * p * (1 - p))[:, None])
        step = np.linalg.lstsq(information, score.sum(axis=0), rcond=None)[0]
        beta = beta + np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < 1e-10:
            break
    starts = np.searchsorted(cells.school, np.arange(cells.schools))
    by_school = np.add.reduceat(score, starts, axis=0)
    return beta, by_school @ np.linalg.pinv(information, hermitian=True)


def _contrasts(thresholds: int, width: int) -> Array:
    """Slopes of each further threshold minus those of the first, of all coefficients in a row."""
    rows = np.zeros(((thresholds - 1) * (width - 1), thresholds * width))
    for k in range(1, thresholds):
        for i in range(1, width):
            row = (k - 1) * (width - 1) + i - 1
            rows[row, i], rows[row, k * width + i] = -1.0, 1.0
    return rows
