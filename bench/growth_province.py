"""A province: every school's effects and every pupil's percentiles, one cohort at a time.

    python bench/growth_province.py [--pupils 1000000 --cohorts 9 --subjects 9 --terms 4 --schools 200] [--only 1]

A cohort is one grade with whole-number scores (out of 100) in every subject and term. Each subject and each term after
the first is judged by the two batch entries of the engines: ``fit_cohort`` (the term's score on the one before, schools
with a random intercept) and ``percentile_table`` (the same pair). Cohorts are files of Parquet, read one by one by one
process, so memory is that of one cohort; more processes take cohorts side by side. CPU is user plus system time of the
process with reading and writing. ``--only 1`` judges one cohort of full size, ``--scale`` a part of every cohort; both
say what all would take, in proportion.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl

from xuequ.engines.growth.mixed import fit_cohort
from xuequ.engines.growth.percentiles import PercentileDesign, percentile_table
from xuequ.engines.growth.splines import spline_basis

FORMULA = "score ~ prior_1 + (1 | school)"


@dataclass(frozen=True)
class Spent:
    """CPU seconds by part and rows judged."""

    reading: float
    effects: float
    percentiles: float
    rows: int


def main() -> None:
    """Write the cohorts in another process, judge them, print what it took."""
    options = _options()
    if options.write:
        write(Path(options.write), options)
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, *sys.argv[1:], "--write", folder], check=True)
        start = time.perf_counter()
        spent = [judge(path, options) for path in sorted(Path(folder).glob("*.parquet"))]
        wall = time.perf_counter() - start
    show(spent, wall, options)


def write(folder: Path, options: argparse.Namespace) -> None:
    """Invent the cohorts: ability persists, schools add a little every term."""
    n = round(options.pupils * options.scale / options.cohorts)
    for cohort in range(options.only or options.cohorts):
        rng = np.random.default_rng(cohort)
        school = rng.integers(0, options.schools, n)
        columns: dict[str, object] = {"id": np.arange(n), "school": school}
        for subject in range(options.subjects):
            ability = rng.normal(size=n)
            for term in range(options.terms):
                ability = ability + rng.normal(0, 0.1, options.schools)[school] + rng.normal(0, 0.3, n)
                share = 0.65 + 0.12 * ability + rng.normal(0, 0.04, n)
                seen = np.clip(np.round(options.points * share), 0, options.points)
                columns[f"s{subject}_{term}"] = np.where(rng.random(n) < 0.03, np.nan, seen)
        table = pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
        table.write_parquet(folder / f"{cohort:02}.parquet")


def judge(path: Path, options: argparse.Namespace) -> Spent:
    """All effects and percentiles of one cohort, written beside it."""
    reading = effects = percentiles = 0.0
    rows = 0
    out: dict[str, pl.Series] = {}
    found = []
    for subject in range(options.subjects):
        for term in range(1, options.terms):
            at = time.process_time()
            names = [f"s{subject}_{term}", f"s{subject}_{term - 1}"]
            pair = pl.read_parquet(path, columns=["id", "school", *names])
            pair = pair.rename(dict(zip(names, ("score", "prior_1"), strict=True)))
            read = time.process_time()
            found.append(fit_cohort(pair, {"formula": FORMULA}).with_columns(of=pl.lit(names[0])))
            fitted = time.process_time()
            design = PercentileDesign((spline_basis(pair["prior_1"].drop_nulls().to_numpy()),))
            ranked = percentile_table(pair.with_columns(pl.col("id").cast(pl.String)), design)
            out[names[0]] = ranked["sgp"]
            done = time.process_time()
            reading, effects, percentiles = (
                reading + read - at,
                effects + fitted - read,
                percentiles + done - fitted,
            )
            rows += pair.height
    pl.concat(found).write_parquet(path.with_suffix(".effects"))
    for name, values in out.items():
        pl.DataFrame({name: values}).write_parquet(path.with_suffix(f".{name}"))
    return Spent(reading, effects, percentiles, rows)


def show(spent: list[Spent], wall: float, options: argparse.Namespace) -> None:
    """Print what was measured and what the whole would take."""
    parts = {name: sum(getattr(one, name) for one in spent) for name in ("reading", "effects", "percentiles")}
    rows, cpu = sum(one.rows for one in spent), sum(parts.values())
    used = resource.getrusage(resource.RUSAGE_SELF)
    total, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20
    print(
        f"{rows:,} pupil-results in {len(spent)} cohorts: {total:.0f} CPU s, {wall:.0f} s wall, peak {peak:.2f} GB"
    )
    print("".join(f"  {name} {seconds:.1f} s ({seconds / cpu:.0%})" for name, seconds in parts.items()))
    part = options.scale * len(spent) / options.cohorts
    if part < 1.0:
        print(f"all of them: about {total / part:.0f} CPU s, {total / part / 120:.1f} min on 2 cores")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pupils", type=int, default=1_000_000)
    parser.add_argument("--cohorts", type=int, default=9)
    parser.add_argument("--subjects", type=int, default=9)
    parser.add_argument("--terms", type=int, default=4)
    parser.add_argument("--schools", type=int, default=200, help="of each cohort")
    parser.add_argument("--points", type=int, default=100, help="highest score; all are whole numbers")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", type=int, default=0, help="so many of the cohorts")
    parser.add_argument("--write", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
