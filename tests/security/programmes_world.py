"""Projects and equipment in the world of access: one of everything in each school, and what stands behind addresses."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from PIL import Image

from tests import factories as make
from tests.security.columns import Column, Place
from xuequ.core import clock
from xuequ.core.clock import SHANGHAI
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.record import evidence
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes.choices import (
    DeviceKind,
    InventoryKind,
    MoveKind,
    Purpose,
    RoomKind,
    Side,
    Source,
    Stage,
)
from xuequ.systems.programmes.ledger import imports
from xuequ.systems.programmes.models import (
    Booking,
    Device,
    Fund,
    Inventory,
    InventoryLine,
    Issue,
    Milestone,
    Move,
    Project,
    Proof,
    Room,
)

if TYPE_CHECKING:
    from tests.security.world import World

SUMMARY = {
    "rooms": 0,
    "devices": 1,
    "pieces": 1,
    "yuan": "0",
    "known": 0,
    "scrapped": 0,
    "problems": 0,
    "questions": 0,
}


def furnish(schools: Iterable[School]) -> None:
    """Give each school a room, a device on its way to a school that nobody asks about, and a project."""
    other = make.make_school("虚构装备学校")
    for number, school in enumerate(schools, start=1):
        room = Room.objects.create(school=school, kind=RoomKind.AI, name="人工智能教室", shows=True)
        device = Device.objects.create(
            school=school,
            room=room,
            kind=DeviceKind.ROBOT,
            name="机器人",
            number="R-1",
            quantity=6,
            value_yuan=Decimal(60_000),
            bookable=True,
        )
        _ledger(school, other, room, device)
        _project(school, number)


def _ledger(school: School, other: School, room: Room, device: Device) -> None:
    start = dt.datetime.combine(make.DAY + dt.timedelta(days=3650), dt.time(9), SHANGHAI)
    Booking.objects.create(
        room=room,
        school=school,
        purpose=Purpose.AI_LESSON,
        start=start,
        end=start + dt.timedelta(minutes=40),
        created=clock.now(),
    )
    Move.objects.create(
        device=device,
        kind=MoveKind.FOR_GOOD,
        giving=school,
        receiving=other,
        reason="虚构",
        side=Side.RECEIVING,
        asked=clock.now(),
    )
    check = Inventory.objects.create(
        school=school, kind=InventoryKind.OWN, day=make.DAY, population=1, opened=clock.now()
    )
    InventoryLine.objects.create(inventory=check, device=device)
    ImportBatch.objects.create(
        kind=imports.KIND,
        file_name=f"{school.code}.xlsx",
        file_sha256="0" * 64,
        options={"school": str(school.uid), "unit": ""},
        state=BatchState.CHECKED,
        summary=SUMMARY,
        created=clock.now(),
    )


def _project(school: School, number: int) -> None:
    project = Project.objects.create(
        number=f"XM2026-{number:03d}",
        title="虚构项目",
        school=school,
        stage=Stage.DELIVERY,
        since=make.DAY,
        started=make.DAY,
        created=clock.now(),
    )
    project.schools.set([school])
    Fund.objects.create(project=project, source=Source.BUDGET, budget_yuan=Decimal(100_000))
    Milestone.objects.create(project=project, title="到货", due=make.DAY)
    Issue.objects.create(project=project, title="网络慢", owner="信息中心", due=make.DAY, opened=make.DAY)
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    paper = ContentFile(stream.getvalue(), name="record.png")
    piece = evidence.attach_file(
        actor=Actor.system(make.DAY), system="programmes", school=school, title="现场", upload=paper
    )
    Proof.objects.create(project=project, evidence=piece)


Finder = Callable[["World", Column, Place], Any]


def _of(get: Callable[[School], Any]) -> Finder:
    """Something of a school; near is nothing."""

    def find(world: World, _column: Column, place: Place) -> Any:
        far = Place.FAR if place == Place.MIXED else place
        return None if place == Place.NEAR else get(world.sides[far].school)

    return find


def _word(value: str) -> Finder:
    return lambda _world, _column, _place: value


_project_of = _of(lambda school: school.own_projects.first())
_device_of = _of(lambda school: school.devices.first())
_room_of = _of(lambda school: school.rooms.first())
_move_of = _of(lambda school: Move.objects.filter(giving=school).first())
_inventory_of = _of(lambda school: school.inventories.first())
_batch_of = _of(lambda school: ImportBatch.objects.get(kind=imports.KIND, file_name=f"{school.code}.xlsx"))

OBJECTS: dict[str, Finder] = {
    "programmes/projects/group/report.{form}": _word("xlsx"),
    "programmes/projects/milestones/{uid}": _of(lambda s: s.own_projects.get().milestones.first()),
    "programmes/projects/issues/{uid}": _of(lambda s: s.own_projects.get().issues.first()),
    "programmes/projects/evidence/{uid}": _of(lambda s: s.own_projects.get().proofs.get().evidence),
    "programmes/projects/{uid}": _project_of,
    "programmes/projects/{uid}/report.{form}": _word("xlsx"),
    "programmes/projects/{uid}/{step}": _word("issue"),
    "programmes/ledger/devices/{uid}": _device_of,
    "programmes/ledger/rooms/{uid}": _room_of,
    "programmes/ledger/moves/{uid}": _move_of,
    "programmes/ledger/moves/{uid}/{act}": _word("agree"),
    "programmes/ledger/inventories/{uid}": _inventory_of,
    "programmes/ledger/inventories/{uid}/{line_uid}": _of(lambda s: s.inventories.get().lines.first()),
    "programmes/ledger/import/{uid}": _batch_of,
    "programmes/ledger/import/{uid}/{act}": _word("discard"),
    "programmes/bookings/lessons/{uid}": _of(lambda school: school),
    "programmes/bookings/{uid}": _of(lambda school: school.bookings.first()),
    "programmes/bookings/of/{uid}": _room_of,
}

BODIES = {
    "programmes/ledger/inventories/{uid}/{line_uid}/": {"answer": "found"},
    "programmes/ledger/devices/{uid}/state/": {"state": "in_store"},
}
