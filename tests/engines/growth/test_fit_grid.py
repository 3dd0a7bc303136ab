"""The goodness-of-fit grid: cells, their expectation, the test and its verdict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.fit_grid import SHARES, FitGrid, fit_grid
from xuequ.engines.growth.percentiles import TAUS, design_matrix, percentile_ranks, sorted_expectations
from xuequ.engines.growth.quantile import fit_quantile_process
from xuequ.engines.growth.splines import spline_basis

FloatArray = NDArray[np.float64]


def uniform(n: int, seed: int) -> NDArray[np.int64]:
    """Percentiles as they are when the expected scores are the true ones."""
    return np.searchsorted(TAUS, np.random.default_rng(seed).random(n)).clip(1, 99)


def fitted(n: int, seed: int) -> FitGrid:
    """Percentiles of a model fitted to the same pupils."""
    rng = np.random.default_rng(seed)
    prior = rng.normal(500, 50, n).round()
    score = (100 + 0.8 * prior + rng.normal(0, 30, n)).round()
    X = design_matrix(prior[:, None], (spline_basis(prior),))
    expected = sorted_expectations(X @ fit_quantile_process(X, score, TAUS).coefficients)
    return fit_grid(percentile_ranks(expected, score), prior, X)


def test_cells_count_pupils_by_tenths_of_prior_and_bands_of_percentiles() -> None:
    prior = np.repeat(np.arange(1000), 100)
    grid = fit_grid(np.tile([1, *range(1, 99), 99], 1000), prior)
    assert grid.counts.shape == (10, 10)
    assert grid.counts[0].tolist() == [1000, *[1000] * 8, 1000]
    assert grid.counts.sum(axis=1).tolist() == [10000] * 10
    assert grid.edges[0].tolist() == [0, 99] and grid.edges[9].tolist() == [900, 999]


def test_every_cell_is_expected_to_hold_a_tenth_but_for_the_rounding_of_the_extremes() -> None:
    """Percentile 1 is given to 0 and 1 expected scores below, 1.5 % of pupils; so is 99."""
    shares = np.bincount(
        np.searchsorted([10, 20, 30, 40, 50, 60, 70, 80, 90], uniform(10**6, 1), side="right")
    )
    np.testing.assert_allclose(shares / 10**6, SHARES, atol=0.0015)
    assert SHARES.sum() == pytest.approx(1.0)


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(500, 3000))
def test_the_grid_sums_to_the_pupils_and_to_the_expectation(seed: int, n: int) -> None:
    prior = np.random.default_rng(seed).normal(size=n).round(2)
    grid = fit_grid(uniform(n, seed + 1), prior)
    assert grid.counts.sum() == n
    np.testing.assert_allclose(grid.expected.sum(axis=1), grid.counts.sum(axis=1))
    assert (np.diff(grid.qq_observed, axis=1) >= 0).all()
    assert (grid.qq_observed[:, -1] == 1.0).all() and grid.qq_expected[-1] == 1.0
    assert 0.0 <= grid.p_value <= 1.0 and grid.rms >= 0.0


def test_true_norms_of_other_pupils_are_rejected_as_often_as_the_level_says() -> None:
    grids = [fit_grid(uniform(800, s), np.random.default_rng(s + 999).normal(size=800)) for s in range(200)]
    statistics = [grid.statistic for grid in grids]
    assert grids[0].df == 90
    assert np.mean(statistics) == pytest.approx(90, abs=4)
    assert sum(grid.p_value < 0.05 for grid in grids) / 200 == pytest.approx(0.05, abs=0.04)


def test_a_fitted_model_is_judged_by_the_chance_it_leaves() -> None:
    """Its cells vary less than by chance alone; the statistic allows for it."""
    grids = [fitted(1500, seed) for seed in range(12)]
    assert [grid.df for grid in grids] == [54] * 12
    assert np.mean([grid.statistic for grid in grids]) == pytest.approx(54, abs=9)
    plain = [((grid.counts - grid.expected) ** 2 / grid.expected).sum() for grid in grids]
    assert np.mean(plain) < 60
    assert {grid.verdict for grid in grids} <= {"fits", "negligible"}


def test_expected_scores_that_ignore_the_spread_deviate() -> None:
    """Pupils with high earlier scores spread more than the norms know: both extremes are too full there."""
    rng = np.random.default_rng(3)
    prior = rng.normal(size=3000)
    score = rng.normal(size=3000) * (1 + 0.5 * (prior > 0))
    expected = np.repeat(np.quantile(score, TAUS)[None, :], 3000, axis=0)
    grid = fit_grid(percentile_ranks(expected, score), prior)
    assert (grid.verdict, grid.p_value < 1e-6) == ("deviates", True)
    assert grid.counts[9, 0] > 1.2 * grid.expected[9, 0] and grid.counts[0, 0] < 0.8 * grid.expected[0, 0]
    assert grid.rms > 0.02


def test_a_certain_but_minute_deviation_is_called_negligible() -> None:
    n = 400_000
    sgp = uniform(n, 5)
    moved = np.where(np.random.default_rng(6).random(n) < 0.01, 50, sgp)
    grid = fit_grid(moved, np.random.default_rng(7).normal(size=n))
    assert grid.p_value < 0.01 and grid.rms < 0.01
    assert grid.verdict == "negligible"


def test_small_cohorts_get_no_verdict() -> None:
    assert fit_grid(uniform(300, 1), np.arange(300.0)).verdict == "too-few"
    assert fit_grid([50, 60, 70], [1.0, 2.0, 3.0]).verdict == "too-few"


def test_equal_earlier_scores_stay_in_one_row() -> None:
    grid = fit_grid(uniform(900, 1), np.repeat([1.0, 2.0, 3.0], 300))
    assert grid.counts.sum(axis=1).tolist() == [300, 300, 300]
    assert grid.edges.tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]


@pytest.mark.parametrize(
    ("sgp", "prior", "code"),
    [
        ([50, 100], [1.0, 2.0], "not-a-percentile"),
        ([0, 50], [1.0, 2.0], "not-a-percentile"),
        ([50.5, 50], [1.0, 2.0], "not-a-percentile"),
        ([50, 60], [1.0, np.nan], "infinite-value"),
        ([50, 60], [1.0], "bad-shape"),
        ([], [], "no-pupils"),
    ],
)
def test_unusable_input_is_refused_by_name(sgp: list[float], prior: list[float], code: str) -> None:
    with pytest.raises(InputError) as refusal:
        fit_grid(sgp, prior)
    assert refusal.value.code == code
