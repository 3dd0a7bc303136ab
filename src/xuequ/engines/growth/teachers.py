"""Teacher-level values of growth: what pupils gained beyond the average of the own school, year after year.

For pupil i of teacher k in year t, with the residual r_ikt against the own school and the share w_ikt of the teaching::

    r_ikt = m + μ_k + θ_kt + ε_ikt,    μ_k ~ N(0, σ²_μ),    θ_kt ~ N(0, σ²_θ),    ε_ikt ~ N(0, σ²_ε)

μ_k is what stays with the teacher, θ_kt what was the class's and the year's. The mean r̄_kt of a year is weighted by the
shares; its error variance is σ²_ε/ñ_kt with Kish's effective number ñ = (Σw)²/Σw². With h_kt = 1/(σ²_θ + σ²_ε/ñ_kt) and
H_k = Σ_t h_kt, the best linear prediction is::

    value_k = m + λ_k (r̄_k - m),    r̄_k = Σ_t h_kt r̄_kt / H_k,    λ_k = σ²_μ H_k/(1 + σ²_μ H_k)
    se²_k = σ²_μ (1 - λ_k) + (1 - λ_k)² Var(m) + 2 Var(σ²_μ) H_k/(1 + σ²_μ H_k)³

(Kane and Staiger 2008, NBER working paper 14607, for the shrunken mean; the last two terms are for m and σ²_μ being
estimated: Prasad and Rao 1990, *JASA* 85, 163-171). σ²_μ and σ²_θ by REML. Values that drift from year to year (Chetty,
Friedman and Rockoff 2014, *AER* 104(9), 2593-2632) are not modelled: ``stability`` shows how much they do.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.optimize
from numpy.typing import NDArray
from scipy.stats import norm

from xuequ.engines.errors import InputError
from xuequ.engines.growth.inputs import finite, keys, require

Array = NDArray[np.float64]

FEWEST_YEARS = 2
FEWEST_PUPILS = 30
FEWEST_TEACHERS = 10
"""As many teachers with two years are needed to estimate variances, and to tell a correlation of two years."""

ONE_YEAR, TOO_FEW, NO_DIFFERENCE = "one-year", "too-few-pupils", "no-difference"
"""Why a teacher has no value."""

COLUMNS = ("teacher", "pupil", "year", "residual", "share")
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Stability:
    """Pearson's correlation of the means of the last two years of the same teachers, with Fisher's interval.

    ``pairs`` is the number of teachers; the three numbers are None when there are fewer than ``FEWEST_TEACHERS``.
    """

    correlation: float | None
    low: float | None
    high: float | None
    pairs: int


@dataclass(frozen=True, slots=True, eq=False)
class TeacherValues:
    """Values of teachers, in SD of the outcome; zero is the average of the own school.

    Attributes
    ----------
    teachers : one row for each teacher, by key: teacher, years (number), periods (list), pupils (distinct), equivalents
        (sum of the shares), value, se, low, high (null without a value), reliability (λ), code (why there is no value,
        else empty)
    mean : m
    teacher_variance, year_variance, pupil_variance : σ²_μ, σ²_θ, σ²_ε
    stability : of the same teachers from year to year
    rows, unused : rows that counted, and rows without a residual
    confidence : of the intervals
    """

    teachers: pl.DataFrame
    mean: float
    teacher_variance: float
    year_variance: float
    pupil_variance: float
    stability: Stability
    rows: int
    unused: int
    confidence: float

    @property
    def boundary(self) -> bool:
        """Whether no difference between teachers could be found, so that nobody has a value."""
        return self.teacher_variance <= _SMALLEST


def teacher_values(
    table: pl.DataFrame, *, fewest_pupils: int = FEWEST_PUPILS, confidence: float = 0.95
) -> TeacherValues:
    """Predict what stays with each teacher over the years.

    Parameters
    ----------
    table : one row for each pupil, teacher and year: ``teacher``, ``pupil``, ``year`` (labels that sort by time),
        ``residual`` (within the own school, SD; missing rows are left out and counted), ``share`` in (0, 1]
    fewest_pupils : a value needs as many distinct pupils, and shares that add up to as much
    confidence : of the intervals

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``not-numeric``, ``not-finite``, ``share-range`` or ``duplicate-row`` with
        the row; ``minimum-range``, ``confidence-range``; ``too-few-teachers`` when variances cannot be estimated.

    Examples
    --------
    Davies and Goldsmith (1972), table 6.5, published variances 1.657 between batches, 8.434 between casks, 0.678
    between tests: a batch stands for a teacher, a cask for a year, a test for a pupil.

    >>> from xuequ.engines.growth.examples import pastes
    >>> tests = pastes().with_row_index("pupil").rename({"batch": "teacher", "cask": "year", "strength": "residual"})
    >>> found = teacher_values(tests.with_columns(share=1.0), fewest_pupils=6)
    >>> [round(v, 3) for v in (found.teacher_variance, found.year_variance, found.pupil_variance)]
    [1.657, 8.434, 0.678]
    """
    _check_options(fewest_pupils, confidence)
    rows, unused = _rows(table)
    cells, pupil_variance = _cells(rows)
    problem = _problem(cells, pupil_variance)
    found = _fit(problem)
    teachers = _teachers(rows, _predicted(problem, found, confidence), fewest_pupils, found)
    return TeacherValues(
        teachers=teachers,
        mean=found.mean,
        teacher_variance=found.between,
        year_variance=found.yearly,
        pupil_variance=pupil_variance,
        stability=_stability(cells, confidence),
        rows=rows.height,
        unused=unused,
        confidence=confidence,
    )


def _check_options(fewest_pupils: int, confidence: float) -> None:
    if fewest_pupils < 1:
        raise InputError("minimum-range", "the smallest number of pupils must be 1 or more")
    if not 0.5 < confidence < 1.0:
        raise InputError("confidence-range", "the confidence must lie between 0.5 and 1")


def _rows(table: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The rows that count, in an order of their own so that sums do not depend on the file's."""
    require(table, COLUMNS)
    rows = pl.DataFrame([keys(table, name).alias(name) for name in COLUMNS[:3]])
    rows = rows.with_columns(finite(table, "residual"), finite(table, "share"))
    _refuse(~rows["share"].is_between(0, 1, closed="right").fill_null(value=False), "share-range", "share")
    again = rows.select(COLUMNS[:3]).is_duplicated()
    _refuse(again & ~rows.select(pl.struct(COLUMNS[:3]).is_first_distinct()).to_series(), "duplicate-row", "")
    used = rows.drop_nulls("residual").sort("teacher", "year", "pupil")
    return used, rows.height - used.height


_REASONS = {
    "share-range": "the share of the teaching must lie above 0 and at most at 1",
    "duplicate-row": "the same pupil, teacher and year stand in two rows",
}


def _refuse(bad: pl.Series, code: str, column: str) -> None:
    if bad.any():
        row = int(bad.arg_max() or 0) + 1
        raise InputError(code, _REASONS[code], column=column or None, row=row)


def _cells(rows: pl.DataFrame) -> tuple[pl.DataFrame, float]:
    """One row for each teacher and year with the weighted mean and Kish's number; and σ²_ε, pooled within them.

    E Σw(r - r̄)² = σ² (Σw - Σw²/Σw) in each, so that the ratio of the sums has no bias.
    """
    w, r = pl.col("share"), pl.col("residual")
    cells = rows.group_by("teacher", "year", maintain_order=True).agg(
        ((w * r).sum() / w.sum()).alias("mean"),
        (w.sum() ** 2 / (w**2).sum()).alias("effective"),
        (w * (r - (w * r).sum() / w.sum()) ** 2).sum().alias("squares"),
        (w.sum() - (w**2).sum() / w.sum()).alias("degrees"),
    )
    _check_teachers(cells)
    degrees = float(cells["degrees"].sum())
    variance = float(cells["squares"].sum()) / degrees if degrees > _SMALLEST else 0.0
    if variance <= _SMALLEST:
        raise InputError(
            "constant", "the pupils of a teacher and year do not differ at all", column="residual"
        )
    return cells, variance


def _check_teachers(cells: pl.DataFrame) -> None:
    several = int((cells["teacher"].value_counts()["count"] >= FEWEST_YEARS).sum())
    if several < FEWEST_TEACHERS:
        message = f"{several} teachers have two years of pupils; at least {FEWEST_TEACHERS} are needed"
        raise InputError("too-few-teachers", message, column="teacher")


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Means (C,) with error variances (C,) of C teacher-years, and the teacher (0..K-1) of each (C,)."""

    teachers: tuple[str, ...]
    of: NDArray[np.int64]
    mean: Array
    error: Array

    def sums(self, values: Array) -> Array:
        """Sums by teacher, shape (K,)."""
        return np.bincount(self.of, weights=values, minlength=len(self.teachers)).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    """σ²_μ, σ²_θ, m, the sampling variances of m and of σ²_μ, and the precision H (K,) of each teacher."""

    between: float
    yearly: float
    mean: float
    mean_variance: float
    between_variance: float
    precision: Array


def _problem(cells: pl.DataFrame, pupil_variance: float) -> _Problem:
    teachers = tuple(cells["teacher"].unique(maintain_order=True))
    place = {key: i for i, key in enumerate(teachers)}
    of = np.array([place[key] for key in cells["teacher"]], dtype=np.int64)
    return _Problem(teachers, of, cells["mean"].to_numpy(), pupil_variance / cells["effective"].to_numpy())


def _fit(problem: _Problem) -> _Fitted:
    """REML from several beginnings, for the deviance may have two valleys; a variance may be 0."""
    spread = float(np.var(problem.mean)) or 1.0
    starts = ((0.5, 0.2), (0.1, 0.6), (0.05, 0.05))
    tries = [
        scipy.optimize.minimize(
            lambda at: _deviance(problem, at[0] * spread, at[1] * spread),
            start,
            method="L-BFGS-B",
            bounds=((0.0, None), (0.0, None)),
            options={"ftol": 1e-14, "gtol": 1e-9},
        )
        for start in starts
    ]
    best = min(tries, key=lambda one: float(one.fun))
    between, yearly = (float(value) * spread for value in best.x)
    return _at(problem, between, yearly)


def _deviance(problem: _Problem, between: float, yearly: float) -> float:
    """-2 log restricted likelihood, up to a constant."""
    weight = 1.0 / (yearly + problem.error)
    a, b = problem.sums(weight), problem.sums(weight * problem.mean)
    grown = 1.0 + between * a
    of_one, of_mean = float((a / grown).sum()), float((b / grown).sum())
    quadratic = float((weight * problem.mean**2).sum() - (between * b**2 / grown).sum())
    logs = float(np.log(grown).sum() - np.log(weight).sum()) + float(np.log(of_one))
    return logs + quadratic - of_mean**2 / of_one


def _at(problem: _Problem, between: float, yearly: float) -> _Fitted:
    weight = 1.0 / (yearly + problem.error)
    a, b = problem.sums(weight), problem.sums(weight * problem.mean)
    grown = 1.0 + between * a
    of_one = float((a / grown).sum())
    return _Fitted(
        between=between,
        yearly=yearly,
        mean=float((b / grown).sum()) / of_one,
        mean_variance=1.0 / of_one,
        between_variance=_variance_of_between(problem, weight, between),
        precision=a,
    )


def _variance_of_between(problem: _Problem, weight: Array, between: float) -> float:
    """The element of σ²_μ in the inverse of the information ½ tr(V⁻¹ V_a V⁻¹ V_b) of both variances."""
    a, a2, a3 = (problem.sums(weight**power) for power in (1, 2, 3))
    grown = 1.0 + between * a
    share = between / grown
    both = float((a2 / grown**2).sum())
    own = float(((a / grown) ** 2).sum())
    yearly = float((a2 - 2.0 * share * a3 + share**2 * a2**2).sum())
    return 2.0 * yearly / max(own * yearly - both**2, np.finfo(float).tiny)


def _predicted(problem: _Problem, found: _Fitted, confidence: float) -> pl.DataFrame:
    grown = 1.0 + found.between * found.precision
    reliability = 1.0 - 1.0 / grown
    own = problem.sums(problem.mean / (found.yearly + problem.error)) / found.precision
    value = found.mean + reliability * (own - found.mean)
    variance = found.between / grown + found.mean_variance / grown**2
    se = np.sqrt(variance + 2.0 * found.between_variance * found.precision / grown**3)
    half = float(norm.ppf((1.0 + confidence) / 2.0)) * se
    return pl.DataFrame(
        {
            "teacher": problem.teachers,
            "value": value,
            "se": se,
            "low": value - half,
            "high": value + half,
            "reliability": reliability,
        }
    )


def _teachers(
    rows: pl.DataFrame, predicted: pl.DataFrame, fewest_pupils: int, found: _Fitted
) -> pl.DataFrame:
    """Counts of every teacher, and values of those who have years and pupils enough."""
    counts = rows.group_by("teacher", maintain_order=True).agg(
        pl.col("year").n_unique().cast(pl.Int64).alias("years"),
        pl.col("year").unique().sort().alias("periods"),
        pl.col("pupil").n_unique().cast(pl.Int64).alias("pupils"),
        pl.col("share").sum().alias("equivalents"),
    )
    least = pl.min_horizontal("pupils", "equivalents")
    code = (
        pl.when(pl.col("years") < FEWEST_YEARS).then(pl.lit(ONE_YEAR))
        # A sum of shares may miss a whole number by a rounding.
        .when(least < fewest_pupils - 1e-6).then(pl.lit(TOO_FEW))
        .otherwise(pl.lit(NO_DIFFERENCE if found.between <= _SMALLEST else ""))
    )  # fmt: skip
    table = counts.with_columns(code.alias("code")).join(
        predicted, on="teacher", how="left", maintain_order="left"
    )
    shown = pl.col("code") == ""
    hidden = ("value", "se", "low", "high", "reliability")
    table = table.with_columns(pl.when(shown).then(pl.col(name)).alias(name) for name in hidden)
    first = ("teacher", "years", "periods", "pupils", "equivalents", *hidden, "code")
    return table.select(first).sort("teacher")


def _stability(cells: pl.DataFrame, confidence: float) -> Stability:
    """The last two years of each teacher, so that no teacher counts twice."""
    last = cells.sort("teacher", "year").group_by("teacher", maintain_order=True).agg(pl.col("mean").tail(2))
    known = [means for means in last["mean"].to_list() if len(means) == 2]
    pairs = np.array(known, dtype=np.float64).reshape(-1, 2)
    constant = len(pairs) < FEWEST_TEACHERS or float(pairs.std(axis=0).min()) <= _SMALLEST
    if constant:
        return Stability(None, None, None, len(pairs))
    r = float(np.clip(np.corrcoef(pairs[:, 0], pairs[:, 1])[0][1], -1 + 1e-12, 1 - 1e-12))
    half = float(norm.ppf((1.0 + confidence) / 2.0)) / float(np.sqrt(len(pairs) - 3))
    low, high = np.tanh(np.arctanh(r) + np.array([-half, half]))
    return Stability(r, float(low), float(high), len(pairs))
