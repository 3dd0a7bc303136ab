"""A sample's school effects together with those of earlier years' samples of the same schools.

One sample of a quarter of the pupils is mostly chance in a small school; the school's own earlier samples know
something of it as well, the less the further back they lie and the more schools change (``drift``). With the plain
mean ȳ of this year (sampling variance s²) and its prediction μ̂ from the earlier years (variance v), the best linear
predictor is

    μ̃ = w ȳ + (1 − w) μ̂,    w = v/(v + s²),    Var(μ̃ − μ) = v s²/(v + s²)

What it gains in precision it pays with inertia: a school that really changed is drawn towards its past, so alerts and
trends must not be made from it.
"""

from typing import TYPE_CHECKING

import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.drift import fit_drift
from xuequ.engines.growth.inputs import ordered
from xuequ.engines.growth.intervals import quantile

if TYPE_CHECKING:
    from xuequ.engines.growth.sampling import SamplingFindings

COLUMNS = ("school", "year", "value", "se")


def plain_means(findings: "SamplingFindings", year: int) -> pl.DataFrame:
    """Return ``COLUMNS``: unshrunken effects and their sampling errors, of the schools with an effect.

    û = λ ȳ with λ = τ²/(τ² + s²), so ȳ = û/λ and s² = τ²(1 − λ)/λ.
    """
    lam, variance = pl.col("reliability"), findings.school_variance
    return findings.schools.drop_nulls("effect").select(
        "school",
        pl.lit(year, dtype=pl.Int64).alias("year"),
        (pl.col("effect") / lam).alias("value"),
        (variance * (1 - lam) / lam).sqrt().alias("se"),
    )


def with_earlier(
    findings: "SamplingFindings", year: int, earlier: pl.DataFrame, confidence: float = 0.95
) -> pl.DataFrame:
    """Combine this year's sample with earlier ones.

    Parameters
    ----------
    earlier : ``COLUMNS`` of earlier years, as ``plain_means`` returns them

    Returns
    -------
    pl.DataFrame
        school, years (used beside this one), effect (combined), se, low, high, own (the weight w of this year; 1 where
        no earlier year is known, and the effect is then this year's shrunken one)

    Raises
    ------
    InputError
        ``bad-year`` when an earlier sample is not earlier, or what ``fit_drift`` raises: ``too-few-units``,
        ``no-overlap``, ``duplicate-year``.
    """
    if earlier.height and int(earlier["year"].max()) >= year:  # type: ignore[arg-type]
        raise InputError("bad-year", f"the earlier samples must be of years before {year}", column="year")
    now = plain_means(findings, year)
    table = pl.concat([earlier.select(COLUMNS).cast(dict(now.schema)), now]).rename({"school": "unit"})  # type: ignore[arg-type]
    found = fit_drift(table, source="past").predictions.filter(pl.col("year") == year)
    v, s2 = pl.col("predicted_se") ** 2, pl.col("se") ** 2
    known = pl.col("predicted").is_not_null()
    w = pl.when(known).then(v / (v + s2)).otherwise(1.0)
    both = found.select(
        pl.col("unit").alias("school"),
        pl.col("years").cast(pl.Int64),
        pl.when(known).then(w * pl.col("value") + (1 - w) * pl.col("predicted")).alias("together"),
        pl.when(known).then((v * s2 / (v + s2)).sqrt()).alias("together_se"),
        w.alias("own"),
    )
    single = findings.schools.drop_nulls("effect").select("school", "effect", "se")
    half = quantile(confidence, max(single.height - 1, 1)) * pl.col("se")
    joined = single.join(both, on="school", how="left").select(
        "school",
        pl.col("years").fill_null(0),
        pl.coalesce("together", "effect").alias("effect"),
        pl.coalesce("together_se", "se").alias("se"),
        pl.col("own").fill_null(1.0),
    )
    return ordered(
        joined.select(
            "school",
            "years",
            "effect",
            "se",
            (pl.col("effect") - half).alias("low"),
            (pl.col("effect") + half).alias("high"),
            "own",
        ),
        "school",
    )
