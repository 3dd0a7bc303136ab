"""Anchor items: whether they stayed as hard as they were, and links by the items alone.

An item that became easier or harder than the other anchors (it was practised, printed differently, taught
since) would carry that change into every linked score.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from xuequ.engines.errors import InputError
from xuequ.engines.growth.linking_linear import Line

Array = NDArray[np.float64]
ROBUST_Z = 1.645
LEAST_SHIFT = 0.5
"""In delta units (four to a standard deviation): a smaller shift is no drift, however even the other items are."""
FARTHEST = 1.5
"""Distance from the delta plot's axis beyond which an item is an outlier (Angoff 1972)."""
CERTAIN = 1.96
_IQR_OF_NORMAL = 0.74


@dataclass(frozen=True, slots=True)
class Drift:
    """Anchor items.

    ``items`` has item, facility_new, facility_old (share of the points won), delta_new, delta_old, shift
    (change of delta beyond the median change), se (what the pupils' number leaves uncertain of it), robust_z,
    distance (from the delta plot's axis, signed) and drifted.
    """

    items: pl.DataFrame

    @property
    def drifted(self) -> tuple[str, ...]:
        """Items that should not link."""
        return tuple(self.items.filter("drifted")["item"])


def item_drift(new: pl.DataFrame, old: pl.DataFrame, full_marks: dict[str, float]) -> Drift:
    """Compare the anchor items' difficulty between the two groups.

    delta = 13 + 4 Φ⁻¹(1 − p) with p the share of the points won; the median change of delta is the groups'
    difference. An item drifts when the robust z of its change, (d − median)/(0.74 IQR) (Huynh and Meyer 2010,
    Practical Assessment, Research and Evaluation 15(2)), exceeds 1.645 and the change at least half a delta
    unit, or when it lies 1.5 from the principal axis of the delta plot; in both cases only if the change exceeds
    1.96 standard errors, for among few pupils items change by chance.

    Parameters
    ----------
    new, old : one column for each item, no missing values
    full_marks : points of each item
    """
    names = list(full_marks)
    p_new, p_old = (_facility(table, full_marks) for table in (new, old))
    deltas = [13.0 - 4.0 * norm.ppf(p) for p in (p_new, p_old)]
    change = deltas[0] - deltas[1]
    shift = change - np.median(change)
    spread = _IQR_OF_NORMAL * float(np.subtract(*np.percentile(change, [75, 25])))
    robust = shift / max(spread, 1e-9)
    distance = _distances(deltas[1], deltas[0])
    se = np.hypot(_delta_error(p_new, new.height), _delta_error(p_old, old.height))
    off = (np.abs(robust) > ROBUST_Z) & (np.abs(shift) >= LEAST_SHIFT) | (np.abs(distance) >= FARTHEST)
    drifted = off & (np.abs(shift) > CERTAIN * se)
    return Drift(
        pl.DataFrame(
            {
                "item": names, "facility_new": p_new, "facility_old": p_old, "delta_new": deltas[0],
                "delta_old": deltas[1], "shift": shift,
                "se": se, "robust_z": robust, "distance": distance,
                "drifted": drifted,
            }
        )
    )  # fmt: skip


def _delta_error(facility: Array, n: int) -> Array:
    """Standard error of delta; of items with several points it is a little too large."""
    return np.asarray(4.0 * np.sqrt(facility * (1 - facility) / n) / norm.pdf(norm.ppf(facility)))


def _facility(table: pl.DataFrame, full_marks: dict[str, float]) -> Array:
    """Shares of the points won, kept off 0 and 1 by half a pupil so that delta is finite."""
    n = table.height
    shares = np.array([float(table[name].sum()) / points for name, points in full_marks.items()])
    return np.asarray((shares + 0.5) / (n + 1.0))


def _distances(old: Array, new: Array) -> Array:
    """Signed distances from the principal axis of the points (old, new)."""
    x, y = old - old.mean(), new - new.mean()
    sxx, syy, sxy = float(x @ x), float(y @ y), float(x @ y)
    if sxy <= 0:
        return (y - x) / np.sqrt(2.0)
    slope = (syy - sxx + np.sqrt((syy - sxx) ** 2 + 4 * sxy**2)) / (2 * sxy)
    return np.asarray((y - slope * x) / np.sqrt(1.0 + slope**2))


@dataclass(frozen=True, slots=True)
class ItemLink:
    """A link by item parameters, θ_old = intercept + slope · θ_new, with SEs over the items (jackknife)."""

    line: Line
    slope_se: float
    intercept_se: float
    items: int


def link_items(
    difficulty_new: Array, difficulty_old: Array, discrimination: tuple[Array, Array] | None = None
) -> ItemLink:
    """Link two calibrations of the same items by mean-sigma, or by mean-mean when discriminations are given.

    mean-sigma: A = σ(b_old)/σ(b_new);  mean-mean: A = mean(a_new)/mean(a_old);  B = mean(b_old) − A mean(b_new)
    (Marco 1977; Loyd and Hoover 1980; Kolen and Brennan 2014, section 6.3).

    Raises
    ------
    InputError
        ``too-few-anchors`` with fewer than three items, ``constant`` when all items are equally hard.

    Examples
    --------
    >>> new = np.array([-1.0, 0.0, 0.5, 1.5])
    >>> link_items(new, 0.2 + 1.1 * new).line.slope.__round__(6)
    1.1
    """
    new, old = np.asarray(difficulty_new, dtype=float), np.asarray(difficulty_old, dtype=float)
    if len(new) < 3 or len(new) != len(old):
        raise InputError("too-few-anchors", "at least three items with parameters from both forms are needed")
    if min(np.ptp(new), np.ptp(old)) <= 1e-12:
        raise InputError("constant", "all anchor items are equally hard, so they cannot link a scale")
    whole = _item_line(new, old, discrimination)
    n = len(new)
    left = [np.arange(n) != i for i in range(n)]
    parts = [_item_line(new[k], old[k], _taken(discrimination, k)) for k in left]
    values = np.array([[part.slope, part.intercept] for part in parts])
    se = np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
    return ItemLink(whole, float(se[0]), float(se[1]), n)


def _taken(pair: tuple[Array, Array] | None, keep: NDArray[np.bool_]) -> tuple[Array, Array] | None:
    return None if pair is None else (pair[0][keep], pair[1][keep])


def _item_line(new: Array, old: Array, discrimination: tuple[Array, Array] | None) -> Line:
    if discrimination is None:
        slope = float(np.std(old) / np.std(new))
    else:
        slope = float(np.mean(discrimination[0]) / np.mean(discrimination[1]))
    return Line(slope, float(old.mean() - slope * new.mean()))
