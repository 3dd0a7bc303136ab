"""When the things of the ledger were last used, by taps and by bookings."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from xuequ.core.clock import SHANGHAI
from xuequ.systems.programmes.choices import DeviceKind, DeviceState
from xuequ.systems.programmes.counting import WINDOW
from xuequ.systems.programmes.models import Booking, Device, Room, Use

COUNTED_STATES = (DeviceState.IN_USE, DeviceState.IN_STORE)
COUNTED = Q(state__in=COUNTED_STATES) & ~Q(kind=DeviceKind.LICENCE)
"""Entries that the idle rate counts."""


def moment(day: dt.date) -> dt.datetime:
    """Return the moment at which a day begins in the district."""
    return dt.datetime.combine(day, dt.time(), SHANGHAI)


@dataclass(frozen=True, slots=True)
class LastUse:
    """The last day of use by primary key, of devices and of rooms, as known on ``day``."""

    devices: Mapping[int, dt.date]
    rooms: Mapping[int, dt.date]

    def of(self, device: Device) -> dt.date | None:
        """Return when the device was last used itself or with its room."""
        found = (self.devices.get(device.pk), self.rooms.get(device.room_id or 0))
        return max((day for day in found if day is not None), default=None)


def last_uses(
    day: dt.date, *, devices: "QuerySet[Device] | None" = None, rooms: "QuerySet[Room] | None" = None
) -> LastUse:
    """Return the last uses until ``day``; of some ``devices`` and ``rooms`` only where they are given. Four queries."""
    return LastUse(_last("device", day, devices), _last("room", day, rooms))


def _last(name: str, day: dt.date, among: "QuerySet[Device] | QuerySet[Room] | None") -> dict[int, dt.date]:
    key = f"{name}_id"
    where = Q(**{f"{name}__isnull": False})
    if among is not None:
        where &= Q(**{f"{name}__in": among.order_by().values("pk")})
    taps = Use.objects.filter(where, day__lte=day).values_list(key).annotate(Max("day")).order_by()
    found = dict(taps)
    held = Booking.objects.filter(where, cancelled=None, start__lt=moment(day + dt.timedelta(days=1)))
    for pk, start in held.values_list(key).annotate(Max("start")).order_by():
        last = start.astimezone(SHANGHAI).date()
        found[pk] = max(found.get(pk, last), last)
    return found


def idle_on(day: dt.date) -> Q:
    """Condition on ``Device``: counted by the idle rate on ``day``, and idle."""
    first = day - WINDOW
    since = moment(first + dt.timedelta(days=1))
    until = moment(day + dt.timedelta(days=1))
    taps = Use.objects.filter(day__gt=first, day__lte=day)
    held = Booking.objects.filter(cancelled=None, start__gte=since, start__lt=until)
    used = (
        Exists(taps.filter(device=OuterRef("pk")))
        | Exists(taps.filter(room=OuterRef("room")))
        | Exists(held.filter(device=OuterRef("pk")))
        | Exists(held.filter(room=OuterRef("room")))
    )
    return COUNTED & (Q(bought=None) | Q(bought__lte=first)) & ~Q(used)


def owners_on(devices: "Iterable[tuple[int, int]]", moves: "Iterable[tuple[int, int]]") -> dict[int, int]:
    """Return which school owned each device on a day.

    ``devices`` are pairs (device, school now); ``moves`` pairs (device, giving school) of what was handed over for good
    after that day, the earliest last.
    """
    owners = dict(devices)
    owners.update((device, school) for device, school in moves if device in owners)
    return owners
