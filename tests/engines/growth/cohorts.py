"""Invented cohorts whose true growth is known."""

import numpy as np
import polars as pl

from xuequ.engines.growth.percentiles import PercentileDesign
from xuequ.engines.growth.splines import spline_basis

SLOPE, GAIN, SPREAD = 0.8, 130.0, 25.0


def chain(n: int, seed: int, *, years: int = 2, gain: float = GAIN) -> pl.DataFrame:
    """Scores that follow the year before by ``gain + .8 x + N(0, 25)``; ``years`` earlier ones, none missing."""
    rng = np.random.default_rng(seed)
    scores = [rng.normal(650.0, 42.0, n)]
    for _ in range(years):
        scores.append(gain + SLOPE * scores[-1] + rng.normal(0.0, SPREAD, n))
    names = ["score", *(f"prior_{j}" for j in range(1, years + 1))]
    columns = {name: np.round(values, 1) for name, values in zip(names, reversed(scores), strict=True)}
    return pl.DataFrame({"id": np.arange(n), **columns})


def with_errors(table: pl.DataFrame, csem: float, seed: int) -> pl.DataFrame:
    """The same pupils with errors of measurement in all earlier scores, the true ones kept as ``true_<j>``."""
    rng = np.random.default_rng(seed)
    names = [name for name in table.columns if name.startswith("prior_")]
    true = table.with_columns(pl.col(name).alias(name.replace("prior", "true")) for name in names)
    return true.with_columns(pl.col(name) + rng.normal(0.0, csem, len(table)) for name in names)


def design(table: pl.DataFrame, **settings: int) -> PercentileDesign:
    """Splines laid out over the table's own priors."""
    names = [name for name in table.columns if name.startswith("prior_")]
    return PercentileDesign(tuple(spline_basis(table[name].drop_nulls()) for name in names), **settings)
