"""Partners: equal to trying every pairing on small cases; settled pairs, last year's, distance, reasons."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.balance.pairing import PairDesign, pair
from xuequ.engines.errors import InputError

DESIGN = PairDesign(0.02, 0.2, 0.1)


def schools(seed: int, capacity: list[int], receivers: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = len(capacity) + receivers
    return pl.DataFrame(
        {"school": [f"s{i}" for i in range(n)], "capacity": capacity + [0] * receivers,
         "stage": rng.choice(["小学", "初中", "九年一贯制"], n), "x": rng.uniform(0, 20, n), "y": rng.uniform(0, 20, n),
         "last": [""] * len(capacity) + rng.choice(["s0", "s1", ""], receivers).tolist(), "locked": [""] * n,
         **{f"{w}_{k}": rng.uniform(size=n) for w in ("need", "strength") for k in ("maths", "arts")}}
    )  # fmt: skip


def worth(table: pl.DataFrame, a: int, b: int) -> float:
    """The worth of one pair, straight from its definition."""
    one, other = table.row(a, named=True), table.row(b, named=True)
    met = sum(other[f"need_{k}"] * one[f"strength_{k}"] for k in ("maths", "arts"))
    km = ((one["x"] - other["x"]) ** 2 + (one["y"] - other["y"]) ** 2) ** 0.5
    apart = {one["stage"], other["stage"]} == {"小学", "初中"}
    return met - 0.02 * km - 0.2 * apart + 0.1 * (other["last"] == one["school"])


@pytest.mark.parametrize("seed", range(12))
def test_no_other_pairing_is_worth_more(seed: int) -> None:
    capacity, receivers = [2, 1, 2], 4
    table = schools(seed, capacity, receivers)
    seats = [a for a, room in enumerate(capacity) for _ in range(room)]
    best = max(
        sum(worth(table, a, 3 + b) for b, a in enumerate(taken)) for taken in permutations(seats, receivers)
    )
    found = pair(table, DESIGN)
    assert found.worth == pytest.approx(best)
    assert len(found.pairs) == receivers
    for one in found.pairs:
        assert sum(reason.part for reason in one.reasons) == pytest.approx(one.worth)
        assert one.worth == pytest.approx(worth(table, int(one.giver[1:]), int(one.receiver[1:])))


def test_without_room_for_all_the_best_subset_is_served() -> None:
    table = schools(3, [1, 1], 4)
    found = pair(table, DESIGN)
    ways = permutations(range(2, 6), 2)
    assert found.worth == pytest.approx(max(worth(table, 0, b) + worth(table, 1, c) for b, c in ways))
    assert len(found.unpaired) == 2


def test_a_settled_pair_stands_whatever_it_is_worth() -> None:
    table = schools(4, [2, 2], 3)
    locked = table.with_columns(locked=pl.Series(["", "", "s1", "s1", ""]), last=pl.lit(""))
    found = pair(locked, DESIGN)
    assert [(one.giver, one.receiver) for one in found.pairs if one.locked] == [("s1", "s2"), ("s1", "s3")]
    assert [one.giver for one in found.pairs if not one.locked] == ["s0"]


def test_last_years_partner_stays_when_the_bonus_outweighs_the_rest_and_the_end_is_reported() -> None:
    table = schools(5, [3, 3], 3).with_columns(last=pl.Series(["", "", "s0", "s0", "s0"]))
    stays = pair(table, PairDesign(0.02, 0.2, 100.0))
    assert {one.giver for one in stays.pairs} == {"s0"}
    assert stays.ended == ()
    leaves = pair(table, PairDesign(0.02, 0.2, 0.0))
    kept = {one.receiver for one in leaves.pairs if one.giver == "s0"}
    assert {receiver for _, receiver in leaves.ended} == {"s2", "s3", "s4"} - kept


def test_degrees_are_taken_along_the_sphere() -> None:
    table = pl.DataFrame(
        {"school": ["a", "b"], "capacity": [1, 0], "need_x": [0.0, 1], "strength_x": [1.0, 0],
         "longitude": [118.0, 118.0], "latitude": [24.0, 25.0]}
    )  # fmt: skip
    reasons = {r.code: r for r in pair(table, DESIGN).pairs[0].reasons}
    assert reasons["distance"].size == pytest.approx(6371.0088 * np.pi / 180)
    assert reasons["need"].name == "x"


def test_tables_that_cannot_be_used_are_refused_by_row_and_column() -> None:
    table = schools(1, [1, 1], 2)
    for columns, expected in (
        ({"capacity": [1.0, 1.5, 0, 0]}, ("bad-capacity", "capacity", 2)),
        ({"capacity": [0, 0, 0, 0]}, ("no-givers", None, None)),
        ({"capacity": [1, 1, 1, 1]}, ("no-receivers", None, None)),
        ({"need_arts": [1.0, 1, None, 1]}, ("missing-value", "need_arts", 3)),
        ({"strength_arts": [1.0, -1, 1, 1]}, ("negative", "strength_arts", 2)),
        ({"school": ["s0", "s1", "s2", "s2"]}, ("duplicate-school", "school", 4)),
        ({"locked": ["", "", "s3", ""]}, ("unknown-giver", "locked", 3)),
        ({"locked": ["", "", "s0", "s0"]}, ("over-capacity", "locked", 4)),
        ({"y": [1.0, 1, 1, None]}, ("missing-value", "y", 4)),
    ):
        with pytest.raises(InputError) as caught:
            pair(table.with_columns(pl.Series(k, v) for k, v in columns.items()), DESIGN)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.column, caught.value.row) == expected
    with pytest.raises(InputError, match="strength_arts"):
        pair(table.drop("strength_arts"), DESIGN)


def test_what_is_not_to_be_is_avoided_as_far_as_room_allows_and_never_done() -> None:
    table = schools(3, [1, 1], 2)
    free = {(one.giver, one.receiver) for one in pair(table, DESIGN).pairs}
    first = min(free)
    other = pair(table, PairDesign(forbidden=(first,)))
    assert first not in {(one.giver, one.receiver) for one in other.pairs}
    assert len(other.pairs) == 2
    all_of_one = tuple((giver, "s2") for giver in ("s0", "s1"))
    none = pair(table, PairDesign(forbidden=all_of_one))
    assert none.unpaired == ("s2",)
    assert {one.receiver for one in none.pairs} == {"s3"}


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(0, 2**9 - 1))
def test_with_forbidden_pairs_the_choice_equals_the_best_of_all_ways(seed: int, mask: int) -> None:
    table = schools(seed, [1, 1, 1], 3)
    givers, receivers = ["s0", "s1", "s2"], ["s3", "s4", "s5"]
    every = [(a, b) for a in givers for b in receivers]
    never = {one for place, one in enumerate(every) if mask >> place & 1}
    found = pair(table, replace(DESIGN, forbidden=tuple(sorted(never))))
    alone = {(a, b): worth(table, int(a[1]), int(b[1])) for a, b in every}
    best = max(
        ((len(way), sum(alone[one] for one in way)) for way in _ways(givers, receivers, never)),
        default=(0, 0.0),
    )
    assert len(found.pairs) == best[0]
    assert found.worth == pytest.approx(best[1])


def _ways(
    givers: list[str], receivers: list[str], never: set[tuple[str, str]]
) -> list[list[tuple[str, str]]]:
    return [
        [one for one in zip(order, receivers, strict=True) if one not in never]
        for order in permutations(givers)
    ]


def test_a_nine_year_school_shares_a_stage_with_both() -> None:
    table = schools(1, [1, 1], 1).with_columns(stage=pl.Series(["小学", "高中", "九年一贯制"]))
    alone = [pair(table, PairDesign(0, 5.0, 0, (other,))).pairs[0] for other in (("s1", "s2"), ("s0", "s2"))]
    apart = ["other-stage" in {reason.code for reason in one.reasons} for one in alone]
    assert apart == [False, True]


def test_all_settled_or_all_room_taken_leaves_nothing_to_choose() -> None:
    table = schools(2, [1, 1], 2)
    settled = table.with_columns(locked=pl.Series(["", "", "s1", "s0"]))
    assert [one.giver for one in pair(settled, DESIGN).pairs] == ["s1", "s0"]
    full = schools(2, [1], 2).with_columns(locked=pl.Series(["", "s0", ""]))
    assert pair(full, DESIGN).unpaired == ("s2",)


@pytest.mark.parametrize(
    ("locked", "capacity", "word"),
    [
        (["", "", "s9", ""], [1, 1, 0, 0], "no row"),
        (["", "", "s3", ""], [1, 1, 0, 0], "no room"),
        (["", "s0", "", ""], [1, 1, 0, 0], "'s1' helps others itself"),
    ],
)
def test_a_settled_pair_that_cannot_be_is_refused_with_what_is_wrong(
    locked: list[str], capacity: list[int], word: str
) -> None:
    table = schools(1, [1, 1], 2).with_columns(locked=pl.Series(locked), capacity=pl.Series(capacity))
    with pytest.raises(InputError, match=word) as caught:
        pair(table, DESIGN)
    assert caught.value.code == "unknown-giver"


def test_a_pair_that_is_settled_and_forbidden_at_once_is_refused() -> None:
    table = schools(1, [1, 1], 2).with_columns(locked=pl.Series(["", "", "s1", ""]))
    with pytest.raises(InputError) as caught:
        pair(table, replace(DESIGN, forbidden=(("s1", "s2"),)))
    assert (caught.value.code, caught.value.row) == ("locked-forbidden", 3)


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["per_km", "other_stage", "stay"])
def test_points_are_numbers_of_0_or_more(name: str, value: float) -> None:
    with pytest.raises(InputError) as caught:
        pair(schools(1, [1, 1], 2), replace(DESIGN, **{name: value}))
    assert caught.value.code == "bad-design"


def test_numbers_too_large_to_multiply_are_refused() -> None:
    table = schools(1, [1, 1], 2).with_columns(need_arts=pl.lit(1e200), strength_arts=pl.lit(1e200))
    with pytest.raises(InputError) as caught:
        pair(table, DESIGN)
    assert caught.value.code == "not-finite"


def test_longitude_and_latitude_that_changed_places_are_refused() -> None:
    table = schools(1, [1], 1).with_columns(longitude=pl.lit(24.5), latitude=pl.lit(118.1))
    with pytest.raises(InputError) as caught:
        pair(table, DESIGN)
    assert (caught.value.code, caught.value.column, caught.value.row) == ("bad-place", "latitude", 1)
    ends = schools(1, [1], 1).with_columns(longitude=pl.Series([0.0, 180.0]), latitude=pl.lit(0.0))
    sizes = {reason.code: reason.size for reason in pair(ends, DESIGN).pairs[0].reasons}
    assert sizes["distance"] == pytest.approx(6371.0088 * np.pi)


def test_last_years_pair_of_a_school_that_helps_others_now_has_ended_too() -> None:
    table = schools(1, [1, 1], 2).with_columns(last=pl.Series(["", "s0", "", ""]))
    assert pair(table, DESIGN).ended == (("s0", "s1"),)
