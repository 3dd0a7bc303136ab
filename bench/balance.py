"""Speed and proof of the balance engine on a district of 45 schools.

    python bench/balance.py [--seeds 3] [--json]
    python bench/balance.py --weakest 50 [--json]
    python bench/balance.py --leximin 20 [--share 0.4] [--seconds 30] [--json]

CPU seconds of this process (user and system), one core. Funding: 45 schools × 12 projects, its gaps, the weakest school
beside that of the greedy choice, and a front of 21 points. Pairing: 15 givers with room for two, 30 receivers.

``--weakest`` counts on how many seeds the weakest school ends higher than by the greedy choice. ``--leximin`` raises
all 45 scores in turn and says how many seeds were proven; ``--share`` of the money goes to weak schools, which bind
from 0.9 on: without it they get some 0.82 to 0.88.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

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


@dataclass(frozen=True)
class Weakest:
    """The weakest school of one seed: what is chosen here and what gain per cost alone would choose."""

    seed: int
    worst: float
    greedy: float
    gap: float
    cpu: float


def weakest(seed: int) -> Weakest:
    """Fund the projects of one seed, the weakest school first."""
    start = time.process_time()
    found = fund(projects(np.random.default_rng(seed)), FundDesign(1500, 0.4))
    return Weakest(seed, found.worst, found.greedy_worst, found.steps[0].gap, time.process_time() - start)


@dataclass(frozen=True)
class Levels:
    """All scores of one seed raised in turn: how many were, with the largest gap, and the weak schools' share."""

    seed: int
    levels: int
    gap: float
    weak: float
    cpu: float

    @property
    def proven(self) -> bool:
        """Whether every level is the optimum."""
        return self.levels == 45 and self.gap <= 1e-4


def levels(seed: int, share: float, seconds: float) -> Levels:
    """Raise all scores of one seed in turn with a share for weak schools."""
    start = time.process_time()
    found = fund(projects(np.random.default_rng(seed)), FundDesign(1500, share, levels=None, seconds=seconds))
    steps = [step for step in found.steps if step.name.startswith("worst-")]
    gap = max(step.gap for step in steps)
    return Levels(seed, len(steps), gap, found.weak_spent / found.spent, time.process_time() - start)


def print_weakest(found: list[Weakest]) -> None:
    """Print each seed and the count."""
    for one in found:
        print(
            f"{one.seed:3}  greedy {one.greedy:6.2f}  here {one.worst:6.2f}  gap {one.gap:.1e}  {one.cpu:.2f} s"
        )
    above = sum(one.worst > one.greedy for one in found)
    here, greedy = ([getattr(one, name) for one in found] for name in ("worst", "greedy"))
    print(
        f"higher on {above} of {len(found)} seeds; mean {np.mean(here):.2f} against {np.mean(greedy):.2f},"
        f" least difference {np.min(np.array(here) - greedy):.2f}"
    )


def print_levels(found: list[Levels]) -> None:
    """Print each seed and how many were proven."""
    for one in found:
        print(
            f"{one.seed:3}  {one.levels:2} levels  gap {one.gap:.1e}  weak {one.weak:.1%}  {one.cpu:7.2f} s"
        )
    proven = sum(one.proven for one in found)
    cpu = [one.cpu for one in found]
    print(
        f"proven on {proven} of {len(found)} seeds; {np.median(cpu):.2f} s in the middle, {max(cpu):.2f} s at most"
    )


def print_timings(found: list[Timing]) -> None:
    """Print a line for each method and seed."""
    for timing in found:
        print(f"{timing.seed}  {timing.method:22} {timing.cpu:8.4f} s  {timing.what}")


def show(found: list[Any], print_rows: Callable[[list[Any]], None], *, as_json: bool) -> None:
    """Print rows for people, or as one JSON document."""
    if as_json:
        print(json.dumps([asdict(row) for row in found], ensure_ascii=False))
    else:
        print_rows(found)


def main() -> None:
    """Print the timings, or what an option asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--weakest", type=int, metavar="SEEDS")
    parser.add_argument("--leximin", type=int, metavar="SEEDS")
    parser.add_argument("--share", type=float, default=0.4)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    if options.weakest:
        show(list(map(weakest, range(options.weakest))), print_weakest, as_json=options.json)
        return
    if options.leximin:
        rows = [levels(seed, options.share, options.seconds) for seed in range(options.leximin)]
        show(rows, print_levels, as_json=options.json)
        return
    found = [timing for seed in range(options.seeds) for timing in timings(seed)]
    show(found, print_timings, as_json=options.json)


if __name__ == "__main__":
    main()
