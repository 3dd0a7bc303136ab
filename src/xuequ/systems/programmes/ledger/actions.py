"""What may be done with rooms and devices of the ledger."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.money import divided
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import RUNNING_MOVES, SET_BY_HAND, DeviceState
from xuequ.systems.programmes.models import Device, Room, Use

EDITED = (
    "kind", "name", "model", "number", "quantity", "value_yuan", "bought", "warranty", "ends", "room", "project",
    "bookable", "offered",
)  # fmt: skip
"""What is changed on the page of an entry."""
OLDEST_TAP = dt.timedelta(days=14)
"""So far back somebody may say that a thing was used; further back nobody remembers."""


def check_keeps(actor: Actor, school: School) -> None:
    """Raise ``Forbidden`` unless the actor keeps the school's part of the ledger."""
    if not access.keeps(actor, school):
        raise Forbidden(_("You may not change the ledger of this school."))


@contextmanager
def _unique(message: str) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Refused(message) from None


def keep_room(*, actor: Actor, room: Room) -> Room:
    """Store a new or changed room; ``Refused`` when the school has a room of this name."""
    check_keeps(actor, room.school)
    if room.opened and room.closed and room.closed <= room.opened:
        raise Refused(_("The room cannot go out of use before it came into use."))
    verb = "programmes.room.added" if room.pk is None else "programmes.room.changed"
    with transaction.atomic():
        with _unique(_("The school has a room called “%(name)s” already.") % {"name": room.name}):
            room.save()
        audit.record(actor, verb, room)
    return room


def keep_device(*, actor: Actor, device: Device) -> Device:
    """Store a new or changed entry; state, owner and loan of an entry that is there already stay as they are."""
    check_keeps(actor, device.school)
    if device.room is not None and device.room.school_id != device.school_id:
        raise Refused(_("The room belongs to another school; choose one of this school."))
    verb = "programmes.device.added" if device.pk is None else "programmes.device.changed"
    with transaction.atomic():
        if device.pk is not None:
            current = _locked(device)
            check_keeps(actor, current.school)
            if current.school_id != device.school_id:
                raise Refused(_("It went to another school meanwhile; load the page again."))
            _not_scrapped(current)
        message = _("The school has an entry with the number %(number)s already; nothing was doubled.")
        with _unique(message % {"number": device.number}):
            # State, owner and loan may have changed since the form was opened; they have pages of their own.
            device.save(update_fields=EDITED if device.pk is not None else None)
        audit.record(actor, verb, device)
    return device


def _locked(device: Device) -> Device:
    return Device.objects.select_for_update(of=("self",)).select_related("school").get(pk=device.pk)


def _not_scrapped(device: Device) -> None:
    if device.state == DeviceState.SCRAPPED:
        raise Refused(_("This entry was scrapped on %(day)s and stays as it is.") % {"day": device.scrapped})


def set_state(*, actor: Actor, device: Device, state: DeviceState) -> Device:
    """Say that a device is in use, in store or in repair; a lent one is given back first."""
    check_keeps(actor, device.school)
    if state not in SET_BY_HAND:
        raise Refused(_("A loan and scrapping have pages of their own."))
    with transaction.atomic():
        locked = _locked(device)
        _not_scrapped(locked)
        if locked.state == DeviceState.LENT:
            raise Refused(_("It is lent to %(school)s; note that it came back first.") % _lent(locked))
        locked.state = state
        locked.save(update_fields=["state"])
        audit.record(actor, "programmes.device.state", locked, {"state": str(state)})
    return locked


def _lent(device: Device) -> dict[str, str]:
    return {"school": str(device.lent_to or "")}


def scrap(*, actor: Actor, device: Device, day: dt.date, reason: str) -> Device:
    """Write a device off with the reason; it stays in the ledger, out of every count."""
    check_keeps(actor, device.school)
    if not reason.strip():
        raise Refused(_("Say why it is scrapped; the audit office asks for it."))
    with transaction.atomic():
        locked = _locked(device)
        _not_scrapped(locked)
        if locked.state == DeviceState.LENT or locked.moves.filter(state__in=RUNNING_MOVES).exists():
            raise Refused(_("It is lent or on its way to another school; finish that first."))
        if locked.bought is not None and day < locked.bought:
            raise Refused(_("It cannot be scrapped before it was bought (%(day)s).") % {"day": locked.bought})
        locked.state, locked.scrapped, locked.reason = DeviceState.SCRAPPED, day, reason.strip()[:200]
        locked.offered = locked.bookable = False
        locked.save(update_fields=["state", "scrapped", "reason", "offered", "bookable"])
        audit.record(actor, "programmes.device.scrapped", locked)
    return locked


def divide(*, actor: Actor, device: Device, pieces: int, number: str) -> Device:
    """Make an entry of its own of some pieces of a set; pieces and value of both add up to what they were."""
    check_keeps(actor, device.school)
    with transaction.atomic():
        locked = _locked(device)
        _not_scrapped(locked)
        if locked.state == DeviceState.LENT or locked.moves.filter(state__in=RUNNING_MOVES).exists():
            raise Refused(_("It is lent or on its way to another school; finish that first."))
        if not 1 <= pieces < locked.quantity:
            raise Refused(
                _("The set has %(pieces)d pieces; take fewer of them out.") % {"pieces": locked.quantity}
            )
        part = Device.objects.get(pk=locked.pk)
        part.pk, part.uid, part.number = None, Device._meta.get_field("uid").get_default(), number.strip()
        part._state.adding = True
        part.value_yuan, rest = divided(locked.value_yuan, locked.quantity, pieces)
        part.quantity = pieces
        locked.quantity, locked.value_yuan = locked.quantity - pieces, rest
        locked.save(update_fields=["quantity", "value_yuan"])
        with _unique(
            _("The school has an entry with the number %(number)s already; nothing was doubled.")
            % {"number": part.number}
        ):
            part.save()
        audit.record(actor, "programmes.device.divided", locked, {"pieces": pieces, "part": str(part.uid)})
    return part


def note_use(*, actor: Actor, thing: Room | Device, day: dt.date) -> Use:
    """Say that a room or a device was used on ``day``; said twice, it counts once. Any of the school's staff may."""
    holder = _holder(thing)
    if not any(access.works_at(actor, school) for school in holder):
        raise Forbidden(_("Only the staff of the school say what was used there."))
    if not actor.day - OLDEST_TAP <= day <= actor.day:
        raise Refused(_("Only the last %(days)d days can be noted.") % {"days": OLDEST_TAP.days})
    with transaction.atomic():
        if isinstance(thing, Device):
            _not_scrapped(thing)
        key = {"device" if isinstance(thing, Device) else "room": thing, "day": day}
        use, made = Use.objects.get_or_create(
            **key, defaults={"entered_by_id": actor.account_id, "entered": clock.now()}
        )
        if made:
            audit.record(actor, "programmes.use.noted", thing, {"day": day.isoformat()})
    return use


def _holder(thing: Room | Device) -> list[School]:
    lent = thing.lent_to if isinstance(thing, Device) else None
    return [school for school in (thing.school, lent) if school is not None]
