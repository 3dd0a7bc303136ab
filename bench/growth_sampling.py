"""How much of the full data's school effects a sample of one subject for each pupil gives back.

    python bench/growth_sampling.py [--seeds 20] [--first 1000] [--json]

Thirty schools learn as in ``engines/growth/simulation.py``: subjects correlate 0.8, reliability .85, classes of forty
with effects of their own (SD .08 a year), a quarter of the pupils drawn, each sits one subject. "full" is the
evaluation of all subjects of all pupils at both times. Given is the mean correlation of the sample's school effects
with it, the lowest one, and the ceiling √(λ_sample/λ_full) that the numbers of pupils and what is left between them
allow: a sample cannot know more of its schools than its means are reliable. Schools change from one cohort to the next
(effects of cohorts correlate ``--stable``), so earlier years know only part of this one. Seeds from ``--first`` on were
not used for any choice.
"""

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterator

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1")

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.growth.evaluation import evaluate
from xuequ.engines.growth.growth_design import GrowthDesign, Measure
from xuequ.engines.growth.sampling import SamplingDesign, SamplingFindings, evaluate_sample
from xuequ.engines.growth.sampling_plan import PlanDesign, plan_sample
from xuequ.engines.growth.sampling_years import plain_means, with_earlier
from xuequ.engines.growth.simulation import DYNAMICS, SUBJECTS, assign_subjects, learn, sit

Floats = NDArray[np.float64]
OUTCOMES = tuple(Measure(f"outcome_{s}", s) for s in SUBJECTS)
PRIORS = tuple(Measure(f"prior_{s}", s) for s in SUBJECTS)
DESIGN = SamplingDesign(OUTCOMES, PRIORS, least_reliability=0.01)
SCHOOLS, CLASS = 30, 40


def cohort(rng: np.random.Generator, intake: Floats, effect: Floats, size: int) -> pl.DataFrame:
    """One cohort with every paper of every pupil, and the subject drawn for each at the start."""
    school = np.repeat(np.arange(SCHOOLS), size)
    group = school * 1000 + np.tile(np.arange(size) // CLASS, SCHOOLS)
    of_class = dict(
        zip(np.unique(group).tolist(), rng.normal(0, DYNAMICS.class_sd, len(np.unique(group))), strict=True)
    )
    ability = intake[school] + rng.normal(0, np.sqrt(0.8), len(school))
    own = rng.normal(size=(len(school), len(SUBJECTS)))
    columns = {f"prior_{s}": sit(rng, ability, own, np.full(len(school), k)) for k, s in enumerate(SUBJECTS)}
    ability = learn(rng, ability, effect[school] + np.array([of_class[g] for g in group.tolist()]))
    columns |= {
        f"outcome_{s}": sit(rng, ability, own, np.full(len(school), k)) for k, s in enumerate(SUBJECTS)
    }
    sat = np.array(SUBJECTS)[assign_subjects(rng, school)]
    pupil, label = [f"p{i:05}" for i in range(len(school))], [f"s{i:02}" for i in school]
    return pl.DataFrame({"pupil": pupil, "school": label, "sat": sat, **columns})


def sampled(rng: np.random.Generator, table: pl.DataFrame, *, matched: bool, starts: bool) -> pl.DataFrame:
    """A quarter of each school sits one subject; of the start all subjects are known, or the one drawn then."""
    plan = plan_sample(table, PlanDesign(SUBJECTS, 0.25, 0, "sat" if matched else ""), rng)
    table = table.join(plan.pupils.select("pupil", "subject"), on="pupil")
    keep = [pl.when(pl.col("subject") == s).then(f"outcome_{s}").alias(f"outcome_{s}") for s in SUBJECTS]
    if not starts:
        keep += [pl.when(pl.col("sat") == s).then(f"prior_{s}").alias(f"prior_{s}") for s in SUBJECTS]
    return table.with_columns(keep)


def effects(table: pl.DataFrame) -> Floats:
    return table.sort("school")["effect"].to_numpy()


def compared(seed: int, size: int, sd: float, stable: float) -> Iterator[tuple[str, float, float]]:
    """Yield each way with its correlation and its ceiling."""
    rng = np.random.default_rng(seed)
    intake, lasting = 0.45 * rng.normal(size=SCHOOLS), rng.normal(size=SCHOOLS)
    past: list[pl.DataFrame] = []
    for year in (2024, 2025, 2026):
        changed = sd * (np.sqrt(stable) * lasting + np.sqrt(1 - stable) * rng.normal(size=SCHOOLS))
        table = cohort(rng, intake, changed, size)
        same = evaluate_sample(sampled(rng, table, matched=True, starts=False), DESIGN)
        past.append(plain_means(same, year))
    full = evaluate(table, GrowthDesign(OUTCOMES, PRIORS)).schools
    target, known = effects(full), float(np.median(full["reliability"].to_numpy()))

    def row(name: str, found: SamplingFindings) -> tuple[str, float, float]:
        lam = float(np.median(found.schools["reliability"].to_numpy()))
        return name, float(np.corrcoef(target, effects(found.schools))[0, 1]), float(np.sqrt(lam / known))

    yield row(
        "one start, subject at random",
        evaluate_sample(sampled(rng, table, matched=False, starts=False), DESIGN),
    )
    yield row("one start, same subject", same)
    several = sampled(rng, table, matched=False, starts=True)
    unnamed = SamplingDesign(OUTCOMES, tuple(Measure(m.column) for m in PRIORS), least_reliability=0.01)
    yield row("three starts, their mean", evaluate_sample(several, unnamed))
    yield row("three starts, own and mean", evaluate_sample(several, DESIGN))
    for years in (1, 2):
        both = with_earlier(same, 2026, pl.concat(past[2 - years : 2]))
        yield f"same subject, {years} earlier", float(np.corrcoef(target, effects(both))[0, 1]), np.nan


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--stable", type=float, default=0.8)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for size, sd in ((800, 0.15), (400, 0.2), (400, 0.15), (250, 0.2), (250, 0.15)):
        found = defaultdict(list)
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            for name, correlation, ceiling in compared(seed, size, sd, arguments.stable):
                found[name].append((correlation, ceiling))
        for name, values in found.items():
            mean, low = np.mean(values, axis=0), np.min(values, axis=0)
            rows.append({"pupils": size, "sd": sd, "way": name, "correlation": round(float(mean[0]), 3),
                         "lowest": round(float(low[0]), 3), "ceiling": round(float(mean[1]), 3)})  # fmt: skip
            if not arguments.json:
                print(
                    *(str(value).ljust(30 if key == "way" else 6) for key, value in rows[-1].items()),
                    flush=True,
                )
    if arguments.json:
        print(json.dumps(rows, allow_nan=True))


if __name__ == "__main__":
    main()
