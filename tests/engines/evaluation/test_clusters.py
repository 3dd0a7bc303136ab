"""Groups of experts: planted camps are found; agreement leaves one group, and no one is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.clusters import DIGITS, clusters_of
from xuequ.engines.evaluation.group import consensus_of


@given(st.integers(0, 5000))
def test_two_planted_camps_are_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    camps = np.array([[0.72, 0.12, 0.1, 0.06], [0.06, 0.1, 0.12, 0.72]])
    side = np.r_[0, 1, rng.integers(0, 2, 6)]
    weights = camps[side] * rng.uniform(0.95, 1.05, (8, 4))
    weights /= weights.sum(axis=1, keepdims=True)
    found = {frozenset(group) for group in clusters_of(weights)}
    assert found == {frozenset(np.flatnonzero(side == k).tolist()) for k in (0, 1)}


@given(st.integers(1, 7), st.integers(2, 6), st.integers(0, 5000), st.floats(0, 1))
def test_every_expert_is_in_one_group(members: int, indexes: int, seed: int, least: float) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(indexes), members)
    groups = clusters_of(weights, least)
    assert sorted(place for group in groups for place in group) == list(range(members))
    assert [len(group) for group in groups] == sorted((len(group) for group in groups), reverse=True)


def test_the_same_weights_are_one_group_and_nobody_is_refused() -> None:
    assert clusters_of(np.tile([0.5, 0.3, 0.2], (4, 1))) == ((0, 1, 2, 3),)
    with pytest.raises(InputError):
        clusters_of(np.empty((0, 3)))


def simple(weights: np.ndarray, least: float) -> tuple[tuple[int, ...], ...]:
    """The plain way: every pair of groups anew in each step."""
    n = len(weights)
    alike = {(i, j): consensus_of(weights[[i, j]]) for i in range(n) for j in range(i + 1, n)}

    def between(a: tuple[int, ...], b: tuple[int, ...]) -> float:
        return round(sum(alike[min(i, j), max(i, j)] for i in a for j in b) / (len(a) * len(b)), DIGITS)

    groups: list[tuple[int, ...]] = [(i,) for i in range(n)]
    while len(groups) > 1:
        pairs = [(a, b) for at, a in enumerate(groups) for b in groups[at + 1 :]]
        closeness, _place, first, second = max((between(a, b), -at, a, b) for at, (a, b) in enumerate(pairs))
        if closeness < least:
            break
        groups = [group for group in groups if group not in (first, second)] + [tuple(sorted(first + second))]
    return tuple(sorted(groups, key=lambda group: (-len(group), group)))


@given(st.integers(1, 9), st.integers(1, 6), st.integers(0, 5000), st.floats(0.4, 1), st.booleans())
def test_groups_are_those_of_the_plain_way(
    members: int, indexes: int, seed: int, least: float, twins: bool
) -> None:
    weights = np.random.default_rng(seed).dirichlet(np.ones(indexes) * 4, members)
    if twins:
        weights = weights[np.random.default_rng(seed).integers(0, members, members)]
    assert clusters_of(weights, least) == simple(weights, least)
