"""One scale or two: what a column of scores shows, and what it cannot show."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.growth.cohorts import chain, design
from xuequ.engines.errors import InputError
from xuequ.engines.growth.percentiles import growth_percentiles
from xuequ.engines.growth.scales import ScoreScale, outside, refuse_mixed_scales, refuse_other_scale


def scores(mean: float, sd: float, n: int, seed: int = 1) -> pl.Series:
    return pl.Series("score", np.random.default_rng(seed).normal(mean, sd, n).round(1))


@pytest.mark.parametrize("column", ["score", "prior_1", "prior_2"])
def test_two_scales_in_one_column_are_refused_with_both_groups(column: str) -> None:
    table = chain(400, 1)
    marks = pl.when(pl.col("id") % 4 == 0).then(pl.col(column) / 10).otherwise(column)
    with pytest.raises(InputError, match=r"100 scores lie .* 300 from .* none in between") as refusal:
        growth_percentiles(table.with_columns(marks.alias(column)), design(table))
    assert (refusal.value.code, refusal.value.column) == ("mixed-scales", column)


@given(st.integers(0, 2**32), st.integers(100, 500), st.sampled_from([1.0, 10.0, 60.0]))
def test_scores_of_one_scale_pass(seed: int, n: int, sd: float) -> None:
    refuse_mixed_scales(scores(500.0, sd, n, seed).round())


def test_grades_of_few_kinds_and_single_outliers_are_no_second_scale() -> None:
    refuse_mixed_scales(pl.Series([1.0, 2.0, 3.0, 4.0] * 50))
    refuse_mixed_scales(pl.Series([*scores(500, 10, 300), 0.0, 0.0, 1.0]))
    refuse_mixed_scales(pl.Series([5.0] * 100))


def test_overlapping_scales_cannot_be_told_apart_by_their_values() -> None:
    """A limit stated in the documentation: 100 and 150 points in one column look like one wide scale."""
    refuse_mixed_scales(pl.concat([scores(75, 12, 300), scores(110, 18, 300, 2)]))


REFERENCE = ScoreScale.of(scores(600, 60, 5000))


@given(st.floats(-0.9, 0.9), st.floats(0.7, 1.0))
def test_a_cohort_may_move_within_the_scale(shift: float, spread: float) -> None:
    middle = scores(0.0, 1.0, 400).clip(-2.0, 2.0)
    moved = 600 + 60 * (shift + spread * 1.05 * middle)
    assert refuse_other_scale(moved.alias("score"), REFERENCE, "2024")


@pytest.mark.parametrize(
    ("own", "code"),
    [
        (scores(65, 12, 400), "outside-scale"),
        (scores(0, 1, 50), "outside-scale"),
        (scores(520, 50, 400).clip(400, 650), "scale-not-linked"),
        (scores(600, 20, 400), "scale-not-linked"),
        (pl.Series("score", [600.0] * 250), "scale-not-linked"),
    ],
)
def test_another_scale_is_refused(own: pl.Series, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        refuse_other_scale(own, REFERENCE, "2024")
    assert (refusal.value.code, refusal.value.column) == (code, "score")


def test_the_refusal_says_how_many_pupils_lie_outside() -> None:
    low, high = REFERENCE.bounds
    own = pl.Series("score", [*[600.0] * 197, low - 0.1, high + 0.1, high + 50, None])
    assert outside(own, REFERENCE).sum() == 3
    with pytest.raises(InputError, match="3 of 200 pupils"):
        refuse_other_scale(own, REFERENCE, "2024")
    assert high - REFERENCE.high == pytest.approx(0.1 * (REFERENCE.high - REFERENCE.low))


def test_few_pupils_are_compared_with_the_bounds_only() -> None:
    assert not refuse_other_scale(pl.Series("score", [400.0, 410.0, 420.0]), REFERENCE, "2024")
