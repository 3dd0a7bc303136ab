"""Outcomes that are levels (等级): a cumulative logit mixed model with a random intercept for each school.

With levels 1 < 2 < … < K, pupil i of school j and the predictors x,

    P(Y_ij ≤ k | u_j) = 1 / (1 + exp(−(τ_k − x_ijᵀβ − u_j))),     u_j ~ N(0, σ²)

(McCullagh 1980, JRSS B 42, 109-142; Hedeker and Gibbons 1994, Biometrics 50, 933-944). Coefficients are the same
at every threshold τ_k: proportional odds, which is checked. The likelihood integrates u_j out by adaptive
Gauss-Hermite quadrature (Pinheiro and Bates 1995). Pupils alike in school, level and predictors are one cell, so
the cost does not grow with their number.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.frame import natural_order
from xuequ.engines.growth.inputs import (
    Array,
    finite,
    keys,
    refuse_few,
    refuse_twice,
    require,
    scale_remarks,
    texts,
)
from xuequ.engines.growth.intervals import quantile
from xuequ.engines.growth.ordinal_likelihood import Cells, Integrated, OrdinalParameters, integrate
from xuequ.engines.growth.proportional import ProportionalOdds, proportional_odds

FEWEST_PUPILS = 50
FEWEST_IN_LEVEL = 5
DOUBTFUL = 0.01
_LARGEST = 20.0
_BOUNDARY = 1e-3
_DIFFERENCE = 1e-4
# Columns of the frame that no predictor can be called.
_SCHOOL, _LEVEL = "\x1fschool", "\x1flevel"


@dataclass(frozen=True, slots=True)
class OrdinalDesign:
    """What the model asks of the table.

    Parameters
    ----------
    outcome : column of the levels
    levels : the levels from the lowest to the highest
    prior : column of the starting point: a number, or a level when ``prior_levels`` are given
    prior_levels : levels of the starting point from the lowest to the highest
    factors : further columns of numbers
    school_mean_prior : whether the school's mean starting point is a predictor
    school : column of the school
    minimum_pupils : a school with fewer pupils has no effect shown
    confidence : level of the intervals
    nodes : points of the quadrature
    """

    outcome: str
    levels: tuple[str, ...]
    prior: str
    prior_levels: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    school_mean_prior: bool = False
    school: str = "school"
    minimum_pupils: int = 10
    confidence: float = 0.95
    nodes: int = 9

    def __post_init__(self) -> None:
        for levels in (self.levels, self.prior_levels):
            if len(set(levels)) != len(levels):
                raise InputError("repeated-level", "a level is named twice")
        if len(self.levels) < 2 or len(self.prior_levels) == 1:
            raise InputError("one-level", "at least two levels are needed, from the lowest to the highest")
        intake = "intake" if self.school_mean_prior else ""
        refuse_twice(self.outcome, self.prior, *self.factors, self.school, intake)


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """A fitted model on the logit scale.

    Attributes
    ----------
    design : as given
    thresholds : level (upper end of the lower group), estimate, se
    terms : term, estimate, se, odds_ratio (of a higher level for one more unit)
    school_variance, variance_se : σ² and its SE (None at the boundary)
    icc : σ²/(σ² + π²/3), the schools' share of the latent variance that the predictors leave
    deviance : −2 log likelihood
    schools : school, n, effect (against the average school of the run), se, low, high, reliability, verdict
        (``above``, ``below``, ``cannot-tell``, ``too-few``) and share_shift: by how much the share of pupils at
        or above the middle level would differ from the average school's, were all pupils of the run in this one
    odds : check of proportional odds; None with two levels
    middle : level of share_shift
    n, cells : pupils and cells used
    remarks : codes with numbers
    """

    design: OrdinalDesign
    thresholds: pl.DataFrame
    terms: pl.DataFrame
    school_variance: float
    variance_se: float | None
    icc: float
    deviance: float
    schools: pl.DataFrame
    odds: ProportionalOdds | None
    middle: str
    n: int
    cells: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """Cells and what their numbers mean."""

    cells: Cells
    levels: tuple[str, ...]
    terms: tuple[str, ...]
    schools: tuple[str, ...]
    remarks: tuple[Remark, ...]


def fit_ordinal(table: pl.DataFrame, design: OrdinalDesign) -> OrdinalFit:
    """Fit the model of one cohort.

    Parameters
    ----------
    table : one row for each pupil; pupils without outcome or starting point are left out
    design : columns and levels

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``unknown-level`` (with the row), ``too-few-pupils``,
        ``one-school``, ``one-level``, ``constant-predictor``, ``mixed-scales``, ``separated`` when a predictor
        tells the level without error, or ``no-convergence``.
    """
    prepared = _prepare(table, design)
    start = _start(prepared.cells)
    fixed = _optimum(replace(start, scale=0.0), prepared.cells, design.nodes, free_scale=False)
    best = _optimum(replace(fixed.parameters, scale=0.7), prepared.cells, design.nodes, free_scale=True)
    if best.parameters.scale < _BOUNDARY or best.log_likelihood < fixed.log_likelihood + 1e-9:
        best = fixed
    _check_separation(best.parameters, prepared)
    return _result(best, prepared, design)


def _prepare(table: pl.DataFrame, design: OrdinalDesign) -> _Prepared:
    require(table, (design.school, design.outcome, design.prior, *design.factors))
    school = keys(table, design.school)
    level = _level_codes(table, design.outcome, design.levels)
    columns, remarks = _predictors(table, design)
    frame = pl.DataFrame([school.alias(_SCHOOL), level.alias(_LEVEL), *columns]).drop_nulls()
    refuse_few(frame.height, FEWEST_PUPILS, "pupils have both a level and a starting point")
    if frame[_SCHOOL].n_unique() < 2:
        raise InputError(
            "one-school", "all pupils are in one school; nothing to compare", column=design.school
        )
    if design.school_mean_prior:
        frame = _with_intake(frame, len(columns) - len(design.factors))
    used, levels, dropped = _used_levels(frame, design.levels)
    names = [name for name in used.columns if name not in (_SCHOOL, _LEVEL)]
    for name in names:
        if used[name].n_unique() < 2:
            message = "the predictor is the same for every pupil; leave it out"
            raise InputError("constant-predictor", message, column=name)
    schools = natural_order(used[_SCHOOL].unique())
    code = {name: i for i, name in enumerate(schools)}
    numbered = used.with_columns(pl.col(_SCHOOL).replace_strict(code, return_dtype=pl.Int64))
    grouped = numbered.group_by(_SCHOOL, _LEVEL, *names).len().sort(_SCHOOL, _LEVEL, *names)
    cells = Cells(
        X=grouped.select(names).to_numpy().astype(np.float64),
        level=grouped[_LEVEL].to_numpy().astype(np.int64),
        school=grouped[_SCHOOL].to_numpy(),
        count=grouped["len"].to_numpy().astype(np.float64),
        schools=len(schools),
        levels=len(levels),
    )
    return _Prepared(cells, levels, tuple(names), schools, (*remarks, *dropped))


def _level_codes(table: pl.DataFrame, column: str, levels: tuple[str, ...]) -> pl.Series:
    text = texts(table, column)
    wrong = text.is_not_null() & ~text.is_in(levels).fill_null(value=False)
    if wrong.any():
        row = int(wrong.arg_max() or 0) + 1
        message = f"{text[row - 1]!r} is not one of the levels {', '.join(levels)}"
        raise InputError("unknown-level", message, column=column, row=row, value=str(text[row - 1]))
    return text.replace_strict({name: i for i, name in enumerate(levels)}, return_dtype=pl.Int64)


def _predictors(table: pl.DataFrame, design: OrdinalDesign) -> tuple[list[pl.Series], tuple[Remark, ...]]:
    remarks: tuple[Remark, ...] = ()
    if design.prior_levels:
        codes = _level_codes(table, design.prior, design.prior_levels)
        held = [i for i in range(len(design.prior_levels)) if bool((codes == i).any())]
        columns = [
            (codes == i).cast(pl.Float64).alias(f"{design.prior}={design.prior_levels[i]}") for i in held[1:]
        ]
        if not columns:
            message = "the starting point is the same for every pupil; it explains nothing"
            raise InputError("constant-predictor", message, column=design.prior)
    else:
        prior = finite(table, design.prior)
        remarks = scale_remarks(prior, texts(table, design.school))
        columns = [prior.alias(design.prior)]
    return columns + [finite(table, name) for name in design.factors], remarks


def _with_intake(frame: pl.DataFrame, priors: int) -> pl.DataFrame:
    """Add the school's mean starting point; with levels, the mean of how many steps above the lowest it is."""
    names = frame.columns[2 : 2 + priors]
    steps = pl.sum_horizontal(pl.col(name) * (i + 1 if priors > 1 else 1) for i, name in enumerate(names))
    return frame.with_columns(steps.mean().over(_SCHOOL).alias("intake"))


def _used_levels(
    frame: pl.DataFrame, levels: tuple[str, ...]
) -> tuple[pl.DataFrame, tuple[str, ...], tuple[Remark, ...]]:
    """Levels that nobody reached have no threshold; they are left out by name."""
    held = sorted(frame[_LEVEL].unique())
    if len(held) < 2:
        raise InputError("one-level", "all pupils have the same level, so nothing can be compared")
    dropped = tuple(Remark("empty-level", name=levels[i]) for i in range(len(levels)) if i not in held)
    few = [i for i in held if int((frame[_LEVEL] == i).sum()) < FEWEST_IN_LEVEL]
    small = tuple(Remark("rare-level", {"pupils": float((frame[_LEVEL] == i).sum())}, levels[i]) for i in few)
    codes = frame.with_columns(pl.col(_LEVEL).replace_strict({old: new for new, old in enumerate(held)}))
    return codes, tuple(levels[i] for i in held), dropped + small


def _start(cells: Cells) -> OrdinalParameters:
    totals = np.bincount(cells.level, cells.count, minlength=cells.levels)
    share = np.clip(np.cumsum(totals)[:-1] / totals.sum(), 1e-6, 1 - 1e-6)
    mean = np.average(cells.X, axis=0, weights=cells.count)
    thresholds = np.log(share / (1 - share))
    return OrdinalParameters(thresholds, np.zeros(cells.X.shape[1]), 0.0, mean)


def _optimum(start: OrdinalParameters, cells: Cells, nodes: int, *, free_scale: bool) -> Integrated:
    """BFGS on standardised predictors; the modes of the last evaluation start the next one."""
    spread = np.sqrt(np.average((cells.X - start.centre) ** 2, axis=0, weights=cells.count))
    last: dict[str, Array] = {"modes": np.zeros(cells.schools)}

    def objective(vector: Array) -> tuple[float, Array]:
        parameters = OrdinalParameters.of(vector, cells.levels, spread, start.centre, free_scale=free_scale)
        found = integrate(parameters, cells, nodes, last["modes"])
        last["modes"] = found.modes
        return -found.log_likelihood, -found.gradient(vector, spread, free_scale=free_scale)

    first = start.vector(spread, free_scale=free_scale)
    result = minimize(objective, first, jac=True, method="BFGS", options={"gtol": 1e-5, "maxiter": 400})
    found = OrdinalParameters.of(result.x, cells.levels, spread, start.centre, free_scale=free_scale)
    _, gradient = objective(result.x)
    if (
        float(np.abs(gradient).max()) > 1e-3 * np.sqrt(cells.count.sum())
        and np.abs(found.beta).max() < _LARGEST
    ):
        raise InputError(
            "no-convergence", "the fit does not settle; join rare levels or use fewer predictors"
        )
    return integrate(found, cells, nodes, last["modes"])


def _check_separation(parameters: OrdinalParameters, prepared: _Prepared) -> None:
    spread = np.ptp(prepared.cells.X, axis=0)
    size = np.abs(parameters.beta) * spread
    if size.max(initial=0.0) > _LARGEST:
        name = prepared.terms[int(size.argmax())]
        message = "the predictor tells the level without error for some pupils; join levels or leave it out"
        raise InputError("separated", message, column=name)


def _result(best: Integrated, prepared: _Prepared, design: OrdinalDesign) -> OrdinalFit:
    parameters, cells = best.parameters, prepared.cells
    covariance, sensitivity = _curvature(best, cells, design.nodes)
    se = _errors_at_zero(covariance, parameters)
    k, p = cells.levels - 1, len(prepared.terms)
    boundary = parameters.scale == 0.0
    variance = parameters.scale**2
    odds = proportional_odds(cells, prepared.terms) if cells.levels > 2 else None
    schools = _schools(best, prepared, design, covariance, sensitivity)
    return OrdinalFit(
        design=design,
        thresholds=pl.DataFrame(
            {"level": prepared.levels[:-1], "estimate": parameters.thresholds_at_zero, "se": se[:k]}
        ),
        terms=pl.DataFrame(
            {
                "term": prepared.terms, "estimate": parameters.beta, "se": se[k : k + p],
                "odds_ratio": np.exp(parameters.beta),
            }
        ),
        school_variance=variance,
        variance_se=None if boundary else float(2 * parameters.scale * se[-1]),
        icc=variance / (variance + np.pi**2 / 3),
        deviance=-2.0 * best.log_likelihood,
        schools=schools,
        odds=odds,
        middle=prepared.levels[_middle(cells)],
        n=int(cells.count.sum()),
        cells=len(cells.count),
        remarks=(*prepared.remarks, *_remarks(boundary, schools, odds, design)),
    )  # fmt: skip


def _curvature(best: Integrated, cells: Cells, nodes: int) -> tuple[Array, Array]:
    """Covariance of (thresholds at the centre, β, σ) by the observed information, and d(mean of u)/d(these)."""
    natural = best.parameters.natural
    free = len(natural) - (1 if best.parameters.scale == 0.0 else 0)
    information, sensitivity = np.zeros((len(natural),) * 2), np.zeros((cells.schools, len(natural)))
    for i, step in enumerate(_steps(best.parameters, cells)[:free]):
        ends = []
        for sign in (1.0, -1.0):
            vector = natural.copy()
            vector[i] += sign * step
            ends.append(integrate(best.parameters.moved(vector), cells, nodes, best.modes))
        information[i] = -(ends[0].natural_gradient - ends[1].natural_gradient) / (2 * step)
        sensitivity[:, i] = (ends[0].effects - ends[1].effects) / (2 * step)
    covariance = np.zeros_like(information)
    block = (information[:free, :free] + information[:free, :free].T) / 2
    covariance[:free, :free] = np.linalg.inv(block)
    return covariance, sensitivity


def _steps(parameters: OrdinalParameters, cells: Cells) -> Array:
    """Steps of the differences: small in logits, whatever the predictors' units."""
    spread = np.sqrt(np.average((cells.X - parameters.centre) ** 2, axis=0, weights=cells.count))
    inner = np.full(len(parameters.thresholds), _DIFFERENCE)
    return np.concatenate([inner, _DIFFERENCE / spread, [_DIFFERENCE * min(1.0, parameters.scale)]])


def _errors_at_zero(covariance: Array, parameters: OrdinalParameters) -> Array:
    """Standard errors where predictors are not centred: the thresholds move with β."""
    change = np.eye(len(covariance))
    inner = len(parameters.thresholds)
    change[:inner, inner:-1] = parameters.centre
    return np.sqrt(np.clip(np.diag(change @ covariance @ change.T), 0.0, None))


def _schools(
    best: Integrated, prepared: _Prepared, design: OrdinalDesign, covariance: Array, sensitivity: Array
) -> pl.DataFrame:
    """Effects against the mean of the run; their error holds the parameters' uncertainty too."""
    cells, J = prepared.cells, prepared.cells.schools
    n = np.bincount(cells.school, cells.count, minlength=J)
    boundary = best.parameters.scale == 0.0
    error = np.diag(best.variances) + sensitivity @ covariance @ sensitivity.T
    centring = np.eye(J) - 1.0 / J
    se = np.sqrt(np.clip(np.diag(centring @ error @ centring), 0.0, None))
    effect = best.effects - best.effects.mean()
    half = quantile(design.confidence, max(J - 1 - design.school_mean_prior, 1)) * se
    reliability = np.zeros(J) if boundary else np.clip(1 - best.variances / best.parameters.scale**2, 0, 1)
    shift = _share_shift(best.parameters, cells, effect)
    known = None if boundary else pl.Series(se)
    table = pl.DataFrame(
        {
            "school": prepared.schools, "n": n.astype(np.int64), "effect": effect, "se": known,
            "low": None if boundary else pl.Series(effect - half),
            "high": None if boundary else pl.Series(effect + half),
            "reliability": reliability, "share_shift": shift,
        },
        schema_overrides=dict.fromkeys(("se", "low", "high"), pl.Float64),
    )  # fmt: skip
    hidden = ("effect", "se", "low", "high", "reliability", "share_shift")
    shown = pl.col("n") >= design.minimum_pupils
    table = table.with_columns(pl.when(shown).then(pl.col(name)).alias(name) for name in hidden)
    return table.with_columns(
        pl.when(pl.col("effect").is_null()).then(pl.lit("too-few"))
        .when(pl.col("low") > 0).then(pl.lit("above"))
        .when(pl.col("high") < 0).then(pl.lit("below"))
        .otherwise(pl.lit("cannot-tell")).alias("verdict")
    )  # fmt: skip


def _middle(cells: Cells) -> int:
    """The level whose lower threshold divides the pupils most evenly."""
    totals = np.bincount(cells.level, cells.count, minlength=cells.levels)
    above = 1 - np.cumsum(totals)[:-1] / totals.sum()
    return int(np.abs(above - 0.5).argmin()) + 1


def _share_shift(parameters: OrdinalParameters, cells: Cells, effect: Array) -> NDArray[np.float64]:
    """Share at or above the middle level of all pupils under each school's effect, minus that under none."""
    threshold = parameters.thresholds[_middle(cells) - 1]
    eta, index = np.unique((cells.X - parameters.centre) @ parameters.beta, return_inverse=True)
    weight = np.bincount(index, cells.count) / cells.count.sum()

    def share(u: Array) -> Array:
        return weight @ (1.0 / (1.0 + np.exp(threshold - eta[:, None] - u[None, :])))

    return np.asarray(share(effect) - share(np.zeros(1)))


def _remarks(
    boundary: bool, schools: pl.DataFrame, odds: ProportionalOdds | None, design: OrdinalDesign
) -> Iterator[Remark]:
    if boundary:
        yield Remark("no-detectable-difference")
    if schools.height < 10:
        yield Remark("few-schools", {"schools": schools.height})
    if few := schools.filter(verdict="too-few").height:
        yield Remark("too-few-pupils", {"schools": few, "minimum": design.minimum_pupils})
    if odds is not None and odds.p < DOUBTFUL:
        yield Remark("proportional-odds-doubtful", {"p": odds.p, "largest": odds.largest_difference})
    yield Remark("relative-to-run", {"schools": schools.height})
