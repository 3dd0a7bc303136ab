"""How far raters agree: ICC, Kendall's W, Krippendorff's alpha, and content validity.

Ratings are (subjects, raters) arrays. ICC: the six forms of Shrout & Fleiss (1979) in the names of McGraw & Wong
(1996), from mean squares between subjects (MSR), raters (MSC) and the rest (MSE). W = 12 S/(m²(n³ − n) − m Σ T) of m
raters who rank n subjects, T = Σ(t³ − t) of one rater's ties (Kendall & Gibbons 1990). Alpha = 1 − D_o/D_e from the
matrix of coincidences, missing ratings left out (Krippendorff 2011). I-CVI = share of experts who find an index
relevant; κ* corrects it for chance, p_c = C(n, A)/2ⁿ (Polit, Beck & Owen 2007).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, rankdata

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array

SCALES = ("nominal", "ordinal", "interval")


@dataclass(frozen=True, slots=True)
class IntraclassCorrelations:
    """The six forms: one rater (1) or the mean of all (k); one-way, absolute agreement (A), consistency (C)."""

    one_way_1: float
    agreement_1: float
    consistency_1: float
    one_way_k: float
    agreement_k: float
    consistency_k: float


@dataclass(frozen=True, slots=True)
class Concordance:
    """Kendall's W with and without correction for ties; ``chi2`` = m(n − 1)W with n − 1 degrees of freedom."""

    w: float
    uncorrected: float
    chi2: float
    df: int
    p: float


@dataclass(frozen=True, slots=True)
class ContentValidity:
    """One index: experts, I-CVI and κ*."""

    name: str
    experts: int
    i_cvi: float
    kappa: float


def alpha_range(alpha: float, cases: int, items: int, confidence: float = 0.95) -> tuple[float, float]:
    """Range of Cronbach's α from so many cases and items: (1 − α)/(1 − α̂) ~ F(n − 1, (n − 1)(k − 1)) (Feldt 1965).

    It supposes items that measure one thing alike, and normal ratings.

    >>> [round(end, 3) for end in alpha_range(0.8, 41, 26)]
    [0.7, 0.879]
    """
    # Loading it takes longer than all the rest.
    from scipy.special import fdtri

    tail, df = (1 - confidence) / 2, (cases - 1, (cases - 1) * (items - 1))
    low, high = (1 - (1 - alpha) * float(fdtri(*df, share)) for share in (1 - tail, tail))
    return low, high


def intraclass(ratings: Array) -> IntraclassCorrelations | None:
    """Return the forms of a complete table; None with fewer than 2 subjects or raters or nothing that varies.

    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = intraclass(np.array(table, dtype=float))
    >>> [round(x, 2) for x in (found.one_way_1, found.agreement_1, found.consistency_1)]
    [0.17, 0.29, 0.71]
    """
    n, k = ratings.shape
    if n < 2 or k < 2 or np.ptp(ratings) <= 0:
        return None
    grand = ratings.mean()
    between = k * ((ratings.mean(axis=1) - grand) ** 2).sum()
    columns = n * ((ratings.mean(axis=0) - grand) ** 2).sum()
    total = ((ratings - grand) ** 2).sum()
    msr, msc = between / (n - 1), columns / (k - 1)
    mse = max(total - between - columns, 0.0) / ((n - 1) * (k - 1))
    msw = (total - between) / (n * (k - 1))
    return IntraclassCorrelations(
        one_way_1=_ratio(msr - msw, msr + (k - 1) * msw),
        agreement_1=_ratio(msr - mse, msr + (k - 1) * mse + k / n * (msc - mse)),
        consistency_1=_ratio(msr - mse, msr + (k - 1) * mse),
        one_way_k=_ratio(msr - msw, msr),
        agreement_k=_ratio(msr - mse, msr + (msc - mse) / n),
        consistency_k=_ratio(msr - mse, msr),
    )


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else 0.0


def concordance(ratings: Array) -> Concordance | None:
    """Return Kendall's W of a complete table; None with fewer than 3 raters or 2 subjects, or where all tie."""
    n, m = ratings.shape
    if m < 3 or n < 2:
        return None
    ranks = np.column_stack([rankdata(column) for column in ratings.T])
    s = float(((ranks.sum(axis=1) - m * (n + 1) / 2) ** 2).sum())
    ties = sum(float((t**3 - t).sum()) for t in (np.unique(c, return_counts=True)[1] for c in ratings.T))
    whole = m**2 * (n**3 - n)
    if whole - m * ties <= 0:
        return None
    w = 12 * s / (whole - m * ties)
    statistic = m * (n - 1) * w
    return Concordance(w, 12 * s / whole, statistic, n - 1, float(chi2.sf(statistic, n - 1)))


def krippendorff(ratings: Array, scale: str = "interval") -> float | None:
    """Return alpha of a table with NaN where nobody rated; None where nothing can be paired or nothing varies.

    Raises
    ------
    InputError
        ``unknown-scale``.
    """
    if scale not in SCALES:
        raise InputError("unknown-scale", f"no scale {scale!r}; there are: {', '.join(SCALES)}")
    known = ~np.isnan(ratings)
    paired = known & (known.sum(axis=1, keepdims=True) >= 2)
    if not paired.any() or np.ptp(ratings[paired]) <= 0:
        return None
    return _of_numbers(ratings, paired) if scale == "interval" else _of_answers(ratings, paired, scale)


def _of_numbers(ratings: Array, paired: NDArray[np.bool_]) -> float:
    """Alpha from sums of squares: Σ (a − b)² over the m² pairs of a unit is 2 (m Σ a² − (Σ a)²).

    Measured values are nearly all different, and a matrix of their coincidences would not fit in memory.
    """
    x = np.where(paired, ratings - ratings[paired].mean(), 0.0)
    per_unit, n = paired.sum(axis=1), int(paired.sum())
    within = per_unit * (x**2).sum(axis=1) - x.sum(axis=1) ** 2
    observed = float((within / np.maximum(per_unit - 1, 1)).sum())
    return 1.0 - observed * (n - 1) / float(n * (x**2).sum() - x.sum() ** 2)


def _of_answers(ratings: Array, paired: NDArray[np.bool_], scale: str) -> float:
    """Alpha from the matrix of coincidences of answers."""
    answers = np.unique(ratings[paired])
    counts = np.stack([((ratings == answer) & paired).sum(axis=1) for answer in answers], axis=1)
    per_unit = np.maximum(counts.sum(axis=1) - 1, 1)[:, None]
    coincident = (counts / per_unit).T @ counts - np.diag((counts / per_unit).sum(axis=0))
    marginal = coincident.sum(axis=1)
    apart = _distances(marginal, scale)
    expected = float((np.outer(marginal, marginal) * apart).sum()) / (marginal.sum() - 1)
    return 1.0 - float((coincident * apart).sum()) / expected


def _distances(marginal: Array, scale: str) -> Array:
    if scale == "nominal":
        return 1.0 - np.eye(len(marginal))
    # Between two ordinal values lie the cases between their middles.
    at = np.cumsum(marginal) - marginal / 2
    return np.asarray((at[:, None] - at[None, :]) ** 2)


def content_validity(
    names: Sequence[str], ratings: Array, relevant: float = 3.0
) -> tuple[tuple[ContentValidity, ...], float]:
    """I-CVI and κ* of each index, and S-CVI/Ave, from relevance ratings (experts, indexes), usually from 1 to 4.

    Raises
    ------
    InputError
        ``no-ratings`` with the index.
    """
    found = []
    for name, column in zip(names, ratings.T, strict=True):
        given = column[~np.isnan(column)]
        n = len(given)
        if not n:
            raise InputError("no-ratings", "nobody has rated this index", column=name)
        agree = int((given >= relevant).sum())
        chance = math.comb(n, agree) / 2**n
        cvi = agree / n
        found.append(ContentValidity(name, n, cvi, (cvi - chance) / (1 - chance)))
    return tuple(found), float(np.mean([one.i_cvi for one in found]))
