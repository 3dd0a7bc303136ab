"""A change of a score and its parts: they add up, an order-free split, items of one year; transitions of stars."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.change import ItemYears, split, transitions

halves = st.integers(0, 200).map(lambda half: half / 2)
parts = st.integers(0, 100).map(lambda percent: percent / 100)


@st.composite
def items(draw: st.DrawFn) -> list[ItemYears]:
    found = []
    for at in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["both", "rescored", "new", "dropped"]))
        old = (None, None) if kind == "new" else (draw(parts), draw(halves))
        new = (None, None) if kind == "dropped" else (draw(parts), draw(halves))
        again = (draw(halves), draw(halves)) if kind == "rescored" else (None, None)
        found.append(ItemYears(f"i{at}", old[0], new[0], old[1], new[1], *again))
    return found


@given(items())
def test_the_parts_add_up_for_the_score_and_for_every_item(given_: list[ItemYears]) -> None:
    found = split(given_)
    assert found.own + found.weights + found.standard + found.items == pytest.approx(
        found.after - found.before, abs=1e-9
    )
    for item, row in zip(given_, found.rows, strict=True):
        change = (item.weight_after or 0) * (item.after or 0) - (item.weight_before or 0) * (item.before or 0)
        assert row.own + row.weights + row.standard + row.items == pytest.approx(change, abs=1e-9)


@given(parts, parts, halves, halves, halves, halves)
def test_the_split_is_the_mean_over_all_orders(
    w0: float, w1: float, x0: float, x1: float, new: float, old: float
) -> None:
    weight, points = (w0, w1), {(0, 0): x0, (0, 1): new, (1, 0): old, (1, 1): x1}
    effect = [0.0, 0.0, 0.0]
    for order in permutations(range(3)):
        for place, factor in enumerate(order):
            years = [int(f in order[:place]) for f in range(3)]
            then = [int(f in order[: place + 1]) for f in range(3)]
            effect[factor] += (
                weight[then[1]] * points[then[0], then[2]] - weight[years[1]] * points[years[0], years[2]]
            ) / 6
    found = split([ItemYears("a", w0, w1, x0, x1, new, old)])
    assert (found.own, found.weights, found.standard) == pytest.approx(tuple(effect), abs=1e-9)


@given(items())
def test_turning_the_years_around_turns_every_sign(given_: list[ItemYears]) -> None:
    back = [
        ItemYears(i.code, i.weight_after, i.weight_before, i.after, i.before, i.after_by_old, i.before_by_new)
        for i in given_
    ]
    there, home = split(given_), split(back)
    assert (there.own, there.weights, there.standard, there.items) == pytest.approx(
        (-home.own, -home.weights, -home.standard, -home.items)
    )


def test_a_scheme_that_changed_alone_is_no_improvement() -> None:
    # Nothing but the standard: the same school gets 60 instead of 50.
    easier = split([ItemYears("a", 1, 1, 50, 60, 60, 50)])
    assert (easier.own, easier.weights, easier.standard) == (0, 0, 10)
    weights = split([ItemYears("a", 0.2, 0.8, 90, 90), ItemYears("b", 0.8, 0.2, 50, 50)])
    assert (weights.own, weights.weights) == (0, 24)
    new = split([ItemYears("a", 1, 0.5, 60, 60), ItemYears("b", None, 0.5, None, 90)])
    assert (new.weights, new.items, new.after_by_old) == (-30, 45, 60)
    own = split([ItemYears("a", 0.3, 0.3, 0.1, 0.3)])
    assert own.own == pytest.approx(0.06, abs=0)


def test_years_that_do_not_fit_together_are_refused() -> None:
    for given_, code in (
        ([], "no-items"),
        ([ItemYears("a", 1, 1, 1, 1), ItemYears("a", 1, 1, 1, 1)], "duplicate-code"),
        ([ItemYears("a", 1, None, 1, 1)], "half-item"),
        ([ItemYears("a", None, None, None, None)], "half-item"),
        ([ItemYears("a", 1, 1, 1, float("nan"))], "not-finite"),
        ([ItemYears("a", 1, -1, 1, 1)], "negative"),
        ([ItemYears("a", 1, 1, 1, 1, 2, None)], "half-rescored"),
    ):
        with pytest.raises(InputError) as caught:
            split(given_)
        assert caught.value.code == code


def test_transitions_count_schools_of_both_years_and_name_the_others() -> None:
    moved = transitions(
        {"a": "三", "b": "四", "c": "五", "d": "三"},
        {"a": "四", "b": "四", "c": "三", "e": "五"},
        ["三", "四", "五"],
    )
    assert moved.counts.tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert (moved.up, moved.same, moved.down, moved.entered, moved.left) == (1, 1, 1, 1, 1)
    with pytest.raises(InputError, match="grade"):
        transitions({"a": "六"}, {}, ["三"])
    with pytest.raises(InputError, match="once"):
        transitions({}, {}, ["三", "三"])
