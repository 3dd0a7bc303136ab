"""A school's growth over the years of one grade, the newest judged by those before it."""

import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.drift import fit_drift
from xuequ.engines.growth.findings import GrowthFindings

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


def trend_table(findings: GrowthFindings, earlier: pl.DataFrame | None) -> pl.DataFrame:
    """Return the plain means of growth by school and year with the range that earlier years foretell.

    A stored effect û is shrunken: û = λ ȳ with Var(u | y) = τ²(1 − λ), so the plain mean is û/λ and its squared SE
    Var(u | y)/λ. Columns: school, period, value, se and, where the past suffices, expected, low, high (of the value to
    be observed) and outside.

    Parameters
    ----------
    earlier : columns ``EARLIER``, of the same grade; None where years cannot be put in a row
    """
    if earlier is None or not _year(findings.design.period):
        return pl.DataFrame(schema=RESULT)
    now = _plain(findings.schools.with_columns(pl.lit(findings.design.period).alias("period")))
    past = _plain(earlier.filter(pl.col("period") < findings.design.period))
    rows = pl.concat([past, now]).sort("school", "period")
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
