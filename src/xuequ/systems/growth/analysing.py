"""What the comprehensive report says beyond the evaluation itself: differences, factors, methods and the way there.

Plain tables in and out: the job keeps what comes out with the run, the command writes it at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.audits.auditing import audit
from xuequ.engines.growth.audits.inputs import AuditOptions
from xuequ.engines.growth.audits.of_pupils import grouped
from xuequ.engines.growth.audits.verdicts import AuditFinding
from xuequ.engines.growth.decomposition import DecompositionDesign, decompose
from xuequ.engines.growth.dominance import FactorDesign, factor_shares
from xuequ.engines.growth.findings import GrowthFindings
from xuequ.engines.growth.process import ProcessDesign, process_shares
from xuequ.engines.growth.simple import CompareDesign, compare_methods
from xuequ.systems.growth.analysis import (
    NO_FACTORS,
    Analysis,
    Factors,
    FactorShare,
    Method,
    Part,
    Process,
    ProcessShare,
)
from xuequ.systems.growth.trends import trend_table

REPLICATES = 100
COMPLETE = 0.8
"""A factor that fewer of the pupils have is left out: its part would be that of other pupils."""
FEWEST_IN_GROUP = 10


@dataclass(frozen=True, slots=True)
class Complete:
    """An evaluation with all that its comprehensive report is written from; see the functions that make the tables."""

    findings: GrowthFindings
    audits: tuple[AuditFinding, ...]
    analysis: Analysis
    groups: pl.DataFrame
    places: pl.DataFrame
    trend: pl.DataFrame


def complete(
    table: pl.DataFrame,
    findings: GrowthFindings,
    options: AuditOptions,
    earlier: pl.DataFrame | None,
    seed: int = 0,
) -> Complete:
    """Audit an evaluation and compute what its comprehensive report adds.

    Parameters
    ----------
    table : the evaluation's table with the columns of ``options``
    earlier : the schools' effects of earlier years (``analysis.EARLIER``), None for no past
    seed : for the intervals

    Raises
    ------
    InputError
        what ``analyse`` raises.
    """
    groups = tuple(dict.fromkeys((*findings.design.factors, *options.groups)))
    return Complete(
        findings=findings,
        audits=audit(table, findings, options),
        analysis=analyse(table, findings, groups, seed),
        groups=group_table(table, findings, groups),
        places=place_table(table, findings.design.process),
        trend=trend_table(findings, earlier),
    )


def analyse(table: pl.DataFrame, findings: GrowthFindings, groups: Sequence[str], seed: int) -> Analysis:
    """Compute what the report says of differences, factors and methods.

    Parameters
    ----------
    table : the evaluation's table with the columns in ``groups``
    findings : of the evaluation
    groups : factors of pupils by code
    seed : of the run, for the intervals

    Raises
    ------
    InputError
        what ``process_shares`` raises: a process fact that was asked for and cannot carry an answer is refused.
    """
    used = findings.pupils.drop_nulls("residual")
    rng = np.random.default_rng(seed)
    return Analysis(
        level=_parts(used, (), rng),
        growth=_parts(used, ("prior",), rng),
        factors=_factors(used.join(table.select("pupil", *groups), on="pupil", how="left"), groups, rng),
        methods=_methods(used, findings),
        process=_process(table, used, findings.design.process, seed),
    )


def _parts(used: pl.DataFrame, predictors: tuple[str, ...], rng: np.random.Generator) -> tuple[Part, ...]:
    # A class of which nobody knows is no class: two levels then, and the rest of the differences is the pupils'.
    klass = "class" if used["class"].is_not_null().all() else ""
    design = DecompositionDesign("actual", predictors, klass, replicates=REPLICATES)
    try:
        found = decompose(used, design, rng)
    except InputError:
        return ()
    rows = found.parts.select("part", "share", "low", "high").iter_rows(named=True)
    return tuple(Part(**row) for row in rows)


def _factors(used: pl.DataFrame, groups: Sequence[str], rng: np.random.Generator) -> Factors:
    usable = [name for name in groups if _usable(used[name])]
    if not usable:
        return Factors(missing=NO_FACTORS)
    design = FactorDesign("actual", tuple(usable), ("prior",), replicates=REPLICATES)
    try:
        found = factor_shares(used.select("pupil", "school", "actual", "prior", *usable), design, rng)
    except InputError as error:
        return Factors(missing=error.code)
    rows = found.shares.sort("share", descending=True).select("factor", "share", "low", "high", "chance")
    return Factors(
        rows=tuple(FactorShare(**row) for row in rows.iter_rows(named=True)),
        explained=found.explained,
        low=found.low,
        high=found.high,
        n=found.n,
    )


def _usable(values: pl.Series) -> bool:
    held = values.drop_nulls()
    return len(held) >= COMPLETE * len(values) and held.n_unique() > 1


def _process(table: pl.DataFrame, used: pl.DataFrame, facts: Sequence[str], seed: int) -> Process:
    if not facts:
        return Process()
    joined = used.select("pupil", "school", "class", "residual", "prior")
    joined = joined.join(table.select("pupil", *facts), on="pupil", how="left", maintain_order="left")
    # A generator of its own: choosing a fact changes no other number of the report.
    found = process_shares(joined, ProcessDesign(tuple(facts)), np.random.default_rng([seed, 1]))
    rows = found.facts.with_columns(pl.col("slope").abs().alias("_size")).sort("_size", descending=True)
    return Process(
        rows=tuple(ProcessShare(**row) for row in rows.drop("_size").iter_rows(named=True)),
        **{name: getattr(found, name) for name in _PROCESS},
    )


_PROCESS = ("explained", "low", "high", "chance", "n", "missing", "places", "schools")


def place_table(table: pl.DataFrame, facts: Sequence[str]) -> pl.DataFrame:
    """Return the process facts by place: ``school``, ``class`` (null: without one), ``fact``, ``value``, ``n``."""
    schema = {"school": pl.String, "class": pl.String, "fact": pl.String, "value": pl.Float64, "n": pl.Int64}
    klass = pl.col("class") if "class" in table.columns else pl.lit(None, dtype=pl.String).alias("class")
    parts = [
        table.select(
            "school", klass, pl.lit(name).alias("fact"), pl.col(name).cast(pl.Float64).alias("value")
        )
        for name in facts
    ]
    if not parts:
        return pl.DataFrame(schema=schema)
    rows = pl.concat(parts).drop_nulls("value").group_by("school", "class", "fact")
    counted = rows.agg(pl.col("value").first(), pl.len().cast(pl.Int64).alias("n"))
    return counted.sort("school", "class", "fact").cast(schema)  # type: ignore[arg-type]


def _methods(used: pl.DataFrame, findings: GrowthFindings) -> tuple[Method, ...]:
    try:
        found = compare_methods(
            used.select("pupil", "school", "actual", "prior"),
            CompareDesign("actual", "prior", minimum_pupils=findings.design.minimum_pupils),
        )
    except InputError:
        return ()
    biases: dict[str, list[str]] = {}
    for row in found.biases.iter_rows(named=True):
        biases.setdefault(row["method"], []).append(row["code"])
    columns = ("method", "agreement", "intake_slope", "cannot_rise")
    return tuple(
        Method(**{name: _finite(row[name]) for name in columns}, biases=tuple(biases.get(row["method"], ())))
        for row in found.methods.iter_rows(named=True)
    )


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value


def group_table(table: pl.DataFrame, findings: GrowthFindings, groups: Sequence[str]) -> pl.DataFrame:
    """Return by school, factor and group: ``n``, ``gap`` (mean residual minus that of the school's others) and ``se``.

    Numbers are put into thirds of the district; groups, and others, of fewer than ten pupils are left out.
    """
    used = findings.pupils.drop_nulls("residual").select("pupil", "school", "residual")
    used = used.join(table.select("pupil", *groups), on="pupil", how="left")
    parts = [_group_rows(used, name) for name in groups if _usable(used[name])]
    schema = {
        "school": pl.String, "factor": pl.String, "group": pl.String, "n": pl.Int64, "gap": pl.Float64,
        "se": pl.Float64,
    }  # fmt: skip
    return pl.concat([pl.DataFrame(schema=schema), *parts]).sort("school", "factor", "group")


def _group_rows(used: pl.DataFrame, name: str) -> pl.DataFrame:
    frame = used.select("school", "residual", grouped(used[name]).alias("group")).drop_nulls("group")
    sums = (
        pl.len().alias("n"),
        pl.col("residual").sum().alias("s"),
        (pl.col("residual") ** 2).sum().alias("q"),
    )
    inner, whole = frame.group_by("school", "group").agg(sums), frame.group_by("school").agg(sums)
    both = inner.join(whole, on="school", suffix="_all")
    rest = {name: pl.col(f"{name}_all") - pl.col(name) for name in ("n", "s", "q")}
    both = both.with_columns(rest[name].alias(f"{name}_rest") for name in rest)
    enough = (pl.col("n") >= FEWEST_IN_GROUP) & (pl.col("n_rest") >= FEWEST_IN_GROUP)
    both = both.filter(enough)

    def error(end: str) -> pl.Expr:
        n, s, q = (pl.col(f"{part}{end}") for part in ("n", "s", "q"))
        return (q - s**2 / n) / (n - 1) / n

    return both.select(
        "school",
        pl.lit(name).alias("factor"),
        "group",
        pl.col("n").cast(pl.Int64),
        (pl.col("s") / pl.col("n") - pl.col("s_rest") / pl.col("n_rest")).alias("gap"),
        (error("") + error("_rest")).sqrt().alias("se"),
    )
