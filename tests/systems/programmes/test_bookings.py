"""Bookings: half-open times, whoever comes second is refused, lent rooms, AI lessons of a term."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import connection

from tests import factories
from tests.factories import DAY
from tests.kit.test_approvals_races import at_once
from tests.systems.programmes.conftest import World, build_world
from xuequ.core import clock
from xuequ.core.clock import SHANGHAI
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, Term
from xuequ.systems.programmes.bookings import actions, lessons, queries
from xuequ.systems.programmes.choices import DeviceState, Purpose
from xuequ.systems.programmes.models import Booking, Device, Room


@pytest.fixture(autouse=True)
def _morning(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is seven in the morning of the tests' day."""
    monkeypatch.setattr(clock, "now", lambda: dt.datetime.combine(DAY, dt.time(7), SHANGHAI))
    yield


def at(hour: int, minute: int = 0, days: int = 0) -> dt.datetime:
    return dt.datetime.combine(DAY + dt.timedelta(days=days), dt.time(hour, minute), SHANGHAI)


def book(
    actor: Actor, school: School, thing: Room | Device, start: dt.datetime, end: dt.datetime, **more: object
) -> Booking:
    given = {"purpose": Purpose.AI_LESSON, **more}
    return actions.book(actor=actor, school=school, thing=thing, start=start, end=end, **given)


def test_times_are_half_open(world: World) -> None:
    teacher = factories.make_actor(Role.TEACHER, school=world.own)
    book(teacher, world.own, world.ai_room, at(9), at(10))
    book(teacher, world.own, world.ai_room, at(10), at(11))
    book(teacher, world.own, world.ai_room, at(8), at(9))
    for start, end in ((at(9), at(10)), (at(9, 30), at(9, 40)), (at(8, 30), at(9, 1)), (at(7), at(12))):
        with pytest.raises(Refused, match=r"\d\d:\d\d"):
            book(teacher, world.own, world.ai_room, start, end)
    assert Booking.objects.count() == 3


def test_a_cancelled_time_is_free(world: World) -> None:
    found = book(world.head, world.own, world.ai_room, at(9), at(10))
    actions.cancel(actor=world.head, booking=found)
    book(world.head, world.own, world.ai_room, at(9), at(10))
    assert actions.cancel(actor=world.head, booking=found).cancelled is not None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (at(10), at(9)),
        (at(10), at(10)),
        (at(8), at(21)),
        (at(8, days=-15), at(9, days=-15)),
        (at(8, days=201), at(9, days=201)),
    ],
)
def test_impossible_times_are_refused(world: World, start: dt.datetime, end: dt.datetime) -> None:
    with pytest.raises(Refused):
        book(world.head, world.own, world.ai_room, start, end)
    assert not Booking.objects.exists()


def test_other_schools_book_what_is_lent_and_see_no_more(world: World) -> None:
    with pytest.raises(Forbidden):
        book(world.far_head, world.far, world.ai_room, at(9), at(10))
    assert queries.thing(world.far_head, world.ai_room.uid) is None
    Room.objects.filter(pk=world.ai_room.pk).update(lendable=True)
    room = queries.thing(world.far_head, world.ai_room.uid)
    assert isinstance(room, Room)
    book(world.head, world.own, room, at(9), at(10), title="图像识别")
    book(world.far_head, world.far, room, at(10), at(11))
    week = queries.week(world.far_head, room, queries.monday_of(DAY))
    known = [slot.known for day in week for slot in day.slots]
    assert known == [False, True]
    with pytest.raises(Forbidden):
        book(world.far_head, world.own, room, at(13), at(14))


def test_the_owner_cancels_with_a_reason(world: World) -> None:
    Room.objects.filter(pk=world.ai_room.pk).update(lendable=True)
    world.ai_room.refresh_from_db()
    found = book(world.far_head, world.far, world.ai_room, at(9), at(10))
    with pytest.raises(Forbidden):
        actions.cancel(actor=factories.make_actor(Role.TEACHER, school=world.own), booking=found, words="x")
    with pytest.raises(Refused):
        actions.cancel(actor=world.head, booking=found)
    assert actions.cancel(actor=world.head, booking=found, words="设备检修").words == "设备检修"


def test_sets_are_booked_by_their_holder(world: World) -> None:
    book(world.head, world.own, world.robots, at(9), at(10))
    with pytest.raises(Refused):
        book(world.head, world.own, world.robots, at(9, 59), at(11))
    with pytest.raises(Forbidden):
        book(world.far_head, world.far, world.tablets, at(9), at(10))  # is no set to be booked
    Device.objects.filter(pk=world.robots.pk).update(state=DeviceState.IN_REPAIR)
    with pytest.raises(Refused):
        book(world.head, world.own, world.robots, at(13), at(14))


def test_what_was_lent_since_the_page_was_opened_is_not_booked(world: World) -> None:
    Device.objects.filter(pk=world.robots.pk).update(state=DeviceState.LENT, lent_to=world.far)
    with pytest.raises(Forbidden):
        book(world.head, world.own, world.robots, at(9), at(10))  # as it was read before
    assert not Booking.objects.exists()


def test_a_class_of_another_school_is_refused(world: World) -> None:
    with pytest.raises(Refused):
        book(
            world.head,
            world.own,
            world.ai_room,
            at(9),
            at(10),
            school_class=factories.make_class(world.far),
        )


def test_lessons_are_counted_for_the_school_that_held_them(world: World) -> None:
    Room.objects.filter(pk=world.ai_room.pk).update(lendable=True)
    world.ai_room.refresh_from_db()
    book(world.head, world.own, world.ai_room, at(8), at(9), lessons=2)
    book(world.head, world.own, world.ai_room, at(8, days=7), at(9, days=7))
    book(world.far_head, world.far, world.ai_room, at(10), at(11))
    book(world.head, world.own, world.ai_room, at(12), at(13), purpose=Purpose.CLUB)
    gone = book(world.head, world.own, world.ai_room, at(15), at(16))
    actions.cancel(actor=world.head, booking=gone)
    term = Term.objects.get(code="2025-2026-2")
    found = {line.school: line for line in lessons.ai_lessons(world.officer, term, DAY)}
    assert (found[world.own].held, found[world.own].booked, found[world.own].short) == (2, 1, 13)
    assert (found[world.far].held, found[world.far].rooms) == (1, 0)
    assert [line.school for line in lessons.ai_lessons(world.head, term, DAY)] == [world.own]


def test_lessons_are_counted_for_classes_and_grades_and_what_names_no_class_for_none(world: World) -> None:
    first, second = (factories.make_class(world.own, number=number) for number in (1, 2))
    factories.make_class(world.own, entry_year=2020, number=9)  # left the school long ago
    for hour in (8, 10):
        book(world.head, world.own, world.ai_room, at(hour), at(hour + 1), school_class=first, lessons=8)
    book(world.head, world.own, world.ai_room, at(12), at(13), school_class=second)
    book(world.head, world.own, world.ai_room, at(8, days=7), at(9, days=7), lessons=3)
    term = Term.objects.get(code="2025-2026-2")
    line = lessons.school_lessons(world.head, world.own.uid, term, DAY)
    assert (line.held, line.booked, line.unnamed, line.reaching, len(line.classes)) == (17, 3, 3, 1, 2)
    grade = lessons.by_grade(line, term.year.first_year)
    assert [(item.grade, item.lessons, item.least, item.most, item.reaching) for item in grade] == [
        (8, 17, 1, 16, 1)
    ]
    assert [row.short for row in grade[0].classes] == [15, 0]
    assert lessons.school_lessons(world.far_head, world.own.uid, term, DAY) is None
    assert list(queries.classes([world.own], DAY)) == [first, second]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
def test_of_two_at_once_one_gets_the_room() -> None:
    world = build_world()
    moves = [lambda: book(world.head, world.own, world.ai_room, at(9), at(10)) for _turn in range(3)]
    assert at_once(*moves) == ["done", "refused", "refused"]
    assert Booking.objects.count() == 1
