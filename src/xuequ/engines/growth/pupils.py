"""What a fitted model says of pupils, and of classes and schools as groups of pupils."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm

from xuequ.engines.growth.findings import BAND_CUTS, BANDS
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.engines.growth.intervals import Array, quantile, wilson
from xuequ.engines.growth.modelling import Fitted


@dataclass(frozen=True, slots=True)
class BehindShare:
    """Share of the district's pupils in the two lowest bands of growth."""

    district: float

    @classmethod
    def of(cls, pupils: pl.DataFrame) -> "BehindShare":
        """Count them over the pupils in the model."""
        low = pupils.drop_nulls("band").select(pl.col("band").is_in(BANDS[:2]).mean()).item()
        return cls(float(low))


def pupil_table(
    pupils: pl.DataFrame, frame: pl.DataFrame, main: Fitted, design: GrowthDesign
) -> pl.DataFrame:
    """Return every enrolled pupil with the expected score, the residual and the band of growth.

    The expectation x'β is that of pupils who started alike, in the average school. Its interval is where such
    pupils' scores lie: ± z·√(G₀₀ + σ²). The residual's z divides by the same root. A single pupil's residual
    carries the measurement error of both papers, √((1 − ρ)(1 + b²)) with ρ the reliability assumed and b the
    slope; the bands from z − 1 to z + 1 of these standard errors are the range in which two of three such
    pupils truly lie.
    """
    spread = float(np.sqrt(main.school_variance + main.fit.residual_variance))
    half = float(norm.ppf((1 + design.confidence) / 2)) * spread
    slope = float(np.corrcoef(frame["prior"].to_numpy(), frame["actual"].to_numpy())[0, 1])
    error = float(np.sqrt((1 - design.reliability) * (1 + slope**2))) / spread
    fitted = frame.select("pupil", expected=pl.Series(main.expected))
    table = pupils.select("pupil", "school", "class", "prior_form", "outcome_form", "prior", "actual")
    table = table.join(fitted, on="pupil", how="left", maintain_order="left").with_columns(
        (pl.col("expected") - half).alias("expected_low"),
        (pl.col("expected") + half).alias("expected_high"),
        (pl.col("actual") - pl.col("expected")).alias("residual"),
    )
    z = pl.col("residual") / spread
    return table.with_columns(
        z.alias("z"),
        _band(z).alias("band"),
        _band(z - error).alias("band_low"),
        _band(z + error).alias("band_high"),
    )


def _band(z: pl.Expr) -> pl.Expr:
    words: pl.Expr = pl.lit(BANDS[-1])
    for cut, band in zip(reversed(BAND_CUTS), reversed(BANDS[:-1]), strict=True):
        words = pl.when(z < cut).then(pl.lit(band)).otherwise(words)
    return pl.when(z.is_not_null()).then(words)


def school_levels(rows: pl.DataFrame, design: GrowthDesign) -> pl.DataFrame:
    """Return by school the level (mean outcome) with its interval and the shares of pupils by growth."""
    scored = rows.filter(pl.col("actual").is_not_null())
    level = scored.group_by("school", maintain_order=True).agg(
        pl.col("actual").mean().alias("level"), pl.col("actual").std().alias("sd"), pl.len().alias("scored")
    )
    half = pl.Series([quantile(design.confidence, max(k - 1, 1)) for k in level["scored"]], dtype=pl.Float64)
    half = half * level["sd"] / level["scored"].sqrt()
    level = level.with_columns(
        (pl.col("level") - half).alias("level_low"), (pl.col("level") + half).alias("level_high")
    )
    return level.drop("sd", "scored").join(_shares(rows, design), on="school", how="left")


def _shares(rows: pl.DataFrame, design: GrowthDesign) -> pl.DataFrame:
    used = rows.drop_nulls("band")
    shares = used.group_by("school", maintain_order=True).agg(
        pl.len().alias("used"),
        (pl.col("residual") > 0).sum().alias("above"),
        pl.col("band").is_in(BANDS[:2]).sum().alias("low"),
        *((pl.col("band") == band).mean().alias(band) for band in BANDS),
    )
    n = shares["used"].to_numpy().astype(np.float64)
    found: dict[str, Array] = {}
    for name in ("above", "low"):
        count = shares[name].to_numpy().astype(np.float64)
        low, high = wilson(count, n, design.confidence)
        found |= {f"share_{name}": count / n, f"share_{name}_low": low, f"share_{name}_high": high}
    return shares.drop("used", "above", "low").with_columns(
        pl.Series(name, value) for name, value in found.items()
    )


def class_table(rows: pl.DataFrame, main: Fitted, design: GrowthDesign) -> pl.DataFrame:
    """Return by class the mean residual against the district, and against the own school with an interval.

    The latter is the mean of y − x'β − u_j; small classes (below the minimum number) have their count only.
    It describes the pupils of a class and is no measure of any teacher.
    """
    effects = pl.DataFrame({"school": main.effects.schools, "effect": main.effects.effect})
    used = rows.drop_nulls(["residual", "class"]).join(
        effects, on="school", how="left", maintain_order="left"
    )
    table = used.group_by("school", "class", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("residual").mean().alias("growth"),
        (pl.col("residual") - pl.col("effect")).mean().alias("within"),
    )
    sigma = float(np.sqrt(main.fit.residual_variance))
    half = float(norm.ppf((1 + design.confidence) / 2)) * sigma / pl.col("n").sqrt()
    table = table.with_columns(
        (pl.col("within") - half).alias("within_low"), (pl.col("within") + half).alias("within_high")
    )
    enough = pl.col("n") >= design.minimum_pupils
    hidden = ("growth", "within", "within_low", "within_high")
    return table.with_columns(pl.when(enough).then(pl.col(name)).alias(name) for name in hidden).sort(
        "school", "class"
    )
