"""Entries of the ledger, their use and their end; inventories and spot checks."""

import datetime as dt
from decimal import Decimal

import pytest

from tests import factories
from tests.factories import DAY
from tests.systems.programmes.conftest import World
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.choices import Role
from xuequ.systems.programmes.choices import DeviceKind, DeviceState, InventoryKind, RoomKind
from xuequ.systems.programmes.ledger import actions, inventories, queries
from xuequ.systems.programmes.models import Device, Room, Use


def test_a_school_keeps_its_own_ledger_and_no_other(world: World) -> None:
    room = Room(school=world.own, kind=RoomKind.SPORT, name="体育区")
    actions.keep_room(actor=world.head, room=room)
    assert AuditEvent.objects.filter(verb="programmes.room.added").count() == 1
    for actor in (world.far_head, factories.make_actor(Role.TEACHER, school=world.own), world.leader):
        with pytest.raises(Forbidden):
            actions.keep_room(actor=actor, room=room)
    with pytest.raises(Refused, match="体育区"):
        actions.keep_room(actor=world.head, room=Room(school=world.own, kind=RoomKind.SPORT, name="体育区"))


def test_a_campus_is_kept_by_whoever_keeps_its_school(world: World) -> None:
    campus = factories.make_school("虚构甲中学东校区")
    campus.campus_of = world.own
    campus.save()
    actions.keep_device(actor=world.head, device=Device(school=campus, kind=DeviceKind.TABLET, name="平板"))
    assert queries.devices(world.head).filter(school=campus).exists()
    assert not queries.devices(world.far_head).filter(school=campus).exists()


def test_a_number_stands_once_in_a_school(world: World) -> None:
    twin = Device(school=world.own, kind=DeviceKind.ROBOT, name="另一套", number="A-1")
    with pytest.raises(Refused, match="A-1"):
        actions.keep_device(actor=world.head, device=twin)
    twin.school = world.far
    actions.keep_device(actor=world.far_head, device=twin)


def test_a_room_of_another_school_is_refused(world: World) -> None:
    device = Device(school=world.far, kind=DeviceKind.TABLET, name="平板", room=world.ai_room)
    with pytest.raises(Refused):
        actions.keep_device(actor=world.far_head, device=device)


def test_scrapped_things_stay_and_change_no_more(world: World) -> None:
    with pytest.raises(Refused):
        actions.scrap(actor=world.head, device=world.robots, day=DAY, reason=" ")
    with pytest.raises(Refused, match="2023-08-01"):
        actions.scrap(actor=world.head, device=world.robots, day=dt.date(2020, 1, 1), reason="坏")
    gone = actions.scrap(actor=world.head, device=world.robots, day=DAY, reason="无法修复")
    assert (gone.state, gone.scrapped, gone.bookable) == (DeviceState.SCRAPPED, DAY, False)
    for act in (
        lambda: actions.set_state(actor=world.head, device=gone, state=DeviceState.IN_USE),
        lambda: actions.scrap(actor=world.head, device=gone, day=DAY, reason="又"),
        lambda: actions.divide(actor=world.head, device=gone, pieces=2, number=""),
        lambda: actions.keep_device(actor=world.head, device=gone),
    ):
        with pytest.raises(Refused):
            act()


def test_dividing_a_set_doubles_nothing(world: World) -> None:
    part = actions.divide(actor=world.head, device=world.robots, pieces=7, number="A-1-2")
    world.robots.refresh_from_db()
    assert (part.quantity, world.robots.quantity) == (7, 17)
    assert part.value_yuan + world.robots.value_yuan == Decimal("240000.00")
    assert (part.school, part.room, part.kind, part.uid != world.robots.uid) == (
        world.own,
        world.ai_room,
        DeviceKind.ROBOT,
        True,
    )
    for pieces in (0, 17, 30):
        with pytest.raises(Refused):
            actions.divide(actor=world.head, device=world.robots, pieces=pieces, number="")
    with pytest.raises(Refused, match="A-1-2"):
        actions.divide(actor=world.head, device=world.robots, pieces=1, number="A-1-2")
    world.robots.refresh_from_db()
    assert world.robots.quantity == 17


def test_one_tap_a_day_by_any_of_the_staff(world: World) -> None:
    teacher = factories.make_actor(Role.TEACHER, school=world.own)
    for _again in range(2):
        actions.note_use(actor=teacher, thing=world.robots, day=DAY)
        actions.note_use(actor=teacher, thing=world.ai_room, day=DAY)
    assert Use.objects.count() == 2
    for actor in (world.far_head, factories.make_actor(Role.GUARDIAN), world.leader):
        with pytest.raises(Forbidden):
            actions.note_use(actor=actor, thing=world.robots, day=DAY)
    for day in (DAY + dt.timedelta(days=1), DAY - dt.timedelta(days=15)):
        with pytest.raises(Refused):
            actions.note_use(actor=teacher, thing=world.robots, day=day)


def test_use_of_a_room_is_use_of_what_stands_in_it(world: World) -> None:
    assert queries.summary(queries.devices(world.head), DAY).idle == 1
    actions.note_use(actor=world.head, thing=world.ai_room, day=DAY)
    summary = queries.summary(queries.devices(world.head), DAY)
    assert (summary.entries, summary.pieces, summary.counted, summary.idle) == (1, 24, 1, 0)
    assert queries.with_last_use([world.robots], DAY)[0].last_used == DAY


def test_licences_and_what_is_lent_are_not_idle(world: World) -> None:
    for kind, state in ((DeviceKind.LICENCE, DeviceState.IN_USE), (DeviceKind.TABLET, DeviceState.IN_REPAIR)):
        Device.objects.create(school=world.own, kind=kind, name="x", state=state, value_yuan=Decimal(1000))
    summary = queries.summary(queries.devices(world.head), DAY)
    assert (summary.entries, summary.counted) == (3, 1)
    assert summary.value_yuan == Decimal("241000.00")


def test_an_inventory_is_the_schools_and_a_spot_check_the_districts(world: World) -> None:
    own = inventories.open_inventory(actor=world.head, school=world.own, kind=InventoryKind.OWN)
    line = own.lines.get()
    with pytest.raises(Refused):
        inventories.open_inventory(actor=world.head, school=world.own, kind=InventoryKind.OWN)
    with pytest.raises(Forbidden):
        inventories.open_inventory(actor=world.head, school=world.own, kind=InventoryKind.SPOT)
    with pytest.raises(Forbidden):
        inventories.mark(actor=world.far_head, line=line, found=True)
    inventories.mark(actor=world.head, line=line, found=False)
    inventories.close(actor=world.head, inventory=own)
    with pytest.raises(Refused):
        inventories.mark(actor=world.head, line=line, found=True)


def test_a_spot_check_counts_only_when_all_that_was_drawn_was_looked_at(world: World) -> None:
    for number in range(30):
        Device.objects.create(
            school=world.own, kind=DeviceKind.SCREEN, name=f"屏{number}", bought=dt.date(2020, 1, 1)
        )
    supervisor = factories.make_actor(Role.SUPERVISOR)
    check = inventories.open_inventory(actor=supervisor, school=world.own, kind=InventoryKind.SPOT, seed=3)
    assert (check.lines.count(), check.population) == (12, 31)
    with pytest.raises(Refused, match="12"):
        inventories.close(actor=supervisor, inventory=check)
    with pytest.raises(Forbidden):
        inventories.mark(actor=world.head, line=check.lines.first(), found=True, used=True)
    for line in check.lines.all():
        inventories.mark(actor=supervisor, line=line, found=True, used=True)
    assert inventories.close(actor=supervisor, inventory=check).closed is not None


def test_an_empty_ledger_cannot_be_counted(world: World) -> None:
    with pytest.raises(Refused):
        inventories.open_inventory(actor=world.officer, school=world.bare, kind=InventoryKind.OWN)


def test_an_entry_changed_on_its_page_keeps_what_happened_meanwhile(world: World) -> None:
    opened = Device.objects.get(pk=world.robots.pk)
    Device.objects.filter(pk=world.robots.pk).update(state=DeviceState.LENT, lent_to=world.far)
    opened.name = "机器人套件（新）"
    actions.keep_device(actor=world.head, device=opened)
    world.robots.refresh_from_db()
    assert (world.robots.name, world.robots.state, world.robots.lent_to) == (
        "机器人套件（新）",
        DeviceState.LENT,
        world.far,
    )
    Device.objects.filter(pk=world.robots.pk).update(school=world.far, room=None)
    with pytest.raises((Forbidden, Refused)):
        actions.keep_device(actor=world.head, device=opened)
    assert Device.objects.get(pk=world.robots.pk).school == world.far
