"""Levels of many schools: equal to the fuzzy evaluation of one, to exhaustive resampling, and to a linear program."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation import examples
from xuequ.engines.evaluation.fuzzy import evaluate
from xuequ.engines.evaluation.levels import effective_weights, levels, turn
from xuequ.engines.evaluation.uncertainty import draw_raters, draw_weights

NO_VOTES = np.full((1, 0, 18), -1)


def nobody(drawn: np.ndarray) -> np.ndarray:
    """No rater in any draw."""
    return np.empty((len(drawn), 0))


def flattened() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The published example of two levels as leaves with their weight in the whole, and their groups."""
    rows, weights, groups = [], [], []
    for place, group in enumerate(examples.two_levels().root.factors):
        for leaf in group.factors:
            rows.append(leaf.membership)
            weights.append(group.weight * leaf.weight)
            groups.append(place)
    return np.array(rows)[None], np.array(weights), np.array(groups)


def test_without_noise_a_school_is_what_the_tree_says() -> None:
    rows, weights, groups = flattened()
    design = examples.two_levels()
    root = evaluate(design).root
    found = levels(
        rows, NO_VOTES, weights[None], nobody(weights[None]), weights, groups, np.array(design.scores)
    )
    assert found.score[0] == pytest.approx(77.715, abs=5e-4)
    assert found.score[0] == pytest.approx(root.reading.score)
    assert found.probability[0].tolist() == [0, 1, 0, 0, 0]
    assert found.rank_low[0] == found.rank_high[0] == 1


def test_a_weak_verdict_is_uncertain_and_a_clear_one_is_not() -> None:
    rows, weights, groups = flattened()
    rng = np.random.default_rng(2)
    drawn = draw_weights(weights, 2000, rng, noise=0.9)
    scores = np.array(examples.SCORES)
    weak = levels(rows, NO_VOTES, drawn, nobody(drawn), weights, groups, scores)
    clear_rows = np.zeros_like(rows)
    clear_rows[:, :, 1] = 1.0
    clear = levels(clear_rows, NO_VOTES, drawn, nobody(drawn), weights, groups, scores)
    assert 0.5 < weak.probability[0, 1] < 1
    assert weak.low[0] < weak.score[0] < weak.high[0]
    assert clear.probability[0].tolist() == [0, 1, 0, 0, 0]


def test_raters_are_resampled_as_exhaustion_says() -> None:
    """Three raters on one index: of 9 equally likely pairs grade 0 leads when one of the two at least voted for it."""
    votes = np.array([[[0], [0], [1]]])
    rows = np.array([[[2 / 3, 1 / 3]]])
    samples = [sum(votes[0, k, 0] == 0 for k in chosen) for chosen in product(range(3), repeat=2)]
    expected = np.mean([count >= 1 for count in samples])
    drawn = np.ones((20_000, 1))
    one, times = np.ones(1), draw_raters(3, 20_000, np.random.default_rng(3))
    found = levels(rows, votes, drawn, times, one, np.zeros(1, int), np.array([1.0, 0.0]))
    assert found.probability[0, 0] == pytest.approx(expected, abs=0.01)


def test_what_is_not_known_gives_its_weight_to_its_group() -> None:
    known = np.array([[False, False, True]])
    assert effective_weights(np.array([0.2, 0.3, 0.5]), known, np.array([0, 0, 1])).tolist() == [[0, 0, 1]]
    rows = np.array([[[np.nan, np.nan], [1.0, 0.0], [0.0, 1.0]]])
    weights = np.array([0.3, 0.1, 0.6])
    drawn = weights[None]
    found = levels(rows, np.full((1, 0, 3), -1), drawn, nobody(drawn), weights, np.array([0, 0, 1]),
                   np.array([1.0, 0.0]))  # fmt: skip
    assert found.score[0] == pytest.approx(0.4)
    assert found.parts.score[0].tolist() == [1.0, 0.0]


def test_refusals() -> None:
    rows, weights, groups = flattened()
    scores, drawn = np.array(examples.SCORES), weights[None]
    with pytest.raises(InputError, match="do not fit"):
        levels(rows, NO_VOTES, drawn[:, :5], nobody(drawn), weights, groups, scores)
    with pytest.raises(InputError, match="do not fit"):
        levels(rows, NO_VOTES, drawn, np.ones((1, 2)), weights, groups, scores)
    with pytest.raises(InputError) as caught:
        levels(np.full_like(rows, np.nan), NO_VOTES, drawn, nobody(drawn), weights, groups, scores)
    assert (caught.value.code, caught.value.row) == ("no-data", 1)


def test_a_school_known_on_indexes_without_weight_alone_is_refused() -> None:
    # Its B would be 0 everywhere, and the best grade the first of those that tie.
    rows = np.array([[[0.5, 0.5], [1.0, 0.0]], [[np.nan, np.nan], [0.0, 1.0]]])
    weights = np.array([1.0, 0.0])
    with pytest.raises(InputError) as caught:
        levels(rows, np.full((2, 0, 2), -1), weights[None], nobody(weights[None]), weights, np.array([0, 1]),
               np.array([1.0, 0.0]))  # fmt: skip
    assert (caught.value.code, caught.value.row) == ("no-data", 2)


@given(st.integers(2, 6), st.integers(2, 4), st.integers(0, 10_000))
def test_the_turn_is_the_optimum_of_a_linear_program(m: int, K: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, weights = rng.dirichlet(np.ones(K), m), rng.dirichlet(np.ones(m))
    found = turn(rows, weights)
    lead = int(np.argmax(weights @ rows))
    moved = []
    for grade in set(range(K)) - {lead}:
        gap = rows[:, lead] - rows[:, grade]
        # Minimise half of Σ|v − w|, v = w + up − down, v ≥ 0, Σ v = 1, gap · v = 0.
        solved = linprog(
            np.full(2 * m, 0.5),
            A_eq=np.array([np.r_[np.ones(m), -np.ones(m)], np.r_[gap, -gap]]),
            b_eq=[0.0, -float(gap @ weights)],
            A_ub=np.c_[-np.eye(m), np.eye(m)],
            b_ub=weights,
        )
        if solved.success:
            moved.append(solved.fun)
    if not moved:
        assert found is None
    else:
        assert found is not None
        assert found.moved == pytest.approx(min(moved), abs=1e-7)
