"""What may be read of bookings: own rooms with everything, lent rooms by their name and free times."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from xuequ.core.clock import SHANGHAI
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolClass
from xuequ.district.queries import first_year_on
from xuequ.systems.programmes import access
from xuequ.systems.programmes.bookings.lessons import classes_of
from xuequ.systems.programmes.choices import DeviceState, RoomKind
from xuequ.systems.programmes.ledger.facts import moment
from xuequ.systems.programmes.models import Booking, Device, Room

DAYS = 7


def bookable_rooms(actor: Actor) -> "QuerySet[Room]":
    """Return the rooms that the actor may book: those of the own school but plain classrooms, and lent ones."""
    own = Q(school__in=School.objects.filter(access.staff_schools(actor)).values("pk"))
    mine = own & ~Q(kind=RoomKind.MULTIMEDIA)
    if access.keeps_everything(actor):
        mine = Q(kind=RoomKind.AI)
    elif not access.staff_ids(actor):
        return Room.objects.none()
    rows = Room.objects.filter(mine | Q(lendable=True), closed=None, school__study=None)
    return rows.select_related("school").order_by("school__code", "kind", "name")


def bookable_sets(actor: Actor) -> "QuerySet[Device]":
    """Return the sets of devices that the actor's school may book: its own, and those lent to it."""
    if access.keeps_everything(actor) or not access.staff_ids(actor):
        return Device.objects.none()
    own = School.objects.filter(access.staff_schools(actor)).values("pk")
    here = Q(school__in=own) & ~Q(state=DeviceState.LENT) | Q(lent_to__in=own)
    rows = Device.objects.filter(here, bookable=True).exclude(state=DeviceState.SCRAPPED)
    return rows.select_related("school", "lent_to").order_by("kind", "name")


def thing(actor: Actor, uid: UUID) -> Room | Device | None:
    """Return the room or set of devices, if the actor may book it or sees it."""
    found: Room | Device | None = bookable_rooms(actor).filter(uid=uid).first()
    if found is None:
        found = bookable_sets(actor).filter(uid=uid).first()
    if found is None:
        seen = Room.objects.filter(access.seen(actor), uid=uid, school__study=None)
        found = seen.select_related("school").first()
    return found


def of(thing: Room | Device) -> "QuerySet[Booking]":
    """Return the bookings of a thing that were not cancelled, by time."""
    rows = thing.bookings.filter(cancelled=None)
    return rows.select_related("school", "school_class", "room__school", "device__school").order_by("start")


def coming(thing: Room | Device, day: dt.date) -> "QuerySet[Booking]":
    """Return what is booked from ``day`` on."""
    return of(thing).filter(end__gt=moment(day))


@dataclass(frozen=True, slots=True)
class Slot:
    """A booking as a reader sees it: of other schools only that the time is taken."""

    booking: Booking
    known: bool
    may_cancel: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week's plan."""

    day: dt.date
    slots: tuple[Slot, ...]


def week(actor: Actor, thing: Room | Device, monday: dt.date) -> list[Day]:
    """Return the plan of seven days from ``monday`` on. One query."""
    from xuequ.systems.programmes.bookings.actions import may_cancel

    rows = of(thing).filter(start__gte=moment(monday), start__lt=moment(monday + dt.timedelta(days=DAYS)))
    slots: dict[dt.date, list[Slot]] = {}
    for row in rows:
        owns = access.works_at(actor, thing.school) or access.reads_everything(actor)
        known = owns or access.works_at(actor, row.school)
        day = row.start.astimezone(SHANGHAI).date()
        slots.setdefault(day, []).append(Slot(row, known, may_cancel(actor, row)))
    days = (monday + dt.timedelta(days=place) for place in range(DAYS))
    return [Day(day, tuple(slots.get(day, ()))) for day in days]


def monday_of(day: dt.date) -> dt.date:
    """Return the Monday of a day's week."""
    return day - dt.timedelta(days=day.weekday())


def booking(actor: Actor, uid: UUID) -> Booking | None:
    """Return a booking of the actor's own school, or of a room of it; for the district's keepers any."""
    rows = Booking.objects.filter(uid=uid).select_related("school", "room__school", "device__school")
    if access.keeps_everything(actor):
        return rows.first()
    own = School.objects.filter(access.staff_schools(actor)).values("pk")
    return rows.filter(Q(school__in=own) | Q(room__school__in=own) | Q(device__school__in=own)).first()


def classes(schools: list[School], day: dt.date) -> "QuerySet[SchoolClass]":
    """Return the classes that the schools teach on ``day``, for which they may book."""
    keys = [row.pk for row in classes_of(schools, first_year_on(day))]
    return SchoolClass.objects.filter(pk__in=keys).order_by("-entry_year", "number")
