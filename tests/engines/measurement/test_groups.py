"""Items and points by class."""

import numpy as np
import polars as pl
import pytest

from tests.engines.measurement.papers import choices, sat
from xuequ.engines.measurement.groups import by_group, share_interval
from xuequ.engines.measurement.responses import Responses


def row(table: pl.DataFrame, group: str, kind: str, code: str) -> dict[str, object]:
    return table.row(
        by_predicate=(pl.col("group") == group) & (pl.col("kind") == kind) & (pl.col("code") == code),
        named=True,
    )


def test_a_group_has_its_mean_shares_of_items_and_points() -> None:
    responses = sat(1, pupils=90).responses
    groups = [None, *["a"] * 44, *["b"] * 45]
    table = by_group(responses, groups)
    assert set(table["group"]) == {"a", "b"}
    assert table.height == 2 * (15 + 3)
    mine = responses.scores[1:45]
    assert row(table, "a", "item", "2")["mean"] == pytest.approx(mine[:, 1].mean() / 4)
    found = row(table, "a", "point", "p1")
    shares = mine[:, :5].sum(axis=1) / 20
    assert found["mean"] == pytest.approx(shares.mean())
    assert found["below"] == pytest.approx((shares < 0.6).mean())
    assert found["low"] < found["mean"] < found["high"]  # type: ignore[operator]


def test_a_pupil_without_one_item_of_a_point_does_not_count_for_the_point() -> None:
    responses = sat(2, pupils=20).responses
    responses.scores[:5, 0] = np.nan
    table = by_group(responses, ["a"] * 20)
    assert row(table, "a", "item", "1")["n"] == 15
    assert row(table, "a", "point", "p1")["n"] == 15
    assert row(table, "a", "point", "p2")["n"] == 20


def test_an_item_that_nobody_of_a_group_was_given_has_no_row() -> None:
    responses = sat(3, pupils=20).responses
    responses.scores[:, 0] = np.nan
    table = by_group(responses, ["a"] * 20)
    assert "1" not in table.filter(kind="item")["code"].to_list()


def test_the_wrong_option_chosen_most_is_named() -> None:
    responses = choices(4, pupils=50)
    chosen = np.array(["C"] * 30 + ["A"] * 20)
    options = (chosen, *responses.options[1:])
    table = by_group(Responses(responses.items, responses.scores, options), ["a"] * 50)
    found = row(table, "a", "item", "1")
    assert (found["wrong"], found["wrong_share"]) == ("C", 0.6)


@pytest.mark.parametrize(
    ("marks", "chance", "pupils"),
    [(4, 0.8, 12), (1, 0.7, 10), (1, 0.7, 40), (20, 0.5, 8), (20, 0.9, 30), (6, 0.3, 14)],
)
def test_the_interval_of_marks_covers_as_often_as_it_says(marks: int, chance: float, pupils: int) -> None:
    """Pupils differ in what they can (a beta distribution), and marks are drawn on top of it."""
    rng = np.random.default_rng(5)
    covered, width = 0, 0.0
    for _ in range(3000):
        ability = rng.beta(4 * chance, 4 * (1 - chance), pupils)
        shares = rng.binomial(marks, ability) / marks
        low, high = share_interval(shares.mean(), pupils, shares.var(ddof=1), 0.95)
        covered += low <= chance <= high
        width += high - low
    assert covered / 3000 >= 0.94
    right_or_wrong = share_interval(chance, pupils, chance * (1 - chance), 0.95)
    assert width / 3000 <= right_or_wrong[1] - right_or_wrong[0] + 0.01


def test_all_right_is_no_proof_that_everybody_can() -> None:
    low, high = share_interval(1.0, 8, 0.0, 0.95)
    assert high == 1.0
    assert 0.5 < low < 0.65
    assert share_interval(0.0, 8, 0.0, 0.95)[0] == 0.0
