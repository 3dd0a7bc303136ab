"""What needs no database: the book, units, signs of weakness, tiles, the judgement and what-if."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.systems.balance.conftest import AMPLE, BOOKS, ample_book, place
from xuequ.district.choices import Stage
from xuequ.engines.balance.indicators import Exemption
from xuequ.engines.errors import InputError
from xuequ.systems.balance import weak
from xuequ.systems.balance.book import Book, Section
from xuequ.systems.balance.judging import judge_book, plans_to_pass
from xuequ.systems.balance.models import WeakRule
from xuequ.systems.balance.rules.document import differences, edited, parsed, rules_of, shipped, written
from xuequ.systems.balance.tiling import Spot, tiled
from xuequ.systems.balance.units import LAST_YEAR, OTHERS, doubt

RULES = rules_of(shipped())


def books_book() -> Book:
    """The worked example, its books in the place of multimedia rooms."""
    places = tuple(place(pk, name) for pk, (name, _p, _b) in enumerate(BOOKS, 1))
    values = {(pk, "primary", "pupils"): Decimal(pupils) for pk, (_n, pupils, _b) in enumerate(BOOKS, 1)}
    values |= {(pk, "", "multimedia_rooms"): Decimal(books) for pk, (_n, _p, books) in enumerate(BOOKS, 1)}
    return Book("2025-2026", places, values)


def test_the_worked_example_and_the_formula_that_flips_the_verdict() -> None:
    verdicts = judge_book(books_book(), RULES)
    one = next(c for c in verdicts.coefficients if c.code == "R7")
    assert one.cv == pytest.approx(0.5153, abs=5e-5)
    assert one.mean == pytest.approx(100 * 6.3344, abs=5e-3)
    assert one.sd == pytest.approx(100 * 3.2639, abs=5e-3)
    assert one.met is False
    assert one.plain == pytest.approx(0.4888, abs=5e-5)
    assert one.plain_met is True
    # Without the best-equipped school, or the worst, the verdict would be another.
    assert set(one.flips) == {"2/primary", "3/primary", "4/primary"}


def test_missing_is_not_zero() -> None:
    verdicts = judge_book(books_book(), RULES)
    rooms = next(c for c in verdicts.coefficients if c.code == "R4")
    assert rooms.cv is None
    assert rooms.met is None
    states = set(verdicts.compliance.items.filter(code="R4")["state"])
    assert states == {"missing"}


def test_a_book_that_complies() -> None:
    verdicts = judge_book(ample_book(), RULES)
    assert verdicts.compliance.schools["complies"].to_list() == [True] * 5
    assert all(one.met for one in verdicts.coefficients)
    # The other items have no figures yet, so the county's verdict stays open.
    assert verdicts.verdict == "unknown"
    assert "G09" in verdicts.deciding


def test_a_school_without_pupils_keeps_the_verdict_open_and_is_named() -> None:
    book = ample_book()
    book = replace(book, schools=(*book.schools, place(99)))
    verdicts = judge_book(book, RULES)
    assert [one.pk for one in verdicts.without_pupils] == [99]
    assert verdicts.verdict == "unknown"


def nine_year_book() -> Book:
    nine = place(1, stage=Stage.NINE_YEAR)
    values = {(1, "primary", "pupils"): Decimal(60), (1, "junior", "pupils"): Decimal(30)}
    values |= {(1, "", fact): Decimal(n * 9) for fact, n in AMPLE.items()}
    return Book("2025-2026", (nine,), values)


def test_a_nine_year_school_shares_by_pupils_and_a_part_of_its_own_counts_as_given() -> None:
    book = nine_year_book()
    primary, junior = book.sections()
    assert (primary.part, junior.part) == ("primary", "junior")
    assert book.column(primary, "multimedia_rooms") == pytest.approx(6)
    assert book.column(junior, "multimedia_rooms") == pytest.approx(3)
    own = book.changed({(1, "junior", "multimedia_rooms"): Decimal(5)})
    assert own.column(junior, "multimedia_rooms") == 5
    # What the other part has is still its share of the whole: the school says so by giving both.
    assert own.column(primary, "multimedia_rooms") == pytest.approx(6)


def test_college_certificates_count_in_primary_schools_only() -> None:
    book = nine_year_book().changed({(1, "", "teachers_college"): Decimal(9)})
    primary, junior = book.sections()
    assert book.column(primary, "teachers_above") == pytest.approx((9 + 27 + 9) * 2 / 3)
    assert book.column(junior, "teachers_above") == pytest.approx((27 + 9) / 3)


def test_a_complete_middle_school_is_judged_by_its_junior_part() -> None:
    school = place(1, stage=Stage.COMPLETE)
    values = {
        (1, "junior", "pupils"): Decimal(30),
        (1, "", "pupils"): Decimal(90),
        (1, "", "multimedia_rooms"): Decimal(9),
    }
    book = Book("2025-2026", (school,), values)
    (section,) = book.sections()
    assert book.column(section, "multimedia_rooms") == pytest.approx(3)


def test_the_facts_that_are_missing_are_named_and_what_is_counted_is_never_asked() -> None:
    book = ample_book()
    gone = {k: v for k, v in book.values.items() if k != (1, "", "sports_grounds_m2")}
    missing = replace(book, values=gone).missing(book.schools[0])
    assert "sports_grounds_m2" in missing
    assert not {"pupils", "classes", "compulsory_pupils"} & set(missing)


FACT = st.sampled_from(sorted(AMPLE))


@settings(max_examples=40)
@given(pk=st.integers(1, 5), fact=FACT, number=st.integers(0, 400))
def test_a_what_if_is_the_judgement_of_the_book_with_that_value(pk: int, fact: str, number: int) -> None:
    book = ample_book()
    before = dict(book.values)
    tried = book.changed({(pk, "", fact): Decimal(number)})
    rebuilt = Book(book.year, book.schools, {**before, (pk, "", fact): Decimal(number)})
    try:
        expected = judge_book(rebuilt, RULES)
    except InputError as error:
        with pytest.raises(InputError, match=str(error)[:20]):
            judge_book(tried, RULES)
        return
    found = judge_book(tried, RULES)
    assert found.compliance.items.equals(expected.compliance.items)
    assert [c.cv for c in found.coefficients] == [c.cv for c in expected.coefficients]
    assert (found.verdict, found.deciding) == (expected.verdict, expected.deciding)
    assert book.values == before


@given(pk=st.integers(1, 5), rooms=st.integers(0, 9))
def test_more_rooms_never_make_a_school_worse(pk: int, rooms: int) -> None:
    book = ample_book().changed({(pk, "", "multimedia_rooms"): Decimal(rooms)})
    section = Section(book.schools[pk - 1], "primary")
    more = book.changed({(pk, "", "multimedia_rooms"): Decimal(rooms + 1)})
    less, better = (judge_book(one, RULES).item(section, "R7") for one in (book, more))
    assert less is not None
    assert better is not None
    assert better["value"] > less["value"]


def test_the_least_to_pass_makes_it_pass() -> None:
    book = ample_book().changed(
        {
            (1, "", "multimedia_rooms"): Decimal(0),
            (1, "", "sports_grounds_m2"): Decimal(20),
            (2, "", "backbone_teachers"): Decimal(0),
        }
    )
    prices = {
        code: Decimal(price)
        for code, price in zip(("R1", "R2", "R3", "R4", "R5", "R6", "R7"), range(1, 8), strict=True)
    }
    (plan,) = plans_to_pass(book, RULES, prices)
    assert plan.plan is not None
    assert plan.plan.proven
    columns = {
        "R2": "backbone_teachers",
        "R5": "sports_grounds_m2",
        "R6": "equipment_value_yuan",
        "R7": "multimedia_rooms",
    }
    changes: dict[tuple[int, str, str], Decimal] = {}
    for k, code in enumerate(plan.codes):
        for s, section in enumerate(plan.sections):
            if units := plan.plan.units[k, s]:
                key = (section.school.pk, "", columns[code])
                scale = 10_000 if code == "R6" else 1
                changes[key] = book.values[key] + Decimal(str(round(units * scale, 6)))
    after = judge_book(book.changed(changes), RULES)
    assert after.compliance.schools["complies"].to_list() == [True] * 5
    assert all(one.met for one in after.coefficients)


def uneven_book() -> Book:
    """One school without backbone teachers, one with many."""
    return ample_book().changed(
        {(1, "", "backbone_teachers"): Decimal(0), (2, "", "backbone_teachers"): Decimal(7)}
    )


PRICES = dict.fromkeys(("R1", "R2", "R3", "R4", "R5", "R6", "R7"), Decimal(30_000))


def test_teachers_who_move_bring_it_to_pass_for_less() -> None:
    book = uneven_book()
    (plan,) = plans_to_pass(book, RULES, PRICES, {"R2": Decimal(5000)})
    assert plan.plan is not None
    assert plan.plan.proven
    assert plan.bought_only is not None
    assert plan.plan.cost < plan.bought_only.cost
    backbone = plan.codes.index("R2")
    assert {(k, plan.sections[move.giver].school.pk) for k, move in plan.moves} == {(backbone, 2)}
    changes = {
        (section.school.pk, "", "backbone_teachers"): book.values[section.school.pk, "", "backbone_teachers"]
        + Decimal(int(plan.plan.units[backbone, s] - plan.plan.given[backbone, s]))
        for s, section in enumerate(plan.sections)
    }
    after = judge_book(book.changed(changes), RULES)
    assert after.compliance.schools["complies"].to_list() == [True] * 5
    assert next(one for one in after.coefficients if one.code == "R2").met


def test_only_people_move_and_no_exception_is_given_away() -> None:
    book = uneven_book()
    for fees in ({}, {"R7": Decimal(1)}):
        (plan,) = plans_to_pass(book, RULES, PRICES, fees)
        assert plan.moves == ()
        assert plan.plan is plan.bought_only
    shared = Exemption("2/primary", "R2", "走教", 1.0, "rural-small")
    small = book.changed({(2, "primary", "pupils"): Decimal(60)})
    (plan,) = plans_to_pass(small, replace(RULES, exceptions=(shared,)), PRICES, {"R2": Decimal(1)})
    assert not any(plan.sections[move.giver].school.pk == 2 for _k, move in plan.moves)


def test_a_nine_year_school_gives_only_what_it_reports_by_part() -> None:
    nine = nine_year_book()
    places = (*nine.schools, place(2))
    values = {(2, "primary", "pupils"): Decimal(60)} | {(2, "", f): Decimal(n * 6) for f, n in AMPLE.items()}
    values[2, "", "backbone_teachers"] = Decimal(0)
    book = Book("2025-2026", places, {**nine.values, **values, (1, "", "backbone_teachers"): Decimal(60)})
    fees = {"R2": Decimal(1)}
    whole = next(p for p in plans_to_pass(book, RULES, PRICES, fees) if p.stage == "primary")
    assert whole.moves == ()
    parted = book.changed({(1, "primary", "backbone_teachers"): Decimal(40)})
    given = next(p for p in plans_to_pass(parted, RULES, PRICES, fees) if p.stage == "primary")
    assert sum(move.units for _k, move in given.moves) > 0


def test_no_plan_where_a_figure_is_missing() -> None:
    (plan,) = plans_to_pass(books_book(), RULES, {})
    assert plan.plan is None
    assert len(plan.gaps) == 5


@pytest.mark.parametrize(
    ("number", "last_year", "others", "suggested", "against"),
    [
        (Decimal("276"), 3300.0, (), Decimal("2760000"), LAST_YEAR),
        (Decimal("27600000000"), 3300.0, (), Decimal("2760000"), LAST_YEAR),
        (Decimal("276"), None, (3000.0, 3500.0, 2600.0), Decimal("2760000"), OTHERS),
        (Decimal("2760000"), 3300.0, (), None, ""),
        (Decimal("2760000"), 3300.0, (0.3, 0.3, 0.4), None, ""),  # plausible against its own past
        (Decimal("276"), None, (3000.0,), None, ""),  # one other school says nothing
        (Decimal(0), 3300.0, (), None, ""),
    ],
)
def test_a_unit_is_doubted_where_it_should_be(number, last_year, others, suggested, against) -> None:
    found = doubt(number, 800, last_year=last_year, others=others)
    assert (found.suggested if found else None) == suggested
    assert (found.compared_with if found else "") == against


@given(number=st.decimals(10, 10**8, places=2), factor=st.floats(0.05, 20), pupils=st.integers(10, 3000))
def test_an_honest_change_is_never_doubted_and_a_mix_up_always_is(
    number: Decimal, factor: float, pupils: int
) -> None:
    usual = float(number) / pupils
    assert (
        doubt(Decimal(str(round(float(number) * factor, 2))) or Decimal(1), pupils, last_year=usual) is None
    )
    assert doubt(number * 10_000, pupils, last_year=usual * min(max(factor, 0.2), 5)) is not None


def test_signs_of_weakness() -> None:
    rule = WeakRule()
    two = weak.signs(rule, unmet=3, shortfall=0.1, growth_high=None, star=None)
    assert [sign.state for sign in two] == ["holds", "holds", "unknown", "unknown"]
    assert weak.is_weak(rule, two)
    # Weak growth and no star alone do not make a school weak in resources.
    other = weak.signs(rule, unmet=0, shortfall=0.0, growth_high=-0.1, star=0)
    assert [sign.state for sign in other] == ["not", "not", "holds", "holds"]
    assert not weak.is_weak(rule, other)
    # An interval that reaches above the average is no sign.
    assert weak.signs(rule, unmet=0, shortfall=0, growth_high=0.01, star=3)[2].state == "not"


def test_tiles_stand_alone_and_in_the_order_of_the_map() -> None:
    spots = [Spot(f"s{n}", "", 30 - n % 3, 120 + n) for n in range(11)]
    found = tiled(spots)
    assert len(set(found.values())) == 11
    assert found == tiled(list(reversed(spots)))
    north = min(spots, key=lambda s: (-(s.latitude or 0), s.longitude or 0)).key
    assert found[north][1] == 0
    by_area = tiled([Spot("a", "东", None, None), Spot("b", "西", None, None)])
    assert by_area == {"a": (0, 0), "b": (0, 1)}


def test_the_rules_are_written_as_they_were_read() -> None:
    text = written(parsed(shipped()))
    assert rules_of(text) == RULES
    assert written(parsed(text)) == text


def test_a_change_of_the_rules_is_named() -> None:
    before = parsed(shipped())
    after = edited(before, {("indicators", "0", "threshold"): 4.5, ("floor",): 0.9})
    assert rules_of(written(after)).indicators[0].threshold == 4.5
    assert {(old, new) for _where, old, new in differences(before, after)} == {
        ("4.2", "4.5"),
        ("0.85", "0.9"),
    }


def test_rules_that_ask_for_unknown_figures_are_refused() -> None:
    with pytest.raises(InputError, match="books"):
        rules_of(written(edited(parsed(shipped()), {("indicators", "0", "columns"): ["books"]})))
