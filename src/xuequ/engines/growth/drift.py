"""Value added that drifts: a unit's value in one year predicted from its other years.

A unit's mean residual of year t is its value plus chance, A_jt = μ_jt + ε_jt with Var(ε_jt) = s²_jt known. Values of
years that lie l apart have covariance σ_l, smaller the further apart they are. The best linear predictor of μ_jt from
the vector A of the other years, their covariance Σ and their covariances γ with μ_jt, is

    μ̂_jt = γᵀ Σ⁻¹ A        Var(μ_jt - μ̂_jt) = σ_0 - γᵀ Σ⁻¹ γ        Σ_ab = σ_|a-b| + [a = b] s²_ja

Source: Chetty, Friedman and Rockoff (2014), "Measuring the impacts of teachers I", *American Economic Review* 104,
2593-2632, section II. A new year that leaves the interval of its prediction (Var + s²_jt) is more than drift and
chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
import scipy.linalg
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.frame import natural_order
from xuequ.engines.growth.intervals import quantile
from xuequ.engines.growth.mixed import MixedModelFit
from xuequ.engines.growth.pooling import numbers

Array = NDArray[np.float64]
From = Literal["past", "other"]

FEWEST_UNITS = 5
FEWEST_PAIRS = 10
COLUMNS = ("unit", "year", "value", "se")


@dataclass(frozen=True, slots=True, eq=False)
class DriftFit:
    """Covariances by lag and predictions; values are deviations from the mean of their year.

    Attributes
    ----------
    lags : ``lag`` (years), ``pairs`` of units' years, ``estimate`` (null: fewer than ten pairs), ``covariance`` as used
        (of the last estimated lag where there is none of its own; never above the variance; scaled down where they
        would be no covariance matrix) and ``correlation``; lag 0 is the variance of the true values
    predictions : ``unit``, ``year``, ``value``, ``se``, ``years`` (used for the prediction, 0 to n), ``predicted``,
        ``predicted_se`` and ``low``, ``high`` of the true value, ``new_low``, ``new_high`` of the value to be observed,
        ``z`` (its deviation in prediction errors) and ``outside``; all null where no other year is there
    no_detectable_difference : whether the values differ no more than by chance
    expected_outside : how many values chance alone would put outside
    """

    lags: pl.DataFrame
    predictions: pl.DataFrame
    no_detectable_difference: bool
    expected_outside: float


def fit_drift(table: pl.DataFrame, *, source: From = "past", confidence: float = 0.95) -> DriftFit:
    """Predict every unit's value of every year.

    Parameters
    ----------
    table : ``unit``, ``year`` (a whole number), ``value`` (unshrunken mean residual) and ``se`` (of sampling)
    source : ``"past"`` predicts from earlier years, as an alert does; ``"other"`` from all other years
    confidence : of the intervals, by Student's t with the number of units less one

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``not-numeric``, ``bad-year``, ``bad-se``, ``duplicate-year``,
        ``too-few-units``, ``no-overlap``, ``bad-confidence`` or ``unknown-source``.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> lasting, years = rng.normal(size=(999, 1)), rng.normal(size=(999, 4))
    >>> values = 0.55 * lasting + 0.55 * years + rng.normal(0, 0.2, (999, 4))
    >>> unit, year = np.indices(values.shape)
    >>> table = pl.DataFrame({"unit": unit.ravel(), "year": 2020 + year.ravel(), "value": values.ravel(), "se": 0.2})
    >>> fit_drift(table).lags["covariance"].round(1).to_list()
    [0.6, 0.3, 0.3, 0.3]
    """
    if source not in ("past", "other"):
        raise InputError("unknown-source", f"no source {source!r}; there are past and other")
    if not 0.5 <= confidence < 1.0:
        raise InputError("bad-confidence", f"confidence {confidence:g} is not between 0.5 and 1")
    panel = _panel(table)
    lags = _lags(panel)
    used = lags["covariance"].to_numpy()
    rows = [_predicted(panel, used, j, t, source) for j, t in zip(*np.nonzero(panel.there), strict=True)]
    factor = quantile(confidence, len(panel.units) - 1)
    predictions = _table(panel, rows, factor)
    judged = predictions["outside"].count()
    return DriftFit(lags, predictions, bool(used[0] == 0.0), judged * (1.0 - confidence))


def fit_drift_cohort(table: pl.DataFrame, params: Mapping[str, Any]) -> pl.DataFrame:
    """Batch entry: the predictions of one set of units."""
    return fit_drift(table, **params).predictions


def unshrunken(fit: MixedModelFit, year: int) -> pl.DataFrame:
    """A year's mean residuals and their sampling SEs, as ``fit_drift`` takes them, from the shrunken effects of a fit.

    û_j = λ_j ȳ_j with λ_j = T / (T + s²_j), hence ȳ_j = û_j / λ_j and s²_j = T (1 - λ_j) / λ_j.

    Raises
    ------
    InputError
        ``no-detectable-difference`` when T is zero: shrinking then left nothing of the means.
    """
    T, shrinkage = float(fit.random.covariance[0, 0]), fit.reliability[:, 0]
    if T <= 0.0:
        message = f"{year}: the units do not differ detectably, so their means cannot be had from this fit"
        raise InputError("no-detectable-difference", message)
    value, se = fit.effects[:, 0] / shrinkage, np.sqrt(T * (1.0 - shrinkage) / shrinkage)
    return pl.DataFrame({"unit": fit.groups, "year": year, "value": value, "se": se})


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """Units in natural order by years in order: deviations and squared SEs, (J, T), and where there are any."""

    units: tuple[str, ...]
    years: NDArray[np.int64]
    value: Array
    variance: Array
    there: NDArray[np.bool_]


def _panel(table: pl.DataFrame) -> _Panel:
    rows = _checked(table)
    units, years = natural_order(rows["unit"].unique()), np.sort(rows["year"].unique().to_numpy())
    if len(units) < FEWEST_UNITS:
        message = f"only {len(units)} units; at least {FEWEST_UNITS} are needed to tell drift from chance"
        raise InputError("too-few-units", message, column="unit")
    at = np.array([{unit: j for j, unit in enumerate(units)}[unit] for unit in rows["unit"]])
    t = np.searchsorted(years, rows["year"].to_numpy())
    value, variance = np.zeros((len(units), len(years))), np.zeros((len(units), len(years)))
    there = np.zeros(value.shape, dtype=bool)
    value[at, t], variance[at, t], there[at, t] = rows["value"], rows["se"] ** 2, True
    apart = np.where(there, value - value.sum(0) / there.sum(0), 0.0)
    weight = there / np.where(there, variance + (apart**2).sum() / there.sum(), 1.0)
    return _Panel(
        units, years, np.where(there, value - (weight * value).sum(0) / weight.sum(0), 0.0), variance, there
    )


def _checked(table: pl.DataFrame) -> pl.DataFrame:
    for name in COLUMNS:
        if name not in table.columns:
            there = ", ".join(table.columns)
            raise InputError(
                "unknown-column", f"there is no column {name!r}; there are: {there}", column=name
            )
    unit = table["unit"].cast(pl.String).str.strip_chars()
    _refuse(unit.is_null() | (unit == ""), "missing-key", "a row without a unit cannot be used", "unit")
    year, value, se = (numbers(table[name]) for name in COLUMNS[1:])
    _refuse(~(year == year.round()).fill_null(value=False), "bad-year", "a whole number is expected", "year")
    _refuse(~value.is_finite().fill_null(value=False), "not-numeric", "a number is expected", "value")
    positive = (se.is_finite() & (se > 0.0)).fill_null(value=False)
    _refuse(~positive, "bad-se", "a standard error above 0 is expected", "se")
    rows = pl.DataFrame([unit, year.cast(pl.Int64), value, se])
    twice = ~rows.select(pl.struct("unit", "year").is_first_distinct()).to_series()
    _refuse(twice, "duplicate-year", "the same unit and year stand in two rows", "year")
    return rows


def _refuse(bad: pl.Series, code: str, reason: str, column: str) -> None:
    if bad.any():
        raise InputError(code, reason, column=column, row=int(bad.arg_max() or 0) + 1)


def _lags(panel: _Panel) -> pl.DataFrame:
    """Weighted means of products, each about as sure as its weight: (σ_0 + s²)⁻¹ of both years."""
    rough = max(float((panel.value[panel.there] ** 2 - panel.variance[panel.there]).mean()), 0.0)
    weight = panel.there / (rough + np.where(panel.there, panel.variance, 1.0))
    apart = np.abs(panel.years[:, None] - panel.years)
    estimates: list[float | None] = []
    pairs: list[int] = []
    for lag in range(int(apart.max()) + 1):
        a, b = np.nonzero(np.triu(apart == lag))
        both = panel.there[:, a] & panel.there[:, b]
        w = weight[:, a] * weight[:, b]
        products = panel.value[:, a] * panel.value[:, b] - (panel.variance[:, a] if lag == 0 else 0.0)
        pairs.append(int(both.sum()))
        estimates.append(
            float((w * products)[both].sum() / w[both].sum()) if pairs[-1] >= FEWEST_PAIRS else None
        )
    if all(estimate is None for estimate in estimates[1:]):
        message = (
            f"fewer than {FEWEST_PAIRS} pairs of years of the same unit; drift cannot be told from chance"
        )
        raise InputError("no-overlap", message, column="year")
    used = _used(estimates)
    correlation = used / used[0] if used[0] > 0.0 else np.full(len(used), np.nan)
    return pl.DataFrame(
        {
            "lag": range(len(used)),
            "pairs": pairs,
            "estimate": pl.Series(estimates, dtype=pl.Float64),
            "covariance": used,
            "correlation": correlation,
        }
    ).with_columns(pl.col("correlation").fill_nan(None))


def _used(estimates: list[float | None]) -> Array:
    """Gaps filled, no lag above the variance, and as much of the lags as a covariance matrix allows."""
    variance = max(estimates[0] or 0.0, 0.0)
    filled = [variance]
    last = next(estimate for estimate in estimates[1:] if estimate is not None)
    for estimate in estimates[1:]:
        last = last if estimate is None else estimate
        filled.append(float(np.clip(last, -variance, variance)))
    used = np.array(filled)
    lags_only = scipy.linalg.toeplitz(np.append(0.0, used[1:]))
    lowest = float(np.linalg.eigvalsh(lags_only)[0])
    if variance + lowest < 0.0:
        used[1:] *= variance / -lowest
    return used


@dataclass(frozen=True, slots=True)
class _Prediction:
    """Of unit ``j`` in year number ``t``; ``predicted`` and ``variance`` (of the true value) are NaN without others."""

    j: int
    t: int
    years: int
    predicted: float
    variance: float


def _predicted(panel: _Panel, covariance: Array, j: int, t: int, source: From) -> _Prediction:
    usable = panel.there[j].copy()
    usable[t] = False
    if source == "past":
        usable[t:] = False
    at = np.flatnonzero(usable)
    if at.size == 0:
        return _Prediction(int(j), int(t), 0, np.nan, np.nan)
    years = panel.years
    Sigma = covariance[np.abs(years[at][:, None] - years[at])] + np.diag(panel.variance[j, at])
    gamma = covariance[np.abs(years[at] - years[t])]
    psi = np.linalg.solve(Sigma, gamma)
    left = max(float(covariance[0] - psi @ gamma), 0.0)
    return _Prediction(int(j), int(t), len(at), float(psi @ panel.value[j, at]), left)


def _table(panel: _Panel, rows: list[_Prediction], factor: float) -> pl.DataFrame:
    j, t = np.array([row.j for row in rows]), np.array([row.t for row in rows])
    predicted = np.array([row.predicted for row in rows])
    true = np.sqrt([row.variance for row in rows])
    value, variance = panel.value[j, t], panel.variance[j, t]
    new = np.sqrt(true**2 + variance)
    table = pl.DataFrame(
        {
            "unit": [panel.units[i] for i in j],
            "year": panel.years[t],
            "value": value,
            "se": np.sqrt(variance),
            "years": [row.years for row in rows],
            "predicted": predicted,
            "predicted_se": true,
            "low": predicted - factor * true,
            "high": predicted + factor * true,
            "new_low": predicted - factor * new,
            "new_high": predicted + factor * new,
            "z": (value - predicted) / new,
        }
    )
    table = table.with_columns(pl.col(table.columns[5:]).fill_nan(None))
    inside = pl.col("value").is_between("new_low", "new_high")
    return table.with_columns(outside=pl.when(pl.col("predicted").is_not_null()).then(inside.not_()))
