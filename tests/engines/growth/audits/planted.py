"""Districts that are sound but for one planted defect."""

from collections.abc import Callable

import numpy as np
import polars as pl

from xuequ.engines.growth.growth_design import GrowthDesign, Measure

SCHOOLS = 40
DESIGN = GrowthDesign(outcomes=(Measure("outcome"),), priors=(Measure("prior"),))
Plant = Callable[[np.random.Generator, pl.DataFrame], pl.DataFrame]


def sound(rng: np.random.Generator, schools: int = SCHOOLS) -> pl.DataFrame:
    """Pupils with a result before they entered, a starting point, an outcome and a later result; nothing is wrong.

    Tests have reliability .85 or so, schools differ by 0.2 SD in growth, a tenth is absent whatever its start.
    """
    sizes = rng.integers(60, 140, schools)
    school = np.repeat(np.arange(schools), sizes)
    n = len(school)
    ability = (0.4 * rng.normal(size=schools))[school] + rng.normal(0, 0.9, n)
    effect = (0.2 * rng.normal(size=schools))[school]
    grown = 0.9 * ability + effect + rng.normal(0, 0.35, n)
    later = 0.9 * grown + (0.08 * rng.normal(size=schools))[school] + rng.normal(0, 0.35, n)
    noise = 0.38
    outcome = grown + rng.normal(0, noise, n)
    outcome[rng.random(n) < 0.1] = np.nan
    return pl.DataFrame(
        {
            "pupil": [f"p{i:05d}" for i in range(n)],
            "school": [f"s{i:02d}" for i in school],
            "sex": rng.choice(["f", "m"], n),
            "paper": rng.choice(["A", "B"], n),
            "earlier": ability + rng.normal(0, noise, n),
            "prior": ability + rng.normal(0, noise, n),
            "outcome": outcome,
            "followup": later + rng.normal(0, noise, n),
        }
    ).with_columns(pl.col("outcome").fill_nan(None))


def too_easy(_rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    """The outcome ends where its best eighth stands."""
    top = table["outcome"].quantile(0.88)
    return table.with_columns(pl.col("outcome").clip(upper_bound=top))


def weak_left_out(_rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    """In two schools three in four of the weakest two fifths were not there on the day."""
    weak = (pl.col("prior").rank() / pl.len()).over("school") < 0.4
    absent = pl.col("school").is_in(["s03", "s17"]) & weak & (pl.int_range(pl.len()) % 4 > 0)
    return table.with_columns(pl.when(~absent).then(pl.col("outcome")).alias("outcome"))


def coached(_rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    """One school trained the evaluated paper: it rises, what comes later does not."""
    return table.with_columns(pl.col("outcome") + 0.8 * (pl.col("school") == "s05"))


def misjoined(_rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    """Paper B was put on the scale of paper A a quarter of a point too high."""
    return table.with_columns(pl.col("outcome") + 0.25 * (pl.col("paper") == "B"))


def sorted_by_past(rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    """Schools chose their pupils by something that the earlier result shows and the starting point does not."""
    schools = table["school"].n_unique()
    pull = pl.DataFrame({"school": table["school"].unique().sort(), "pull": rng.normal(0, 0.3, schools)})
    return (
        table.join(pull, on="school", how="left", maintain_order="left")
        .with_columns(pl.col("earlier") + pl.col("pull"), pl.col("outcome") + pl.col("pull"))
        .drop("pull")
    )


DEFECTS: dict[str, Plant] = {
    "ceiling": too_easy,
    "leavers": weak_left_out,
    "persistence": coached,
    "forms": misjoined,
    "falsification": sorted_by_past,
}
"""By the audit that must find it."""
