"""Cost of the evaluation engine, its finding of planted defects, and AHPy beside it where it is there.

    python bench/evaluation.py [--seeds 200] [--first 0] [--defects] [--ahpy /path/to/python] [--json]

``--ahpy`` names a Python that has AHPy (a virtual environment apart from the project's); without it the peer is named
as absent. All times are CPU seconds of one core, the least of five runs after one that loads:

- 10,000 matrices of 7 × 7: eigenvector, λ and CR (goal 0.1 s)
- 2,000 draws of weights × 60 schools × 40 indexes (goal 0.2 s), and 500 draws of 30 raters as well (goal 1 s); the same
  2,000 draws for fuzzy levels in 5 grades with the ranges of 6 dimensions (goal 0.2 s), and for their obstacles
- CRITIC on 60 × 40 (goal 1 ms)
- the cheapest path to the next star, 45 schools × 45 items × 3 options (goal 0.5 s for one, 10 s for all)
- defects planted in invented systems of several shapes: the share found, and the share of sound indexes and raters
  that were accused, both with and without defects (goals at least 95 %, at most 5 %); the share of indexes that have
  nothing to do with the others and were called reversed (5 shuffles a seed; at most 5 %), and how many reversed ones
  the best test of that level could find at all. ``--first`` names the first seed, ``--defects`` leaves out the times
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.evaluation.ahp import prioritise, prioritise_many
from xuequ.engines.evaluation.judgements import SAATY, judgements
from xuequ.engines.evaluation.lacking import lackings
from xuequ.engines.evaluation.levels import levels
from xuequ.engines.evaluation.objective import Indexes, objective_weights
from xuequ.engines.evaluation.pathway import Item, Option, Target, path
from xuequ.engines.evaluation.pathway import Path as StarPath
from xuequ.engines.evaluation.quality import audit
from xuequ.engines.evaluation.simulation import DEFECTS, ERROR, TWIN, accused, found_in, planted, unrelated
from xuequ.engines.evaluation.uncertainty import draw_weights, standings

FloatArray = NDArray[np.float64]
SHAPES = (
    ((60, 20, 8), 0.5, 1),
    ((45, 30, 5), 0.5, 1),
    ((60, 40, 8), 0.7, 1),
    ((40, 10, 5), 0.3, 1),
    ((60, 20, 8), 0.5, 2),
)
LEVEL, SHUFFLES = 0.05, 5
PEER_MATRICES, PEER_INCOMPLETE = 300, 30
_PEER = """
import json, sys, time
import ahpy, numpy as np
A = np.load(sys.argv[1])
def compare(a):
    n = len(a)
    pairs = {(i, j): float(a[i, j]) for i in range(n) for j in range(i + 1, n) if not np.isnan(a[i, j])}
    return ahpy.Compare("x", pairs, precision=12, random_index="saaty")
compare(A[0])
start = time.process_time()
found = [compare(a) for a in A]
spent = time.process_time() - start
weights = [[c.local_weights[i] for i in range(A.shape[1])] for c in found]
print(json.dumps({"cpu": spent, "weights": weights, "cr": [c.consistency_ratio for c in found]}))
"""


@dataclass(frozen=True)
class Ceiling:
    """Shares of reversed indexes found by the best test, and by the best that has to estimate the spreads."""

    best: float
    estimated: float


@dataclass(frozen=True)
class Found:
    """Shares found of each defect, and shares of sound ones accused with and without defects planted.

    ``unrelated`` is the share of unrelated indexes called reversed; ``ceiling`` None with several traits.
    """

    shape: str
    common: float
    traits: int
    found: dict[str, float]
    false: float
    false_without: float
    unrelated: float
    ceiling: Ceiling | None
    cpu_each: float


@dataclass(frozen=True)
class Peer:
    """AHPy and ours on the same matrices: CPU for one, largest difference of weights and of CR."""

    what: str
    peer: float
    ours: float
    weights: float
    cr: float


def main() -> None:
    """Measure and print."""
    options = _options()
    defects = [planted_defects(*of, range(options.first, options.first + options.seeds)) for of in SHAPES]
    if options.defects:
        _print_defects(defects)
        return
    times = {
        "10,000 matrices 7 × 7, of good judgements": least(lambda: prioritise_many(GOOD)),
        "10,000 matrices 7 × 7, at random": least(lambda: prioritise_many(RANDOM)),
        "2,000 draws × 60 schools × 40 indexes": least(_weights_alone),
        "500 draws of 30 raters and weights × 60 × 40": least(_weights_and_raters),
        "the same in 5 grades, with 6 dimensions": least(lambda: levels(*FUZZY)),
        "the same, obstacles": least(lambda: lackings(*FUZZY)),
        "CRITIC 60 × 40": least(lambda: objective_weights(INDEXES, "critic")),
    }
    paths = [least(lambda seed=seed: next_star(seed), runs=1) for seed in range(SCHOOLS)]
    times["path to the next star, the slowest of 45"] = max(paths)
    times["path to the next star, all 45"] = sum(paths)
    peers = [] if options.ahpy is None else [_complete(options.ahpy), _incomplete(options.ahpy)]
    if options.json:
        print(
            json.dumps(
                {"times": times, "defects": [asdict(d) for d in defects], "ahpy": [asdict(p) for p in peers]}
            )
        )
        return
    for name, spent in times.items():
        print(f"{name:48} {spent:.4f} s")
    _print_defects(defects)
    if not peers:
        print("AHPy: absent (name a Python that has it with --ahpy)")
    for p in peers:
        print(f"AHPy, {p.what}: {p.peer * 1e6:.0f} µs against {p.ours * 1e6:.1f} µs each; "
              f"weights differ by {p.weights:.1e}, CR by {p.cr:.1e} at most")  # fmt: skip


def _print_defects(defects: list[Found]) -> None:
    for d in defects:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in d.found.items())
        best = ""
        if d.ceiling is not None:
            best = f" (best possible {d.ceiling.best:.1%}, spreads estimated {d.ceiling.estimated:.1%})"
        print(f"{d.shape}, r {d.common}, traits {d.traits}: {shares}{best}; accused {d.false:.2%}, without defects "
              f"{d.false_without:.2%}, unrelated {d.unrelated:.2%}; {d.cpu_each * 1000:.1f} ms each")  # fmt: skip


def least(run: Callable[[], object], runs: int = 5) -> float:
    """CPU seconds of the fastest of so many runs, after one that loads if there are several."""
    if runs > 1:
        run()
    spent = []
    for _ in range(runs):
        start = time.process_time()
        run()
        spent.append(time.process_time() - start)
    return min(spent)


def random_matrices(count: int, n: int) -> FloatArray:
    """Reciprocal matrices of judgements drawn from Saaty's scale."""
    i, _j = np.triu_indices(n, 1)
    return _reciprocal(np.random.default_rng(1).choice(SAATY, (count, len(i))), n)


def good_matrices(count: int, n: int) -> FloatArray:
    """Judgements that follow weights, with an error of 30 %."""
    rng = np.random.default_rng(2)
    w = rng.dirichlet(np.full(n, 3.0), count)
    i, j = np.triu_indices(n, 1)
    return _reciprocal(w[:, i] / w[:, j] * np.exp(rng.normal(0, 0.3, (count, len(i)))), n)


def _reciprocal(upper: FloatArray, n: int) -> FloatArray:
    A = np.ones((len(upper), n, n))
    i, j = np.triu_indices(n, 1)
    A[:, i, j], A[:, j, i] = upper, 1 / upper
    return A


GOOD, RANDOM = good_matrices(10_000, 7), random_matrices(10_000, 7)
VALUES = np.random.default_rng(3).uniform(0, 100, (60, 40))
RATED = VALUES[:, None, :] + np.random.default_rng(4).normal(0, 10, (60, 30, 40))
EQUAL = np.full(40, 1 / 40)
FUZZY = (
    np.random.default_rng(7).dirichlet(np.ones(5), (60, 40)), np.full((60, 0, 40), -1),
    draw_weights(EQUAL, 2000, np.random.default_rng(8)), np.empty((2000, 0)), EQUAL, np.arange(40) % 6,
    np.array([95.0, 85.0, 75.0, 65.0, 50.0]),
)  # fmt: skip
INDEXES = Indexes(tuple(f"u{j}" for j in range(40)), VALUES, (False,) * 40)


def _weights_alone() -> object:
    rng = np.random.default_rng(5)
    return standings(VALUES, draw_weights(EQUAL, 2000, rng), EQUAL, (45, 50, 55), rng)


def _weights_and_raters() -> object:
    rng = np.random.default_rng(6)
    return standings(RATED, draw_weights(EQUAL, 500, rng), EQUAL, (45, 50, 55), rng)


SCHOOLS, ITEMS = 45, 45


def next_star(seed: int) -> StarPath:
    """A school of 45 items with three ways to better each, six dimensions, vetoes and prerequisites."""
    rng = np.random.default_rng(seed)
    items = [
        Item(
            f"i{i}",
            f"d{i % 6}",
            float(rng.integers(0, 5)) / 2,
            5.0,
            veto=i % 9 == 0,
            met=bool(rng.random() < 0.7),
        )
        for i in range(ITEMS)
    ]
    options = [
        Option(item.code, f"o{i}-{k}", float(rng.integers(round(2 * item.points), 11)) / 2,
               float(rng.integers(1, 400)) * 500,
               requires=(f"o{rng.integers(i)}-0",) if i and rng.random() < 0.15 else ())
        for i, item in enumerate(items) for k in range(3)
    ]  # fmt: skip
    return path(items, options, Target(ITEMS * 3, {f"d{k}": 18 for k in range(6)}))


def planted_defects(shape: tuple[int, int, int], common: float, traits: int, seeds: range) -> Found:
    """Audit invented systems: with defects, with an unrelated index in place of the reversed one, and without any."""
    hits, false, judged, marks, blamed = dict.fromkeys(DEFECTS, 0), 0, 0, [], 0
    start = time.process_time()
    for seed in seeds:
        case = planted(np.random.default_rng(seed), *shape, common=common, traits=traits)
        found, wrong, of = found_in(case, audit(case.ratings, omega=False))
        false, judged = false + wrong, judged + of
        hits = {name: hits[name] + found[name] for name in DEFECTS}
        rng = np.random.default_rng(50_000 + seed)
        for _ in range(SHUFFLES):
            alone = audit(unrelated(case, rng), omega=False).indexes[case.reversed_]
            blamed += alone.reason == "reversed"
        rng = np.random.default_rng(10_000 + seed)
        sound = planted(rng, *shape, common=common, traits=traits, defects=False)
        marks.append(accused(audit(sound.ratings, omega=False)))
    return Found(
        shape=f"{shape[0]} schools, {shape[1]} indexes, {shape[2]} raters",
        common=common,
        traits=traits,
        found={defect: count / len(seeds) for defect, count in hits.items()},
        false=false / judged,
        false_without=float(np.mean(marks)),
        unrelated=blamed / (SHUFFLES * len(seeds)),
        ceiling=ceiling(shape, common) if traits == 1 else None,
        cpu_each=(time.process_time() - start) / ((2 + SHUFFLES) * len(seeds)),
    )


def ceiling(shape: tuple[int, int, int], common: float, draws: int = 20_000) -> Ceiling:
    """Shares of reversed indexes that the best tests find when they accuse 5 % of unrelated ones.

    The best (Neyman and Pearson) is the likelihood ratio of the model by which the ratings were made, all of whose
    parameters it knows, and it sees them before they are rounded. Without the spreads what is left of it is the
    correlation of the index with what the others tell of the trait, by weights that are known as well.
    """
    schools, indexes, raters = shape
    error = ERROR**2 / (raters - 1)
    own = np.full(indexes - 3, 1 - common + error)
    own[0] = 1 - common + error / 2 + TWIN**2 / 4
    information = common * (1 / own).sum()
    explained = information / (1 + information)
    alone = 1 + error
    left = alone - common * explained
    rng = np.random.default_rng(7)
    # The trait as the other indexes tell it, and an index that has nothing to do with it or goes against it.
    told = rng.normal(0, np.sqrt(common * explained), (draws, schools))
    free, against = rng.normal(0, np.sqrt(alone), told.shape), rng.normal(-told, np.sqrt(left))
    ratios = [(y**2 / alone - (y + told) ** 2 / left).sum(axis=1) for y in (free, against)]
    return Ceiling(_power(*ratios), _power(*(-_correlations(told, y) for y in (free, against))))


def _power(without: FloatArray, with_: FloatArray) -> float:
    return float((with_ > np.quantile(without, 1 - LEVEL)).mean())


def _correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    return np.asarray((x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1)))


def _complete(python: Path) -> Peer:
    A = GOOD[:PEER_MATRICES]
    peer = _ask(python, A)
    ours = prioritise_many(A, ri="saaty2005")
    return _peer("7 × 7", peer, ours.weights, ours.cr, least(lambda: prioritise_many(GOOD)) / len(GOOD))


def _incomplete(python: Path) -> Peer:
    """Four pairs missing; AHPy divides by the index of complete matrices, so CI · (its RI) is compared."""
    A = GOOD[:PEER_INCOMPLETE].copy()
    for i, j in ((0, 3), (1, 5), (2, 6), (4, 6)):
        A[:, i, j] = A[:, j, i] = np.nan
    peer = _ask(python, A)
    names = [f"u{i}" for i in range(7)]
    start = time.process_time()
    ours = [prioritise(judgements(names, a), ri="saaty2005") for a in A]
    spent = (time.process_time() - start) / len(A)
    weights = np.array([found.weights for found in ours])
    return _peer("7 × 7 with 4 pairs missing", peer, weights, np.array([f.ci / 1.35 for f in ours]), spent)


def _peer(what: str, peer: dict[str, object], weights: FloatArray, cr: FloatArray, ours: float) -> Peer:
    theirs = np.array(peer["weights"])
    return Peer(
        what=what,
        peer=float(str(peer["cpu"])) / len(theirs),
        ours=ours,
        weights=float(np.abs(theirs - weights).max()),
        cr=float(np.abs(np.array(peer["cr"]) - cr).max()),
    )


def _ask(python: Path, A: FloatArray) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matrices.npy"
        np.save(file, A)
        done = subprocess.run(
            [str(python), "-c", _PEER, str(file)], check=True, capture_output=True, text=True, timeout=150
        )
    return dict(json.loads(done.stdout))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--defects", action="store_true", help="planted defects only")
    parser.add_argument("--ahpy", type=Path, help="a Python that has AHPy")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
