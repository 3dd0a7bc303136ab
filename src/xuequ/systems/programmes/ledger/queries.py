"""What may be read of the ledger: the district's readers all of it, a school its own and what is lent to it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from xuequ.core.registry import RuleUnit
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.district.rules import in_force, later
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import (
    DeviceKind,
    DeviceState,
    InventoryKind,
    MoveKind,
    MoveState,
    RoomKind,
)
from xuequ.systems.programmes.counting import WINDOW
from xuequ.systems.programmes.ledger.facts import COUNTED, idle_on, last_uses
from xuequ.systems.programmes.models import Device, Inventory, InventoryLine, Move, Room

SOON = dt.timedelta(days=60)
"""A licence or loan that ends within this time is worth a thought now."""
WARRANTY_RULE = "equipment-warranty"
"""The rule that says how long before its end a warranty is worth a thought."""


def devices(actor: Actor) -> "QuerySet[Device]":
    """Return the entries that the actor sees, with their school, room and project."""
    mine = access.seen(actor) | access.seen(actor, "lent_to")
    rows = Device.objects.filter(mine, school__study=None)
    return rows.select_related("school", "room", "project", "lent_to")


def device(actor: Actor, uid: UUID) -> Device | None:
    """Return one entry; a school's keeper also sees what other schools offer."""
    found = devices(actor).filter(uid=uid).first()
    return found or offered(actor).filter(uid=uid).first()


def rooms(actor: Actor) -> "QuerySet[Room]":
    """Return the rooms that the actor sees."""
    return Room.objects.filter(access.seen(actor)).select_related("school", "project")


def room_counts(rows: "QuerySet[Room]") -> dict[str, int]:
    """Return how many rooms there are, how many show to a whole class, how many are AI classrooms."""
    shows, ai = Q(shows=True), Q(kind=RoomKind.AI)
    return rows.order_by().aggregate(
        rooms=Count("pk"), shows=Count("pk", filter=shows), ai=Count("pk", filter=ai)
    )


def room(actor: Actor, uid: UUID) -> Room | None:
    """Return one room, if the actor sees it."""
    return rooms(actor).filter(uid=uid).first()


def offered(actor: Actor) -> "QuerySet[Device]":
    """Return what schools do not need and offer to others; for those who keep a ledger."""
    rows = Device.objects.filter(offered=True, school__study=None).exclude(
        state__in=[DeviceState.SCRAPPED, DeviceState.LENT]
    )
    if not access.keeps_everything(actor) and not access.kept_ids(actor):
        return rows.none()
    return rows.select_related("school", "room", "project", "lent_to")


def moves(actor: Actor) -> "QuerySet[Move]":
    """Return the moves that the actor may follow: the district's readers all, a school's leaders their own."""
    rows = Move.objects.select_related("device", "giving", "receiving")
    if access.reads_everything(actor):
        return rows
    ids = access.kept_ids(actor)
    own = School.objects.filter(Q(pk__in=ids) | Q(campus_of__in=ids)).values("pk")
    return rows.filter(Q(giving__in=own) | Q(receiving__in=own)) if ids else rows.none()


def move(actor: Actor, uid: UUID) -> Move | None:
    """Return one move, if the actor may follow it."""
    return moves(actor).filter(uid=uid).first()


def waiting_moves(actor: Actor) -> "QuerySet[Move]":
    """Return the moves that wait for a word or signature of the actor's own school."""
    ids = access.kept_ids(actor)
    if not ids:
        return Move.objects.none()
    gives = Q(giving__in=ids) | Q(giving__campus_of__in=ids)
    gets = Q(receiving__in=ids) | Q(receiving__campus_of__in=ids)
    asked = Q(state=MoveState.ASKED)
    agreed = Q(state=MoveState.AGREED)
    waits = (asked & Q(side="giving") & gets) | (asked & ~Q(side="giving") & gives)
    return Move.objects.filter(waits | (agreed & Q(sent=None) & gives) | (agreed & Q(received=None) & gets))


def inventories(actor: Actor) -> "QuerySet[Inventory]":
    """Return the inventories of the schools whose ledger the actor sees."""
    rows = Inventory.objects.filter(access.seen(actor)).select_related("school")
    return rows.annotate(
        entries=Count("lines"),
        looked=Count("lines", filter=Q(lines__found__isnull=False)),
        missing=Count("lines", filter=Q(lines__found=False)),
    ).order_by("-day", "-id")


def inventory(actor: Actor, uid: UUID) -> Inventory | None:
    """Return one inventory, if the actor sees it."""
    return inventories(actor).filter(uid=uid).first()


def open_checks() -> "QuerySet[Inventory]":
    """Return spot checks that were begun and not closed; for those who may check."""
    return Inventory.objects.filter(kind=InventoryKind.SPOT, closed=None, school__study=None)


def lines(inventory: Inventory) -> "QuerySet[InventoryLine]":
    """Return the lines of an inventory, what was not looked at first."""
    rows = inventory.lines.select_related("device__room", "device__school")
    return rows.order_by("found", "device__room__name", "device__kind", "id")


def open_lines(actor: Actor, device: Device) -> list[InventoryLine]:
    """Return the lines of open inventories on which a device stands, for who scans its label."""
    rows = InventoryLine.objects.filter(device=device, inventory__closed=None)
    return list(rows.filter(access.seen(actor, "inventory__school")).select_related("inventory__school"))


def ending(actor: Actor, day: dt.date) -> "QuerySet[Device]":
    """Return licences that end soon, or ended and are still in use, of the schools that the actor keeps."""
    own = School.objects.filter(access.kept_schools(actor)).values("pk")
    rows = Device.objects.filter(school__in=own, kind=DeviceKind.LICENCE, ends__lte=day + SOON)
    return rows.exclude(state=DeviceState.SCRAPPED)


def warranty_runs_out(day: dt.date) -> Q:
    """Condition on ``Device``: its warranty ends from ``day`` on, within the time that the rule names."""
    last = later(day, in_force(WARRANTY_RULE, day).value, RuleUnit.DAYS)
    return Q(warranty__gte=day, warranty__lte=last) & ~Q(state=DeviceState.SCRAPPED)


def overdue_loans(day: dt.date) -> "QuerySet[Move]":
    """Return what is lent and should have been given back before ``day``."""
    return Move.objects.filter(kind=MoveKind.LOAN, state=MoveState.DONE, until__lt=day)


@dataclass(frozen=True, slots=True)
class Summary:
    """The ledger in numbers: entries, pieces, value in 元 without licences, the idle rate, what ends."""

    entries: int
    pieces: int
    value_yuan: Decimal
    counted: int
    idle: int
    ending: int
    warranty: int

    @property
    def share(self) -> float | None:
        return self.idle / self.counted if self.counted else None


def summary(rows: "QuerySet[Device]", day: dt.date) -> Summary:
    """Count entries that are not scrapped; one query."""
    there = rows.exclude(state=DeviceState.SCRAPPED).order_by()
    old = COUNTED & (Q(bought=None) | Q(bought__lte=day - WINDOW))
    found = there.aggregate(
        entries=Count("pk"),
        pieces=Sum("quantity"),
        value=Sum("value_yuan", filter=~Q(kind=DeviceKind.LICENCE)),
        counted=Count("pk", filter=old),
        idle=Count("pk", filter=idle_on(day)),
        ending=Count("pk", filter=Q(kind=DeviceKind.LICENCE, ends__lte=day + SOON)),
        warranty=Count("pk", filter=warranty_runs_out(day)),
    )
    return Summary(
        found["entries"],
        found["pieces"] or 0,
        found["value"] or Decimal(0),
        found["counted"],
        found["idle"],
        found["ending"],
        found["warranty"],
    )


def with_last_use(found: list[Device], day: dt.date) -> list[Device]:
    """Set ``last_used`` on the entries of one page. Four queries."""
    keys = [item.pk for item in found]
    own_rooms = Room.objects.filter(devices__in=keys)
    used = last_uses(day, devices=Device.objects.filter(pk__in=keys), rooms=own_rooms)
    for item in found:
        item.last_used = used.of(item)  # type: ignore[attr-defined]
    return found
