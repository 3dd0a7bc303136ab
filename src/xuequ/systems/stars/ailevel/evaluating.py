"""The level of every school from one table of measured values and votes: fuzzily, with what is left open.

The table has a row for each fact: ``school``, ``index``, ``rater`` ("" for a measured value, else who voted),
``value`` (measured, or the place of the grade voted for). The same table, scheme and seed give the same findings.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.evaluation.diagnosis import importance_performance, obstruction
from xuequ.engines.evaluation.fuzzy import OPERATORS, Factor, FuzzyDesign, FuzzyEvaluation, evaluate
from xuequ.engines.evaluation.lacking import Lackings, lackings
from xuequ.engines.evaluation.levels import Levels, effective_weights, levels, turn
from xuequ.engines.evaluation.membership import memberships_of_values, memberships_of_votes
from xuequ.engines.evaluation.uncertainty import draw_raters, draw_weights
from xuequ.systems.stars.ailevel.scheme import TOP, Index, LevelScheme

INPUTS: dict[str, type[pl.DataType]] = {
    "school": pl.String,
    "index": pl.String,
    "rater": pl.String,
    "value": pl.Float64,
}
DRAWS = 1000
NOISE = 0.2
"""Every weight is drawn within a fifth of what the scheme says."""
LEAST_KNOWN = 0.6
"""A school is evaluated from this share of the weights on."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LevelFindings:
    """What an evaluation found, ready for JSON.

    Attributes
    ----------
    schools : one mapping a school, see `_school`
    too_little : schools of which too little is known, with the share of the weights that is
    operators : for each operator how many schools lead in the same grade as with ``weighted``, and how many tie
    importance : for each index its weight, mean performance (0 to 1) with its range, quadrant, and the share of draws
        with the same quadrant
    common : for each index the range of the number of schools in whose way it stands
    raters : how many voted
    """

    schools: tuple[Mapping[str, Any], ...]
    too_little: tuple[Mapping[str, Any], ...]
    operators: tuple[Mapping[str, Any], ...]
    importance: tuple[Mapping[str, Any], ...]
    common: tuple[Mapping[str, Any], ...]
    raters: int

    def as_dict(self) -> dict[str, Any]:
        """Return all as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The table as arrays: values (schools, m), votes (schools, raters, m) with -1, memberships (schools, m, K)."""

    schools: tuple[str, ...]
    raters: tuple[str, ...]
    values: Array
    votes: NDArray[np.intp]
    memberships: Array

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where something is known, shape (schools, m)."""
        return np.asarray(~np.isnan(self.memberships).any(axis=2))


def weights_of(scheme: LevelScheme) -> Array:
    """Each index's weight in the whole."""
    found = [one.weight * index.weight for one in scheme.dimensions for index in one.indexes]
    return np.array(found) / sum(found)


def groups_of(scheme: LevelScheme) -> NDArray[np.intp]:
    """The place of each index's dimension."""
    return np.array([at for at, one in enumerate(scheme.dimensions) for _index in one.indexes], dtype=np.intp)


def facts_of(table: pl.DataFrame, scheme: LevelScheme) -> Facts:
    """Read the table; facts about indexes that the scheme does not know are left out."""
    places = {index.code: at for at, index in enumerate(scheme.indexes)}
    schools = tuple(sorted(set(table["school"])))
    raters = tuple(sorted({rater for rater in table["rater"] if rater}))
    row, rank = {key: at for at, key in enumerate(schools)}, {key: at for at, key in enumerate(raters)}
    m, K = len(places), len(scheme.grades)
    values = np.full((len(schools), m), np.nan)
    votes = np.full((len(schools), len(raters), m), -1, dtype=np.intp)
    for school, index, rater, value in table.select(list(INPUTS)).iter_rows():
        if index not in places or value is None:
            continue
        if rater and 0 <= value < K:
            votes[row[school], rank[rater], places[index]] = int(value)
        elif not rater:
            values[row[school], places[index]] = value
    return Facts(schools, raters, values, votes, _memberships(scheme, values, votes))


def _memberships(scheme: LevelScheme, values: Array, votes: NDArray[np.intp]) -> Array:
    K = len(scheme.grades)
    found = np.full((*values.shape, K), np.nan)
    for at, index in enumerate(scheme.indexes):
        if index.is_voted:
            counts = (votes[:, :, at, None] == np.arange(K)).sum(axis=1).astype(np.float64)
            there = counts.sum(axis=1) > 0
            found[there, at] = memberships_of_votes(counts[there]) if there.any() else found[there, at]
        else:
            there = ~np.isnan(values[:, at])
            if there.any():
                found[there, at] = memberships_of_values(values[there, at], index.thresholds)
    return found


def evaluate_levels(table: pl.DataFrame, scheme: LevelScheme, seed: int, draws: int = DRAWS) -> LevelFindings:
    """Evaluate all schools of which enough is known.

    Raises
    ------
    InputError
        When the engine refuses the scheme or the facts.
    """
    facts = facts_of(table, scheme)
    weights, groups = weights_of(scheme), groups_of(scheme)
    share = facts.known @ weights
    enough = share >= LEAST_KNOWN
    kept = Facts(
        tuple(key for key, ok in zip(facts.schools, enough, strict=True) if ok),
        facts.raters, facts.values[enough], facts.votes[enough], facts.memberships[enough],
    )  # fmt: skip
    little = tuple(
        {"school": key, "known": float(part)}
        for key, part, ok in zip(facts.schools, share, enough, strict=True)
        if not ok
    )
    if not kept.schools:
        return LevelFindings((), little, (), (), (), len(facts.raters))
    rng = np.random.default_rng(seed)
    drawn = draw_weights(weights, draws, rng, noise=NOISE)
    times = draw_raters(len(kept.raters), draws, rng)
    given = (kept.memberships, kept.votes, drawn, times, weights, groups, np.array(scheme.scores))
    open_, lacking = levels(*given), lackings(*given, most=TOP)
    trees = [{op: _tree(scheme, kept, at, op) for op in OPERATORS} for at in range(len(kept.schools))]
    own = effective_weights(weights, kept.known, groups)
    good = _performance(kept, scheme)
    schools = tuple(
        _school(scheme, kept, at, trees[at], open_, lacking, own[at], good[at]) for at in range(len(trees))
    )
    return LevelFindings(
        schools,
        little,
        tuple(_operators(trees)),
        tuple(_importance(scheme, weights, good, lacking)),
        tuple(
            {"code": index.code, "low": int(low), "high": int(high)}
            for index, low, high in zip(
                scheme.indexes, lacking.counted_low, lacking.counted_high, strict=True
            )
        ),
        len(facts.raters),
    )


def _tree(scheme: LevelScheme, facts: Facts, at: int, operator: str) -> FuzzyEvaluation:
    """Evaluate one school; what is not known is left out, and the engine spreads its weight."""
    known, place, factors = facts.known[at], 0, []
    for dimension in scheme.dimensions:
        below = []
        for index in dimension.indexes:
            if known[place]:
                row = tuple(map(float, facts.memberships[at, place]))
                below.append(Factor(index.code, index.weight, membership=row))
            place += 1
        if below:
            factors.append(Factor(dimension.code, dimension.weight, tuple(below)))
    root = Factor("", factors=tuple(factors))
    return evaluate(FuzzyDesign(scheme.grades, root, scheme.scores, operator, scheme.confidence))


def _performance(facts: Facts, scheme: LevelScheme) -> Array:
    """How far each school is on each index, 0 (the worst grade) to 1 (the best); NaN where nothing is known."""
    s = np.array(scheme.scores)
    return np.asarray((facts.memberships @ s - s.min()) / (s.max() - s.min()))


def _school(scheme: LevelScheme, facts: Facts, at: int, trees: Mapping[str, FuzzyEvaluation], open_: Levels,
            lacking: Lackings, weights: Array, good: Array) -> dict[str, Any]:  # fmt: skip
    """All about one school: the verdict and how valid it is, what is left open, what stands in the way."""
    whole = trees["weighted"].root
    reading = whole.reading
    known = facts.known[at]
    found = turn(np.where(known[:, None], facts.memberships[at], 0.0), weights)
    return {
        "school": facts.schools[at],
        "known": float(facts.known[at] @ weights_of(scheme)),
        "memberships": list(whole.memberships),
        "leading": reading.leading,
        "verdict": reading.verdict,
        "alpha": reading.alpha,
        "validity": reading.validity,
        "tie": reading.tie,
        "at_least": reading.at_least,
        "score": float(open_.score[at]),
        "low": float(open_.low[at]),
        "high": float(open_.high[at]),
        "probability": open_.probability[at].tolist(),
        "ranks": [int(open_.rank_low[at]), int(open_.rank_high[at])],
        "turn": None if found is None else _turn(scheme, found.moved, found.grade, found.gains, found.gives),
        "operators": {op: _reading(tree) for op, tree in trees.items()},
        "dimensions": list(_dimensions(scheme, facts, at, trees["weighted"], open_)),
        "indexes": list(_indexes(scheme, facts, at, good, _quadrants(scheme, weights, good))),
        "obstacles": _obstacles(scheme, weights, good, lacking, at),
    }


def _turn(
    scheme: LevelScheme, moved: float, grade: int, gains: int, gives: tuple[int, ...]
) -> dict[str, Any]:
    codes = [index.code for index in scheme.indexes]
    return {
        "moved": moved,
        "grade": scheme.grades[grade],
        "gains": codes[gains],
        "gives": [codes[j] for j in gives],
    }


def _reading(tree: FuzzyEvaluation) -> dict[str, Any]:
    whole = tree.root
    return {
        "memberships": list(whole.memberships),
        "leading": whole.reading.leading,
        "tie": whole.reading.tie,
        "score": whole.reading.score,
    }


def _dimensions(
    scheme: LevelScheme, facts: Facts, at: int, tree: FuzzyEvaluation, open_: Levels
) -> Iterator[dict[str, Any]]:
    """Each dimension of which something is known; ``low`` and ``high`` are None where nothing of it was drawn anew."""
    place = {one.code: number for number, one in enumerate(scheme.dimensions)}
    for node in tree.nodes:
        if len(node.path) == 1:
            number = place[node.path[0]]
            drawn = _drawn(scheme, facts, at, number)
            parts = open_.parts
            yield {
                "code": node.path[0],
                "weight": node.weight,
                "memberships": list(node.memberships),
                "leading": node.reading.leading,
                "score": node.reading.score,
                "low": float(parts.low[at, number]) if drawn else None,
                "high": float(parts.high[at, number]) if drawn else None,
                "sure": float(parts.sure[at, number]) if drawn else None,
                "lowest": float(parts.lowest[at, number]),
                "drawn": drawn,
            }


def _drawn(scheme: LevelScheme, facts: Facts, at: int, number: int) -> list[str]:
    """What a dimension's range holds: other weights where it has several indexes, other raters where several voted."""
    own = (groups_of(scheme) == number) & facts.known[at]
    voters = (facts.votes[at][:, own] >= 0).any(axis=1)
    return [name for name, there in (("weights", own.sum() > 1), ("raters", voters.sum() > 1)) if there]


def _quadrants(scheme: LevelScheme, weights: Array, good: Array) -> dict[str, str]:
    """Importance against performance within one school."""
    there = np.flatnonzero(~np.isnan(good))
    placed = importance_performance([scheme.indexes[j].code for j in there], weights[there], good[there])
    return {one.name: one.quadrant for one in placed}


def _indexes(
    scheme: LevelScheme, facts: Facts, at: int, good: Array, quadrants: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for place, index in enumerate(scheme.indexes):
        row = facts.memberships[at, place]
        known = not bool(np.isnan(row).any())
        value = facts.values[at, place]
        yield {
            "code": index.code,
            "value": None if index.is_voted or np.isnan(value) else float(value),
            "votes": _votes(facts, at, place, index, len(row)),
            "memberships": row.tolist() if known else None,
            "leading": scheme.grades[int(np.argmax(row))] if known else None,
            "performance": float(good[place]) if known else None,
            "quadrant": quadrants.get(index.code),
        }


def _votes(facts: Facts, at: int, place: int, index: Index, grades: int) -> list[int] | None:
    if not index.is_voted:
        return None
    return [int((facts.votes[at, :, place] == k).sum()) for k in range(grades)]


def _obstacles(
    scheme: LevelScheme, weights: Array, good: Array, lacking: Lackings, at: int
) -> list[dict[str, Any]]:
    """All indexes by their part in what is missing, the largest first, with ranges and how often they lead."""
    degrees = obstruction(np.nan_to_num(np.clip(good, 0, 1), nan=1.0)[None], weights)[0]
    order = np.argsort(-degrees, kind="stable")
    return [
        {
            "code": scheme.indexes[j].code,
            "degree": float(degrees[j]),
            "low": float(lacking.low[at, j]),
            "high": float(lacking.high[at, j]),
            "among": float(lacking.among[at, j]),
            "first": float(lacking.first[at, j]),
        }
        for j in map(int, order)
        if degrees[j] > 0
    ]


def _operators(trees: list[dict[str, FuzzyEvaluation]]) -> Iterator[dict[str, Any]]:
    first = [tree["weighted"].root.reading.leading for tree in trees]
    for operator in OPERATORS:
        readings = [tree[operator].root.reading for tree in trees]
        same = sum(one.leading == lead for one, lead in zip(readings, first, strict=True))
        yield {"operator": operator, "same": same, "ties": sum(one.tie for one in readings), "of": len(trees)}


def _importance(
    scheme: LevelScheme, weights: Array, good: Array, lacking: Lackings
) -> Iterator[dict[str, Any]]:
    known = np.flatnonzero(~np.isnan(good).all(axis=0))
    codes = [index.code for index in scheme.indexes]
    mean = np.nanmean(good[:, known], axis=0)
    placed = importance_performance([codes[j] for j in known], weights[known], mean)
    for j, one in zip(map(int, known), placed, strict=True):
        yield {
            "code": one.name,
            "weight": one.importance,
            "performance": one.performance,
            # A measured value is the same in every draw, which is no range.
            "low": float(lacking.performance_low[j]) if scheme.indexes[j].is_voted else None,
            "high": float(lacking.performance_high[j]) if scheme.indexes[j].is_voted else None,
            "quadrant": one.quadrant,
            "same": float(lacking.same[j]),
        }
