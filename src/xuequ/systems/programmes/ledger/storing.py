"""Writing what an import adds and changes, and taking it back from what was kept of each row."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.search import indexing
from xuequ.district.actors import Actor
from xuequ.kit.sheets.headings import plain_heading
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes.choices import DeviceState
from xuequ.systems.programmes.ledger.comparing import Change, Check, kept
from xuequ.systems.programmes.models import Device, ImportedChange, InventoryLine, Room, Use


def store(actor: Actor, batch: ImportBatch, check: Check) -> None:
    """Write what was found, in the caller's transaction; the rows that change are locked."""
    for room in check.rooms:
        room.batch = batch
    Room.objects.bulk_create(check.rooms, batch_size=500)
    rooms = _rooms(check)
    for device, place, _day in check.devices:
        device.batch = batch
        device.room = rooms.get((device.school_id, plain_heading(place))) if place else None
    made = Device.objects.bulk_create([device for device, _room, _day in check.devices], batch_size=500)
    _change(batch, check.changes, rooms)
    uses = [(device, day) for device, (_d, _room, day) in zip(made, check.devices, strict=True)]
    uses += [(change.row, change.used) for change in check.changes if isinstance(change.row, Device)]
    _use(actor, batch, uses)
    changed = [change.row.pk for change in check.changes if isinstance(change.row, Device)]
    indexing.index_rows("equipment", [*(device.pk for device in made), *changed])


def _rooms(check: Check) -> dict[tuple[int, str], Room]:
    schools = {device.school_id for device, _room, _day in check.devices}
    schools |= {change.row.school_id for change in check.changes}
    return {
        (room.school_id, plain_heading(room.name)): room for room in Room.objects.filter(school__in=schools)
    }


def _use(actor: Actor, batch: ImportBatch, uses: Iterable[tuple[Device, Any]]) -> None:
    moment = clock.now()
    rows = [
        Use(device=device, day=day, entered=moment, entered_by_id=actor.account_id, batch=batch)
        for device, day in uses
        if day is not None and day <= actor.day
    ]
    # Somebody may have tapped for that day meanwhile; once a day counts.
    Use.objects.bulk_create(rows, ignore_conflicts=True)


def _change(batch: ImportBatch, changes: Sequence[Change], rooms: dict[tuple[int, str], Room]) -> None:
    """Write the new values and keep what was there before."""
    steps: list[ImportedChange] = []
    for change in changes:
        row, values = change.row, dict(change.values)
        if change.place:
            values["room_id"] = rooms[row.school_id, plain_heading(change.place)].pk
        before = {name: kept(getattr(row, name)) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        after = {name: kept(getattr(row, name)) for name in values}
        about = {str(row._meta.model_name): row}
        if values:
            steps.append(ImportedChange(batch=batch, before=before, after=after, **about))
    for model in (Room, Device):
        _write(model, [(c.row, {*c.values, *(["room_id"] if c.place else [])}) for c in changes])
    ImportedChange.objects.bulk_create(steps, batch_size=500)


def _write(model: type[models.Model], changed: Iterable[tuple[models.Model, set[str]]]) -> None:
    """Write the named fields of rows of one table."""
    own = [(row, names) for row, names in changed if isinstance(row, model) and names]
    fields = sorted({name.removesuffix("_id") for _row, names in own for name in names})
    if own:
        model._default_manager.bulk_update([row for row, _names in own], fields, batch_size=500)


def schools_of(batch: ImportBatch) -> set[int]:
    """Return the schools whose ledger an import touched, by primary key."""
    steps = ImportedChange.objects.filter(batch=batch)
    found = {
        *Device.objects.filter(batch=batch).values_list("school_id", flat=True),
        *Room.objects.filter(batch=batch).values_list("school_id", flat=True),
        *steps.values_list("device__school_id", flat=True),
        *steps.values_list("room__school_id", flat=True),
    }
    return {pk for pk in found if pk is not None}


def take_back(batch: ImportBatch) -> int:
    """Put back what an import changed and take out what it added; return how many rows. All of it, or ``Refused``."""
    count = _put_back(batch)
    devices, rooms = Device.objects.filter(batch=batch), Room.objects.filter(batch=batch)
    if touched := _touched(devices, rooms):
        raise Refused(
            _("%(names)s: moved, counted, booked, lent or scrapped since the import, so it stays as a whole.")
            % {"names": "、".join(touched[:5])}
        )
    count += devices.count() + rooms.count()
    indexing.remove("equipment", list(devices.values_list("pk", flat=True)))
    Use.objects.filter(batch=batch).delete()
    devices.delete()
    rooms.delete()
    return count


def _put_back(batch: ImportBatch) -> int:
    steps = list(ImportedChange.objects.filter(batch=batch).order_by("pk"))
    rooms = Room.objects.select_for_update().in_bulk([step.room_id for step in steps if step.room_id])
    devices = Device.objects.select_for_update().in_bulk([step.device_id for step in steps if step.device_id])
    later: list[str] = []
    for step in steps:
        row: Room | Device = rooms[step.room_id] if step.room_id else devices[step.device_id]
        if any(kept(getattr(row, name)) != value for name, value in step.after.items()):
            later.append(str(row))
        for name, value in step.before.items():
            setattr(row, name, _restored(row, name, value))
    if later:
        raise Refused(
            _("%(names)s: changed again since the import, so it stays as a whole.")
            % {"names": "、".join(later[:5])}
        )
    for model, found in ((Room, rooms), (Device, devices)):
        _write(
            model, [(found[key], set(step.before)) for step in steps if (key := _key(step, model)) in found]
        )
    indexing.index_rows("equipment", list(devices))
    return len(steps)


def _restored(row: Room | Device, name: str, value: Any) -> Any:
    column = row._meta.get_field(name)
    assert isinstance(column, models.Field)
    return column.to_python(value)


def _key(step: ImportedChange, model: type[models.Model]) -> int:
    return (step.room_id if model is Room else step.device_id) or 0


def _touched(devices: "QuerySet[Device]", rooms: "QuerySet[Room]") -> list[str]:
    """Return what has a history of its own by now."""
    states = Q(state__in=[DeviceState.LENT, DeviceState.SCRAPPED])
    counted = InventoryLine.objects.filter(device__in=devices.values("pk")).values("device")
    own = states | Q(moves__isnull=False) | Q(bookings__isnull=False) | Q(pk__in=counted)
    others = Device.objects.exclude(pk__in=devices.values("pk"))
    held = rooms.filter(Q(bookings__isnull=False) | Q(devices__in=others))
    return [str(item) for item in (*devices.filter(own).distinct()[:6], *held.distinct()[:6])]
