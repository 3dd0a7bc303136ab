"""What weights and raters leave open: draws, grades, ranks, and the smallest change that flips a verdict."""

import numpy as np
import pytest
from scipy.optimize import linprog

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.uncertainty import draw_weights, flip, standings

CUTS = (45.0, 50.0, 55.0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("options", [{"noise": 0.2}, {"concentration": 100.0}])
def test_drawn_weights_lie_around_the_given_ones(options: dict[str, float]) -> None:
    w = np.array([0.5, 0.3, 0.2, 0.0])
    drawn = draw_weights(w, 4000, rng(), **options)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(4000))
    assert (drawn >= 0).all()
    assert (drawn[:, 3] == 0).all()
    assert drawn.mean(axis=0) == pytest.approx(w, abs=0.005)


def test_dirichlet_s_spread_is_its_formula() -> None:
    w = np.array([0.5, 0.3, 0.2])
    drawn = draw_weights(w, 20_000, rng(), concentration=50.0)
    assert drawn.var(axis=0) == pytest.approx(w * (1 - w) / 51, rel=0.05)


def test_without_noise_everything_is_certain() -> None:
    values, w = rng(1).uniform(0, 100, (12, 5)), np.full(5, 0.2)
    found = standings(values, draw_weights(w, 50, rng(), noise=0.0), w, CUTS, rng())
    assert found.low == pytest.approx(found.score)
    assert found.high == pytest.approx(found.score)
    assert set(found.probability.ravel()) == {0.0, 1.0}
    assert (found.rank_low == found.rank_high).all()
    assert sorted(found.rank_low) == list(range(1, 13))
    assert (
        found.probability.argmax(axis=1).tolist() == np.searchsorted(CUTS, found.score, side="right").tolist()
    )


def test_probabilities_are_those_of_a_loop() -> None:
    values, w = rng(2).uniform(30, 70, (9, 6)), rng(3).dirichlet(np.ones(6))
    drawn = draw_weights(w, 300, rng(4))
    found = standings(values, drawn, w, CUTS, rng())
    scores = np.array([[float(draw @ school) for school in values] for draw in drawn])
    at_least = np.array([[np.mean(scores[:, s] >= cut) for cut in CUTS] for s in range(9)])
    assert found.probability[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] == pytest.approx(at_least)
    ranks = np.array([[1 + (row > row[s]).sum() for s in range(9)] for row in scores])
    assert found.rank_low == pytest.approx(np.quantile(ranks, 0.025, axis=0, method="inverted_cdf"))
    assert found.probability.sum(axis=1) == pytest.approx(np.ones(9))


def test_raters_widen_the_interval_by_their_standard_error() -> None:
    values = 50 + rng(5).normal(0, 10, (200, 25, 4))
    w = np.full(4, 0.25)
    found = standings(values, draw_weights(w, 2000, rng(6), noise=0.0), w, CUTS, rng(7))
    expected = 2 * 1.96 * np.sqrt(10**2 / 4 / 25)
    assert (found.high - found.low).mean() == pytest.approx(expected, rel=0.05)


def test_gaps_among_raters_are_left_out() -> None:
    values = 50 + rng(8).normal(0, 5, (10, 6, 3))
    holes = values.copy()
    holes[:, 5] = np.nan
    w = np.full(3, 1 / 3)
    found = standings(holes, draw_weights(w, 500, rng(9)), w, CUTS, rng(10))
    assert found.score == pytest.approx(values[:, :5].mean(axis=(1, 2)))
    assert (found.low <= found.score).all()
    assert (found.score <= found.high).all()


def test_the_same_generator_gives_the_same_result() -> None:
    values, w = rng(1).uniform(0, 100, (12, 4, 5)), np.full(5, 0.2)
    one, other = (standings(values, draw_weights(w, 300, g := rng(11)), w, CUTS, g) for _ in range(2))
    assert (one.probability == other.probability).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_smallest_change_is_that_of_the_linear_program(seed: int) -> None:
    g = rng(seed)
    x, w = g.uniform(0, 100, 6), g.dirichlet(np.ones(6))
    cut = float(w @ x + g.choice([-1, 1]) * g.uniform(1, 15))
    found = flip(x, w, cut)
    # Variables: what each index gains and what it gives.
    program = linprog(np.full(12, 0.5), A_eq=[[*np.ones(6), *-np.ones(6)], [*x, *-x]], b_eq=[0, cut - w @ x],
                      bounds=[(0, None)] * 6 + [(0, value) for value in w])  # fmt: skip
    if found is None:
        assert program.status == 2
        return
    assert found.moved == pytest.approx(program.fun, abs=1e-9)
    assert np.array(found.weights) @ x == pytest.approx(cut)
    assert sum(found.weights) == pytest.approx(1)
    assert min(found.weights) >= 0


def test_no_weights_reach_beyond_the_best_index() -> None:
    assert flip(np.array([10.0, 20.0]), np.array([0.5, 0.5]), 25.0) is None
    at_limit = flip(np.array([10.0, 20.0]), np.array([0.5, 0.5]), 15.0)
    assert at_limit is not None
    assert at_limit.moved == 0


@pytest.mark.parametrize(
    ("weights", "draws", "options", "code"),
    [
        ([0.5, -0.5], 10, {}, "bad-weights"),
        ([0.0, 0.0], 10, {}, "bad-weights"),
        ([0.5, 0.5], 0, {}, "bad-draws"),
        ([0.5, 0.5], 10, {"noise": 1.0}, "bad-noise"),
        ([0.5, 0.5], 10, {"concentration": 0.0}, "bad-noise"),
    ],
)
def test_draws_that_cannot_be_are_refused(weights, draws, options, code) -> None:
    with pytest.raises(InputError) as caught:
        draw_weights(np.array(weights), draws, rng(), **options)
    assert caught.value.code == code


def test_standings_that_cannot_be_are_refused() -> None:
    drawn, w = np.full((5, 2), 0.5), np.array([0.5, 0.5])
    gap = np.ones((3, 2, 2))
    gap[1, :, 0] = np.nan
    for values, cuts, code in (
        (np.ones((3, 2)), (2.0, 1.0), "bad-cuts"),
        (np.ones((3, 2)), (1.0, np.nan), "bad-cuts"),
        (np.ones((3, 4)), (1.0,), "bad-shape"),
        (gap, (1.0,), "no-ratings"),
    ):
        with pytest.raises(InputError) as caught:
            standings(values, drawn, w, cuts, rng())
        assert caught.value.code == code
