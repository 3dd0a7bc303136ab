"""Speed and proof of the balance engine on a district of 45 schools.

    python bench/balance.py [--seeds 3] [--json]

CPU seconds of this process (user and system), one core. Funding: 45 schools × 12 projects, its gaps, the weakest school
beside that of the greedy choice, and a front of 21 points. Pairing: 15 givers with room for two, 30 receivers.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1")

import numpy as np
import polars as pl

from xuequ.engines.balance.dispersion import CvDesign, measure
from xuequ.engines.balance.funding import FundDesign, Source, front, fund, more
from xuequ.engines.balance.pairing import PairDesign, pair
from xuequ.engines.balance.topup import least

SOURCES = (
    Source("budget", 1000),
    Source("society", 200, kinds=("k0",)),
    Source("enterprise", 300, kinds=("k1", "k2")),
)


@dataclass(frozen=True)
class Timing:
    """One method on one table; ``what`` tells what was found."""

    method: str
    seed: int
    cpu: float
    what: str


def timed(method: str, seed: int, run: Callable[[], str]) -> Timing:
    """CPU seconds of one call."""
    start = time.process_time()
    what = run()
    return Timing(method, seed, time.process_time() - start, what)


def schools(rng: np.random.Generator) -> pl.DataFrame:
    """45 schools in five areas, with needs, strengths and places."""
    needs = {f"{w}_{k}": rng.uniform(size=45) for w in ("need", "strength") for k in "abcde"}
    pupils = rng.integers(200, 3000, 45)
    return pl.DataFrame(
        {"school": [f"s{i:02}" for i in range(45)], "area": [f"a{i % 5}" for i in range(45)], "pupils": pupils,
         "rooms": np.rint(pupils * rng.gamma(4, 0.006, 45)), "capacity": [2] * 15 + [0] * 30,
         "x": rng.uniform(0, 30, 45), "y": rng.uniform(0, 30, 45), **needs}
    )  # fmt: skip


def projects(rng: np.random.Generator) -> pl.DataFrame:
    """12 projects for each of 45 schools."""
    n = 45 * 12
    return pl.DataFrame(
        {"school": np.repeat([f"s{i:02}" for i in range(45)], 12), "project": [f"p{i % 12:02}" for i in range(n)],
         "cost": np.rint(rng.uniform(2, 30, n)), "gain": rng.uniform(0.2, 4, n).round(2),
         "base": np.repeat(rng.uniform(45, 85, 45).round(1), 12), "kind": [f"k{i % 4}" for i in range(n)]}
    )  # fmt: skip


def timings(seed: int) -> list[Timing]:
    """All methods on the tables of one seed."""
    rng = np.random.default_rng(seed)
    table, wanted, money = schools(rng), projects(rng), FundDesign(1500, 0.4)
    x, P = (table[name].to_numpy().astype(float) for name in ("rooms", "pupils"))
    price = rng.uniform(1, 3, 45)

    def measured() -> str:
        found = measure(table, CvDesign("rooms", "pupils"), rng).stages[0]
        return f"CV {found.indices.cv:.4f}, 1000 bootstrap samples"

    def funded() -> str:
        found = fund(wanted, money)
        gap = max(step.gap for step in found.steps)
        return f"weakest {found.worst:.2f}, greedy {found.greedy_worst:.2f}, gap {gap:.1e}"

    def shared(what: FundDesign) -> str:
        found = fund(wanted, what)
        gap = max(step.gap for step in found.steps)
        return f"weakest {found.worst:.2f}, equivalent {found.equivalent:.3f}, price {found.price:.2%}, gap {gap:.1e}"

    def traded() -> str:
        points = front(wanted, money)
        gap = max(points["gap"].to_list())
        return f"{points.height} points, largest gap {gap:.1e}"

    return [
        timed("measure", seed, measured),
        timed("top-up, whole units", seed, lambda: f"{least(x, P, 0.3).sum():.0f} units to 0.30"),
        timed("top-up, prices", seed, lambda: f"cost {least(x, P, 0.3, price) @ price:.1f}"),
        timed("fund", seed, funded),
        timed("leximin, all 45 levels", seed, lambda: shared(replace(money, levels=None))),
        timed("alpha 1", seed, lambda: shared(replace(money, alpha=1.0))),
        timed("alpha 2", seed, lambda: shared(replace(money, alpha=2.0))),
        timed("three sources", seed, lambda: shared(replace(money, levels=None, sources=SOURCES))),
        timed("more", seed, lambda: f"10 more lift the weakest by {more(wanted, money, 10).worst:.3f}"),
        timed("front", seed, traded),
        timed("pair", seed, lambda: f"worth {pair(table, PairDesign()).worth:.4f}"),
    ]


def main() -> None:
    """Print the timings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = [timing for seed in range(options.seeds) for timing in timings(seed)]
    if options.json:
        print(json.dumps([asdict(timing) for timing in found], ensure_ascii=False))
        return
    for timing in found:
        print(f"{timing.seed}  {timing.method:22} {timing.cpu:8.4f} s  {timing.what}")


if __name__ == "__main__":
    main()
