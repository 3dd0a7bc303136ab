"""Levels of growth as a district words them, and summaries of schools."""

import doctest
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.growth import levels
from xuequ.engines.growth.levels import FIVE_LEVELS, LEVELS, THREE_LEVELS, GrowthLevels, summarise_growth


def test_the_examples_are_marked_as_not_compared_with_their_source() -> None:
    assert not any(example.verified for example in LEVELS.values())
    assert all("as reported" in example.source for example in LEVELS.values())


@pytest.mark.parametrize(
    ("example", "bounds"),
    [
        (THREE_LEVELS, {"low": (1, 34), "typical": (35, 65), "high": (66, 99)}),
        (
            FIVE_LEVELS,
            {
                "very-low": (1, 19),
                "low": (20, 39),
                "moderate": (40, 59),
                "high": (60, 79),
                "very-high": (80, 99),
            },
        ),
    ],
)
def test_every_percentile_has_one_level(example: GrowthLevels, bounds: dict[str, tuple[int, int]]) -> None:
    table = pl.DataFrame({"sgp": range(1, 100)}).with_columns(example.of(pl.col("sgp")))
    found = table.group_by("level").agg(low=pl.col("sgp").min(), high=pl.col("sgp").max())
    assert {level: (low, high) for level, low, high in found.rows()} == bounds


def test_a_district_writes_its_own() -> None:
    own = GrowthLevels.from_dict({"name": "区", "levels": [["待提高", 1], ["良好", 50]], "verified": True})
    assert pl.DataFrame({"sgp": [49, 50]}).select(own.of(pl.col("sgp")))["level"].to_list() == [
        "待提高",
        "良好",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"name": "x"},
        {"name": "x", "levels": []},
        {"name": "x", "levels": [["low", 2]]},
        {"name": "x", "levels": [["low", 1], ["high", 1]]},
        {"name": "x", "levels": [["low", 1], ["high", 100]]},
        {"name": "x", "levels": [["low", 1], ["low", 50]]},
        {"name": "x", "levels": [["low", 1], ["", 50]]},
        {"name": "x", "levels": [["low", "one"]]},
        {"name": "x", "levels": 5},
        [],
    ],
)
def test_levels_that_leave_a_percentile_without_one_are_refused(document: Any) -> None:
    with pytest.raises(InputError) as refusal:
        GrowthLevels.from_dict(document)
    assert refusal.value.code == "bad-levels"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 99)), min_size=1, max_size=60))
def test_shares_sum_to_one_and_the_mean_lies_among_the_percentiles(pupils: list[tuple[str, int]]) -> None:
    table = pl.DataFrame(pupils, schema=["school", "sgp"], orient="row")
    found = summarise_growth(table, ["school"], FIVE_LEVELS)
    shares = [f"share_{code}" for code, _ in FIVE_LEVELS.levels]
    assert found.select(pl.sum_horizontal(shares).sub(1.0).abs().max()).item() < 1e-12
    assert found["n"].sum() == len(pupils)
    assert found["school"].to_list() == sorted({school for school, _ in pupils})


def test_mean_and_median_come_with_their_errors_and_missing_percentiles_do_not_count() -> None:
    table = pl.DataFrame({"school": ["a"] * 4, "sgp": [20, 50, 80, None]})
    [row] = summarise_growth(table, ["school"], THREE_LEVELS).to_dicts()
    assert (row["n"], row["mean"], row["median"]) == (3, 50.0, 50.0)
    assert row["se_median"] / row["se_mean"] == pytest.approx(1.253)
    assert (row["share_low"], row["share_typical"], row["share_high"]) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_published_examples_hold() -> None:
    assert doctest.testmod(levels).failed == 0
