"""Cost of SIMEX growth percentiles beside plain ways to the same numbers, in one run.

    python bench/growth_simex.py [--data sgpdata.csv] [--simulations 50] [--json]

One cohort with one earlier score (grade 4 of the public panel where it is there, otherwise an invented one of the same
size), measurement errors that depend on the score, five lambdas. Side by side, in CPU seconds of this process:

- ours: ``simex_percentiles``, all simulations;
- cold refits: the same simulated scores, each fitted by ``fit_quantile_process`` from nothing, for a few simulations;
- plain pieces: the same by the functions for plain percentiles, ``growth_percentiles`` on each simulated table and
  sorted expected scores of each, for a few simulations;
- HiGHS: the sparse linear programs of one simulation for a few taus on a part of the pupils, against ours on the same.

Ours is run on as many simulations as each plain way does, so that every ratio compares equal work. ``difference`` is
the largest of percentiles, which are equal for cold refits (plain pieces sort before they average, so a few differ),
and for HiGHS the largest relative one of check losses.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from growth_percentiles import LAYOUT, PUBLIC, invented
from xuequ.engines.growth.measurement_error import CsemTable, with_csem
from xuequ.engines.growth.panel import Cohort, panel_cohorts
from xuequ.engines.growth.percentiles import (
    TAUS,
    PercentileDesign,
    design_matrix,
    growth_percentiles,
    percentile_ranks,
    sorted_expectations,
)
from xuequ.engines.growth.quantile import check_loss, fit_quantile_process
from xuequ.engines.growth.simex import SimexSettings, simex_percentiles

FloatArray = NDArray[np.float64]
T = TypeVar("T")

GRADE = 4
CSEM = CsemTable((300.0, 600.0, 850.0), (45.0, 25.0, 45.0))
FEW = 5
PART, PART_TAUS = 2000, TAUS[[4, 49, 94]]


@dataclass(frozen=True)
class Compared:
    """CPU seconds of a plain way and of ours for the same work, and the largest difference of results."""

    way: str
    work: str
    plain: float
    ours: float
    difference: float


def main() -> None:
    """Measure, then print the figures and the ratios."""
    options = _options()
    cohort = _cohort(options.data)
    table = with_csem(cohort.table, CSEM).drop_nulls(["score", "prior_1"])
    design = PercentileDesign(cohort.bases[:1])
    settings = SimexSettings(options.simulations)
    simex_percentiles(table, design, _rng(), SimexSettings(2))  # loads what is loaded once
    found, whole = timed(lambda: simex_percentiles(table, design, _rng(), settings))
    compared = [cold_refits(table, design), plain_pieces(table, design), highs(table, design)]
    if options.json:
        document = {"pupils": len(table), "fits": found.fits, "cpu": whole}
        print(json.dumps({**document, "compared": [asdict(c) for c in compared]}))
    else:
        show(len(table), found.fits, whole, compared)


def cold_refits(table: pl.DataFrame, design: PercentileDesign) -> Compared:
    """Every fit from nothing, every lambda's mean kept, a line fitted for each pupil and tau."""
    settings = SimexSettings(FEW)
    ours, own = timed(lambda: simex_percentiles(table, design, _rng(), settings))
    expected, plain = timed(lambda: _extrapolated(table, design, settings))
    difference = np.abs(_ranks(expected, table) - ours.table.sort("id")["sgp_simex"].to_numpy()).max()
    return Compared("cold refits by our engine", f"{FEW} simulations", plain, own, float(difference))


def plain_pieces(table: pl.DataFrame, design: PercentileDesign) -> Compared:
    """What one would write with the functions for plain percentiles alone."""
    settings, pupils = SimexSettings(FEW), table.sort("id")
    ours, own = timed(lambda: simex_percentiles(table, design, _rng(), settings))

    def expected(x: FloatArray) -> FloatArray:
        [model] = growth_percentiles(pupils.with_columns(prior_1=x), design).models
        return model.expected(x)

    noisy = _noisy(table, design, settings)
    fitted, plain = timed(lambda: _line([sum(map(expected, xs)) / len(xs) for xs in noisy], settings))
    difference = np.abs(_ranks(fitted, table) - ours.table.sort("id")["sgp_simex"].to_numpy()).max()
    return Compared("pieces of plain percentiles", f"{FEW} simulations", plain, own, float(difference))


def highs(table: pl.DataFrame, design: PercentileDesign) -> Compared:
    """Linear programs by scipy's HiGHS: residuals split into positive and negative parts."""
    part = table.sort("id").head(PART)
    [x] = _noisy(part, design, SimexSettings(2))[1][:1]
    X, y = design_matrix(x[:, None], design.bases), part["score"].to_numpy()
    process, own = timed(lambda: fit_quantile_process(X, y, PART_TAUS))
    coefficients, plain = timed(lambda: np.column_stack([_linear_program(X, y, tau) for tau in PART_TAUS]))
    loss = check_loss(y[:, None] - X @ coefficients, PART_TAUS)
    difference = float(np.abs(loss / process.loss - 1).max())
    return Compared("HiGHS", f"1 fit, {PART} pupils, {len(PART_TAUS)} taus", plain, own, difference)


def show(pupils: int, fits: int, whole: float, compared: list[Compared]) -> None:
    """Print the figures for people."""
    print(f"SIMEX of {pupils} pupils: {fits} fits of {len(TAUS)} taus in {whole:.2f} CPU s")
    print(f"{'plain way':30}{'work':32}{'plain CPU s':>12}{'ours':>9}{'ratio':>8}{'difference':>12}")
    for c in compared:
        ratio = c.plain / c.ours
        print(f"{c.way:30}{c.work:32}{c.plain:12.3f}{c.ours:9.3f}{ratio:8.1f}{c.difference:12.1e}")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What a piece of work returns and the CPU seconds it took."""
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def _extrapolated(table: pl.DataFrame, design: PercentileDesign, settings: SimexSettings) -> FloatArray:
    score = table.sort("id")["score"].to_numpy()
    means = []
    for noisy in _noisy(table, design, settings):
        designs = (design_matrix(x[:, None], design.bases) for x in noisy)
        means.append(sum(X @ fit_quantile_process(X, score, TAUS).coefficients for X in designs) / len(noisy))
    return _line(means, settings)


def _noisy(table: pl.DataFrame, design: PercentileDesign, settings: SimexSettings) -> list[list[FloatArray]]:
    """For each lambda the simulated priors of each draw, as `simex_percentiles` simulates them."""
    pupils, rng, basis = table.sort("id"), _rng(), design.bases[0]
    x, csem = pupils["prior_1"].to_numpy(), pupils["csem_1"].to_numpy()
    draws = [rng.standard_normal((len(x), 1))[:, 0] for _ in range(settings.simulations)]
    # Without added error all draws are alike.
    return [
        [
            (x + np.sqrt(size) * csem * z).clip(basis.lower, basis.upper)
            for z in (draws if size else draws[:1])
        ]
        for size in settings.lambdas
    ]


def _line(means: list[FloatArray], settings: SimexSettings) -> FloatArray:
    return sum(weight * mean for weight, mean in zip(settings.weights(), means, strict=True))


def _ranks(expected: FloatArray, table: pl.DataFrame) -> NDArray[np.int64]:
    return percentile_ranks(sorted_expectations(expected), table.sort("id")["score"].to_numpy())


def _linear_program(X: FloatArray, y: FloatArray, tau: float) -> FloatArray:
    n, p = X.shape
    cost = np.concatenate([np.zeros(p), np.full(n, tau), np.full(n, 1 - tau)])
    equal = sparse.hstack([sparse.csr_array(X), sparse.eye_array(n), -sparse.eye_array(n)])
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    return linprog(cost, A_eq=equal, b_eq=y, bounds=bounds, method="highs").x[:p]


def _cohort(data: Path) -> Cohort:
    with tempfile.TemporaryDirectory() as folder:
        panel = data if data.is_file() else invented(Path(folder) / "panel.csv")
        return next(c for c in panel_cohorts(pl.read_csv(panel), LAYOUT) if c.grade == GRADE)


def _rng() -> np.random.Generator:
    return np.random.default_rng(20250901)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=PUBLIC, help="panel like the public sgpdata.csv")
    parser.add_argument("--simulations", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
