"""Whether a correlation matrix holds common factors: KMO (Kaiser 1974) and Bartlett's test of sphericity (1951).

KMO = Σ r²/(Σ r² + Σ q²) over pairs, q the partial correlations given all other indexes.
χ² = −(n − 1 − (2p + 5)/6) ln|R| with p(p − 1)/2 degrees of freedom.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from xuequ.engines.evaluation.findings import Array

_SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class Factorability:
    """KMO of the whole and of each index, and Bartlett's test."""

    kmo: float
    kmo_of: tuple[float, ...]
    chi2: float
    df: int
    p: float


def factorability(values: Array) -> Factorability | None:
    """Return both for complete (rows, indexes) values; None where an index is fixed by others or by too few rows."""
    n, p = values.shape
    if p < 2 or n <= p or (values.std(axis=0) <= 0).any():
        return None
    R = np.corrcoef(values, rowvar=False)
    if np.linalg.eigvalsh(R)[0] < _SINGULAR:
        return None
    inverse = np.linalg.inv(R)
    scale = np.sqrt(inverse.diagonal())
    partial = inverse / np.outer(scale, scale)
    off = ~np.eye(p, dtype=bool)
    r2, q2 = np.where(off, R**2, 0.0), np.where(off, partial**2, 0.0)
    statistic = -(n - 1 - (2 * p + 5) / 6) * np.linalg.slogdet(R)[1]
    df = p * (p - 1) // 2
    return Factorability(
        kmo=float(r2.sum() / (r2.sum() + q2.sum())),
        kmo_of=tuple(map(float, r2.sum(axis=0) / (r2.sum(axis=0) + q2.sum(axis=0)))),
        chi2=float(statistic),
        df=df,
        p=float(chi2.sf(statistic, df)),
    )
