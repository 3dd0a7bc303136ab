"""Growth over several years and subjects at once: the layered model.

The score of pupil i in subject s and year t is

    y_ist = μ_st + Σ_{t' ≤ t} α^(t-t') Σ_k w_ikt' u_kst' + e_ist,    u_kst ~ N(0, g_st),    e_i ~ N(0, R)

u_kst is what school k gave its pupils in subject s and year t beyond the average school; it stays with a pupil who
moves on (persistence α = 1), in proportion to the share w of the year spent there. R is unstructured over all of a
pupil's scores, so that each score is judged by all the others and a missing one by those that are there.

Source: Sanders and Horn (1994), "The Tennessee Value-Added Assessment System", *Journal of Personnel Evaluation in
Education* 8, 299-311; Ballou, Sanders and Wright (2004), *Journal of Educational and Behavioral Statistics* 29,
37-65. Estimated persistence: McCaffrey, Lockwood, Koretz, Louis and Hamilton (2004), the same journal, 67-101.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import polars as pl
import scipy.optimize

from xuequ.engines.errors import InputError
from xuequ.engines.growth.frame import natural_order
from xuequ.engines.growth.intervals import quantile
from xuequ.engines.growth.layered_data import Cell, LayeredData, Scale, layered_data
from xuequ.engines.growth.layered_likelihood import (
    Array,
    LayeredProblem,
    Solution,
    Variances,
    minimise,
)
from xuequ.engines.growth.uncertainty import variance_from_estimating

LEVELS = (-2.0, -1.0, 1.0, 2.0)
"""Growth indices from which levels 2, 3, 4 and 5 begin; below the first is level 1."""
_MOST_PERSISTENCE = 1.5
_PERSISTENCE_DIGITS = 1e-4


@dataclass(frozen=True, slots=True)
class LayeredDesign:
    """How the model is to be fitted.

    Attributes
    ----------
    scale : ``"nce"`` (normal curve equivalents), ``"z"`` or ``"raw"``
    persistence : α, from 0 to 1.5; None estimates it
    minimum_pupils : an effect of fewer pupils is not shown
    confidence : of the intervals
    """

    scale: Scale = "nce"
    persistence: float | None = 1.0
    minimum_pupils: int = 10
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.persistence is not None and not 0.0 <= self.persistence <= _MOST_PERSISTENCE:
            message = f"persistence {self.persistence:g} is not between 0 and {_MOST_PERSISTENCE:g}"
            raise InputError("bad-persistence", message)
        if not 0.5 <= self.confidence < 1.0:
            raise InputError("bad-confidence", f"confidence {self.confidence:g} is not between 0.5 and 1")


@dataclass(frozen=True, slots=True, eq=False)
class LayeredFit:
    """A fitted layered model; all numbers in the units of the chosen scale.

    Attributes
    ----------
    design : as given
    cells : subject and year of the m scores that a pupil can have
    mean, mean_se : μ̂ and its SE, shape (m,)
    residual_covariance : R, shape (m, m)
    variances : ``kind``, ``subject``, ``year``, ``variance`` of the effects; 0 where units do not differ detectably
    persistence, persistence_se : α; the SE is None when α was given or lies on its bound
    criterion : REML criterion
    effects : ``kind`` (``school``, ``teacher``), ``unit``, ``subject`` (null: mean over the subjects), ``year``,
        ``is_start`` (the first year of a subject: what pupils brought along, not growth), ``n`` pupils, ``effect``,
        ``se`` (of prediction, the estimation of μ and of the variances included), ``low``, ``high``,
        ``reliability``, ``index`` (effect / SE to two decimals) and ``level`` (5 from an index of 2, 4 from 1, 3
        from -1, 2 from -2, else 1; by the unrounded index). Null where ``n`` is below the minimum or the variance 0
    cumulative : the same over all years after the first up to ``year``, ``n`` being the least of them
    patterns : ``pattern`` (a sign for each cell, 1 where scored), ``pupils``; the most frequent first
    coverage : ``subject``, ``year``, ``scored``, ``share`` of the pupils
    n, n_without_score, n_movers : pupils used, without any score, with more than one school
    fewest_together : pupils who have both scores, of the two cells that have the fewest such pupils
    """

    design: LayeredDesign
    cells: tuple[Cell, ...]
    mean: Array
    mean_se: Array
    residual_covariance: Array
    variances: pl.DataFrame
    persistence: float
    persistence_se: float | None
    criterion: float
    effects: pl.DataFrame
    cumulative: pl.DataFrame
    patterns: pl.DataFrame
    coverage: pl.DataFrame
    n: int
    n_without_score: int
    n_movers: int
    fewest_together: int


def fit_layered(table: pl.DataFrame, design: LayeredDesign | None = None) -> LayeredFit:
    """Fit the layered model.

    Parameters
    ----------
    table : one row for each pupil, subject, year and school, with ``pupil``, ``subject``, ``year``, ``school``,
        ``score`` and, where there are such, ``share`` and ``teacher``; see ``layered_data``
    design : defaults when None

    Raises
    ------
    InputError
        As ``layered_data`` and ``LayeredDesign``, and ``no-convergence``.

    Examples
    --------
    Two schools alike in the first year, of which the second gives more in the second year.

    >>> pupils = [f"{school}{i:02}" for school in "AB" for i in range(20)]
    >>> first = [50.0 + i % 7 for i in range(40)]
    >>> second = [score + (i // 20) * 4 + (i * 5) % 3 for i, score in enumerate(first)]
    >>> table = pl.DataFrame({"pupil": pupils * 2, "subject": "maths", "year": [1] * 40 + [2] * 40,
    ...                       "school": ["A"] * 20 + ["B"] * 20 + ["A"] * 20 + ["B"] * 20, "score": first + second})
    >>> fit = fit_layered(table, LayeredDesign(scale="raw"))
    >>> fit.effects.filter(pl.col("is_start").not_()).select("unit", pl.col("effect").round(1)).rows()
    [('A', -2.0), ('B', 2.0)]
    """
    design = design or LayeredDesign()
    data = layered_data(table, design.scale)
    centre, unit = (
        np.nanmean(data.scores, axis=0),
        float(np.nanstd(data.scores - np.nanmean(data.scores, axis=0))),
    )
    found, persistence, se = _fitted(_standardised(data, centre, unit), design)
    return _result(data, design, _Scaled(found, centre, unit), (persistence, se))


def fit_layered_cohort(table: pl.DataFrame, params: dict[str, Any]) -> pl.DataFrame:
    """Batch entry: one cohort's yearly and cumulative effects as one table, told apart by ``part``."""
    fit = fit_layered(table, LayeredDesign(**params))
    parts = [("effect", fit.effects), ("cumulative", fit.cumulative)]
    return pl.concat([rows.with_columns(part=pl.lit(part)) for part, rows in parts], how="diagonal")


def growth_level(index: Array) -> Array:
    """Level 1 to 5 of unrounded growth indices, NaN where there is none; an index on a bound has the higher level.

    Examples
    --------
    >>> growth_level(np.array([2.0, 1.9999, -1.0, -2.0, -2.0001]))
    array([5., 4., 3., 2., 1.])
    """
    level = 1.0 + np.searchsorted(LEVELS, index, side="right")
    return np.where(np.isnan(index), np.nan, level)


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A solution and the way back to the units of the scores."""

    solution: Solution
    centre: Array
    unit: float


def _standardised(data: LayeredData, centre: Array, unit: float) -> LayeredData:
    """Sums of squares about zero of scores near 600 would lose the digits that differ between pupils."""
    scores = (data.scores - centre) / unit
    return replace(data, scores=scores)


def _fitted(data: LayeredData, design: LayeredDesign) -> tuple[Solution, float, float | None]:
    problem = data.problem(1.0 if design.persistence is None else design.persistence)
    found = minimise(problem, _start(problem))
    if design.persistence is not None:
        return found, design.persistence, None
    return _persistent(data, found)


def _start(problem: LayeredProblem) -> Variances:
    """Covariances of the pupils with both scores, drawn half-way to their diagonal to be safely positive definite."""
    seen = problem.patterns[problem.pattern_of].astype(np.float64)
    pairs = problem.scores.T @ problem.scores / (seen.T @ seen)
    R = 0.8 * (0.5 * pairs + 0.5 * np.diag(np.diag(pairs)))
    lowest = float(np.linalg.eigvalsh(R)[0])
    R += max(0.0, 0.05 * R.trace() / problem.m - lowest) * np.eye(problem.m)
    return Variances(R, np.full(problem.classes.max() + 1, 0.1 * R.trace() / problem.m))


def _persistent(data: LayeredData, found: Solution) -> tuple[Solution, float, float | None]:
    """Least criterion over α, each time from the variances of the last; SE from the curvature there."""
    last = [found.variances]

    def at(alpha: float) -> Solution:
        solution = minimise(data.problem(alpha), last[0])
        last[0] = solution.variances
        return solution

    options = {"xatol": _PERSISTENCE_DIGITS}
    search = scipy.optimize.minimize_scalar(
        lambda a: at(a).criterion, bounds=(0.0, _MOST_PERSISTENCE), method="bounded", options=options
    )
    alpha, h = float(search.x), 0.02
    if not h < alpha < _MOST_PERSISTENCE - h:
        return at(alpha), alpha, None
    low, middle, high = (at(a) for a in (alpha - h, alpha, alpha + h))
    curvature = (low.criterion - 2.0 * middle.criterion + high.criterion) / h**2
    return middle, alpha, float(np.sqrt(2.0 / curvature)) if curvature > 0.0 else None


def _result(
    data: LayeredData, design: LayeredDesign, scaled: _Scaled, persistence: tuple[float, float | None]
) -> LayeredFit:
    found, unit = scaled.solution, scaled.unit
    classes = data.classes.with_columns(variance=found.variances.effects * unit**2)
    subject = [data.cells[cell].subject for cell in classes["cell"]]
    year = [data.cells[cell].year for cell in classes["cell"]]
    variances = classes.with_columns(subject=pl.Series(subject), year=pl.Series(year))
    effects = _Effects.of(data, scaled)
    return LayeredFit(
        design=design,
        cells=data.cells,
        mean=scaled.centre + unit * found.mean,
        mean_se=unit * np.sqrt(np.diag(found.mean_covariance)),
        residual_covariance=unit**2 * found.variances.residual,
        variances=variances.select("kind", "subject", "year", "variance"),
        persistence=persistence[0],
        persistence_se=persistence[1],
        criterion=found.criterion + 2.0 * np.log(unit) * (np.isfinite(data.scores).sum() - len(data.cells)),
        effects=effects.table(_yearly(data.cells, design), design),
        cumulative=effects.table(_cumulative(data.cells, design), design),
        patterns=_patterns(data),
        coverage=_coverage(data),
        n=len(data.scores),
        n_without_score=data.n_without_score,
        n_movers=data.n_movers,
        fewest_together=data.fewest_together,
    )


@dataclass(frozen=True, slots=True)
class _Combination:
    """A weighted sum of one unit's effects: weights by cell, and what the sum is called."""

    subject: str | None
    year: str
    is_start: bool
    weights: dict[int, float]


def _subjects(cells: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.subject for cell in cells))


def _years(cells: Sequence[Cell]) -> list[str]:
    return list(natural_order({cell.year for cell in cells}))


def _growing(cells: Sequence[Cell]) -> list[int]:
    """Cells after the first of their subject."""
    return [a for a in range(1, len(cells)) if cells[a].subject == cells[a - 1].subject]


def _yearly(cells: Sequence[Cell], design: LayeredDesign) -> list[_Combination]:
    growing = _growing(cells)
    single = [_Combination(c.subject, c.year, a not in growing, {a: 1.0}) for a, c in enumerate(cells)]
    if design.scale == "raw" or len(_subjects(cells)) == 1:
        return single
    means = []
    for year in _years(cells):
        there = [a for a in growing if cells[a].year == year]
        if there:
            means.append(_Combination(None, year, False, {a: 1.0 / len(there) for a in there}))
    return single + means


def _cumulative(cells: Sequence[Cell], design: LayeredDesign) -> list[_Combination]:
    """Sums over the years after the first; over the mean of the subjects as well where their units are alike."""
    yearly = [c for c in _yearly(cells, design) if not c.is_start]
    sums = []
    for subject in [*_subjects(cells), None]:
        weights: dict[int, float] = {}
        for combination in (c for c in yearly if c.subject == subject):
            weights = weights | combination.weights
            sums.append(_Combination(subject, combination.year, False, weights))
    return sums


@dataclass(frozen=True, slots=True, eq=False)
class _Effects:
    """Effects of each kind and unit in all cells: NaN where a unit had nobody.

    ``labels`` (kind, unit) of the U units; ``n``, ``effect`` (U, m); ``covariance`` (U, m, m), with what estimating
    the variances adds; ``variance`` (U, m), the units' own; ``df`` (U,).
    """

    labels: list[tuple[str, str]]
    n: Array
    effect: Array
    covariance: Array
    variance: Array
    df: Array

    @staticmethod
    def of(data: LayeredData, scaled: _Scaled) -> "_Effects":
        labels = list(data.units.select("kind", "unit").unique(maintain_order=True).iter_rows())
        where = {label: i for i, label in enumerate(labels)}
        at = np.array([where[label] for label in data.units.select("kind", "unit").iter_rows()])
        cell = data.units["cell"].to_numpy().astype(np.int64)
        m, found = len(data.cells), scaled.solution
        position = np.full((len(labels), m), -1)
        position[at, cell] = np.arange(len(at))
        there = position >= 0
        K = found.covariance[position[:, :, None], position[:, None, :]] * scaled.unit**2
        K[np.arange(len(labels))[:, None], np.arange(m), np.arange(m)] += _from_estimating(data, scaled)[
            position
        ]
        kinds = [kind for kind, _ in labels]
        g = found.variances.effects[data.class_of] * scaled.unit**2
        return _Effects(
            labels=labels,
            n=np.where(there, data.units["n"].to_numpy()[position], 0.0),
            effect=np.where(there, found.effects[position] * scaled.unit, np.nan),
            covariance=K,
            variance=np.where(there, g[position], np.nan),
            df=np.array([max(kinds.count(kind) - 1, 1) for kind in kinds], dtype=np.float64),
        )

    def table(self, combinations: Sequence[_Combination], design: LayeredDesign) -> pl.DataFrame:
        """One row for each unit that had pupils in all cells of a combination, and each combination."""
        parts = [self._rows(combination, design) for combination in combinations]
        return pl.concat(parts)

    def _rows(self, combination: _Combination, design: LayeredDesign) -> pl.DataFrame:
        at, w = list(combination.weights), np.array(list(combination.weights.values()))
        n = self.n[:, at].min(axis=1)
        effect = self.effect[:, at] @ w
        se = np.sqrt(np.einsum("a,uab,b->u", w, self.covariance[:, at][:, :, at], w).clip(0.0))
        variance = (self.variance[:, at] * w**2).sum(axis=1)
        shown = (n >= design.minimum_pupils) & (variance > 0.0) & (se > 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            index = np.where(shown, effect / se, np.nan)
            reliability = np.clip(1.0 - se**2 / variance, 0.0, 1.0)
        half = np.array([quantile(design.confidence, df) for df in self.df]) * se
        numbers = {
            "effect": effect, "se": se, "low": effect - half, "high": effect + half, "reliability": reliability,
        }  # fmt: skip
        rows = pl.DataFrame(
            {
                "kind": [kind for kind, _ in self.labels],
                "unit": [unit for _, unit in self.labels],
                "subject": pl.Series([combination.subject] * len(n), dtype=pl.String),
                "year": combination.year,
                "is_start": combination.is_start,
                "n": n,
                **{name: np.where(shown, values, np.nan) for name, values in numbers.items()},
                "index": [_two_decimals(value) for value in index],
                "level": growth_level(index),
            },
            schema_overrides={"index": pl.Float64},
        )
        there = np.isfinite(self.effect[:, at]).all(axis=1)
        rows = rows.with_columns(pl.col(*numbers, "index", "level").fill_nan(None))
        return rows.with_columns(pl.col("level").cast(pl.Int64)).filter(pl.Series(there))


def _from_estimating(data: LayeredData, scaled: _Scaled) -> Array:
    """What estimating a variance adds to each effect's squared error, shape (q,)."""
    found = scaled.solution
    classes, g = data.class_of, found.variances.effects
    pev = np.diag(found.covariance)
    added = np.zeros(len(classes))
    for c, variance in enumerate(g):
        if variance > 0.0:
            reliability = np.clip(1.0 - pev[classes == c] / variance, 0.0, 1.0)
            added[classes == c] = variance_from_estimating(float(variance), reliability, 1)
    return added * scaled.unit**2


def _two_decimals(value: float) -> float | None:
    if np.isnan(value):
        return None
    return float(Decimal(str(float(value))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _patterns(data: LayeredData) -> pl.DataFrame:
    signs = np.where(np.isnan(data.scores), "0", "1")
    patterns, counts = np.unique(signs, axis=0, return_counts=True)
    found = pl.DataFrame({"pattern": ["".join(row) for row in patterns], "pupils": counts})
    return found.sort(["pupils", "pattern"], descending=True)


def _coverage(data: LayeredData) -> pl.DataFrame:
    scored = np.isfinite(data.scores).sum(axis=0)
    return pl.DataFrame(
        {
            "subject": [cell.subject for cell in data.cells],
            "year": [cell.year for cell in data.cells],
            "scored": scored,
            "share": scored / len(data.scores),
        }
    )
