"""Speed, coverage and accuracy of the layered model, on scores whose school effects are known.

    python bench/growth_layered.py [--pupils 60000 --schools 100 --subjects 3 --years 5 --seeds 2] [--json]

15 % of the scores are missing, the more the lower a pupil's ability; 5 % of the pupils change schools each year, a
third of them in the middle of one. CPU is user plus system time of the fit alone, checks and numbering of the table
included; memory is the peak of the process, the simulated table included. ``mean gain`` is a school's mean difference
to the year before, ``one_year`` the school effect of a mixed model on last year's score of the subject: both use pupils
with both scores, in the school of the year.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import polars as pl

from xuequ.engines.growth.layered import LayeredDesign, fit_layered
from xuequ.engines.growth.mixed import fit_mixed_model
from xuequ.engines.growth.simulation_layered import LayeredTruth, LayeredWorld, simulate_layered


@dataclass(frozen=True)
class Figures:
    """Of one simulated cohort; RMSE in units of a pupil's standard deviation within schools."""

    cpu: float
    wall: float
    peak_mb: float
    patterns: int
    covered: float
    layered: float
    mean_gain: float
    one_year: float


def main() -> None:
    """Simulate, fit, compare and print."""
    options = _options()
    world = LayeredWorld(
        pupils=options.pupils, schools=options.schools, subjects=options.subjects, years=options.years
    )
    warm = simulate_layered(np.random.default_rng(0), replace(world, pupils=500, schools=5))
    fit_layered(warm.table, LayeredDesign(scale="raw"))
    found = [figures(simulate_layered(np.random.default_rng(seed), world)) for seed in range(options.seeds)]
    if options.json:
        print(json.dumps([asdict(one) for one in found]))
        return
    show(found)


def figures(truth: LayeredTruth) -> Figures:
    """Fit one cohort by the three methods."""
    start, cpu = time.perf_counter(), time.process_time()
    fit = fit_layered(truth.table, LayeredDesign(scale="raw", minimum_pupils=0))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - start
    effects = fit.effects.filter(pl.col("is_start").not_())
    found = effects.join(planted(truth), on=["unit", "subject", "year"])
    found = found.join(simple(truth.table), on=["unit", "subject", "year"])
    error = {
        name: (pl.col(name) - pl.col("truth")).pow(2).mean().sqrt() for name in ("effect", "gain", "residual")
    }
    rmse = found.select(**error).row(0)
    covered = found.select(pl.col("truth").is_between("low", "high").mean()).item()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(cpu, wall, peak, fit.patterns.height, covered, *rmse)


def planted(truth: LayeredTruth) -> pl.DataFrame:
    """The effects as simulated, one to a row."""
    school, subject, year = (axis.ravel() for axis in np.indices(truth.effects.shape))
    return pl.DataFrame(
        {
            "unit": (school + 1).astype(str),
            "subject": [chr(ord("a") + s) for s in subject],
            "year": (year + 1).astype(str),
            "truth": truth.effects.ravel(),
        }
    )


def simple(table: pl.DataFrame) -> pl.DataFrame:
    """Mean gain and one-year residual effect of each school, subject and year after the first."""
    rows = table.filter(pl.col("share") >= 0.5).unique(
        ["pupil", "subject", "year"], keep="first", maintain_order=True
    )
    before = rows.select("pupil", "subject", pl.col("year") + 1, prior="score")
    pairs = rows.join(before, on=["pupil", "subject", "year"]).drop_nulls()
    parts = []
    for (subject, year), group in pairs.group_by("subject", "year"):
        fit = fit_mixed_model(group, "score ~ prior + (1 | school)")
        residual = pl.DataFrame({"unit": fit.groups, "residual": fit.effects[:, 0]})
        unit = pl.col("school").cast(pl.String).alias("unit")
        gain = group.group_by(unit).agg(gain=(pl.col("score") - pl.col("prior")).mean())
        gain = gain.with_columns(pl.col("gain") - pl.col("gain").mean())
        parts.append(
            gain.join(residual, on="unit").with_columns(subject=pl.lit(subject), year=pl.lit(str(year)))
        )
    return pl.concat(parts)


def show(found: Sequence[Figures]) -> None:
    """Print a line for each cohort and the means."""
    names = list(asdict(found[0]))
    print("".join(f"{name:>11}" for name in names))
    rows = [list(asdict(one).values()) for one in found]
    for row in [*rows, list(np.mean(rows, axis=0))]:
        print("".join(f"{value:11.4g}" for value in row))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pupils", type=int, default=60_000)
    parser.add_argument("--schools", type=int, default=100)
    parser.add_argument("--subjects", type=int, default=3)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
