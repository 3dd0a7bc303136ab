"""Pupils into classes: balanced by sex and band, by a lot that anybody can repeat."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.kit.rollover.placing import Candidate, balance, place, unmet

PUPILS = st.lists(
    st.tuples(st.sampled_from(["male", "female", ""]), st.sampled_from(["A", "B", "C", ""])), max_size=60
)


def candidates(kinds: list[tuple[str, str]]) -> list[Candidate]:
    return [Candidate(pk, sex, band) for pk, (sex, band) in enumerate(kinds, 1)]


def spread(counts: list[int]) -> int:
    return max(counts) - min(counts)


@given(PUPILS, st.integers(1, 7), st.integers(0, 2**31 - 1))
def test_classes_are_equal_in_size_and_sex(kinds, how_many, lot):
    people, numbers = candidates(kinds), tuple(range(1, how_many + 1))
    seats = place(people, numbers, lot)
    assert seats.keys() == {person.pupil for person in people}
    rows = balance(people, seats, numbers)
    assert spread([row.pupils for row in rows]) <= 1
    for sex in ("male", "female"):
        assert spread([row.sexes.get(sex, 0) for row in rows]) <= 1


@given(PUPILS, st.integers(1, 7), st.integers(0, 2**31 - 1))
def test_bands_are_balanced_within_each_sex(kinds, how_many, lot):
    people, numbers = candidates(kinds), tuple(range(1, how_many + 1))
    seats = place(people, numbers, lot, by_band=True)
    found = Counter((seats[p.pupil], p.sex, p.band) for p in people)
    for sex, band in set(kinds):
        assert spread([found[number, sex, band] for number in numbers]) <= 1
    rows = balance(people, seats, numbers)
    assert all(spread([row.sexes.get(sex, 0) for row in rows]) <= 1 for sex in ("male", "female"))


@given(PUPILS, st.integers(1, 5), st.integers(0, 2**31 - 1))
def test_the_same_lot_gives_the_same_classes_whatever_the_order(kinds, how_many, lot):
    people, numbers = candidates(kinds), tuple(range(1, how_many + 1))
    assert place(people, numbers, lot) == place(people[::-1], numbers, lot)


def test_another_lot_gives_other_classes():
    people = candidates([("male", "")] * 30)
    assert place(people, (1, 2, 3), 1) != place(people, (1, 2, 3), 2)


def test_wishes_come_before_balance():
    people = [
        *(Candidate(pk, "male", together="twins") for pk in (1, 2)),
        *(Candidate(pk, "female", apart="x") for pk in (3, 4, 5)),
        *(Candidate(pk, "male") for pk in range(6, 30)),
    ]
    seats = place(people, (1, 2, 3), 7)
    assert seats[1] == seats[2]
    assert len({seats[3], seats[4], seats[5]}) == 3
    assert unmet(people, seats) == 0
    assert spread([row.pupils for row in balance(people, seats, (1, 2, 3))]) <= 2


def test_a_wish_that_cannot_be_met_is_counted():
    people = [Candidate(pk, apart="x") for pk in (1, 2, 3)]
    assert unmet(people, place(people, (1, 2), 1)) == 1


def test_without_a_class_nobody_is_placed():
    with pytest.raises(ValueError, match="no class"):
        place([Candidate(1)], (), 1)
