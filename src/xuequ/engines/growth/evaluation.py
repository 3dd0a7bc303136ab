"""The evaluation of one cohort: from a table of results and a design to findings.

``evaluate`` is the batch entry: pure, one cohort per call. It never asks for a name: pupils, schools and
classes are keys.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.coverage import coverage
from xuequ.engines.growth.findings import (
    Distinguishability,
    GrowthFindings,
    ModelSummary,
    Remark,
    Term,
)
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.engines.growth.inputs import scale_remarks
from xuequ.engines.growth.modelling import Fitted, fit_model, rank_correlation
from xuequ.engines.growth.needs import needs
from xuequ.engines.growth.pooling import ALL, Pooled, numbers, pool
from xuequ.engines.growth.pupils import BehindShare, class_table, pupil_table, school_levels
from xuequ.engines.growth.subjects import mix_remarks, subject_mix

FEWEST_PUPILS = 10
FEWEST_SCHOOLS = 2
FEW_SCHOOLS = 10
SMALLEST_FORM = 30
"""Fewer pupils than this in one combination of papers cannot carry a slope of their own."""

KEYS = {"pupil": pl.String, "school": pl.String, "class": pl.String}


def evaluate(table: pl.DataFrame, design: GrowthDesign) -> GrowthFindings:
    """Evaluate the growth of one cohort.

    Parameters
    ----------
    table : one row for each enrolled pupil with ``pupil``, ``school``, ``class`` (may be missing or null) and
    the columns
        that the design names; a missing result is null
    design : outcome, starting point, factors and model

    Returns
    -------
    GrowthFindings
        see there for the tables; equal input gives equal output, whatever the order of the rows.

    Raises
    ------
    InputError
        ``unknown-column``, ``duplicate-pupil`` (with the row), ``missing-key``, ``not-numeric``,
        ``constant``, ``mixed-scales``, ``uneven-subjects`` (with the school as value),
        ``too-few-pupils``, ``one-school``, or what the model raises.
    """
    pupils, outcome, prior = _prepared(table, design)
    used = pupils.filter(pl.col("actual").is_not_null() & pl.col("prior").is_not_null())
    _check_size(used)
    doubts = _comparable(used, design, outcome, prior)
    means = used.group_by("school", maintain_order=True).agg(pl.col("prior").mean().alias("intake"))
    frame = used.join(means, on="school", how="left", maintain_order="left")
    forms = _form_term(frame, prior, outcome)
    frame = _with_forms(frame, forms)
    main, others = _models(frame, design, forms)
    rows = pupil_table(pupils, frame, main, design)
    schools = _school_table(pupils, rows, main, design)
    alternatives = pl.concat([_effect_table(model, schools, design) for model in (main, *others)])
    summaries = tuple(_summary(model, main, alternatives) for model in (main, *others))
    behind = BehindShare.of(rows)
    return GrowthFindings(
        design=design,
        schools=schools,
        classes=class_table(rows, main, design),
        pupils=rows,
        alternatives=alternatives,
        models=summaries,
        scales=outcome.scales + prior.scales,
        distinguishability=_distinguishability(schools, main, design),
        needs=needs(schools, behind.district),
        remarks=(*doubts, *_remarks(main, schools, design, outcome, prior)),
    )


def _prepared(table: pl.DataFrame, design: GrowthDesign) -> tuple[pl.DataFrame, Pooled, Pooled]:
    _check_columns(table, design)
    klass = pl.col("class") if "class" in table.columns else pl.lit(None).alias("class")
    keys = table.select(pl.col("pupil", "school").cast(pl.String), klass.cast(pl.String))
    for key in ("pupil", "school"):
        empty = keys[key].is_null() | (keys[key].str.strip_chars() == "")
        if empty.any():
            row = int(empty.arg_max() or 0) + 1
            raise InputError("missing-key", f"a pupil without a {key} cannot be used", column=key, row=row)
    again = keys["pupil"].is_duplicated()
    if again.any():
        row = int((again & ~keys["pupil"].is_first_distinct()).arg_max() or 0) + 1
        raise InputError("duplicate-pupil", "the same pupil stands in two rows", column="pupil", row=row)
    measures = [numbers(table[measure.column]) for measure in (*design.outcomes, *design.priors)]
    table = table.with_columns(measures)
    # Sums depend on the order in which they are taken, so the order is made the data's own.
    order = keys["pupil"].arg_sort()
    keys, table = keys[order], table[order]
    outcome, prior = pool(table, design.outcomes), pool(table, design.priors)
    pupils = keys.with_columns(
        outcome.scores["score"].alias("actual"),
        outcome.scores["form"].alias("outcome_form"),
        prior.scores["score"].alias("prior"),
        prior.scores["form"].alias("prior_form"),
        *(table[name] for name in design.factors),
    )
    return pupils, outcome, prior


def _check_columns(table: pl.DataFrame, design: GrowthDesign) -> None:
    for name in ("pupil", "school", *design.columns):
        if name not in table.columns:
            there = ", ".join(table.columns)
            raise InputError(
                "unknown-column", f"the table has no column {name!r}; there are: {there}", column=name
            )
    if reserved := {*design.factors, *design.process} & {
        *KEYS,
        "actual",
        "prior",
        "prior_form",
        "outcome_form",
        "residual",
        "intake",
        "form",
    }:
        name = min(reserved)
        raise InputError("reserved-column", "a factor cannot have this name; rename the column", column=name)


def _check_size(used: pl.DataFrame) -> None:
    if used.height < FEWEST_PUPILS:
        raise InputError(
            "too-few-pupils",
            f"{used.height} pupils have both a starting point and an outcome; at least {FEWEST_PUPILS} are needed",
        )
    if used["school"].n_unique() < FEWEST_SCHOOLS:
        raise InputError(
            "one-school", "all pupils are in one school, so there is nothing to compare", column="school"
        )


def _comparable(
    used: pl.DataFrame, design: GrowthDesign, outcome: Pooled, prior: Pooled
) -> tuple[Remark, ...]:
    """Doubts whether the schools' results stand on one scale: one sat other subjects, or wrote other points."""
    found: list[Remark] = []
    sides = (
        ("actual", "outcome_form", outcome, design.outcomes),
        ("prior", "prior_form", prior, design.priors),
    )
    for score, form, pooled, measures in sides:
        if pooled.planned:
            found += mix_remarks(subject_mix(used.select("school", pl.col(form).alias("subject"))))
        found += scale_remarks(used[score].alias(measures[0].column), used["school"])
    return tuple(found)


def _form_term(frame: pl.DataFrame, prior: Pooled, outcome: Pooled) -> tuple[str, ...]:
    """Columns whose combination gets its own slope: both papers, or the first of them with pupils enough."""
    planned = tuple(
        name for name, pooled in (("prior_form", prior), ("outcome_form", outcome)) if pooled.planned
    )
    for names in (planned, planned[:1], planned[1:]):
        if names and frame.group_by(names).len()["len"].min() >= SMALLEST_FORM and _several(frame, names):  # type: ignore[operator]
            return names
    return ()


def _several(frame: pl.DataFrame, names: Sequence[str]) -> bool:
    return frame.select(names).n_unique() > 1


def _with_forms(frame: pl.DataFrame, forms: Sequence[str]) -> pl.DataFrame:
    if not forms:
        return frame
    return frame.with_columns(pl.concat_str(forms, separator=">").alias("form"))


def _models(frame: pl.DataFrame, design: GrowthDesign, forms: Sequence[str]) -> tuple[Fitted, list[Fitted]]:
    start = ["prior * form" if forms else "prior"]
    intake = ["intake"] if design.school_mean_prior else []
    main = fit_model("main", frame, start + intake, slope=design.random_slope)
    others = []
    if design.school_mean_prior:
        others.append(fit_model("without-school-mean", frame, start, slope=design.random_slope))
    if design.factors:
        complete = frame.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in design.factors))
        quoted = [f"`{name}`" for name in design.factors]
        _check_size(complete)
        others.append(fit_model("with-factors", complete, start + intake + quoted, slope=design.random_slope))
    return main, others


def _school_table(
    pupils: pl.DataFrame, rows: pl.DataFrame, main: Fitted, design: GrowthDesign
) -> pl.DataFrame:
    effects = main.effects
    low, high = effects.intervals(design.confidence)
    known = None if main.boundary else effects.se
    fitted = pl.DataFrame(
        {
            "school": effects.schools,
            "effect": effects.effect,
            "se": known,
            "low": None if main.boundary else low,
            "high": None if main.boundary else high,
            "conditional_se": None if main.boundary else effects.conditional_se,
            "reliability": effects.reliability,
        },
        schema_overrides=dict.fromkeys(("se", "low", "high", "conditional_se"), pl.Float64),
    )
    table = coverage(pupils).join(school_levels(rows, design), on="school", how="left", maintain_order="left")
    table = table.join(fitted, on="school", how="left", maintain_order="left")
    shown = pl.col("n") >= design.minimum_pupils
    hidden = ("effect", "se", "low", "high", "conditional_se", "reliability")
    table = table.with_columns(pl.when(shown).then(pl.col(name)).alias(name) for name in hidden)
    table = table.with_columns(_verdict().alias("verdict"))
    return table.with_columns(_quadrant().alias("quadrant"), _distinct_from(table, main, design))


def _verdict() -> pl.Expr:
    return (
        pl.when(pl.col("effect").is_null()).then(pl.lit("too-few"))
        .when(pl.col("low") > 0).then(pl.lit("above"))
        .when(pl.col("high") < 0).then(pl.lit("below"))
        .otherwise(pl.lit("cannot-tell"))
    )  # fmt: skip


def _quadrant() -> pl.Expr:
    growth = pl.when(pl.col("effect") >= 0).then(pl.lit("high-growth")).otherwise(pl.lit("low-growth"))
    level = pl.when(pl.col("level") >= 0).then(pl.lit("-high-level")).otherwise(pl.lit("-low-level"))
    return pl.when(pl.col("effect").is_not_null()).then(pl.concat_str(growth, level))


def _distinct_from(table: pl.DataFrame, main: Fitted, design: GrowthDesign) -> pl.Series:
    shown = table["effect"].is_not_null().to_numpy()
    counts = np.zeros(table.height, dtype=np.int64)
    if not main.boundary:
        index = {school: i for i, school in enumerate(main.effects.schools)}
        chosen = [index[school] for school in table.filter(pl.Series(shown))["school"]]
        distinct = main.effects.distinct_pairs(design.confidence, chosen)
        counts[shown] = distinct.sum(axis=1)
    return pl.Series("distinct_from", counts)


def _effect_table(model: Fitted, schools: pl.DataFrame, design: GrowthDesign) -> pl.DataFrame:
    low, high = model.effects.intervals(design.confidence)
    absent = model.boundary
    table = pl.DataFrame(
        {
            "model": model.code,
            "school": model.effects.schools,
            "effect": model.effects.effect,
            "low": None if absent else low,
            "high": None if absent else high,
        },
        schema_overrides={"low": pl.Float64, "high": pl.Float64},
    )
    shown = schools.filter(pl.col("effect").is_not_null()).select("school")
    return (
        table.join(shown, on="school", how="semi", maintain_order="left")
        .with_columns(_verdict().alias("verdict"))
        .sort("school")
    )


def _summary(model: Fitted, main: Fitted, alternatives: pl.DataFrame) -> ModelSummary:
    mine = alternatives.filter(model=model.code)
    first = alternatives.filter(model="main").join(mine, on="school", suffix="_other", maintain_order="left")
    compared = model is not main
    between, within = model.school_variance, model.fit.residual_variance
    return ModelSummary(
        code=model.code,
        formula=model.formula,
        terms=tuple(Term(name, term.estimate, term.se) for name, term in model.fit.fixed.items()),
        dropped=tuple(model.fit.dropped),
        school_variance=between,
        residual_variance=within,
        icc=between / (between + within),
        explained=model.explained,
        deviance=model.fit.deviance,
        boundary=model.boundary,
        n=len(model.expected),
        schools=len(model.effects.schools),
        correlation=rank_correlation(first["effect"].to_numpy(), first["effect_other"].to_numpy())
        if compared
        else None,
        changed=first.filter(pl.col("verdict") != pl.col("verdict_other")).height if compared else 0,
    )


def _distinguishability(schools: pl.DataFrame, main: Fitted, design: GrowthDesign) -> Distinguishability:
    counts = dict(schools["verdict"].value_counts().iter_rows())
    shown = schools.height - counts.get("too-few", 0)
    reliability = schools["reliability"].median()
    return Distinguishability(
        schools=schools.height,
        above=counts.get("above", 0),
        below=counts.get("below", 0),
        cannot_tell=counts.get("cannot-tell", 0),
        too_few=counts.get("too-few", 0),
        pairs=shown * (shown - 1) // 2,
        distinct_pairs=int(schools["distinct_from"].sum()) // 2,
        median_reliability=None if reliability is None else float(reliability),  # type: ignore[arg-type]
    )


def _remarks(
    main: Fitted, schools: pl.DataFrame, design: GrowthDesign, outcome: Pooled, prior: Pooled
) -> Iterator[Remark]:
    if main.boundary:
        yield Remark("no-detectable-difference")
    for name in main.fit.dropped:
        yield Remark("dropped-term", name=name)
    if len(main.effects.schools) < FEW_SCHOOLS:
        yield Remark("few-schools", {"schools": len(main.effects.schools)})
    if few := schools.filter(verdict="too-few").height:
        yield Remark("too-few-pupils", {"schools": few, "minimum": design.minimum_pupils})
    if outcome.planned or prior.planned:
        yield Remark("planned-missing", {"measures": max(len(design.outcomes), len(design.priors))})
    elif ALL in (outcome.scores["form"][0], prior.scores["form"][0]):
        yield Remark("composite", {"measures": max(len(design.outcomes), len(design.priors))})
    yield Remark("relative-to-run", {"schools": len(main.effects.schools)})
