"""Drawing a sample in which each pupil sits one subject, so that as much as possible can be said of schools.

Within each school pupils are drawn at random, as many for each subject. Where pupils sat one subject each at the start,
whoever is drawn sits **the same subject again**: the own start foretells it better than that of another subject, so
less chance is left in a school's mean residual (its variance falls by about a third where subjects correlate 0.8). The
draw stays fair: who sat which subject at the start was drawn too, and subjects stay equal in every school.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.inputs import keys, pupils, refuse_twice, require, texts


@dataclass(frozen=True, slots=True)
class PlanDesign:
    """What is drawn.

    Parameters
    ----------
    subjects : what is sat, at least one
    rate : share of each school's pupils that is drawn, above 0 and up to 1
    least : as many pupils are drawn in each school at least, all of them where there are fewer
    before : column of the subject that a pupil sat at the start; empty when all sat all subjects
    """

    subjects: tuple[str, ...]
    rate: float = 0.25
    least: int = 30
    before: str = ""

    def __post_init__(self) -> None:
        if not self.subjects:
            raise InputError("plan-subjects", "name at least one subject")
        refuse_twice(*self.subjects)
        if not 0 < self.rate <= 1:
            raise InputError("plan-rate", f"the rate lies above 0 and up to 1: {self.rate}")
        if self.least < 0:
            raise InputError("plan-least", f"the least number of pupils is not negative: {self.least}")


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """Who sits what.

    Attributes
    ----------
    pupils : pupil, school, subject (null: not drawn), matched (the subject of the start; null where not drawn), weight
        (1/probability of being drawn, null where not drawn); sorted by pupil
    schools : school, enrolled, drawn, matched, weight
    """

    design: PlanDesign
    pupils: pl.DataFrame
    schools: pl.DataFrame


def plan_sample(table: pl.DataFrame, design: PlanDesign, rng: np.random.Generator) -> SamplePlan:
    """Draw a sample.

    Parameters
    ----------
    table : a row for each enrolled pupil with ``pupil``, ``school`` and, where ``before`` is named, the subject of the
        start (null: none)

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``duplicate-pupil``, ``unknown-subject`` (with the row).
    """
    require(table, ("pupil", "school", *([design.before] if design.before else [])))
    frame = pl.DataFrame([pupils(table), keys(table, "school"), _before(table, design)]).sort("pupil")
    parts = [
        _of_school(part, design, rng)
        for _school, part in sorted(frame.group_by("school", maintain_order=True))
    ]
    drawn = pl.concat(parts).sort("pupil") if parts else frame.with_columns(pl.lit(None).alias("subject"))
    counted = drawn.group_by("school").agg(
        pl.len().cast(pl.Int64).alias("enrolled"),
        pl.col("subject").is_not_null().sum().cast(pl.Int64).alias("drawn"),
        pl.col("matched").fill_null(value=False).sum().cast(pl.Int64).alias("matched"),
        pl.col("weight").max(),
    )
    return SamplePlan(design, drawn, counted.sort("school"))


def _before(table: pl.DataFrame, design: PlanDesign) -> pl.Series:
    if not design.before:
        return pl.Series("before", [None] * table.height, dtype=pl.String)
    found = texts(table, design.before)
    odd = found.is_not_null() & ~found.is_in(list(design.subjects))
    if odd.any():
        row = int(odd.arg_max() or 0) + 1
        message = f"a subject of the start that nobody sits now; there are: {', '.join(design.subjects)}"
        raise InputError("unknown-subject", message, column=design.before, row=row, value=found[row - 1])
    return found.alias("before")


def _of_school(part: pl.DataFrame, design: PlanDesign, rng: np.random.Generator) -> pl.DataFrame:
    n = part.height
    wanted = min(n, max(round(design.rate * n), design.least))
    before = part["before"].to_list()
    order = rng.permutation(n).tolist()
    # Which subjects get a pupil more is drawn as well: else it would always be the first.
    sizes = np.full(len(design.subjects), wanted // len(design.subjects))
    sizes[rng.permutation(len(sizes))[: wanted % len(sizes)]] += 1
    subject: list[str | None] = [None] * n
    short: list[str] = []
    for name, size in zip(design.subjects, sizes.tolist(), strict=True):
        own = [i for i in order if before[i] == name][:size]
        for i in own:
            subject[i] = name
        short += [name] * (size - len(own))
    rest = [i for i in order if subject[i] is None]
    for i, name in zip(rest, short, strict=False):
        subject[i] = name
    chosen = pl.Series("subject", subject, dtype=pl.String)
    weight = pl.when(pl.col("subject").is_not_null()).then(n / wanted if wanted else None)
    return (
        part.with_columns(chosen)
        .select(
            "pupil",
            "school",
            "subject",
            (pl.col("subject") == pl.col("before")).fill_null(value=False).alias("matched"),
            weight.cast(pl.Float64).alias("weight"),
        )
        .with_columns(pl.when(pl.col("subject").is_not_null()).then("matched").alias("matched"))
    )
