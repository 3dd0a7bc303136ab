"""Small interval arithmetic that the evaluation shares: Wilson, means, false discovery rate."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

Array = NDArray[np.float64]


def wilson(successes: Array, n: Array, confidence: float) -> tuple[Array, Array]:
    """Return the score interval of shares (Wilson 1927, JASA 22, 209-212); NaN where n is 0.

    Examples
    --------
    The worked example of Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263.

    >>> low, high = wilson(np.array([81.0]), np.array([263.0]), 0.95)
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.2553, 0.3662)
    """
    z = float(norm.ppf((1 + confidence) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = successes / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def quantile(confidence: float, df: float) -> float:
    """Return the two-sided quantile of Student's t with ``df`` degrees of freedom."""
    return float(t.ppf((1 + confidence) / 2, df))


def two_sided_p(statistic: Array, df: float) -> Array:
    """Return two-sided p values of t statistics with ``df`` degrees of freedom."""
    return np.asarray(2 * t.sf(np.abs(statistic), df), dtype=np.float64)


def discoveries(p: Array, rate: float) -> NDArray[np.bool_]:
    """Return which hypotheses are rejected when the false discovery rate is held at ``rate``.

    Benjamini and Hochberg (1995), JRSS B 57, 289-300: reject the k smallest, k the largest index with p(k) ≤
    k·rate/m.

    Examples
    --------
    The fifteen p values of their section 3.2: four are rejected at 0.05.

    >>> p = np.array([.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344,
    ...               .0459, .3240, .4262, .5719, .6528, .7590, 1.0])
    >>> int(discoveries(p, 0.05).sum())
    4
    """
    if p.size == 0:
        return np.zeros(0, dtype=bool)
    order = np.argsort(p, kind="stable")
    passed = p[order] <= rate * np.arange(1, p.size + 1) / p.size
    count = int(np.flatnonzero(passed).max()) + 1 if passed.any() else 0
    rejected = np.zeros(p.size, dtype=bool)
    rejected[order[:count]] = True
    return rejected
