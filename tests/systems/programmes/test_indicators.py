"""The published numbers: counted on a day, published once by a run, a gap where there is no ledger."""

import datetime as dt
from decimal import Decimal

import pytest

from tests import factories
from tests.factories import DAY
from tests.systems.programmes.conftest import World
from xuequ.core.clock import SHANGHAI
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.record.choices import RunState
from xuequ.record.models import Indicator, Run
from xuequ.systems.programmes import catalogue, publishing
from xuequ.systems.programmes.choices import DeviceKind, InventoryKind, MoveKind, Purpose, RoomKind, Side
from xuequ.systems.programmes.indicators import ledger_frame
from xuequ.systems.programmes.jobs import count_ledger
from xuequ.systems.programmes.ledger import actions, inventories, moves
from xuequ.systems.programmes.models import Booking, Device, Move, Room

SYSTEM = Actor.system(DAY)


def publish(day: dt.date = DAY, actor: Actor = SYSTEM) -> Run:
    run = publishing.start_count(actor=actor, day=day).run
    run_pending()
    run.refresh_from_db()
    return run


def now(school: object, code: str) -> Indicator | None:
    return Indicator.objects.filter(school=school, code=code, superseded=None).first()


def value(school: object, code: str) -> float | None:
    found = now(school, code)
    return None if found is None else found.value


def test_a_run_counts_and_publishes(world: World) -> None:
    Room.objects.create(school=world.own, kind=RoomKind.COMPUTER, name="机房", shows=True)
    Room.objects.create(
        school=world.own, kind=RoomKind.AI, name="停用", shows=True, closed=dt.date(2025, 1, 1)
    )
    Device.objects.create(
        school=world.own, kind=DeviceKind.LICENCE, name="授权", value_yuan=Decimal(48000), bought=None
    )
    run = publish()
    assert (run.state, run.year.code) == (RunState.DONE, "2025-2026")
    assert value(world.own, catalogue.MULTIMEDIA_ROOMS) == 2
    assert value(world.own, catalogue.AI_ROOMS) == 1
    assert value(world.own, catalogue.EQUIPMENT_VALUE) == 240_000
    assert value(world.own, catalogue.IDLE_RATE) == 1.0
    assert value(world.far, catalogue.AI_ROOMS) == 0
    assert value(world.far, catalogue.AI_LESSONS) == 0
    assert now(world.far, catalogue.MULTIMEDIA_ROOMS) is None  # no room entered is not "none there"
    assert not Indicator.objects.filter(school=world.bare).exists()
    assert {row.period for row in Indicator.objects.all()} == {"2025-2026"}


def test_use_brings_the_idle_rate_down_and_a_newer_run_takes_over(world: World) -> None:
    first = publish()
    actions.note_use(actor=world.head, thing=world.ai_room, day=DAY)
    second = publish()
    assert second.supersedes == first
    assert value(world.own, catalogue.IDLE_RATE) == 0.0
    assert Indicator.objects.filter(run=first, superseded=None).count() == 0


def test_the_same_job_twice_publishes_once(world: World) -> None:
    run = publish()
    rows = Indicator.objects.count()
    count_ledger.func(str(run.uid))
    assert Indicator.objects.count() == rows
    assert ledger_frame(DAY).equals(ledger_frame(DAY))


def test_an_earlier_day_is_counted_as_it_was(world: World) -> None:
    move = moves.ask(
        actor=world.head, device=world.tablets, receiving=world.own, kind=MoveKind.FOR_GOOD, reason="课"
    )
    moves.decide(actor=world.far_head, move=move, agree=True)
    moves.sign(actor=world.far_head, move=move, side=Side.GIVING)
    moves.sign(actor=world.head, move=move, side=Side.RECEIVING)
    Move.objects.update(done=dt.datetime.combine(DAY, dt.time(9), SHANGHAI))
    actions.scrap(actor=world.head, device=world.robots, day=DAY, reason="旧")
    publish(DAY - dt.timedelta(days=1))
    assert value(world.far, catalogue.EQUIPMENT_VALUE) == 66_000
    assert value(world.own, catalogue.EQUIPMENT_VALUE) == 240_000
    publish()
    assert value(world.own, catalogue.EQUIPMENT_VALUE) == 66_000
    assert now(world.far, catalogue.EQUIPMENT_VALUE) is None


def test_lessons_are_those_of_the_weaker_finished_term(world: World) -> None:
    def lesson(day: dt.date, **more: object) -> None:
        start = dt.datetime.combine(day, dt.time(9), SHANGHAI)
        Booking.objects.create(
            **{
                "room": world.ai_room,
                "school": world.own,
                "purpose": Purpose.AI_LESSON,
                "start": start,
                "end": start + dt.timedelta(minutes=40),
                "created": start,
                **more,
            }
        )

    lesson(dt.date(2025, 10, 8), lessons=2)
    lesson(dt.date(2025, 10, 15), cancelled=dt.datetime(2025, 10, 14, tzinfo=dt.UTC))
    lesson(dt.date(2025, 10, 16), purpose=Purpose.CLUB)
    lesson(dt.date(2026, 2, 25))
    lesson(dt.date(2026, 3, 4))
    publish()
    assert value(world.own, catalogue.AI_LESSONS) == 2
    publish(dt.date(2025, 11, 1))
    assert value(world.own, catalogue.AI_LESSONS) == 2
    publish(dt.date(2025, 9, 30))
    assert value(world.own, catalogue.AI_LESSONS) == 0


def test_lessons_of_a_class_have_a_range_where_bookings_name_no_class(world: World) -> None:
    groups = [factories.make_class(world.own, number=number) for number in (1, 2)]
    for place, (group, lessons) in enumerate(((groups[0], 6), (groups[1], 4), (None, 3))):
        start = dt.datetime.combine(dt.date(2025, 10, 8 + place), dt.time(9), SHANGHAI)
        Booking.objects.create(
            room=world.ai_room, school=world.own, school_class=group, purpose=Purpose.AI_LESSON, start=start,
            end=start + dt.timedelta(minutes=40), created=start, lessons=lessons,
        )  # fmt: skip
    publish()
    found = now(world.own, catalogue.AI_CLASS_LESSONS)
    assert found is not None
    assert (found.value, found.low, found.high, found.n) == (5.0, 5.0, 6.5, 2)
    assert now(world.far, catalogue.AI_CLASS_LESSONS) is None


def test_a_spot_check_gives_the_rate_its_range(world: World) -> None:
    for number in range(23):
        Device.objects.create(
            school=world.own, kind=DeviceKind.SCREEN, name=f"屏{number}", bought=dt.date(2020, 1, 1)
        )
    check = inventories.open_inventory(
        actor=world.officer, school=world.own, kind=InventoryKind.SPOT, seed=5, size=12
    )
    for place, line in enumerate(check.lines.all()):
        inventories.mark(actor=world.officer, line=line, found=place != 0, used=place > 2)
    publish()
    found = now(world.own, catalogue.IDLE_RATE)
    assert found is not None
    assert (found.low, found.high) == (None, None)  # the check is not closed
    inventories.close(actor=world.officer, inventory=check)
    publish()
    found = now(world.own, catalogue.IDLE_RATE)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.05 < found.low < 0.25 < found.high < 0.6
    assert (found.value, found.n) == (1.0, 24)


def test_only_keepers_publish_and_no_day_ahead(world: World) -> None:
    for actor in (world.head, world.leader, world.finance):
        with pytest.raises(Forbidden):
            publishing.start_count(actor=actor, day=DAY)
    with pytest.raises(Refused):
        publishing.start_count(actor=world.officer, day=DAY + dt.timedelta(days=1))
    with pytest.raises(Refused):
        publishing.start_count(actor=world.officer, day=dt.date(2001, 1, 1))


def test_it_is_counted_once_a_month(world: World) -> None:
    publishing.count_when_due(DAY)
    publishing.count_when_due(DAY)
    publishing.count_when_due(DAY + dt.timedelta(days=29))
    assert Run.objects.count() == 1
    publishing.count_when_due(DAY + dt.timedelta(days=31))
    assert Run.objects.count() == 2
