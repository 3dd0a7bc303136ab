"""Does a percentile model fit? Pupils by earlier score against pupils by percentile: every cell holds its share.

Among pupils with equal earlier scores percentiles are uniform by definition. So in each tenth of the earlier scores
a tenth of the pupils should have percentiles 1-9, a tenth 10-19, and so on to 90-99.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from xuequ.engines.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Verdict = Literal["fits", "negligible", "deviates", "too-few"]

BANDS = (1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
# Percentile 1 stands for 0 and 1 expected scores below, percentile 99 for 99 and 100 of 100.
SHARES: FloatArray = np.array([0.095, *[0.1] * 8, 0.105])
_ROWS = 10
_FEWEST = 5.0
_LEVEL = 0.01
_NEGLIGIBLE = 0.01
_SMALLEST_EIGENVALUE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class FitGrid:
    """Percentiles by tenths of the most recent earlier score.

    Attributes
    ----------
    edges : lowest and highest earlier score of each row, shape (R, 2); R is 10, or fewer when scores are coarse
    counts : pupils, a row for each tenth of earlier scores and a column for each band of percentiles, shape (R, 10)
    expected : the same if the model fits, shape (R, 10)
    statistic, df, p_value : lack-of-fit test, see `fit_grid`
    rms : root mean square of how far the shares of the cells lie from the expected ones beyond what chance
        explains, as a share (.01 is a percentage point)
    verdict : ``fits`` (p-value at least .01), ``negligible`` (smaller, but ``rms`` is below one percentage
        point), ``deviates``, or ``too-few`` when a cell is expected to hold fewer than 5 pupils
    qq_expected : share of pupils expected to have percentile p or less, p = 1 to 99, shape (99,)
    qq_observed : the share observed in each row, shape (R, 99)
    """

    edges: FloatArray
    counts: IntArray
    expected: FloatArray
    statistic: float
    df: int
    p_value: float
    rms: float
    verdict: Verdict
    qq_expected: FloatArray
    qq_observed: FloatArray


def fit_grid(sgp: ArrayLike, prior: ArrayLike, design: ArrayLike | None = None) -> FitGrid:
    """Observed and expected pupils in each cell, a test of all cells together, and a verdict.

    With D the indicators of the rows, Z those of the bands minus their shares, S = D'Z and V = diag(q) - qq' for
    the shares q (without the last band), the statistic is ``trace(S' C^+ S V^-1)``, compared with chi-square.
    If the percentiles come from a model fitted to the same pupils, its columns X make the residual signs nearly
    orthogonal to X, so cells vary less than by chance alone: C is then that of the rows' part outside X,
    ``C = D'(I - X (X'X)^+ X')D``; directions in which less than a tenth of it is left are not tested. Without X
    (norms of other pupils) C = D'D. The form with X takes the density of the residuals as equal for all pupils.

    Parameters
    ----------
    sgp : percentiles, 1 to 99, shape (n,)
    prior : most recent earlier score, shape (n,)
    design : design matrix of the model when it was fitted to these pupils, shape (n, p)

    Raises
    ------
    InputError
        ``bad-shape``, ``not-a-percentile``, ``infinite-value``, ``no-pupils``.
    """
    percentiles, priors, X = _checked(sgp, prior, design)
    row = _tenths(priors)
    rows = int(row.max()) + 1
    band = np.searchsorted(BANDS[1:-1], percentiles, side="right")
    counts = np.bincount(row * len(SHARES) + band, minlength=rows * len(SHARES)).reshape(rows, -1)
    expected = counts.sum(axis=1)[:, None] * SHARES
    statistic, df = _statistic(row, counts - expected, X)
    p_value = float(chdtrc(df, statistic)) if df else 1.0
    rms = _excess(counts, expected, statistic, df)
    edges = np.array([(priors[row == r].min(), priors[row == r].max()) for r in range(rows)])
    observed = np.array([_cumulated(percentiles[row == r]) for r in range(rows)])
    ranks = (np.arange(1, 100) + 0.5) / 100
    ranks[-1] = 1.0
    verdict = _verdict(float(expected.min()), p_value, rms)
    return FitGrid(
        edges, counts.astype(np.int64), expected, statistic, df, p_value, rms, verdict, ranks, observed
    )


def _statistic(row: IntArray, deviations: FloatArray, X: FloatArray | None) -> tuple[float, int]:
    n, rows = len(row), deviations.shape[0]
    D = np.zeros((n, rows))
    D[np.arange(n), row] = 1.0
    if X is not None:
        D -= X @ np.linalg.lstsq(X, D, rcond=None)[0]
    size = np.sqrt(np.bincount(row, minlength=rows))
    # Scaled so that an eigenvalue is the part of a direction's variance that the model leaves free.
    values, vectors = np.linalg.eigh((D.T @ D) / np.outer(size, size))
    free = values > _SMALLEST_EIGENVALUE
    shares = SHARES[:-1]
    V = np.diag(shares) - np.outer(shares, shares)
    T = (vectors[:, free].T @ (deviations[:, :-1] / size[:, None])) / np.sqrt(values[free])[:, None]
    return float(np.trace(T @ np.linalg.solve(V, T.T))), int(free.sum()) * len(shares)


def _excess(counts: IntArray, expected: FloatArray, statistic: float, df: int) -> float:
    """Root mean square deviation of the cells' shares beyond the part that chance explains."""
    deviation = (counts - expected) / counts.sum(axis=1)[:, None]
    explained = df / statistic if statistic > df else 1.0
    return float(np.sqrt(np.mean(deviation**2) * (1.0 - explained)))


def _verdict(least_expected: float, p_value: float, rms: float) -> Verdict:
    if least_expected < _FEWEST:
        return "too-few"
    if p_value >= _LEVEL:
        return "fits"
    return "negligible" if rms < _NEGLIGIBLE else "deviates"


def _tenths(priors: FloatArray) -> IntArray:
    """Tenths by earlier score; equal scores stay together, so rows may differ in size or be fewer."""
    edges = np.quantile(priors, np.arange(1, _ROWS) / _ROWS)
    return np.unique(np.searchsorted(edges, priors, side="left"), return_inverse=True)[1]


def _cumulated(percentiles: IntArray) -> FloatArray:
    return np.searchsorted(np.sort(percentiles), np.arange(1, 100), side="right") / len(percentiles)


def _checked(
    sgp: ArrayLike, prior: ArrayLike, design: ArrayLike | None
) -> tuple[IntArray, FloatArray, FloatArray | None]:
    percentiles, priors = np.asarray(sgp), np.asarray(prior, dtype=np.float64)
    X = None if design is None else np.asarray(design, dtype=np.float64)
    if (
        percentiles.ndim != 1
        or priors.shape != percentiles.shape
        or (X is not None and len(X) != len(priors))
    ):
        raise InputError(
            "bad-shape", "there must be a percentile, an earlier score and a design row for each pupil"
        )
    if not len(percentiles):
        raise InputError("no-pupils", "nobody has a percentile")
    if not np.isfinite(priors).all():
        raise InputError("infinite-value", "an earlier score is not a finite number", column="prior")
    if not np.isin(percentiles, np.arange(BANDS[0], BANDS[-1])).all():
        raise InputError("not-a-percentile", "percentiles are whole numbers from 1 to 99", column="sgp")
    return percentiles.astype(np.int64), priors, X
