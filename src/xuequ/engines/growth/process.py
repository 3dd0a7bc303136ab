"""Process facts: what classes and schools did (attendance, homework, reading), laid beside the growth of their pupils.

Raudenbush and Willms (1995, *Journal of Educational and Behavioral Statistics* 20, 307-335) part what moves a pupil
into the school's context C, which is not its doing, and its practice P, which is; a school's effect for accountability
is P with C taken out (type B). A process fact is part of P. As a predictor of the value-added model it would take out
of a school's effect what the school did, so it never stands there; afterwards it is laid beside what the model leaves,

    g_i = β₀ + β₁ x̄_place + β₂ x̄_school + γᵀP_place + u_school + v_place + e_i,    u ~ N(0, τ_s²), v ~ N(0, τ_c²)

with g the residuals (actual − expected, school effects in them), x̄ mean starting points and the variances by REML
(``decomposition``). The mean starts stay in: slopes on residuals would be drawn towards zero where facts go along with
intake. All predictors are constant within a place, so only differences between places speak: with a_c, m_c and A_j as
in ``decomposition``, D = Σ_c a_c m_cm_cᵀ − Σ_j θ_s/(1 + θ_sA_j)(Σ_c a_cm_c)(Σ_c a_cm_c)ᵀ, the coefficients are
D_XX⁻¹D_Xy, and shares of those differences are general dominance on D (``dominance``). A fact that has nothing to do
with growth gets 1/(G − base columns) of them on average, G the number of places.

The shares tell what goes along with growth, never what causes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.decomposition import Nested, NestedFit, fit_nested
from xuequ.engines.growth.dominance import Weighted, shapley
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import Array, finite, keys, pupils, refuse_twice, require
from xuequ.engines.growth.intervals import quantile

FEWEST_PLACES = 10
FEWEST_SCHOOLS = 5
FEWEST_FREE = 3
"""Schools and places that must be left over when every column has taken one."""
LEAST_COVERED = 0.5
MOST_FACTS = 8
_PLACE, _MEAN, _INTAKE = "\x1fplace", "\x1fmean", "\x1fintake"


@dataclass(frozen=True, slots=True)
class ProcessDesign:
    """Which facts are laid beside growth.

    Parameters
    ----------
    facts : columns of numbers that are equal for all pupils of a class or of a school
    replicates : bootstrap samples of schools for the intervals of the shares; the variances are held fixed
    confidence : level of all intervals
    """

    facts: tuple[str, ...]
    replicates: int = 400
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < len(self.facts) <= MOST_FACTS:
            raise InputError("process-number", f"name one to {MOST_FACTS} process facts")
        refuse_twice(*self.facts, "school", "class", "residual", "prior")


@dataclass(frozen=True, slots=True)
class ProcessFindings:
    """What goes along with growth of what classes and schools did.

    Attributes
    ----------
    facts : fact, level (``class`` or ``school``), places, mean and sd (over places of that level), slope (of growth, in
        its unit, for one sd more, the other facts equal), low, high (Student's t), share (of the differences between
        places that the starts leave), share_low, share_high, chance, missing (pupils without a value)
    explained, low, high, chance : of all facts together
    place_variance, school_variance : τ_c² and τ_s² with the facts; ``_base`` without. Where no school has two classes
        with values, places are schools and τ_c² is 0
    residual_variance : σ² between pupils of a place, with the facts
    n, missing, places, schools : pupils used and left out for want of a value, places and schools used
    remarks : codes with numbers; ``association`` always
    """

    design: ProcessDesign
    facts: pl.DataFrame
    explained: float
    low: float
    high: float
    chance: float
    place_variance: float
    place_variance_base: float
    school_variance: float
    school_variance_base: float
    residual_variance: float
    n: int
    missing: int
    places: int
    schools: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Between:
    """Places in schools: D by school (J, p + 1, p + 1), the fit with all facts, and the number of base columns."""

    products: Array
    fit: NestedFit
    base: int

    def weighted(self, chosen: NDArray[np.int64] | None = None) -> Weighted:
        """D of all schools or of a sample of them."""
        D = self.products.sum(axis=0) if chosen is None else self.products[chosen].sum(axis=0)
        p = len(D) - 1
        return Weighted(D, tuple((k,) for k in range(self.base, p)))


def process_shares(table: pl.DataFrame, design: ProcessDesign, rng: np.random.Generator) -> ProcessFindings:
    """Lay process facts beside growth.

    Parameters
    ----------
    table : a row for each pupil in the model with ``school``, ``class`` (may be null or absent), ``residual``,
        ``prior`` and the facts; a missing fact is null and its pupils are left out and counted, never taken as zero
    rng : for the intervals of the shares

    Raises
    ------
    InputError
        ``process-coverage`` (fewer than half of the pupils have a value), ``too-few-places``, ``not-of-a-place``
        (differs within a class), ``constant-predictor``, ``collinear-factors``, ``unknown-column``, ``not-numeric``.
    """
    frame = _frame(table, design)
    _check_cover(frame, design)
    used = frame.drop_nulls(design.facts)
    used = _with_places(used, design)
    levels = {name: _level(used, name) for name in design.facts}
    structure = _structure(used)
    columns = _base(used, structure) + [used[name].to_numpy() for name in design.facts]
    X = np.column_stack([np.ones(used.height), *(values - values.mean() for values in columns)])
    _check_free(used, structure, levels, X)
    y = used["residual"].to_numpy()
    between = _between(y, X, structure, len(design.facts))
    without = fit_nested(y, X[:, : between.base], structure, classes=_two(structure))
    drawn = _bootstrap(between, design, rng)
    shares = shapley(between.weighted())
    low, high = _ends(drawn.sum(axis=1), design)
    G = len(structure.sizes)
    return ProcessFindings(
        design=design,
        facts=_table(frame, used, design, levels, between, shares, drawn, G),
        explained=float(shares.sum()),
        low=low,
        high=high,
        chance=len(design.facts) / (G - between.base),
        place_variance=between.fit.klass,
        place_variance_base=without.klass,
        school_variance=between.fit.school,
        school_variance_base=without.school,
        residual_variance=between.fit.pupil,
        n=used.height,
        missing=frame.height - used.height,
        places=G,
        schools=structure.schools,
        remarks=tuple(_remarks(frame.height - used.height)),
    )


def _frame(table: pl.DataFrame, design: ProcessDesign) -> pl.DataFrame:
    require(table, ("school", "residual", "prior", *design.facts))
    klass = table["class"].cast(pl.String) if "class" in table.columns else pl.Series([None] * table.height)
    numbers = [finite(table, name) for name in ("residual", "prior", *design.facts)]
    columns = [pupils(table), keys(table, "school"), klass.cast(pl.String).alias("class"), *numbers]
    return pl.DataFrame(columns).drop_nulls(["residual", "prior"]).sort("pupil")


def _check_cover(frame: pl.DataFrame, design: ProcessDesign) -> None:
    for name in design.facts:
        known = frame[name].is_not_null().sum()
        if known < LEAST_COVERED * frame.height:
            message = f"{known} of {frame.height} pupils have a value; at least half must"
            raise InputError("process-coverage", message, column=name)


def _with_places(used: pl.DataFrame, design: ProcessDesign) -> pl.DataFrame:
    """Name each pupil's place (class, else the school's rest) and add the mean starts; facts must be the place's."""
    place = pl.concat_str("school", pl.col("class").fill_null(""), separator="\x1f").alias(_PLACE)
    used = used.with_columns(place)
    for name in design.facts:
        odd = used.group_by(_PLACE).agg(pl.col(name).n_unique().alias("values")).filter(pl.col("values") > 1)
        if odd.height:
            message = "a process fact must be equal for all pupils of a class or of a school"
            raise InputError("not-of-a-place", message, column=name)
    means = (
        pl.col("prior").mean().over(_PLACE).alias(_MEAN),
        pl.col("prior").mean().over("school").alias(_INTAKE),
    )
    return used.with_columns(means)


def _level(used: pl.DataFrame, name: str) -> str:
    # Where every school has one class with a value, its fact is as much the school's.
    differs = used.group_by("school").agg((pl.col(name).n_unique() > 1).alias("differs"))["differs"].any()
    return "class" if differs else "school"


def _structure(used: pl.DataFrame) -> Nested:
    """Places in schools; where no school has two, schools alone."""
    school = used["school"].rank("dense").cast(pl.Int64).to_numpy() - 1
    place = used[_PLACE].rank("dense").cast(pl.Int64).to_numpy() - 1
    owner = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.int64)
    owner[place] = school
    return Nested(place, owner, np.bincount(place).astype(np.float64))


def _two(structure: Nested) -> bool:
    return len(structure.sizes) > structure.schools


def _base(used: pl.DataFrame, structure: Nested) -> list[Array]:
    names = (_MEAN, _INTAKE) if _two(structure) else (_MEAN,)
    return [used[name].to_numpy() for name in names]


def _check_free(used: pl.DataFrame, structure: Nested, levels: dict[str, str], X: Array) -> None:
    G, J = len(structure.sizes), structure.schools
    of_school = 1 + sum(level == "school" for level in levels.values()) + 1
    for name, level in levels.items():
        places = J if level == "school" else G
        free = J - of_school if level == "school" else G - X.shape[1]
        if places < FEWEST_PLACES or J < FEWEST_SCHOOLS or free < FEWEST_FREE:
            needed = max(FEWEST_PLACES, places - free + FEWEST_FREE)
            message = f"{places} places ({level}) in {J} schools have a value; at least {needed} are needed"
            raise InputError("too-few-places", message, column=name)
        if used[name].n_unique() < 2:
            raise InputError("constant-predictor", "the fact is the same everywhere", column=name)
    if np.linalg.matrix_rank(X) < X.shape[1]:
        raise InputError("collinear-factors", "a fact is determined by the others; leave one out")


def _between(y: Array, X: Array, structure: Nested, facts: int) -> _Between:
    fit = fit_nested(y, X, structure, classes=_two(structure))
    theta_school, theta_place = fit.school / fit.pupil, fit.klass / fit.pupil
    W = np.column_stack([X, y])
    means = np.column_stack([np.bincount(structure.klass, w) for w in W.T]) / structure.sizes[:, None]
    a = structure.sizes / (1 + structure.sizes * theta_place)
    products = np.zeros((structure.schools, W.shape[1], W.shape[1]))
    np.add.at(products, structure.school, np.einsum("c,ci,cj->cij", a, means, means))
    sums, A = np.zeros((structure.schools, W.shape[1])), np.bincount(structure.school, a)
    np.add.at(sums, structure.school, a[:, None] * means)
    shrink = theta_school / (1 + theta_school * A)
    products -= np.einsum("j,ji,jk->jik", shrink, sums, sums)
    return _Between(products, fit, X.shape[1] - facts)


def _bootstrap(between: _Between, design: ProcessDesign, rng: np.random.Generator) -> Array:
    """Shares of samples of schools, shape (replicates, facts); a sample that cannot be solved is left out."""
    J = len(between.products)
    drawn = []
    for _ in range(design.replicates):
        try:
            drawn.append(shapley(between.weighted(rng.integers(0, J, J))))
        except np.linalg.LinAlgError:
            continue
    return np.array(drawn).reshape(len(drawn), len(design.facts))


def _ends(values: Array, design: ProcessDesign) -> tuple[float, float]:
    tail = 50 * (1 - design.confidence)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def _table(
    frame: pl.DataFrame,
    used: pl.DataFrame,
    design: ProcessDesign,
    levels: dict[str, str],
    between: _Between,
    shares: Array,
    drawn: Array,
    G: int,
) -> pl.DataFrame:
    D = between.weighted().D
    p = len(D) - 1
    beta = np.linalg.solve(D[:p, :p], D[:p, p])
    se = np.sqrt(between.fit.pupil * np.diag(np.linalg.inv(D[:p, :p])))
    J = used["school"].n_unique()
    of_school = 2 + sum(level == "school" for level in levels.values())
    rows = []
    for k, name in enumerate(design.facts):
        level = levels[name]
        values = used.unique("school" if level == "school" else _PLACE, maintain_order=True)[name]
        sd, at = float(values.std() or 0.0), between.base + k  # type: ignore[arg-type]
        half = quantile(design.confidence, J - of_school if level == "school" else G - p) * se[at]
        low, high = _ends(drawn[:, k], design)
        rows.append(
            (name, level, len(values), float(values.mean()), sd, beta[at] * sd, (beta[at] - half) * sd,  # type: ignore[arg-type]
             (beta[at] + half) * sd, shares[k], low, high, 1 / (G - between.base), frame[name].null_count())
        )  # fmt: skip
    names = ("fact", "level", "places", "mean", "sd", "slope", "low", "high", "share", "share_low", "share_high",
             "chance", "missing")  # fmt: skip
    return pl.DataFrame(rows, schema=names, orient="row")


def _remarks(missing: int) -> Iterator[Remark]:
    yield Remark("association")
    if missing:
        yield Remark("left-out", {"pupils": missing})
