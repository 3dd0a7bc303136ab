"""Figures: known ones are never asked for, typed ones wait, units are asked about, corrections are newer rows."""

from decimal import Decimal

import pytest

from tests import factories as make
from tests.systems.balance.conftest import AMPLE, World, give
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Sector, Stage
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.systems.balance import queries
from xuequ.systems.balance.choices import Source, ValueState
from xuequ.systems.balance.models import Value
from xuequ.systems.balance.values import actions, listing


def in_force(world: World, fact: str, school: object = None) -> Value:
    return Value.objects.get(
        year=world.year, school=school or world.first, fact=fact, state=ValueState.IN_FORCE
    )


def head_of(world: World) -> Actor:
    return make.make_actor(Role.HEAD, school=world.first)


def test_pupils_and_classes_are_counted_by_part(world: World) -> None:
    rows = Value.objects.filter(school=world.nine, source=Source.ROSTER, state=ValueState.IN_FORCE)
    found = {(row.part, row.fact): int(row.number) for row in rows}
    assert found == {
        ("primary", "pupils"): 12, ("junior", "pupils"): 6, ("", "classes"): 2, ("", "compulsory_pupils"): 18,
        ("", "largest_primary_class"): 12, ("", "largest_junior_class"): 6,
    }  # fmt: skip


def test_a_campus_counts_with_its_school(world: World, officer: Actor) -> None:
    campus = make.make_school("分校", stage=Stage.PRIMARY, sector=Sector.PUBLIC)
    campus.campus_of = world.first
    campus.save(update_fields=["campus_of"])
    make.make_pupils(make.make_class(campus, entry_year=2024, entry_grade=1), 4)
    actions.take_known(actor=officer, year=world.year)
    assert in_force(world, "pupils").number == 20
    assert in_force(world, "classes").number == 2
    assert campus.pk not in {place.pk for place in queries.book_of(world.year).schools}


def test_taking_what_is_known_again_changes_nothing(world: World, officer: Actor) -> None:
    before = Value.objects.count()
    assert actions.take_known(actor=officer, year=world.year) == 0
    assert Value.objects.count() == before


def test_the_ledger_fills_gaps_and_never_takes_over_what_somebody_gave(world: World, officer: Actor) -> None:
    Value.objects.filter(school=world.schools[1], fact="multimedia_rooms").delete()
    run = start_run(
        create_run(
            actor=officer, system="programmes", kind="count", title="t", engine_version="1", parameters={}
        ),
        queries.book_of(world.year).long(),
    )
    finish_run(run, actor=officer)
    rows = [
        IndicatorValue("programmes.multimedia_rooms", 7.0, school_id=world.first.pk),
        IndicatorValue("programmes.multimedia_rooms", 5.0, school_id=world.schools[1].pk),
    ]
    publish_indicators(actor=officer, run=run, period=world.year.code, values=rows)
    actions.take_known(actor=officer, year=world.year)
    assert in_force(world, "multimedia_rooms").number == 1
    filled = in_force(world, "multimedia_rooms", world.schools[1])
    assert (filled.number, filled.source) == (5, Source.LEDGER)
    book = queries.book_of(world.year, [world.first])
    told = listing.school_listing(world.year, world.first, book)["ledger"]
    assert len(told) == 1
    assert "7" in told[0]


def test_what_a_school_types_waits_and_a_correction_is_a_newer_row(world: World, officer: Actor) -> None:
    head = head_of(world)
    assert (
        actions.type_in(
            actor=head, year=world.year, school=world.first, numbers={("", "multimedia_rooms"): Decimal(3)}
        )
        == 1
    )
    assert in_force(world, "multimedia_rooms").number == 1
    waiting = Value.objects.get(state=ValueState.WAITING)
    assert waiting.corrects == in_force(world, "multimedia_rooms")
    actions.confirm(actor=officer, values=[waiting])
    now = in_force(world, "multimedia_rooms")
    assert (now.number, now.source, now.confirmed_by_id) == (3, Source.SCHOOL, officer.account_id)
    assert (
        Value.objects.get(fact="multimedia_rooms", school=world.first, state=ValueState.REPLACED).number == 1
    )
    assert AuditEvent.objects.filter(verb="balance.value.confirmed").count() == 1


def test_the_same_number_again_is_no_change(world: World) -> None:
    numbers = {("", fact): Decimal(n) for fact, n in AMPLE.items()}
    assert actions.type_in(actor=head_of(world), year=world.year, school=world.first, numbers=numbers) == 0


def test_what_is_sent_back_says_why_and_no_longer_counts(world: World, officer: Actor) -> None:
    actions.type_in(
        actor=head_of(world), year=world.year, school=world.first, numbers={("", "art_teachers"): Decimal(4)}
    )
    waiting = Value.objects.get(state=ValueState.WAITING)
    with pytest.raises(Refused):
        actions.send_back(actor=officer, value=waiting, reason=" ")
    actions.send_back(actor=officer, value=waiting, reason="与教师名册不符")
    book = queries.book_of(world.year, [world.first])
    found = listing.school_listing(world.year, world.first, book)
    assert [line.value.note for line in found["sent_back"]] == ["与教师名册不符"]
    with pytest.raises(Refused, match=r"meanwhile|刚刚"):
        actions.confirm(actor=officer, values=[waiting])


@pytest.mark.parametrize(
    ("fact", "number"),
    [("multimedia_rooms", "2.5"), ("teaching_rooms_m2", "-1"), ("teaching_rooms_m2", "1e15")],
)
def test_impossible_numbers_are_refused_and_nothing_is_kept(world: World, fact: str, number: str) -> None:
    numbers = {("", "art_teachers"): Decimal(2), ("", fact): Decimal(number)}
    before = Value.objects.count()
    with pytest.raises(Refused):
        actions.type_in(actor=head_of(world), year=world.year, school=world.first, numbers=numbers)
    assert Value.objects.count() == before


def test_zero_pupils_are_refused() -> None:
    with pytest.raises(Refused):
        actions.check_number("pupils", Decimal(0))


def test_pupils_are_never_typed(world: World, officer: Actor) -> None:
    with pytest.raises(Refused):
        actions.type_in(
            actor=officer, year=world.year, school=world.first, numbers={("primary", "pupils"): Decimal(9)}
        )


def test_a_number_in_the_wrong_unit_is_asked_about_in_one_sentence(world: World, officer: Actor) -> None:
    before = actions.year_before(world.year)
    assert before is not None
    give(before, {(world.first, "primary", "pupils"): 16, (world.first, "", "equipment_value_yuan"): 58000})
    head = head_of(world)
    actions.type_in(
        actor=head,
        year=world.year,
        school=world.first,
        numbers={("", "equipment_value_yuan"): Decimal("6.2")},
    )
    asked = Value.objects.get(state=ValueState.ASKED)
    assert asked.suggested == 62000
    assert asked.compared_with == "last-year"
    assert "62,000" in listing.question(asked)
    assert in_force(world, "equipment_value_yuan").number == 60000
    actions.answer_unit(actor=head, value=asked, other_unit=True)
    asked.refresh_from_db()
    assert (asked.state, asked.number) == (ValueState.WAITING, 62000)
    actions.confirm(actor=officer, values=[asked])
    assert in_force(world, "equipment_value_yuan").number == 62000


def test_a_number_that_is_right_as_it_is_stays(world: World, officer: Actor) -> None:
    actions.type_in(
        actor=officer, year=world.year, school=world.first, numbers={("", "equipment_value_yuan"): Decimal(7)}
    )
    asked = Value.objects.get(state=ValueState.ASKED)
    actions.answer_unit(actor=officer, value=asked, other_unit=False)
    assert in_force(world, "equipment_value_yuan").number == 7


def test_who_may_do_what(world: World, officer: Actor) -> None:
    number = {("", "art_teachers"): Decimal(2)}
    for actor in (
        make.make_actor(Role.HEAD, school=world.schools[1]),
        make.make_actor(Role.BUREAU_LEADER),
        make.make_actor(Role.SUPERVISOR),
        make.make_actor(Role.CLASS_TEACHER, school=world.first),
    ):
        with pytest.raises(Forbidden):
            actions.type_in(actor=actor, year=world.year, school=world.first, numbers=number)
        with pytest.raises(Forbidden):
            actions.type_county(actor=actor, year=world.year, numbers={"teachers": Decimal(2)})
    actions.type_in(actor=head_of(world), year=world.year, school=world.first, numbers=number)
    waiting = Value.objects.get(state=ValueState.WAITING)
    with pytest.raises(Forbidden):
        actions.confirm(actor=head_of(world), values=[waiting])
    with pytest.raises(Forbidden):
        actions.answer_unit(
            actor=make.make_actor(Role.HEAD, school=world.schools[1]), value=waiting, other_unit=True
        )
