"""The simple methods that districts use, side by side on the same pupils, each with its error and its known bias.

``z-gain`` (标准分增值) mean of Z₁ − Z₀ · ``rank-gain`` (位次增值) mean change of the percentile rank ·
``level-change`` (等级转移) share that rose minus share that fell · ``residual`` mean residual of the regression on
the starting point · ``prior-group`` mean of the outcome minus the mean of pupils with the same start, in the manner
of Progress 8 · ``prior-group-capped`` the same with extreme negative scores capped · ``mixed`` the effect of the
random intercept model with the school's mean start.

What a method does wrong depends on the data, so it is measured on them: how far the result goes along with intake,
how many pupils cannot rise at all, and how much of a pupil's gain is regression to the mean.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import linregress, rankdata

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import (
    Array,
    finite,
    keys,
    ordered,
    pupils,
    refuse_constant,
    refuse_few,
    refuse_twice,
    require,
    scale_remarks,
)
from xuequ.engines.growth.intervals import quantile
from xuequ.engines.growth.modelling import fit_model, rank_correlation

METHODS = ("z-gain", "rank-gain", "level-change", "residual", "prior-group", "prior-group-capped", "mixed")
FEWEST_PUPILS = 50
FEWEST_SCHOOLS = 3
LEAST_GROUP = 30
MOST_GROUPS = 34
NOTABLE_REGRESSION = -0.05
NOTABLE_CEILING = 0.05
CERTAIN = 0.05


@dataclass(frozen=True, slots=True)
class CompareDesign:
    """What is compared.

    Parameters
    ----------
    outcome, prior : columns of results, each on one scale
    levels : shares of the levels from the lowest to the highest, adding up to 1
    cap : residuals below the mean of their prior group by more than this many of its SDs are raised to that
    minimum_pupils : a school with fewer has no value
    confidence : level of the intervals
    """

    outcome: str
    prior: str
    levels: tuple[float, ...] = (0.2, 0.2, 0.2, 0.2, 0.2)
    cap: float = 2.5
    minimum_pupils: int = 10
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if len(self.levels) < 2 or min(self.levels) <= 0 or abs(sum(self.levels) - 1) > 1e-9:
            raise InputError("bad-levels", "the shares of the levels must be positive and add up to 1")
        refuse_twice(self.outcome, self.prior, "school", "pupil")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The methods side by side.

    Attributes
    ----------
    schools : method, school, n, intake (mean start in SD), value, se, low, high, cannot_rise (share of its pupils)
    methods : method, unit (``sd``, ``percentile-points`` or ``share``), intake_correlation, intake_slope (value per
        SD of school intake) and its p, regression (slope of a pupil's gain on the start, in gain per SD; 0 by
        construction for residuals), cannot_rise, little_room (shares of pupils with no room above, or less than one
        SD of the gains), agreement (Spearman's with ``mixed``)
    transitions : from, to (level numbers, 1 the lowest), pupils, share (of those who were in ``from``)
    biases : method, code (``regression-to-the-mean``, ``ceiling``, ``favours-high-intake``,
        ``favours-low-intake``, ``no-shrinkage`` with the share of the spread that is chance), number
    n, groups : pupils used, prior groups
    remarks : codes with numbers
    """

    design: CompareDesign
    schools: pl.DataFrame
    methods: pl.DataFrame
    transitions: pl.DataFrame
    biases: pl.DataFrame
    n: int
    groups: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Gain:
    """One method at the level of pupils, shape (n,): gain, the most that could be gained, who stands at the top.

    ``room`` and ``top`` are None for residuals, which have no such limit.
    """

    method: str
    unit: str
    gain: Array
    room: Array | None = None
    top: Array | None = None
    sd: float | None = None
    """The SD behind a school's error when it is that of all pupils (DfE); None: that of the school's own."""


def compare_methods(table: pl.DataFrame, design: CompareDesign) -> Comparison:
    """Compute every method on the pupils with both results.

    Parameters
    ----------
    table : a row for each pupil with ``school``, perhaps ``pupil``, and the two columns

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``duplicate-pupil``, ``not-numeric``, ``constant``, ``mixed-scales``,
        ``too-few-pupils`` or ``too-few-schools``.
    """
    frame, remarks = _prepared(table, design)
    z0, z1 = frame["prior"].to_numpy(), frame["actual"].to_numpy()
    group = _prior_groups(z0)
    gains = list(_gains(z0, z1, group, design))
    mixed = _mixed(frame, design)
    schools = pl.concat([*(_by_school(frame, gain, design) for gain in gains), mixed], how="vertical")
    methods = pl.DataFrame(
        [_measured(gain, schools, z0) for gain in (*gains, None)], schema=_MEASURED, orient="row"
    )
    return Comparison(
        design=design,
        schools=schools,
        methods=methods,
        transitions=_transitions(z0, z1, design),
        biases=pl.DataFrame(list(_biases(methods, schools)), schema=_BIASES, orient="row"),
        n=frame.height,
        groups=len(np.unique(group)),
        remarks=(*remarks, *_remarks(table, frame, schools, design)),
    )


def _prepared(table: pl.DataFrame, design: CompareDesign) -> tuple[pl.DataFrame, tuple[Remark, ...]]:
    require(table, ("school", design.outcome, design.prior))
    school = keys(table, "school")
    columns = [finite(table, name) for name in (design.prior, design.outcome)]
    remarks = tuple(mark for column in columns for mark in scale_remarks(column, school))
    frame = pl.DataFrame(
        {"pupil": pupils(table), "school": school, "prior": columns[0], "actual": columns[1]}
    ).drop_nulls(["prior", "actual"]).sort("pupil")  # fmt: skip
    refuse_few(frame.height, FEWEST_PUPILS, "pupils have both results")
    refuse_few(frame["school"].n_unique(), FEWEST_SCHOOLS, "schools", "too-few-schools")
    refuse_constant(frame["prior"].to_numpy(), design.prior)
    refuse_constant(frame["actual"].to_numpy(), design.outcome)
    z = [((pl.col(c) - pl.col(c).mean()) / pl.col(c).std()).alias(c) for c in ("prior", "actual")]
    return frame.with_columns(z).with_columns(intake=pl.col("prior").mean().over("school")), remarks


def _gains(z0: Array, z1: Array, group: Array, design: CompareDesign) -> Iterator[_Gain]:
    top = (z0 >= z0.max()).astype(np.float64)
    yield _Gain("z-gain", "sd", z1 - z0, z1.max() - z0, top)
    ranks = [100 * (rankdata(z) - 0.5) / len(z) for z in (z0, z1)]
    yield _Gain("rank-gain", "percentile-points", ranks[1] - ranks[0], ranks[1].max() - ranks[0], top)
    levels = [_levels(z, design) for z in (z0, z1)]
    highest = levels[0] == len(design.levels) - 1
    risen = np.sign(levels[1] - levels[0])
    yield _Gain("level-change", "share", risen, 1.0 - highest, highest.astype(np.float64))
    slope, intercept = np.polyfit(z0, z1, 1)
    residual = z1 - intercept - slope * z0
    yield _Gain("residual", "sd", residual, sd=float(np.sqrt(residual @ residual / (len(z0) - 2))))
    within = z1 - _group_means(group, z1)
    spread = float(np.sqrt(within @ within / (len(z0) - len(np.unique(group)))))
    yield _Gain("prior-group", "sd", within, sd=spread)
    floor = -design.cap * np.sqrt(_group_means(group, within**2))
    yield _Gain("prior-group-capped", "sd", np.maximum(within, floor), sd=spread)


def _levels(z: Array, design: CompareDesign) -> Array:
    cuts = np.quantile(z, np.cumsum(design.levels)[:-1])
    return np.searchsorted(cuts, z, side="right").astype(np.float64)


def _prior_groups(z0: Array) -> Array:
    """Groups of pupils who started alike: at most 34, of about 30 pupils at least; equal starts stay together."""
    count = int(np.clip(len(z0) // LEAST_GROUP, 1, MOST_GROUPS))
    cuts = np.unique(np.quantile(z0, np.arange(1, count) / count))
    return np.searchsorted(cuts, z0, side="right").astype(np.float64)


def _group_means(group: Array, values: Array) -> Array:
    _, index = np.unique(group, return_inverse=True)
    return np.asarray((np.bincount(index, values) / np.bincount(index))[index])


_SCHOOLS = {
    "method": pl.String, "school": pl.String, "n": pl.Int64, "intake": pl.Float64, "value": pl.Float64,
    "se": pl.Float64, "low": pl.Float64, "high": pl.Float64, "cannot_rise": pl.Float64,
}  # fmt: skip


def _by_school(frame: pl.DataFrame, gain: _Gain, design: CompareDesign) -> pl.DataFrame:
    stuck = np.zeros(frame.height) if gain.top is None else gain.top
    table = frame.select("school", "intake", gain=pl.Series(gain.gain), stuck=pl.Series(stuck))
    spread = pl.col("gain").std() if gain.sd is None else pl.lit(gain.sd)
    by = table.group_by("school", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("intake").first(),
        pl.col("gain").mean().alias("value"),
        (spread / pl.len().sqrt()).alias("se"),
        pl.col("stuck").mean().alias("cannot_rise"),
    )
    t = pl.Series([quantile(design.confidence, max(n - 1, 1)) for n in by["n"]], dtype=pl.Float64)
    by = by.with_columns(
        pl.lit(gain.method).alias("method"),
        (pl.col("value") - t * pl.col("se")).alias("low"),
        (pl.col("value") + t * pl.col("se")).alias("high"),
    )
    return _shown(by, design)


def _mixed(frame: pl.DataFrame, design: CompareDesign) -> pl.DataFrame:
    fitted = fit_model("main", frame, ["prior", "intake"], slope=False)
    low, high = fitted.effects.intervals(design.confidence)
    effects = pl.DataFrame(
        {
            "school": fitted.effects.schools, "value": fitted.effects.effect,
            "se": None if fitted.boundary else pl.Series(fitted.effects.se),
            "low": None if fitted.boundary else pl.Series(low), "high": None if fitted.boundary else pl.Series(high),
        },
        schema_overrides=dict.fromkeys(("se", "low", "high"), pl.Float64),
    )  # fmt: skip
    by = frame.group_by("school", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"), pl.col("intake").first()
    )
    by = by.join(effects, on="school").with_columns(method=pl.lit("mixed"), cannot_rise=pl.lit(0.0))
    return _shown(by, design)


def _shown(by: pl.DataFrame, design: CompareDesign) -> pl.DataFrame:
    enough = pl.col("n") >= design.minimum_pupils
    numbers = ("value", "se", "low", "high", "cannot_rise")
    by = by.with_columns(pl.when(enough).then(pl.col(name)).alias(name) for name in numbers)
    return ordered(by.select(pl.col(name).cast(kind) for name, kind in _SCHOOLS.items()), "school")


_MEASURED = {
    "method": pl.String, "unit": pl.String, "intake_correlation": pl.Float64, "intake_slope": pl.Float64,
    "intake_p": pl.Float64, "regression": pl.Float64, "cannot_rise": pl.Float64, "little_room": pl.Float64,
    "agreement": pl.Float64,
}  # fmt: skip


def _measured(gain: _Gain | None, schools: pl.DataFrame, z0: Array) -> tuple[object, ...]:
    method = "mixed" if gain is None else gain.method
    mine = schools.filter(method=method).drop_nulls("value")
    intake, value = mine["intake"].to_numpy(), mine["value"].to_numpy()
    reference = schools.filter(method="mixed").drop_nulls("value")["value"].to_numpy()
    correlation, slope, p = _line(intake, value)
    agreement = None if gain is None else rank_correlation(value, reference)
    if gain is None:
        return (method, "sd", correlation, slope, p, 0.0, 0.0, 0.0, agreement)
    regression = float(np.polyfit(z0, gain.gain, 1)[0])
    stuck = 0.0 if gain.top is None else float(gain.top.mean())
    short = 0.0 if gain.room is None else float(np.mean(gain.room < gain.gain.std()))
    return (method, gain.unit, correlation, slope, p, regression, stuck, short, agreement)


def _line(x: Array, y: Array) -> tuple[float | None, float | None, float | None]:
    if len(x) < FEWEST_SCHOOLS or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None, None, None
    found = linregress(x, y)
    return float(found.rvalue), float(found.slope), float(found.pvalue)


_BIASES = {"method": pl.String, "code": pl.String, "number": pl.Float64}


def _biases(methods: pl.DataFrame, schools: pl.DataFrame) -> Iterator[tuple[str, str, float]]:
    for row in methods.iter_rows(named=True):
        name = row["method"]
        spread = {"percentile-points": 100 / np.sqrt(12)}.get(row["unit"], 1.0)
        if row["regression"] / spread < NOTABLE_REGRESSION:
            yield name, "regression-to-the-mean", row["regression"]
        if row["cannot_rise"] > NOTABLE_CEILING or row["little_room"] > 2 * NOTABLE_CEILING:
            yield name, "ceiling", max(row["cannot_rise"], row["little_room"])
        if row["intake_p"] is not None and row["intake_p"] < CERTAIN:
            side = "favours-high-intake" if row["intake_correlation"] > 0 else "favours-low-intake"
            yield name, side, row["intake_correlation"]
        if name != "mixed":
            yield name, "no-shrinkage", _chance(schools.filter(method=name).drop_nulls("value"))


def _chance(schools: pl.DataFrame) -> float:
    """Share of the spread between schools that their errors alone would make."""
    error = float((schools["se"] ** 2).mean() or 0.0)  # type: ignore[arg-type]
    spread = float(schools["value"].var() or 0.0)  # type: ignore[arg-type]
    return min(error / spread, 1.0) if spread > 0 else 1.0


def _transitions(z0: Array, z1: Array, design: CompareDesign) -> pl.DataFrame:
    K = len(design.levels)
    at = (_levels(z0, design) * K + _levels(z1, design)).astype(np.int64)
    counts = np.bincount(at, minlength=K * K).reshape(K, K)
    totals = counts.sum(axis=1)
    rows = [
        (a + 1, b + 1, int(counts[a, b]), float(counts[a, b] / totals[a]) if totals[a] else None)
        for a in range(K)
        for b in range(K)
    ]
    schema = {"from": pl.Int64, "to": pl.Int64, "pupils": pl.Int64, "share": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _remarks(
    table: pl.DataFrame, frame: pl.DataFrame, schools: pl.DataFrame, design: CompareDesign
) -> Iterator[Remark]:
    if left := table.height - frame.height:
        yield Remark("left-out", {"pupils": left})
    if few := schools.filter(method="mixed")["value"].null_count():
        yield Remark("too-few-pupils", {"schools": few, "minimum": design.minimum_pupils})
    if schools.filter(method="mixed")["se"].null_count() == schools.filter(method="mixed").height:
        yield Remark("no-detectable-difference")
    yield Remark("relative-to-run", {"schools": frame["school"].n_unique()})
