"""Speed of the methods for Chinese data: levels, linking, variance and factors, changed classes.

    python bench/growth_designs.py [--pupils 60000] [--json]

CPU seconds of this process (user and system), one core; every method with its standard errors. No peer in Python fits
a cumulative logit mixed model or divides R² exactly; ``statsmodels`` (Newton, full rows) is timed on the ordinal model
without schools when it is installed, as a floor of what a peer would need.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1")

import numpy as np
import polars as pl

from xuequ.engines.growth.decomposition import DecompositionDesign, decompose
from xuequ.engines.growth.dominance import FactorDesign, factor_shares
from xuequ.engines.growth.linking import LinkingDesign, link
from xuequ.engines.growth.ordinal import OrdinalDesign, fit_ordinal
from xuequ.engines.growth.reassignment import ReassignmentDesign, evaluate_reassignment
from xuequ.engines.growth.simple import CompareDesign, compare_methods

LEVELS = ("E", "D", "C", "B", "A")


@dataclass(frozen=True)
class Timing:
    """One method on one table."""

    method: str
    cpu: float
    what: str


def cohort(pupils: int, schools: int, seed: int = 1) -> pl.DataFrame:
    """A district with whole-number scores, levels, classes of forty and twelve factors."""
    rng = np.random.default_rng(seed)
    school = np.sort(rng.integers(0, schools, pupils))
    start = rng.normal(size=pupils)
    end = 0.7 * start + 0.2 * rng.normal(size=schools)[school] + 0.7 * rng.normal(size=pupils)
    level = np.array(LEVELS)[np.searchsorted([-1.2, -0.4, 0.4, 1.2], end)]
    columns = {"school": school, "class_1": np.arange(pupils) // 40, "level": level}
    columns |= {"start": np.rint(70 + 12 * start), "end": np.rint(70 + 12 * end)}
    factors = {f"factor_{i}": rng.normal(size=pupils) + 0.3 * start for i in range(12)}
    return pl.DataFrame(columns | factors)


def form(n: int, ability: float, seed: int) -> pl.DataFrame:
    """A total of 100 points with an anchor of 30."""
    rng = np.random.default_rng(seed)
    theta = rng.normal(ability, 1, n)
    right = rng.random((n, 100)) < 1 / (1 + np.exp(np.linspace(-2, 2, 100) - theta[:, None]))
    return pl.DataFrame({"total": right.sum(axis=1), "anchor": right[:, ::4].sum(axis=1)})


def timed(method: str, run: Callable[[], str]) -> Timing:
    start = time.process_time()
    what = run()
    return Timing(method, time.process_time() - start, what)


def ordinal(table: pl.DataFrame) -> str:
    fit = fit_ordinal(table, OrdinalDesign("level", LEVELS, "start"))
    return f"{fit.n} pupils, {fit.cells} cells, {fit.schools.height} schools"


def statsmodels(table: pl.DataFrame) -> str:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    code = table["level"].replace_strict({name: i for i, name in enumerate(LEVELS)}).to_numpy()
    OrderedModel(code, table.select("start").to_numpy(), distr="logit").fit(method="bfgs", disp=False)
    return "the same pupils, no schools"


def linking() -> str:
    forms = form(3000, 0.2, 2), form(3000, 0.0, 3)
    design = LinkingDesign("total", "anchor", method="frequency-estimation")
    found = link(*forms, design, np.random.default_rng(4))
    return (
        f"3000 + 3000 pupils, 101 × 26 cells, 200 samples, SE at the middle {found.concordance['se'][50]:.3f}"
    )


def factors(table: pl.DataFrame) -> str:
    names = tuple(name for name in table.columns if name.startswith("factor_"))
    found = factor_shares(table, FactorDesign("end", names, ("start",)), np.random.default_rng(5))
    return f"12 factors, 4096 sets, 200 samples of schools, together {found.explained:.4f}"


def variances(table: pl.DataFrame) -> str:
    found = decompose(table, DecompositionDesign("end", klass="class_1"), np.random.default_rng(6))
    return f"{found.n} pupils, {found.classes} classes, 200 samples"


def moves(table: pl.DataFrame) -> str:
    found = evaluate_reassignment(table, ReassignmentDesign("end", ("start",)))
    return f"{found.memberships.n} pupils, {found.units.height} classes"


def methods(table: pl.DataFrame) -> str:
    return f"{compare_methods(table, CompareDesign('end', 'start')).n} pupils, seven methods"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pupils", type=int, default=60_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    few, many = cohort(options.pupils, 50), cohort(options.pupils, 1000)
    runs: list[tuple[str, Callable[[], str]]] = [
        ("levels, 50 schools", lambda: ordinal(few)),
        ("levels, 1000 schools", lambda: ordinal(many)),
        ("statsmodels, levels without schools", lambda: statsmodels(few)),
        ("linking, frequency estimation", linking),
        ("simple methods", lambda: methods(few)),
        ("variances of three levels", lambda: variances(few)),
        ("factor shares", lambda: factors(few)),
        ("changed classes", lambda: moves(few.head(20_000))),
    ]
    found = []
    for name, run in runs:
        try:
            found.append(timed(name, run))
        except ImportError:
            print(f"{name}: not installed")
            continue
        if not options.json:
            print(f"{found[-1].method:38} {found[-1].cpu:8.2f} s   {found[-1].what}")
    if options.json:
        print(json.dumps([asdict(timing) for timing in found]))


if __name__ == "__main__":
    main()
