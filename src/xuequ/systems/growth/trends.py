"""A school's growth over the years of one grade, the newest judged by those before it."""

import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.drift import fit_drift
from xuequ.engines.growth.findings import GrowthFindings
from xuequ.record.models import Run
from xuequ.systems.growth.models import SchoolGrowth

COLUMNS = {
    "school": pl.String,
    "period": pl.String,
    "value": pl.Float64,
    "se": pl.Float64,
}
RESULT = {
    **COLUMNS,
    **dict.fromkeys(("expected", "low", "high"), pl.Float64),
    "outside": pl.Boolean,
}


def trend_table(findings: GrowthFindings, grade: int | None, run: Run) -> pl.DataFrame:
    """Return the plain means of growth by school and year with the range that earlier years foretell.

    A stored effect û is shrunken: û = λ ȳ with Var(u | y) = τ²(1 − λ), so the plain mean is û/λ and its squared SE
    Var(u | y)/λ. Earlier years are the published evaluations of the same grade. Columns: school, period, value, se and,
    where the past suffices, expected, low, high (of the value to be observed) and outside.
    """
    if run.study_id is not None or grade is None or not _year(findings.design.period):
        return pl.DataFrame(schema=RESULT)
    now = _plain(findings.schools.with_columns(pl.lit(findings.design.period).alias("period")))
    rows = pl.concat([_earlier(grade, findings.design.period), now]).sort("school", "period")
    if rows["period"].n_unique() < 2:
        return _without_past(rows)
    table = rows.select(
        pl.col("school").alias("unit"),
        pl.col("period").str.slice(0, 4).cast(pl.Int64).alias("year"),
        "value",
        "se",
    )
    try:
        found = fit_drift(table, source="past").predictions
    except InputError:
        return _without_past(rows)
    judged = found.select(
        pl.col("unit").alias("school"),
        pl.col("year"),
        pl.col("value").alias("deviation"),
        pl.col("predicted"),
        pl.col("new_low"),
        pl.col("new_high"),
        "outside",
    )
    joined = rows.with_columns(pl.col("period").str.slice(0, 4).cast(pl.Int64).alias("year")).join(
        judged, on=["school", "year"], how="left", maintain_order="left"
    )
    # The engine's values are deviations from the mean of their year; here they keep the zero of the evaluation.
    shift = pl.col("value") - pl.col("deviation")
    return joined.with_columns(
        (pl.col("predicted") + shift).alias("expected"),
        (pl.col("new_low") + shift).alias("low"),
        (pl.col("new_high") + shift).alias("high"),
    ).select(RESULT.keys())


def _without_past(rows: pl.DataFrame) -> pl.DataFrame:
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in RESULT.items() if name not in COLUMNS]
    return rows.with_columns(absent).select(RESULT.keys())


def _earlier(grade: int, period: str) -> pl.DataFrame:
    rows = SchoolGrowth.objects.filter(
        evaluation__grade=grade,
        evaluation__period__lt=period,
        evaluation__published__isnull=False,
        evaluation__superseded=None,
        evaluation__run__study=None,
    )
    fields = ("school__uid", "evaluation__period", "effect", "conditional_se", "reliability")
    found = [(str(uid), *rest) for uid, *rest in rows.values_list(*fields)]
    names = {
        "school": pl.String, "period": pl.String, "effect": pl.Float64, "conditional_se": pl.Float64,
        "reliability": pl.Float64,
    }  # fmt: skip
    return _plain(pl.DataFrame(found, schema=names, orient="row"))


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    known = rows.drop_nulls(["effect", "conditional_se"]).filter(pl.col("reliability") > 0)
    return known.select(
        "school",
        "period",
        (pl.col("effect") / pl.col("reliability")).alias("value"),
        (pl.col("conditional_se") / pl.col("reliability").sqrt()).alias("se"),
    )


def _year(period: str) -> bool:
    return period[:4].isdecimal()
