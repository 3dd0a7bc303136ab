"""Growth trajectories and targets: by hand, against a population whose quantiles are known, and as properties."""

from itertools import pairwise
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tests.engines.growth.cohorts import GAIN, SLOPE, SPREAD, chain, design
from xuequ.engines.errors import InputError
from xuequ.engines.growth.percentiles import PercentileModel, design_matrix, growth_percentiles
from xuequ.engines.growth.projection import NextGrade, Projection, growth_targets, project

FloatArray = NDArray[np.float64]


def step(
    grade: int, n: int, seed: int, years: int, score_range: tuple[float, float] | None = None
) -> NextGrade:
    table = chain(n, seed, years=years)
    return NextGrade(grade, growth_percentiles(table, design(table)).models, score_range)


STEPS = [step(6, 400, 1, 1), step(7, 400, 2, 2), step(8, 400, 3, 2)]
PUPILS = chain(60, 9, years=1).with_columns(prior_1=pl.when(pl.col("id") % 3 > 0).then("prior_1"))
FOUND = project(PUPILS, STEPS)


ORDERS = np.ones((3, 2), dtype=np.int64)


def test_each_year_uses_the_highest_order_there_are_scores_for() -> None:
    assert FOUND.grades == (6, 7, 8)
    assert FOUND.trajectories.shape == (60, 3, 100)
    assert np.unique(FOUND.orders, axis=0).tolist() == [[1, 2, 2]]
    without = project(PUPILS.select("id", "score"), [STEPS[1], STEPS[2]])
    assert np.unique(without.orders, axis=0).tolist() == [[1, 2]]


@pytest.mark.parametrize("pupil", [0, 1, 44])
def test_a_trajectory_is_the_expected_score_put_in_place_of_the_prior(pupil: int) -> None:
    """Year by year and percentile by percentile, as the definition says."""
    now = PUPILS.row(pupil, named=True)["score"]
    first, second, third = (s.models for s in STEPS)
    year_1 = first[0].expected([[now]])[0]
    unsorted = [_fitted(second[1], [year_1[p], now])[p] for p in range(100)]
    year_2 = np.sort(unsorted).round(5)
    year_3 = np.sort([_fitted(third[1], [year_2[p], year_1[p]])[p] for p in range(100)]).round(5)
    np.testing.assert_allclose(FOUND.trajectories[pupil], [year_1, year_2, year_3], atol=2e-5)


def _fitted(model: PercentileModel, priors: list[float]) -> FloatArray:
    return (design_matrix(np.array([priors]), model.bases) @ model.coefficients)[0]


def test_trajectories_rise_with_the_percentile() -> None:
    assert (np.diff(FOUND.trajectories, axis=2) >= 0.0).all()


def test_trajectories_stay_within_the_range_of_the_grade() -> None:
    kept = project(PUPILS, [STEPS[0], NextGrade(7, STEPS[1].models, (640.0, 660.0)), STEPS[2]])
    assert (kept.trajectories[:, 1].min(), kept.trajectories[:, 1].max()) == (640.0, 660.0)


@pytest.fixture(scope="module")
def population() -> Projection:
    """A grid of starts, projected by models of many pupils whose scores follow a known law."""
    steps = [step(6, 9000, 21, 1), step(7, 9000, 22, 1), step(8, 9000, 23, 1)]
    starts = pl.DataFrame({"id": np.arange(9), "score": np.linspace(600.0, 700.0, 9)})
    return project(starts, steps)


def test_trajectories_recover_the_quantiles_of_a_known_law(population: Projection) -> None:
    for p in (10, 35, 50, 65, 90):
        score = population.score
        for year in range(3):
            score = GAIN + SLOPE * score + SPREAD * NormalDist().inv_cdf((p + 0.5) / 100)
            np.testing.assert_allclose(population.trajectories[:, year, p], score, atol=6.0)


def test_trajectories_rise_with_the_start(population: Projection) -> None:
    for p in (20, 50, 80):
        assert (np.diff(population.trajectories[:, :, p], axis=0) > 0.0).all()


def test_targets_recover_the_percentile_a_known_law_demands(population: Projection) -> None:
    """A cut of 670 in every grade: the lowest percentile of a constant path that is there in each year."""
    found = growth_targets(population, {6: 670.0, 7: 670.0, 8: 670.0}, 650.0)
    for year in range(3):
        reach = sum(SLOPE**k for k in range(year + 1))
        start = SLOPE ** (year + 1) * population.score + GAIN * reach
        needed = 100 * np.array([NormalDist().cdf(z) for z in (670.0 - start) / (SPREAD * reach)]) - 0.5
        np.testing.assert_allclose(found[f"target_year_{year + 1}"], needed, atol=6.0)


def test_below_the_cut_the_easiest_year_counts_and_above_it_the_hardest() -> None:
    paths = np.arange(100.0) + np.array([[[0.0], [20.0]], [[0.0], [20.0]], [[-200.0], [-200.0]]])
    pupils = Projection(
        pl.Series(["below", "above", "far"]), np.array([10.0, 50.0, 10.0]), (6, 7), paths, ORDERS
    )
    found = growth_targets(pupils, {6: 60.0, 7: 60.0}, 50.0)
    assert found.rows() == [
        ("below", 40, False, 60, 40),
        ("above", 60, True, 60, 40),
        ("far", None, False, None, None),
    ]


def test_a_pupil_who_cannot_keep_up_in_one_of_the_years_has_no_target() -> None:
    paths = np.arange(100.0) + np.array([[[0.0], [-200.0]]])
    pupil = Projection(pl.Series(["a"]), np.array([80.0]), (6, 7), paths, ORDERS[:1])
    assert growth_targets(pupil, {6: 60.0, 7: 60.0}, 50.0).rows() == [("a", None, True, 60, None)]


@st.composite
def trajectories(draw: st.DrawFn) -> Projection:
    n, years = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    paths = np.sort(draw(arrays(np.float64, (n, years, 100), elements=st.integers(0, 60))), axis=2)
    score = draw(arrays(np.float64, n, elements=st.integers(0, 60)))
    ids = pl.Series(range(n))
    return Projection(ids, score, tuple(range(6, 6 + years)), paths, np.ones((n, years), dtype=np.int64))


@settings(max_examples=40)
@given(trajectories(), st.integers(0, 60), st.integers(0, 60))
def test_targets_are_the_lowest_percentiles_that_reach_the_cut(found: Projection, cut: int, now: int) -> None:
    targets = growth_targets(found, dict.fromkeys(found.grades, float(cut)), float(now))
    for i, row in enumerate(targets.iter_rows(named=True)):
        reached = found.trajectories[i][:, 1:100] >= cut
        wanted = reached.all(axis=0) if row["above"] else reached.any(axis=0)
        assert row["above"] == (found.score[i] >= now)
        assert row["target"] == (int(wanted.argmax()) + 1 if wanted.any() else None)


@settings(max_examples=40)
@given(trajectories(), st.integers(0, 59))
def test_a_higher_cut_never_has_a_lower_target(found: Projection, cut: int) -> None:
    low, high = (
        growth_targets(found, dict.fromkeys(found.grades, c), 30.0)["target"].fill_null(100)
        for c in (cut, cut + 1)
    )
    assert (low <= high).all()


@settings(max_examples=40)
@given(trajectories())
def test_more_time_eases_catching_up_and_hardens_keeping_up(found: Projection) -> None:
    def targets(years: int) -> pl.DataFrame:
        grades = found.grades[:years]
        shorter = Projection(
            found.ids, found.score, grades, found.trajectories[:, :years], found.orders[:, :years]
        )
        return growth_targets(shorter, dict.fromkeys(grades, 30.0), 30.0).with_columns(
            pl.col("target").fill_null(100)
        )

    for short, long in pairwise(targets(years) for years in range(1, len(found.grades) + 1)):
        above = short["above"]
        assert (short.filter(above)["target"] <= long.filter(above)["target"]).all()
        assert (short.filter(~above)["target"] >= long.filter(~above)["target"]).all()


def test_the_table_has_rounded_scores_by_percentile_and_year() -> None:
    table = FOUND.table((35, 50), decimals=1)
    assert table.columns == [
        "id",
        *("p35_year_1", "p50_year_1", "p35_year_2", "p50_year_2", "p35_year_3", "p50_year_3"),
    ]
    assert table["p50_year_2"][7] == round(FOUND.trajectories[7, 1, 50], 1)
    with pytest.raises(InputError, match="from 1 to 99"):
        FOUND.table((0,))


@pytest.mark.parametrize(
    ("table", "steps", "code"),
    [
        (PUPILS, [], "no-steps"),
        (PUPILS, [NextGrade(6, ())], "no-steps"),
        (PUPILS.drop("score"), STEPS, "unknown-column"),
        (PUPILS.with_columns(score=pl.lit(None, pl.Float64)), STEPS, "no-scores"),
        (PUPILS.with_columns(id=pl.lit(1)), STEPS, "duplicate-id"),
        (PUPILS.with_columns(score=pl.lit("600")), STEPS, "not-numeric"),
    ],
)
def test_unusable_input_is_refused_by_name(table: pl.DataFrame, steps: list[NextGrade], code: str) -> None:
    with pytest.raises(InputError) as refusal:
        project(table, steps)
    assert refusal.value.code == code


def test_nan_is_a_missing_score() -> None:
    gaps = PUPILS.with_columns(score=pl.when(pl.col("id") != 4).then("score"))
    found = [
        project(table, STEPS) for table in (gaps, gaps.with_columns(pl.selectors.float().fill_null(np.nan)))
    ]
    assert found[0].ids.to_list() == found[1].ids.to_list() == [i for i in range(60) if i != 4]
    np.testing.assert_array_equal(found[0].trajectories, found[1].trajectories)


def test_a_grade_without_a_cut_is_named() -> None:
    with pytest.raises(InputError, match="grade 8") as refusal:
        growth_targets(FOUND, {6: 600.0, 7: 600.0}, 600.0)
    assert refusal.value.code == "missing-cut"
