"""Cost of the evaluation engine, its finding of planted defects, and AHPy beside it where it is there.

    python bench/evaluation.py [--seeds 200] [--ahpy /path/to/python] [--json]

``--ahpy`` names a Python that has AHPy (a virtual environment apart from the project's); without it the peer is named
as absent. All times are CPU seconds of one core, the least of five runs after one that loads:

- 10,000 matrices of 7 × 7: eigenvector, λ and CR (goal 0.1 s)
- 2,000 draws of weights × 60 schools × 40 indexes (goal 0.2 s), and 500 draws of 30 raters as well (goal 1 s)
- CRITIC on 60 × 40 (goal 1 ms)
- the cheapest path to the next star, 45 schools × 45 items × 3 options (goal 0.5 s for one, 10 s for all)
- defects planted in invented systems of several shapes: the share found, and the share of sound indexes and raters
  that were accused, both with and without defects (goals at least 95 %, at most 5 % in the first shape)
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
from xuequ.engines.evaluation.objective import Indexes, objective_weights
from xuequ.engines.evaluation.pathway import Item, Option, Target, path
from xuequ.engines.evaluation.pathway import Path as StarPath
from xuequ.engines.evaluation.quality import audit
from xuequ.engines.evaluation.simulation import DEFECTS, accused, found_in, planted
from xuequ.engines.evaluation.uncertainty import draw_weights, standings

FloatArray = NDArray[np.float64]
SHAPES = (((60, 20, 8), 0.5), ((45, 30, 5), 0.5), ((60, 40, 8), 0.7), ((40, 10, 5), 0.3))
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
class Found:
    """Shares found of each defect, and shares of sound ones accused with and without defects planted."""

    shape: str
    common: float
    found: dict[str, float]
    false: float
    false_without: float
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
    times = {
        "10,000 matrices 7 × 7, of good judgements": least(lambda: prioritise_many(GOOD)),
        "10,000 matrices 7 × 7, at random": least(lambda: prioritise_many(RANDOM)),
        "2,000 draws × 60 schools × 40 indexes": least(_weights_alone),
        "500 draws of 30 raters and weights × 60 × 40": least(_weights_and_raters),
        "CRITIC 60 × 40": least(lambda: objective_weights(INDEXES, "critic")),
    }
    paths = [least(lambda seed=seed: next_star(seed), runs=1) for seed in range(SCHOOLS)]
    times["path to the next star, the slowest of 45"] = max(paths)
    times["path to the next star, all 45"] = sum(paths)
    defects = [planted_defects(shape, common, options.seeds) for shape, common in SHAPES]
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
    for d in defects:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in d.found.items())
        print(f"{d.shape}, r {d.common}: {shares}; accused {d.false:.2%}, without defects {d.false_without:.2%}; "
              f"{d.cpu_each * 1000:.1f} ms each")  # fmt: skip
    if not peers:
        print("AHPy: absent (name a Python that has it with --ahpy)")
    for p in peers:
        print(f"AHPy, {p.what}: {p.peer * 1e6:.0f} µs against {p.ours * 1e6:.1f} µs each; "
              f"weights differ by {p.weights:.1e}, CR by {p.cr:.1e} at most")  # fmt: skip


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


def planted_defects(shape: tuple[int, int, int], common: float, seeds: int) -> Found:
    """Audit invented systems, with and without defects."""
    hits, false, judged, marks = dict.fromkeys(DEFECTS, 0), 0, 0, []
    start = time.process_time()
    for seed in range(seeds):
        case = planted(np.random.default_rng(seed), *shape, common=common)
        found, wrong, of = found_in(case, audit(case.ratings, omega=False))
        false, judged = false + wrong, judged + of
        hits = {name: hits[name] + found[name] for name in DEFECTS}
        sound = planted(np.random.default_rng(10_000 + seed), *shape, common=common, defects=False)
        marks.append(accused(audit(sound.ratings, omega=False)))
    cpu = (time.process_time() - start) / (2 * seeds)
    name = f"{shape[0]} schools, {shape[1]} indexes, {shape[2]} raters"
    shares = {defect: count / seeds for defect, count in hits.items()}
    return Found(name, common, shares, false / judged, float(np.mean(marks)), cpu)


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
    parser.add_argument("--ahpy", type=Path, help="a Python that has AHPy")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
