"""Booking and cancelling: whoever comes second is refused, also in the same instant."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.clock import SHANGHAI
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolClass
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import DeviceState, Purpose
from xuequ.systems.programmes.models import Booking, Device, Room

LONGEST = dt.timedelta(hours=12)
FURTHEST = dt.timedelta(days=200)
LATE_ENTRY = dt.timedelta(days=14)
"""So far back a lesson that took place may still be entered."""


def may_book(actor: Actor, school: School, thing: Room | Device) -> bool:
    """Whether the actor may book the thing for the school: an own one, one that is lent, one that others may book."""
    if not access.works_at(actor, school):
        return False
    if isinstance(thing, Room):
        return thing.lendable or access.is_of(thing.school, frozenset({school.pk})) or thing.school == school
    holder = thing.lent_to or thing.school
    return thing.bookable and holder == school


def may_cancel(actor: Actor, booking: Booking) -> bool:
    """Whether the actor may cancel: who made it, the leaders of the school that booked, the owner's leaders."""
    if booking.cancelled is not None or booking.end <= clock.now():
        return False
    if actor.account_id is not None and booking.created_by_id == actor.account_id:
        return True
    owner = booking.room.school if booking.room is not None else booking.device.school  # type: ignore[union-attr]
    return access.keeps(actor, booking.school) or access.keeps(actor, owner)


def book(
    *,
    actor: Actor,
    school: School,
    thing: Room | Device,
    start: dt.datetime,
    end: dt.datetime,
    purpose: Purpose,
    title: str = "",
    school_class: SchoolClass | None = None,
    lessons: int = 1,
) -> Booking:
    """Take a room or set from ``start`` until (not including) ``end``; ``Refused`` names what is there already."""
    if not may_book(actor, school, thing):
        raise Forbidden(_("You may not book this for the school."))
    _check_times(start, end)
    if school_class is not None and school_class.school_id != school.pk:
        raise Refused(_("The class belongs to another school."))
    with transaction.atomic():
        locked = _locked(thing)
        if not may_book(actor, school, locked):  # lent, moved or closed to others since the page was opened
            raise Forbidden(_("You may not book this for the school."))
        taken = Booking.objects.filter(_is(locked), cancelled=None, start__lt=end, end__gt=start).first()
        if taken is not None:
            raise Refused(
                _("It is taken from %(start)s to %(end)s; choose another time. Nothing was booked.")
                % {"start": _clock(taken.start), "end": _clock(taken.end)}
            )
        booking = Booking.objects.create(
            room=locked if isinstance(locked, Room) else None,
            device=locked if isinstance(locked, Device) else None,
            school=school,
            school_class=school_class,
            purpose=purpose,
            title=title.strip()[:80],
            start=start,
            end=end,
            lessons=lessons,
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        audit.record(actor, "programmes.booking.made", booking, {"purpose": str(purpose)})
    return booking


def _check_times(start: dt.datetime, end: dt.datetime) -> None:
    if end <= start:
        raise Refused(_("The end must come after the beginning."))
    if end - start > LONGEST:
        raise Refused(_("A booking lasts at most twelve hours; book each day for itself."))
    now = clock.now()
    if start < now - LATE_ENTRY:
        raise Refused(_("Lessons are entered at most %(days)d days late.") % {"days": LATE_ENTRY.days})
    if start > now + FURTHEST:
        raise Refused(_("Bookings are taken for the next %(days)d days.") % {"days": FURTHEST.days})


def _locked(thing: Room | Device) -> Room | Device:
    """Lock the thing: two who book in the same instant stand in line here."""
    if isinstance(thing, Room):
        room = Room.objects.select_for_update().get(pk=thing.pk)
        if room.closed is not None:
            raise Refused(_("The room is out of use."))
        return room
    device = Device.objects.select_for_update().get(pk=thing.pk)
    if device.state in {DeviceState.SCRAPPED, DeviceState.IN_REPAIR}:
        raise Refused(_("It is %(state)s and cannot be booked now.") % {"state": device.get_state_display()})
    return device


def _is(thing: Room | Device) -> Q:
    return Q(room=thing) if isinstance(thing, Room) else Q(device=thing)


def _clock(moment: dt.datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def cancel(*, actor: Actor, booking: Booking, words: str = "") -> Booking:
    """Give the time back; who cancels another school's booking says why."""
    with transaction.atomic():
        locked = (
            Booking.objects.select_for_update(of=("self",))
            .select_related("school", "room__school", "device__school")
            .get(pk=booking.pk)
        )
        if locked.cancelled is not None:
            return locked
        if not may_cancel(actor, locked):
            raise Forbidden(_("You may not cancel this booking."))
        if not access.works_at(actor, locked.school) and not words.strip():
            raise Refused(_("Tell the other school why, in a few words."))
        locked.cancelled, locked.closed_by_id = clock.now(), actor.account_id
        locked.words = words.strip()[:200]
        locked.save(update_fields=["cancelled", "closed_by", "words"])
        audit.record(actor, "programmes.booking.cancelled", locked)
    return locked
