"""Which indexes go against the rest: duplicates count once, reversed ones do not hide each other, and what may hide."""

import numpy as np
import pytest

from xuequ.engines.evaluation.direction import direction
from xuequ.engines.evaluation.quality import audit
from xuequ.engines.evaluation.ratings import Ratings, ratings_of
from xuequ.engines.evaluation.simulation import planted, unrelated


def scores(rng: np.random.Generator, loadings: list[float], schools: int = 60) -> np.ndarray:
    w = np.array(loadings)
    x = rng.normal(size=(schools, 1)) * w + rng.normal(size=(schools, len(w))) * np.sqrt(1 - w**2)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def turned(ratings: Ratings, places: list[int]) -> Ratings:
    """From 1 to 5 turned round is from 5 to 1."""
    values = ratings.values.copy()
    values[:, :, places] = 6 - values[:, :, places]
    return ratings_of(values)


def none(k: int) -> np.ndarray:
    return np.zeros(k, dtype=bool)


def test_several_reversed_indexes_do_not_hide_each_other() -> None:
    for seed in range(10):
        sound = planted(np.random.default_rng(seed), defects=False).ratings
        found = audit(turned(sound, [1, 5, 8, 13]), omega=False)
        assert [index.name for index in found.indexes if index.verdict != "keep"] == ["u2", "u6", "u9", "u14"]
        assert all(index.rest > 0.3 for index in found.indexes if index.verdict == "keep")


def test_the_rest_is_the_others_with_duplicates_once_and_reversed_ones_turned_round() -> None:
    z = scores(np.random.default_rng(1), [0.8, 0.8, 0.8, 0.8, -0.8, 0.8])
    z[:, 1] = z[:, 0]
    found = direction(z, none(6), {1: 0})
    assert found.reversed.tolist() == [False, False, False, False, True, False]
    rest = z[:, 2] + z[:, 3] - z[:, 4] + z[:, 5]
    assert found.rest[:2] == pytest.approx(np.corrcoef(z[:, 0], rest)[0, 1])
    whole = z[:, 0] + z[:, 2] + z[:, 3] + z[:, 5]
    assert found.rest[4] == pytest.approx(np.corrcoef(z[:, 4], whole)[0, 1])


def test_turning_every_index_round_changes_nothing() -> None:
    z = scores(np.random.default_rng(2), [0.7] * 7 + [-0.7] * 2)
    there, back = direction(z, none(9), {}), direction(-z, none(9), {})
    assert there.reversed.tolist() == back.reversed.tolist() == [False] * 7 + [True] * 2
    assert there.rest == pytest.approx(back.rest)


def test_of_two_halves_against_each_other_at_most_one_is_called_reversed() -> None:
    for seed in range(20):
        found = direction(scores(np.random.default_rng(seed), [0.9] * 5 + [-0.9] * 5), none(10), {})
        assert not (found.reversed[:5].any() and found.reversed[5:].any())


def test_two_independent_groups_are_left_in_peace_and_their_reversed_index_is_found() -> None:
    found = blamed = 0
    for seed in range(20):
        case = planted(np.random.default_rng(seed), traits=2)
        judged = audit(case.ratings, omega=False).indexes
        found += judged[case.reversed_].reason == "reversed"
        blamed += sum(one.reason == "reversed" for one in judged) - (
            judged[case.reversed_].reason == "reversed"
        )
    assert (found, blamed) == (20, 0)


def test_an_unrelated_index_beside_defects_is_seldom_called_reversed() -> None:
    blamed = 0
    for seed in range(100):
        case = planted(np.random.default_rng(seed), 40, 10, 5, common=0.3)
        ratings = unrelated(case, np.random.default_rng(1000 + seed))
        blamed += audit(ratings, omega=False).indexes[case.reversed_].reason == "reversed"
    # 5 % are expected at the most; 12 is 3 standard errors above.
    assert blamed <= 12


def test_that_a_reversed_index_may_hide_is_said_of_loose_systems_alone() -> None:
    rng = np.random.default_rng(3)
    assert not direction(scores(rng, [0.8] * 8), none(8), {}).loose
    assert direction(scores(rng, [0.8] * 8, schools=8), none(8), {}).loose
    assert direction(scores(rng, [0.0] * 8), none(8), {}).loose
    loose = audit(planted(rng, 40, 10, 5, common=0.1, defects=False).ratings, omega=False)
    assert "reversed-may-hide" in [remark.code for remark in loose.remarks]
    close = audit(planted(rng, 60, 10, 5, common=0.6, defects=False).ratings, omega=False)
    assert "reversed-may-hide" not in [remark.code for remark in close.remarks]


def test_where_nothing_stands_beside_an_index_nothing_is_said_against_it() -> None:
    z = scores(np.random.default_rng(4), [0.5, 0.5, 0.5])
    flat = np.array([False, True, True])
    z[:, 1:] = 0
    found = direction(z, flat, {})
    assert (found.rest.tolist(), found.reversed.any(), found.loose) == ([0.0, 0.0, 0.0], False, True)
    none_varies = direction(np.zeros((8, 3)), ~none(3), {})
    assert (none_varies.reversed.any(), none_varies.loose) == (False, True)
