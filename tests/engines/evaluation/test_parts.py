"""Ranges of groups and obstacles: equal to a plain loop over trees, and collapsing where nothing is left open."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.evaluation.level_cases import SCORES, Case, case, drawn_rows, tree
from xuequ.engines.evaluation.diagnosis import importance_performance, obstruction
from xuequ.engines.evaluation.lacking import lackings
from xuequ.engines.evaluation.levels import effective_weights, levels
from xuequ.engines.evaluation.uncertainty import draw_raters, draw_weights

ENDS = [0.025, 0.975]


def scores_of(of: Case, draw: int) -> np.ndarray:
    """Scores of the groups of all schools in one draw, by trees."""
    found = np.full((len(of.rows), 3), np.nan)
    for s, rows in enumerate(drawn_rows(of, draw)):
        for node in tree(rows, of.drawn[draw], of.groups).nodes:
            if len(node.path) == 1:
                found[s, int(node.path[0][1:])] = node.reading.score
    return found


@pytest.mark.parametrize("seed", range(6))
def test_ranges_of_groups_are_those_of_a_loop_over_trees(seed: int) -> None:
    of = case(seed)
    found = levels(*of.given).parts
    loop = np.array([scores_of(of, draw) for draw in range(len(of.drawn))])
    assert np.isnan(loop[0, 1, 1])
    ends = np.quantile(loop, ENDS, axis=0)
    np.testing.assert_allclose(found.low, ends[0], atol=1e-9)
    np.testing.assert_allclose(found.high, ends[1], atol=1e-9)
    lowest = np.array([[(row == np.nanmin(row)) for row in draw] for draw in loop]).mean(axis=0)
    np.testing.assert_allclose(found.lowest[~np.isnan(found.lowest)], lowest[~np.isnan(loop[0])], atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_points_of_groups_are_those_of_trees(seed: int) -> None:
    of = case(seed)
    found = levels(*of.given)
    for s, rows in enumerate(of.rows):
        whole = tree(rows, of.weights, of.groups)
        assert found.score[s] == pytest.approx(whole.root.reading.score)
        told = {int(node.path[0][1:]): node.reading.score for node in whole.nodes if len(node.path) == 1}
        for group in range(3):
            assert found.parts.score[s, group] == pytest.approx(told.get(group, np.nan), nan_ok=True)


@given(st.integers(0, 10_000))
def test_without_noise_and_with_one_rater_ranges_collapse_on_points(seed: int) -> None:
    of = case(seed, raters=1, noise=0.0, draws=20)
    found, lacking = levels(*of.given), lackings(*of.given)
    for end in (found.parts.low, found.parts.high):
        np.testing.assert_allclose(end, found.parts.score, atol=1e-9)
    assert set(found.parts.sure[~np.isnan(found.parts.sure)]) == {1.0}
    np.testing.assert_allclose(lacking.low, lacking.high, atol=1e-12)
    assert set(lacking.same[~np.isnan(lacking.same)]) == {1.0}


@given(st.integers(0, 10_000), st.integers(3, 12))
def test_points_lie_in_their_ranges_and_near_the_mean_of_the_draws(seed: int, raters: int) -> None:
    of = case(seed, raters=raters, draws=800)
    found = levels(*of.given).parts
    known = ~np.isnan(found.score)
    assert (found.low[known] <= found.score[known] + 1e-9).all()
    assert (found.score[known] <= found.high[known] + 1e-9).all()
    assert (found.low[known] >= SCORES.min() - 1e-9).all()
    assert (found.high[known] <= SCORES.max() + 1e-9).all()
    half = levels(*of.given, confidence=0.0).parts.low
    assert (np.abs(half - found.score)[known] <= (found.high - found.low)[known] / 3 + 1e-9).all()


def test_what_is_measured_alone_has_its_range_from_weights_alone() -> None:
    of = case(3, raters=5, draws=400)
    quiet = Case(of.rows, of.votes, np.repeat(of.weights[None], 400, axis=0), of.times, of.weights, of.groups)
    measured = Case(
        np.where((of.votes >= 0).any(axis=(0, 1))[None, :, None], np.nan, of.rows), *quiet.given[1:6]
    )
    found = levels(*measured.given[:1], np.full_like(of.votes, -1), *measured.given[2:]).parts
    np.testing.assert_allclose(found.low, found.high, atol=1e-12)
    assert (levels(*quiet.given).parts.high > levels(*quiet.given).parts.low + 1e-6).any()


@pytest.mark.parametrize("seed", range(4))
def test_ranges_of_obstacles_are_those_of_a_loop(seed: int) -> None:
    of = case(seed)
    found = lackings(*of.given, most=2)
    known = ~np.isnan(of.rows).any(axis=2)
    degrees, means, same = [], [], []
    there = known.any(axis=0)
    codes = [f"i{j}" for j in np.flatnonzero(there)]

    def quadrants(rows: np.ndarray, weights: np.ndarray) -> list[str]:
        x = (rows @ SCORES - SCORES.min()) / (SCORES.max() - SCORES.min())
        mean = np.nanmean(x[:, there], axis=0)
        return [one.quadrant for one in importance_performance(codes, weights[there], mean)]

    own = quadrants(of.rows, of.weights)
    for draw, weights in enumerate(of.drawn):
        rows = drawn_rows(of, draw)
        x = (rows @ SCORES - SCORES.min()) / (SCORES.max() - SCORES.min())
        each = effective_weights(weights, known, of.groups)
        degrees.append(
            [obstruction(np.where(known[s], x[s], 1.0)[None].clip(0, 1), each[s])[0] for s in range(3)]
        )
        means.append(np.nanmean(x[:, there], axis=0))
        same.append([a == b for a, b in zip(quadrants(rows, weights), own, strict=True)])
    loop = np.array(degrees)
    np.testing.assert_allclose([found.low, found.high], np.quantile(loop, ENDS, axis=0), atol=1e-9)
    np.testing.assert_allclose(found.performance_low[there], np.quantile(means, ENDS, axis=0)[0], atol=1e-9)
    np.testing.assert_allclose(found.same[there], np.mean(same, axis=0))
    two = np.argsort(-loop, axis=2)[..., :2]
    among = np.zeros(loop.shape)
    np.put_along_axis(among, two, 1.0, axis=2)
    np.testing.assert_allclose(found.among, among.mean(axis=0))
    counted = np.quantile(among.sum(axis=1), ENDS, axis=0, method="inverted_cdf")
    np.testing.assert_allclose([found.counted_low, found.counted_high], counted)
    first = (loop == loop.max(axis=2, keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(found.first, first)


def test_blocks_of_schools_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    of = case(5, schools=7)
    whole = lackings(*of.given)
    monkeypatch.setattr("xuequ.engines.evaluation.lacking._SCHOOLS", 3)
    parts = lackings(*of.given)
    for name in ("low", "high", "among", "first", "counted_low", "counted_high", "performance_low", "same"):
        np.testing.assert_allclose(getattr(whole, name), getattr(parts, name), atol=1e-12)


def test_a_lowest_group_that_ties_is_nobodys() -> None:
    rows, weights = np.full((1, 4, 2), 0.5), np.full(4, 0.25)
    drawn = draw_weights(weights, 50, np.random.default_rng(1))
    votes, groups = np.full((1, 0, 4), -1), np.array([0, 0, 1, 1])
    found = levels(rows, votes, drawn, np.empty((50, 0)), weights, groups, np.array([1.0, 0.0]))
    assert found.parts.lowest.tolist() == [[0.0, 0.0]]
    one = levels(rows, votes, drawn, np.empty((50, 0)), weights, np.zeros(4, int), np.array([1.0, 0.0]))
    assert one.parts.lowest.tolist() == [[0.0]]


def test_the_mean_of_drawn_raters_has_the_variance_of_the_mean_of_all() -> None:
    values = np.random.default_rng(2).normal(0, 1, 5)
    times = draw_raters(5, 40_000, np.random.default_rng(3))
    means = times @ values / times.sum(axis=1)
    assert means.var() == pytest.approx(values.var(ddof=1) / 5, rel=0.03)
