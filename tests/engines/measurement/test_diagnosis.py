"""Which points to teach again, and where teaching, learning and testing part."""

import numpy as np
import polars as pl
import pytest

from tests.engines.measurement.papers import choices
from xuequ.engines.measurement.analysis import analyse
from xuequ.engines.measurement.diagnosis import align, needs, only, sound_items
from xuequ.engines.measurement.groups import by_group
from xuequ.engines.measurement.responses import Item, Responses

ITEMS = tuple(Item(str(n), 2.0, points=(point,)) for n, point in enumerate("aabbcc", start=1))


def group(*shares: float, pupils: int = 40) -> pl.DataFrame:
    """One class in which each item was solved by exactly this share of pupils."""
    right = np.array([[pupil < share * pupils for share in shares] for pupil in range(pupils)])
    scores = right * 2.0
    return by_group(Responses(ITEMS, scores, (None,) * 6), ["k"] * pupils)


def test_the_weakest_points_come_first_with_their_weakest_items() -> None:
    found = needs(group(0.9, 0.3, 0.35, 0.2, 1, 1), ITEMS)
    assert [need.point for need in found] == ["b", "a"]
    assert found[0].items == ("4", "3")
    assert (found[0].whom, found[0].below) == ("class", 0.8)
    assert found[0].sure and not found[1].sure


def test_a_point_that_few_lack_needs_a_group_and_one_that_all_have_nothing() -> None:
    found = needs(group(0.75, 0.7, 1, 1, 0.95, 0.95), ITEMS)
    assert [(need.point, need.whom) for need in found] == [("a", "group")]


def test_a_handful_of_pupils_gives_no_need() -> None:
    assert needs(group(0, 0, 0, 0, 0, 0, pupils=4), ITEMS) == ()


@pytest.mark.parametrize(
    ("taught", "lessons", "point", "code"),
    [
        ({"a": 1.0}, {}, "a", "taught-not-mastered"),
        ({"c": 0.2}, {}, "c", "tested-not-taught"),
        ({}, {"a": 1, "b": 10, "c": 10}, "a", "overweight"),
        ({}, {"a": 20, "b": 5, "c": 5}, "a", "underweight"),
    ],
)
def test_where_teaching_learning_and_testing_part(
    taught: dict[str, float], lessons: dict[str, float], point: str, code: str
) -> None:
    rows = align(ITEMS, frozenset("123456"), group(0.2, 0.3, 1, 1, 1, 1), lessons, taught)
    assert {row.point: row.codes for row in rows}[point] == (code,)
    assert sum(row.weight for row in rows) == pytest.approx(1)


def test_nothing_is_said_where_nobody_reported_and_no_lessons_are_known() -> None:
    rows = align(ITEMS, frozenset("123456"), group(0.2, 0.3, 1, 1, 1, 1), {}, {})
    assert [row.codes for row in rows] == [(), (), ()]
    assert rows[0].curriculum is None and rows[0].taught is None


def test_a_point_with_unsound_items_only_has_no_mean_to_teach_by() -> None:
    rows = align(ITEMS, frozenset("3456"), group(0.2, 0.3, 1, 1, 1, 1), {}, {"a": 1.0})
    assert (rows[0].codes, rows[0].mean, rows[0].sound) == (("unsound-only",), None, 0)


def test_unsound_items_are_left_out() -> None:
    responses = choices(1)
    responses.scores[:, 0] = 1 - responses.scores[:, 0]
    sound = sound_items(analyse(responses).items)
    assert sound == frozenset(str(n) for n in range(2, 13))
    kept = only(responses, sound)
    assert kept is not None and len(kept.items) == 11
    assert only(responses, frozenset({"2"})) is None
