"""Compliance: the seven indicators on a small district, exceptions, missing data, refusals."""

import polars as pl
import pytest

from xuequ.engines.balance.compliance import comply
from xuequ.engines.balance.indicators import example, example_text, read_indicators
from xuequ.engines.errors import InputError

RULES = """
title = "t"
may_miss = 1
floor = 0.85
[[indicators]]
code = "A"
name = "rooms"
stage = "all"
direction = "at-least"
threshold = 2.3
columns = ["rooms", "-closed"]
factor = 100
cv = 0.5
status = "verified"
[[indicators]]
code = "B"
name = "size of classes"
stage = "all"
direction = "at-most"
threshold = 45
columns = ["size"]
per_pupil = false
share = 0.6
status = "to-confirm"
"""
EXCEPTION = '[[exceptions]]\nschool = "b"\ncode = "A"\nreason = "rented rooms next door"\n'


def table(**columns: list[object]) -> pl.DataFrame:
    given = {"school": ["a", "b", "c"], "pupils": [100, 200, 1000], "rooms": [3, 4, 24], "closed": [0, 0, 1],
             "size": [45, 50, 46]} | columns  # fmt: skip
    return pl.DataFrame(given, strict=False)


def test_each_school_is_told_what_it_misses_and_by_how_much() -> None:
    found = comply(table(), read_indicators(RULES))
    b = found.items.filter(school="b").to_dicts()
    assert (b[0]["value"], b[0]["state"], b[0]["short"], b[0]["amount"]) == (2.0, "missed", 0.3, 0.6)
    assert b[0]["reached"] == pytest.approx(2 / 2.3)
    assert (b[1]["short"], b[1]["reached"]) == (5.0, 0.9)
    # c has exactly 2.3 rooms for each hundred and may miss one indicator; b misses two.
    assert found.schools.select("school", "met", "missed", "complies").rows() == [
        ("a", 2, 0, True), ("b", 0, 2, False), ("c", 1, 1, True)
    ]  # fmt: skip
    assert found.complies is False
    assert found.to_confirm == ("B",)


def test_a_miss_below_the_floor_cannot_be_made_good_by_the_rest() -> None:
    found = comply(table(size=[60, 40, 40]), read_indicators(RULES))
    assert found.schools.filter(school="a").select("missed", "below_floor", "complies").row(0) == (
        1,
        1,
        False,
    )


def test_an_exception_waives_or_adds_and_keeps_its_reason() -> None:
    waived = (
        comply(table(), read_indicators(RULES + EXCEPTION)).items.filter(school="b", code="A").to_dicts()[0]
    )
    assert (waived["state"], waived["reason"], waived["short"]) == ("waived", "rented rooms next door", 0.3)
    added = comply(table(), read_indicators(RULES + EXCEPTION + "add = 1\n")).items.filter(
        school="b", code="A"
    )
    assert added.select("state", "value").row(0) == ("met", 2.5)


def test_missing_data_leave_the_verdict_open_until_the_rest_decides() -> None:
    found = comply(table(rooms=[None, 5, 24], size=[45, 45, 45]), read_indicators(RULES))
    assert found.schools.filter(school="a").select("missing", "complies").row(0) == (1, None)
    assert found.complies is None
    decided = comply(table(rooms=[None, 5, 24], size=[60, 45, 45]), read_indicators(RULES))
    assert decided.schools.filter(school="a")["complies"].item() is False


def test_shares_and_coefficients_are_judged_for_the_stage() -> None:
    found = comply(table(), read_indicators(RULES)).indicators
    assert found.filter(code="B").select("met", "share_required", "share_met").row(0) == (1, 0.6, False)
    # 3/100, 4/200, 23/1000: the mean weighed by pupils is 30/1300.
    row = found.filter(code="A").to_dicts()[0]
    assert row["cv"] == pytest.approx(0.0983, abs=5e-5)
    assert (row["cv_met"], row["cv_plain_met"]) == (True, True)


def test_the_example_has_the_seven_indicators_of_both_stages() -> None:
    rules = example()
    assert [one.code for one in rules.of("primary")] == [f"R{i}" for i in range(1, 8)]
    assert {one.cv for one in rules.of("primary")} == {0.50}
    assert {one.cv for one in rules.of("junior")} == {0.45}
    assert (rules.may_miss, rules.floor, rules.share) == (1, 0.85, 1.0)


def test_the_example_counts_indoor_sports_rooms_as_sports_and_not_as_teaching_rooms() -> None:
    columns = {
        "teachers_above": 50, "backbone_teachers": 12, "sports_arts_teachers": 9, "teaching_rooms_m2": 5000,
        "indoor_sports_m2": 400, "sports_grounds_m2": 7200, "equipment_wan": 210, "multimedia_rooms": 24,
    }  # fmt: skip
    one = pl.DataFrame(
        {"school": ["a"], "stage": ["小学"], "pupils": [1000], **{k: [v] for k, v in columns.items()}}
    )
    found = comply(one, example())
    values = dict(found.items.select("code", "value").rows())
    assert (values["R4"], values["R5"], values["R6"]) == (4.6, 7.6, 2100.0)
    assert found.complies is True
    assert found.to_confirm == ()


def test_documents_that_cannot_be_used_are_refused_with_entry_and_field() -> None:
    for text, word in (
        ("x = ", "TOML"),
        ('title = "t"', "no [[indicators]]"),
        (RULES.replace("at-most", "below"), "'B': direction"),
        (RULES.replace("threshold = 45", "threshold = 0"), "'B': threshold"),
        (RULES.replace("share = 0.6", "share = 60"), "'B': share"),
        (RULES.replace("factor = 100", "faktor = 100"), "'faktor'"),
        (RULES.replace('"B"', '"A"'), "twice"),
        (RULES + EXCEPTION.replace('"A"', '"Z"'), "'Z'"),
        (RULES + EXCEPTION.replace("rented rooms next door", " "), "reason"),
        (example_text().replace('stage = "junior"', 'stage = "primary"'), "twice"),
    ):
        with pytest.raises(InputError, match=word.replace("[", r"\[")):
            read_indicators(text)


def test_tables_that_cannot_be_used_are_refused_by_row_and_column() -> None:
    rules = read_indicators(RULES)
    for columns, expected in (
        ({"closed": [0, 9, 0]}, ("negative", "closed", 2)),
        ({"rooms": [3, -4, 24]}, ("negative", "rooms", 2)),
        ({"size": [45, 50, 460_000]}, ("mixed-units", "size", 3)),
        ({"pupils": [100, 0, 1000]}, ("zero-pupils", "pupils", 2)),
    ):
        with pytest.raises(InputError) as caught:
            comply(table(**columns), rules)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.column, caught.value.row) == expected
    with pytest.raises(InputError, match="'x'"):
        comply(table(), read_indicators(RULES + EXCEPTION.replace('"b"', '"x"')))
