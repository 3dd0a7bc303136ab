"""How much of the differences lies between schools, between the classes of a school, and between their pupils.

    y_i = x_iᵀβ + u_school + v_class + e_i,   u ~ N(0, τ_s²), v ~ N(0, τ_c²), e ~ N(0, σ²)

by REML (Raudenbush and Bryk 2002, chapter 8). With θ_s = τ_s²/σ², θ_c = τ_c²/σ², m_c the class means of [X, y], n_c
the class sizes, a_c = n_c/(1 + n_cθ_c), A_j = Σ_c a_c and W the cross-products within classes:

    D = W + Σ_c a_c m_c m_cᵀ − Σ_j θ_s/(1 + θ_sA_j) (Σ_c a_cm_c)(Σ_c a_cm_c)ᵀ
    d = Σ_c log(1 + n_cθ_c) + Σ_j log(1 + θ_sA_j) + log|D_XX| + (n−p)(1 + log(2π r²/(n−p)))

(``nested`` fits the same model with random slopes and class effects; here the variances alone are wanted, some
hundred times over.) Intervals are a parametric bootstrap: data drawn from the fitted model, fitted again.

The coefficient of variation between schools (校际差异系数) is the pupil-weighted SD of the school means over the
mean, as in the assessment of balanced compulsory education; it only has a meaning for results that are counted from
a natural zero.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import minimize

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import (
    Array,
    finite,
    keys,
    pupils,
    refuse_constant,
    refuse_few,
    refuse_twice,
    require,
    scale_remarks,
    texts,
)

FEWEST_PUPILS = 50
FEWEST_SCHOOLS = 3
FEW_SCHOOLS = 10
_LARGEST_RATIO = 100.0
# Columns of the frame that no predictor can be called.
_Y, _CLASS = "\x1fy", "\x1fclass"
_STARTS = ((0.2, 0.1), (0.01, 0.5))
_TOLERANCE = {"ftol": 1e-15, "gtol": 1e-9, "maxiter": 200}


@dataclass(frozen=True, slots=True)
class DecompositionDesign:
    """What is decomposed.

    Parameters
    ----------
    outcome : column of results
    predictors : columns of numbers whose part is taken out first, such as the starting point
    klass : column of the class; empty for two levels
    counted : whether the result is counted from a natural zero, so that a coefficient of variation has a meaning
    replicates : bootstrap samples
    confidence : level of the intervals
    """

    outcome: str
    predictors: tuple[str, ...] = ()
    klass: str = ""
    counted: bool = False
    replicates: int = 200
    confidence: float = 0.95

    def __post_init__(self) -> None:
        refuse_twice(self.outcome, *self.predictors, self.klass, "school")


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Variances and what follows.

    Attributes
    ----------
    parts : part (``school``, ``class``, ``pupil``), variance, share, low, high (of the share); a share is an ICC
    deviance : REML criterion
    explained : share of the variance that the predictors take, 0 without any
    variation : pupil-weighted CV of the school means, None unless ``counted``
    chance : the CV that schools would show if they did not differ
    true_variation, low, high : √max(0, CV² − chance²) and the bootstrap interval of the between-school SD over the mean
    n, schools, classes : numbers used
    remarks : codes with numbers
    """

    design: DecompositionDesign
    parts: pl.DataFrame
    deviance: float
    explained: float
    variation: float | None
    chance: float | None
    true_variation: float | None
    low: float | None
    high: float | None
    n: int
    schools: int
    classes: int | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """Pupils in classes in schools: ``klass`` (n,) numbers the classes, ``school`` (classes,) their schools."""

    klass: NDArray[np.int64]
    school: NDArray[np.int64]
    sizes: Array

    @property
    def schools(self) -> int:
        """How many."""
        return int(self.school.max()) + 1


@dataclass(frozen=True, slots=True, eq=False)
class NestedFit:
    """τ_s², τ_c², σ² (None: no class level asked for), β and the REML criterion."""

    school: float
    klass: float
    pupil: float
    beta: Array
    deviance: float


def decompose(table: pl.DataFrame, design: DecompositionDesign, rng: np.random.Generator) -> Decomposition:
    """Decompose the variance of one cohort's results.

    Parameters
    ----------
    table : a row for each pupil with ``school`` and the design's columns
    rng : for the intervals

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``not-numeric``, ``constant``, ``mixed-scales``, ``too-few-pupils``,
        ``too-few-schools``, ``not-counted`` when a CV is asked of results that are not above zero.
    """
    frame, remarks = _prepared(table, design)
    levels, nested = _nested(frame, design)
    X, y = _design(frame, design), frame[_Y].to_numpy()
    two = nested is None
    structure = levels if nested is None else nested
    fit = fit_nested(y, X, structure, classes=not two)
    drawn = _bootstrap(fit, X, structure, design.replicates, rng, classes=not two)
    plain = fit_nested(y, X[:, :1], structure, classes=not two) if design.predictors else fit
    total = (plain.school + plain.klass + plain.pupil, fit.school + fit.klass + fit.pupil)
    cv = _variation(y, frame, fit, structure, drawn, design) if design.counted else (None,) * 5
    return Decomposition(
        design=design,
        parts=_parts(fit, drawn, design, two=two),
        deviance=fit.deviance,
        explained=float(1 - total[1] / total[0]),
        variation=cv[0],
        chance=cv[1],
        true_variation=cv[2],
        low=cv[3],
        high=cv[4],
        n=len(y),
        schools=structure.schools,
        classes=None if two else len(structure.school),
        remarks=(*remarks, *_remarks(fit, structure, design, two=two)),
    )


def _prepared(table: pl.DataFrame, design: DecompositionDesign) -> tuple[pl.DataFrame, tuple[Remark, ...]]:
    klass = [design.klass] if design.klass else []
    require(table, ("school", design.outcome, *design.predictors, *klass))
    school, y = keys(table, "school"), finite(table, design.outcome)
    remarks = scale_remarks(y, school)
    columns = [pupils(table), school, y.alias(_Y), *(finite(table, name) for name in design.predictors)]
    columns += [texts(table, design.klass).alias(_CLASS)] if klass else []
    frame = pl.DataFrame(columns).drop_nulls().sort("pupil")
    refuse_few(frame.height, FEWEST_PUPILS, "pupils have everything the model needs")
    refuse_few(frame["school"].n_unique(), FEWEST_SCHOOLS, "schools", "too-few-schools")
    for name, column in ((_Y, design.outcome), *((name, name) for name in design.predictors)):
        refuse_constant(frame[name].to_numpy(), column)
    if design.counted and float(frame[_Y].min()) < 0:  # type: ignore[arg-type]
        message = "results below zero have no coefficient of variation; it needs a natural zero"
        raise InputError("not-counted", message, column=design.outcome)
    return frame, remarks


def _design(frame: pl.DataFrame, design: DecompositionDesign) -> Array:
    columns = [frame[name].to_numpy() for name in design.predictors]
    X = np.column_stack([np.ones(frame.height), *(values - values.mean() for values in columns)])
    if np.linalg.matrix_rank(X) < X.shape[1]:
        raise InputError("collinear-predictors", "a predictor is determined by the others; leave it out")
    return X


def _nested(frame: pl.DataFrame, design: DecompositionDesign) -> tuple[Nested, Nested | None]:
    """Schools alone, and classes in schools where classes can be told from schools."""
    school = frame["school"].rank("dense").cast(pl.Int64).to_numpy() - 1
    J = int(school.max()) + 1
    alone = Nested(school, np.arange(J), np.bincount(school).astype(np.float64))
    if not design.klass:
        return alone, None
    labels = frame.select(pl.struct("school", _CLASS).rank("dense").cast(pl.Int64)).to_series().to_numpy() - 1
    owner = np.zeros(int(labels.max()) + 1, dtype=np.int64)
    owner[labels] = school
    if np.bincount(owner).max() < 2:
        return alone, None
    return alone, Nested(labels, owner, np.bincount(labels).astype(np.float64))


def fit_nested(
    y: Array, X: Array, nested: Nested, *, classes: bool, start: tuple[float, float] | None = None
) -> NestedFit:
    """Fit by REML; without ``classes`` the groups of ``nested`` are the schools.

    ``start`` is where a bootstrap sample's search begins: θ_s and θ_c of the model it was drawn from.

    Raises
    ------
    InputError
        ``no-residual-variation`` when the groups reproduce the results.
    """
    shift = float(y.mean())
    W = np.column_stack([X, y - shift])
    means = np.column_stack([np.bincount(nested.klass, w) for w in W.T]) / nested.sizes[:, None]
    within = W.T @ W - (means * nested.sizes[:, None]).T @ means
    if within[-1, -1] <= 1e-12 * float(np.var(y)) * len(y):
        raise InputError("no-residual-variation", "all pupils of a class have the same result")
    problem = _Problem(means, within, nested, len(y), X.shape[1])
    bounds = [(0.0, _LARGEST_RATIO), (0.0, _LARGEST_RATIO if classes else 0.0)]
    starts = _STARTS if start is None else (start,)
    tries = [
        minimize(problem.criterion, at, jac=True, method="L-BFGS-B", bounds=bounds, options=_TOLERANCE)
        for at in ([s, c if classes else 0.0] for s, c in starts)
    ]
    theta = min(tries, key=lambda found: float(found.fun)).x
    sigma2, beta, deviance = problem.at(theta)
    beta[0] += shift
    return NestedFit(float(sigma2 * theta[0]), float(sigma2 * theta[1]), sigma2, beta, deviance)


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Class means of [X, y], cross-products within classes, pupils and fixed columns."""

    means: Array
    within: Array
    nested: Nested
    n: int
    p: int

    def _weighted(self, theta: Array) -> tuple[Array, Array, Array, Array]:
        """a_c, A_j, Σ_c a_cm_c by school, and D."""
        a = self.nested.sizes / (1 + self.nested.sizes * theta[1])
        weights = np.column_stack([a, self.means * a[:, None]])
        by_school = np.zeros((self.nested.schools, weights.shape[1]))
        np.add.at(by_school, self.nested.school, weights)
        A, sums = by_school[:, 0], by_school[:, 1:]
        shrink = theta[0] / (1 + theta[0] * A)
        D = self.within + (self.means * a[:, None]).T @ self.means - (sums * shrink[:, None]).T @ sums
        return a, A, sums, D

    def at(self, theta: Array) -> tuple[float, Array, float]:
        """σ², β and the criterion."""
        _, A, _, D = self._weighted(theta)
        return self._profile(theta, A, D)

    def _profile(self, theta: Array, A: Array, D: Array) -> tuple[float, Array, float]:
        n, p = self.n, self.p
        beta = np.asarray(np.linalg.solve(D[:p, :p], D[:p, p]), dtype=np.float64)
        sigma2 = float(D[p, p] - D[:p, p] @ beta) / (n - p)
        logs = np.log1p(self.nested.sizes * theta[1]).sum() + np.log1p(theta[0] * A).sum()
        logs += np.linalg.slogdet(D[:p, :p])[1]
        return sigma2, beta, float(logs + (n - p) * (1 + np.log(2 * np.pi * sigma2)))

    def criterion(self, theta: Array) -> tuple[float, Array]:
        """The criterion and its gradient, from V⁻¹ seen by schools and by classes."""
        a, A, sums, D = self._weighted(theta)
        sigma2, beta, value = self._profile(theta, A, D)
        school = self.nested.school
        by_school = sums / (1 + theta[0] * A)[:, None]
        pull = theta[0] / (1 + theta[0] * A)
        by_class = a[:, None] * (self.means - (pull[:, None] * sums)[school])
        traces = ((A / (1 + theta[0] * A)).sum(), (a - a**2 * pull[school]).sum())
        inverse, contrast = np.linalg.inv(D[: self.p, : self.p]), np.append(-beta, 1.0)
        gradient = []
        for trace, q in zip(traces, (by_school, by_class), strict=True):
            fixed = np.ascontiguousarray(q[:, : self.p])
            of_fixed = float((fixed.T @ fixed).ravel() @ inverse.ravel())
            gradient.append(trace - of_fixed - float(((q @ contrast) ** 2).sum()) / sigma2)
        return value, np.array(gradient)


def _bootstrap(
    fit: NestedFit, X: Array, nested: Nested, replicates: int, rng: np.random.Generator, *, classes: bool
) -> Array:
    """τ_s², τ_c², σ² and the mean of each sample drawn from the fitted model, shape (replicates, 4)."""
    expected = X @ fit.beta
    start = (fit.school / fit.pupil + 0.01, fit.klass / fit.pupil + 0.01)
    drawn = []
    for _ in range(replicates):
        u = rng.normal(0, np.sqrt(fit.school), nested.schools)[nested.school]
        v = rng.normal(0, np.sqrt(fit.klass), len(nested.school))
        y = expected + (u + v)[nested.klass] + rng.normal(0, np.sqrt(fit.pupil), len(expected))
        again = fit_nested(y, X, nested, classes=classes, start=start)
        drawn.append((again.school, again.klass, again.pupil, float(y.mean())))
    return np.array(drawn)


def _parts(fit: NestedFit, drawn: Array, design: DecompositionDesign, *, two: bool) -> pl.DataFrame:
    variances = np.array([fit.school, fit.klass, fit.pupil])
    shares = drawn[:, :3] / drawn[:, :3].sum(axis=1, keepdims=True)
    tail = 50 * (1 - design.confidence)
    low, high = np.percentile(shares, [tail, 100 - tail], axis=0)
    table = pl.DataFrame(
        {
            "part": ["school", "class", "pupil"], "variance": variances, "share": variances / variances.sum(),
            "low": low, "high": high,
        }
    )  # fmt: skip
    return table.filter(pl.col("part") != "class") if two else table


def _variation(
    y: Array, frame: pl.DataFrame, fit: NestedFit, nested: Nested, drawn: Array, design: DecompositionDesign
) -> tuple[float | None, ...]:
    by = frame.group_by("school", maintain_order=True).agg(
        pl.col(_Y).mean().alias("mean"), pl.len().alias("n")
    )
    weight = by["n"].to_numpy() / by["n"].sum()
    centre = float(y.mean())
    observed = float(np.sqrt(weight @ (by["mean"].to_numpy() - centre) ** 2))
    squares = np.bincount(nested.school, nested.sizes**2)
    counts = np.bincount(nested.school, nested.sizes)
    noise = fit.klass * squares / counts**2 + fit.pupil / counts
    chance = float(np.sqrt((counts / counts.sum()) @ noise))
    true = float(np.sqrt(max(observed**2 - chance**2, 0.0)))
    tail = 50 * (1 - design.confidence)
    low, high = np.percentile(np.sqrt(drawn[:, 0]) / drawn[:, 3], [tail, 100 - tail])
    return observed / centre, chance / centre, true / centre, float(low), float(high)


def _remarks(fit: NestedFit, nested: Nested, design: DecompositionDesign, *, two: bool) -> list[Remark]:
    found = []
    if fit.school <= 1e-9 * fit.pupil:
        found.append(Remark("no-detectable-difference"))
    if design.klass and two:
        found.append(Remark("class-is-school"))
    if nested.schools < FEW_SCHOOLS:
        found.append(Remark("few-schools", {"schools": nested.schools}))
    return found
