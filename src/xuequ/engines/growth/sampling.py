"""Sampled monitoring in which each pupil sits one of several subjects (planned missing, matrix sampling).

The table has a row for each enrolled pupil; a pupil who was not drawn has no outcome. Outcomes are put on one scale
within each subject, which is fair only when every school's sample sat the subjects in nearly equal parts: this is
checked. The school's mean starting point is taken from all enrolled pupils, not from the sample. Unequal chances of
being drawn are made up for by weights; what they cost is told as a design effect.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.growth_design import Measure
from xuequ.engines.growth.inputs import (
    Array,
    finite,
    keys,
    ordered,
    pupils,
    refuse_few,
    refuse_twice,
    require,
    scale_remarks,
)
from xuequ.engines.growth.intervals import quantile
from xuequ.engines.growth.modelling import Fitted, fit_model
from xuequ.engines.growth.pooling import Pooled, pool
from xuequ.engines.growth.subjects import mix_remarks, subject_mix

FEWEST_PUPILS = 50
SMALLEST_FORM = 30
_SAT, _MEAN = "\x1fsat", "\x1fmean"


@dataclass(frozen=True, slots=True)
class SamplingDesign:
    """What was sampled.

    Parameters
    ----------
    outcomes, priors : measures, one for each subject; a pupil has one or several of them. Where starts are known in
        several subjects and measures name their subject, the start in the pupil's own subject is a predictor beside
        their mean
    weight : column of 1/probability of being drawn; empty when all had the same chance
    school_mean_prior : whether the school's mean starting point is a predictor
    least_reliability : below it nothing is said of a school
    confidence : level of the intervals
    """

    outcomes: tuple[Measure, ...]
    priors: tuple[Measure, ...]
    weight: str = ""
    school_mean_prior: bool = True
    least_reliability: float = 0.5
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.least_reliability < 1:
            raise InputError("design-reliability", "the least reliability lies between 0 and 1")
        if not self.outcomes or not self.priors:
            raise InputError("design-empty", "a design needs at least one outcome and one prior measure")
        refuse_twice(*(m.column for m in (*self.outcomes, *self.priors)), self.weight, "school", "pupil")


@dataclass(frozen=True, slots=True)
class SamplingFindings:
    """School effects from a sample, in SD units of the outcome within subject.

    Attributes
    ----------
    schools : school, enrolled, n (drawn, with a starting point), rate, effective (n over the design effect),
        design_effect (of unequal weights, Kish), reliability, effect, se, low, high, verdict (``above``,
        ``below``, ``cannot-tell``, ``too-few``)
    subjects : school, subject, n, share, district_share
    school_variance, residual_variance : of the model
    smallest : pupils that must be drawn in a school for ``least_reliability``; None when schools do not differ
    smallest_school : the same in enrolled pupils at the district's sampling rate
    one_subject : design effect of one subject for each pupil against all subjects, where pupils sat several
    remarks : codes with numbers
    """

    design: SamplingDesign
    schools: pl.DataFrame
    subjects: pl.DataFrame
    school_variance: float
    residual_variance: float
    smallest: int | None
    smallest_school: int | None
    one_subject: float | None
    remarks: tuple[Remark, ...]


def evaluate_sample(table: pl.DataFrame, design: SamplingDesign) -> SamplingFindings:
    """Evaluate a sample of one cohort.

    Parameters
    ----------
    table : a row for each enrolled pupil with ``school``, perhaps ``pupil``, and the design's columns

    Raises
    ------
    InputError
        ``uneven-subjects`` (with the school as value) when a school's sample sat other subjects than the
        district's, ``bad-weight`` (with the row), ``too-few-pupils``, ``one-school``, ``mixed-scales``,
        ``unknown-column``, ``not-numeric``, ``duplicate-pupil``, ``missing-key`` or what the model raises.
    """
    frame, remarks = _prepared(table, design)
    sample = frame.filter(pl.col("actual").is_not_null() & pl.col("prior").is_not_null())
    refuse_few(sample.height, FEWEST_PUPILS, "pupils were drawn and have a starting point")
    if sample["school"].n_unique() < 2:
        raise InputError("one-school", "all pupils are in one school; nothing to compare", column="school")
    subjects = subject_mix(sample)
    remarks += mix_remarks(subjects)
    predictors = ["prior * form"] if _forms(sample) else ["prior"]
    predictors += [name for name in ("own",) if sample[name].is_not_null().any()]
    predictors += ["intake"] if design.school_mean_prior else []
    fitted = fit_model("main", sample, predictors, slope=False)
    schools = _schools(frame, sample, fitted, design)
    smallest = _smallest(fitted, design.least_reliability)
    rate = sample.height / frame.height
    return SamplingFindings(
        design=design,
        schools=schools,
        subjects=subjects,
        school_variance=fitted.school_variance,
        residual_variance=fitted.fit.residual_variance,
        smallest=smallest,
        smallest_school=None if smallest is None else math.ceil(smallest / rate),
        one_subject=_one_subject(table, design),
        remarks=(*remarks, *_remarks(fitted, schools, design)),
    )


def one_subject_design_effect(correlation: float, subjects: int) -> float:
    """By how much more pupils one subject each needs for the precision of all subjects each: K/(1 + (K − 1)ρ).

    ``correlation`` is that of the subjects' residuals (Lord 1962, Educational and Psychological Measurement 22).

    Examples
    --------
    >>> round(one_subject_design_effect(0.6, 3), 3)
    1.364
    """
    return subjects / (1 + (subjects - 1) * correlation)


def kish_design_effect(weights: Array) -> float:
    """n Σw²/(Σw)²: what unequal weights cost (Kish 1965, *Survey Sampling*, section 11.7).

    Examples
    --------
    >>> round(kish_design_effect(np.array([1.0, 1.0, 2.0, 4.0])), 3)
    1.375
    """
    return float(len(weights) * (weights @ weights) / weights.sum() ** 2)


def _prepared(table: pl.DataFrame, design: SamplingDesign) -> tuple[pl.DataFrame, tuple[Remark, ...]]:
    measures = [measure.column for measure in (*design.outcomes, *design.priors)]
    require(table, ["school", *measures, *([design.weight] if design.weight else [])])
    columns = table.with_columns(finite(table, name) for name in measures)
    school = keys(table, "school")
    outcome, prior = pool(columns, design.outcomes), pool(columns, design.priors)
    form = outcome.scores["form"]
    if prior.planned:
        both = pl.DataFrame({"start": prior.scores["form"], "end": form})
        form = both.select(pl.concat_str("start", "end", separator=">").alias("form"))["form"]
    frame = pl.DataFrame(
        {
            "pupil": pupils(table), "school": school, "prior": prior.scores["score"],
            "actual": outcome.scores["score"], "form": form, "subject": outcome.scores["form"],
            "weight": _weights(table, design, outcome.scores["score"]), "own": _own(columns, design, outcome, prior),
        }
    )  # fmt: skip
    intake = pl.col("prior").mean().over("school").alias("intake")
    suspects = [mark for name in measures for mark in scale_remarks(columns[name], school)]
    return frame.with_columns(intake).sort("pupil"), tuple(suspects)


def _own(columns: pl.DataFrame, design: SamplingDesign, outcome: Pooled, prior: Pooled) -> pl.Series:
    """The start in the subject that a pupil sat, where starts are known in several subjects; else missing.

    It foretells more than their mean alone. Who lacks it keeps the mean in its place: the best that is known.
    """
    absent = pl.Series("own", [None] * columns.height, dtype=pl.Float64)
    starts = {measure.subject: measure.column for measure in design.priors if measure.subject}
    if prior.planned or not outcome.planned or not {m.subject for m in design.outcomes} <= set(starts):
        return absent
    scales = {scale.column: scale for scale in prior.scales}
    frame = columns.with_columns(outcome.scores["form"].alias(_SAT), prior.scores["score"].alias(_MEAN))
    own = [
        pl.when(pl.col(_SAT) == subject).then((pl.col(column) - scales[column].mean) / scales[column].sd)
        for subject, column in starts.items()
    ]
    return frame.select(
        pl.when(pl.col(_SAT).is_not_null()).then(pl.coalesce(*own, pl.col(_MEAN))).alias("own")
    )["own"]


def _weights(table: pl.DataFrame, design: SamplingDesign, outcome: pl.Series) -> pl.Series:
    if not design.weight:
        return pl.Series("weight", np.ones(table.height))
    weights = finite(table, design.weight)
    drawn = outcome.is_not_null()
    bad = drawn & ((weights <= 0) | weights.is_null()).fill_null(value=True)
    if bad.any():
        row = int(bad.arg_max() or 0) + 1
        message = "a pupil who was drawn needs a weight above zero"
        raise InputError("bad-weight", message, column=design.weight, row=row)
    return weights.alias("weight")


def _forms(sample: pl.DataFrame) -> bool:
    """Whether each combination of papers has pupils enough for a slope of its own."""
    sizes = sample.group_by("form").len()["len"]
    return sizes.len() > 1 and int(sizes.min()) >= SMALLEST_FORM  # type: ignore[arg-type]


def _schools(
    frame: pl.DataFrame, sample: pl.DataFrame, fitted: Fitted, design: SamplingDesign
) -> pl.DataFrame:
    """Weighted means of the residuals, shrunken by what their number and weights resolve."""
    residual = sample["actual"].to_numpy() - fitted.expected
    by = sample.with_columns(pl.Series("residual", residual)).group_by("school", maintain_order=True)
    w, r = pl.col("weight"), pl.col("residual")
    drawn = by.agg(
        pl.len().cast(pl.Int64).alias("n"),
        ((w * r).sum() / w.sum()).alias("mean"),
        (pl.len() * (w**2).sum() / w.sum() ** 2).alias("design_effect"),
    )
    variance, within = fitted.school_variance, fitted.fit.residual_variance
    known = pl.DataFrame(
        {
            "school": fitted.effects.schools, "error": fitted.effects.se**2,
            "equal": fitted.effects.reliability,
        }
    )  # fmt: skip
    drawn = drawn.join(known, on="school").with_columns(
        (pl.col("n") / pl.col("design_effect")).alias("effective")
    )
    drawn = drawn.with_columns((variance / (variance + within / pl.col("effective"))).alias("reliability"))
    drawn = drawn.with_columns((pl.col("reliability") * pl.col("mean")).alias("effect"))
    drawn = drawn.with_columns(
        (pl.col("effect") - pl.col("effect").mean()).alias("effect"),
        (pl.col("error") + variance * (pl.col("equal") - pl.col("reliability"))).sqrt().alias("se"),
    )
    enrolled = frame.group_by("school").agg(pl.len().cast(pl.Int64).alias("enrolled"))
    return _judged(ordered(enrolled.join(drawn, on="school", how="left"), "school"), fitted, design)


def _judged(table: pl.DataFrame, fitted: Fitted, design: SamplingDesign) -> pl.DataFrame:
    half = quantile(design.confidence, fitted.effects.df) * pl.col("se")
    enough = (pl.col("reliability") >= design.least_reliability) & pl.lit(not fitted.boundary)
    table = table.with_columns(
        pl.col("n").fill_null(0),
        (pl.col("n").fill_null(0) / pl.col("enrolled")).alias("rate"),
        *(pl.when(enough).then(pl.col(name)).alias(name) for name in ("effect", "se")),
    )
    table = table.with_columns(
        (pl.col("effect") - half).alias("low"), (pl.col("effect") + half).alias("high")
    )
    verdict = (
        pl.when(pl.col("effect").is_null()).then(pl.lit("too-few"))
        .when(pl.col("low") > 0).then(pl.lit("above"))
        .when(pl.col("high") < 0).then(pl.lit("below"))
        .otherwise(pl.lit("cannot-tell"))
    )  # fmt: skip
    return table.select(
        "school", "enrolled", "n", "rate", "effective", "design_effect", "reliability", "effect", "se", "low",
        "high", verdict.alias("verdict"),
    )  # fmt: skip


def _smallest(fitted: Fitted, reliability: float) -> int | None:
    if fitted.boundary:
        return None
    ratio = fitted.fit.residual_variance / fitted.school_variance
    return math.ceil(ratio * reliability / (1 - reliability))


def _one_subject(table: pl.DataFrame, design: SamplingDesign) -> float | None:
    """From the correlation between subjects among the pupils who sat several; None when nobody did."""
    names = [measure.column for measure in design.outcomes]
    found = []
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            both = pl.DataFrame([finite(table, first), finite(table, second)]).drop_nulls()
            if both.height >= SMALLEST_FORM:
                found.append(float(np.corrcoef(both.to_numpy().T)[0, 1]))
    return one_subject_design_effect(float(np.mean(found)), len(names)) if found else None


def _remarks(fitted: Fitted, schools: pl.DataFrame, design: SamplingDesign) -> Iterator[Remark]:
    if fitted.boundary:
        yield Remark("no-detectable-difference")
    if few := schools.filter(verdict="too-few").height:
        yield Remark("too-few-pupils", {"schools": few, "reliability": design.least_reliability})
    worst = schools["design_effect"].max()
    if isinstance(worst, float) and worst > 1.5:
        yield Remark("unequal-weights", {"design_effect": worst})
    yield Remark("relative-to-run", {"schools": schools.height})
