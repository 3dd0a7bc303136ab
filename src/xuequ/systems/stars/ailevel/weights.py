"""Judgements of pairs from ballots: where one expert stands, and what all say together.

A ballot holds judgements by pair "a:b", a before b in the scheme; null is a pair that was skipped. CR is that of the
Monte Carlo table unless another is named; what would be said under the other tables stands beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.ahp import Priorities, prioritise
from xuequ.engines.evaluation.clusters import clusters_of
from xuequ.engines.evaluation.group import GroupPriorities, WeightRanges, aggregate, rejoined, weight_ranges
from xuequ.engines.evaluation.judgements import SAATY, Judgements, judgements
from xuequ.engines.evaluation.random_index import RANDOM_INDICES, random_index
from xuequ.engines.evaluation.repair import Repair, advise

RI = "mc"
FEWEST_BALLOTS = 3
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Pair:
    """Two parts to be compared, and what was judged: None where nothing was, ``skipped`` where on purpose."""

    first: str
    second: str
    value: float | None
    skipped: bool

    @property
    def code(self) -> str:
        """How the pair is called in a ballot and in an address."""
        return f"{self.first}:{self.second}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one ballot stands.

    ``found`` is None while the judged pairs leave parts apart; then ``to_judge`` more pairs are needed at least.
    ``ratios`` are CR by the name of the random index.
    """

    pairs: tuple[Pair, ...]
    judged: int
    to_judge: int
    found: Priorities | None
    repair: Repair | None
    ratios: Mapping[str, float]

    @property
    def is_complete(self) -> bool:
        """Whether every pair was judged."""
        return self.judged == len(self.pairs)


@dataclass(frozen=True, slots=True)
class Together:
    """What the ballots that can be used say: by judgements (AIJ), by weights (AIP), and who weighs alike.

    ``ranges`` (of AIJ) and ``ranges_by_weights`` (of AIP) are None with fewer than three ballots.
    """

    by_judgements: GroupPriorities
    by_weights: GroupPriorities
    ranges: WeightRanges | None
    ranges_by_weights: WeightRanges | None
    clusters: tuple[tuple[int, ...], ...]


def pairs_of(codes: Sequence[str], given: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Return all pairs in the order of the scheme, with what was judged."""
    found = []
    for first, second in combinations(codes, 2):
        key = f"{first}:{second}"
        value = given.get(key)
        found.append(
            Pair(first, second, None if value is None else float(value), key in given and value is None)
        )
    return tuple(found)


def nearest_step(value: float) -> float:
    """Return the value of Saaty's scale that is meant: 0.33 is 1/3. ``InputError`` when none is near."""
    found = min(SAATY, key=lambda step: abs(step - value))
    # Turned round, so that what is no number at all is refused too.
    if not abs(found - value) <= 0.01 + _NEAR:
        raise InputError("unknown-step", f"{value:g} is not on the scale from 1/9 to 9", value=f"{value:g}")
    return found


def standing(codes: Sequence[str], given: Mapping[str, Any], ri: str = RI) -> Standing:
    """Return where a ballot stands."""
    pairs = pairs_of(codes, given)
    judged = [pair for pair in pairs if pair.value is not None]
    apart = _apart(codes, judged)
    if apart:
        return Standing(pairs, len(judged), apart, None, None, {})
    matrix = _matrix(codes, judged)
    found = prioritise(matrix, ri=ri)
    ratios = {
        table: _ratio(found.ci, random_index(len(codes), table, matrix.missing)) for table in RANDOM_INDICES
    }
    return Standing(pairs, len(judged), 0, found, None if found.consistent else advise(matrix, found), ratios)


def _ratio(ci: float, index: float) -> float:
    return ci / index if index > 0 else 0.0


def to_judge(codes: Sequence[str], given: Mapping[str, Any]) -> int:
    """Return how many more pairs are needed at least until all parts are connected."""
    return _apart(codes, [pair for pair in pairs_of(codes, given) if pair.value is not None])


def _apart(codes: Sequence[str], judged: Sequence[Pair]) -> int:
    """How many more pairs are needed until every part is reached from the first."""
    place = {code: code for code in codes}
    for pair in judged:
        a, b = place[pair.first], place[pair.second]
        place = {code: a if root == b else root for code, root in place.items()}
    return len(set(place.values())) - 1


def _matrix(codes: Sequence[str], judged: Sequence[Pair]) -> Judgements:
    at = {code: row for row, code in enumerate(codes)}
    values = np.full((len(codes), len(codes)), np.nan)
    for pair in judged:
        values[at[pair.first], at[pair.second]] = pair.value
    return judgements(tuple(codes), values)


def together(codes: Sequence[str], ballots: Sequence[Mapping[str, Any]], ri: str = RI) -> Together | None:
    """Join the ballots whose judged pairs connect all parts; None where there is none."""
    matrices = [
        _matrix(codes, [pair for pair in pairs_of(codes, given) if pair.value is not None])
        for given in ballots
        if not to_judge(codes, given)
    ]
    if not matrices:
        return None
    by_judgements = aggregate(matrices, "judgements", ri=ri)
    by_weights = rejoined(by_judgements, "priorities-geometric")
    own = np.array([member.weights for member in by_judgements.members])
    return Together(
        by_judgements, by_weights, weight_ranges(by_judgements), weight_ranges(by_weights), clusters_of(own)
    )
