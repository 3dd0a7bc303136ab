"""Invented ratings of schools with planted defects, to see whether an audit finds them."""

from dataclasses import dataclass

import numpy as np

from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.quality import SystemQuality
from xuequ.engines.evaluation.ratings import Ratings, ratings_of

DEFECTS = ("duplicate", "constant", "reversed", "careless")
ERROR, TWIN = 0.7, 0.1
"""SD of a rater's single error, and of what a duplicate asks beside the index it repeats."""


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """Ratings, and where each defect lies: two twins, the flat index, the reversed index, the careless rater."""

    ratings: Ratings
    twins: tuple[int, int]
    constant: int
    reversed_: int
    careless: int


def planted(
    rng: np.random.Generator,
    schools: int = 60,
    indexes: int = 20,
    raters: int = 8,
    *,
    common: float = 0.5,
    traits: int = 1,
    defects: bool = True,
) -> Planted:
    """Ratings from 1 to 5: a common trait, a part of each index's own, raters' severity and single error.

    What the indexes stand for correlates ``common`` with each other; with several traits, which are independent, the
    indexes take turns and only those of one trait correlate. A duplicate asks the same in other words, a constant one
    gets the same answer but for a slip of one rater in a hundred, a reversed one is scored the wrong way round, and a
    careless rater answers at random.
    """
    trait, own = rng.normal(size=(schools, traits)), rng.normal(size=(schools, indexes))
    quality = np.sqrt(common) * trait[:, np.arange(indexes) % traits] + np.sqrt(1 - common) * own
    a, b, c, d = map(int, rng.permutation(indexes)[:4])
    if defects:
        quality[:, b] = quality[:, a] + rng.normal(0, TWIN, schools)
        quality[:, d] = -quality[:, d]
    severity = rng.normal(0, 0.3, (1, raters, 1))
    latent = quality[:, None, :] + severity + rng.normal(0, ERROR, (schools, raters, indexes))
    values = np.clip(np.round(3 + latent), 1, 5)
    rater = int(rng.integers(raters))
    if defects:
        slips = rng.random((schools, raters)) < 0.01
        values[:, :, c] = np.where(slips, 3.0, 4.0)
        values[:, rater] = rng.integers(1, 6, (schools, indexes))
    return Planted(ratings_of(values), (a, b), c, d, rater)


def unrelated(case: Planted, rng: np.random.Generator) -> Ratings:
    """The same ratings, but that of the reversed index the schools are shuffled: it has nothing to do with the rest."""
    values = case.ratings.values.copy()
    values[:, :, case.reversed_] = rng.permutation(values[:, :, case.reversed_])
    return ratings_of(values)


def found_in(case: Planted, result: SystemQuality) -> tuple[dict[str, bool], int, int]:
    """Which defects were found, how many sound indexes and raters were accused, and of how many."""
    verdict = {index.name: index for index in result.indexes}
    name = case.ratings.indexes
    a, b = (verdict[name[at]] for at in case.twins)
    found = {
        "duplicate": (a.verdict, a.partner) == ("merge", b.name)
        or (b.verdict, b.partner) == ("merge", a.name),
        "constant": verdict[name[case.constant]].reason == "constant",
        "reversed": verdict[name[case.reversed_]].reason == "reversed",
        "careless": result.rated_by[case.careless].careless,
    }
    guilty = {*case.twins, case.constant, case.reversed_}
    sound = [verdict[name[j]] for j in range(len(name)) if j not in guilty]
    raters = [rater for k, rater in enumerate(result.rated_by) if k != case.careless]
    false = sum(index.verdict != "keep" for index in sound) + sum(rater.careless for rater in raters)
    return found, false, len(sound) + len(raters)


def accused(result: SystemQuality) -> Array:
    """1 for each index with a verdict other than keep and each careless rater, 0 for the others."""
    marks = [index.verdict != "keep" for index in result.indexes] + [r.careless for r in result.rated_by]
    return np.array(marks, dtype=np.float64)
