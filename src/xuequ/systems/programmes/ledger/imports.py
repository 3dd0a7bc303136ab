"""Bringing in a ledger: upload and check, one question at most, store in one transaction, undo as a whole."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.files import check_upload
from xuequ.core.search import indexing
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.problems import fair_share
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import SHOWING_ROOMS, DeviceState
from xuequ.systems.programmes.ledger.forms import kept_schools
from xuequ.systems.programmes.ledger.reading import LedgerProblem, Line, Reading, read
from xuequ.systems.programmes.models import Device, InventoryLine, Room, Use

KIND = "equipment"
SHOWN_PROBLEMS = 200
KEPT_UNDECIDED = dt.timedelta(days=30)
UNITS = ("yuan", "wan")


@dataclass
class Check:
    """What storing the file would add, and what stands against it."""

    rooms: list[Room] = field(default_factory=list)
    devices: list[tuple[Device, str, dt.date | None]] = field(default_factory=list)
    known: int = 0
    scrapped: int = 0
    problems: list[LedgerProblem] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Return the counts for the page."""
        value = sum((device.value_yuan or 0 for device, _room, _day in self.devices), start=0)
        return {
            "rooms": len(self.rooms),
            "devices": len(self.devices),
            "pieces": sum(device.quantity for device, _room, _day in self.devices),
            "yuan": str(value),
            "known": self.known,
            "scrapped": self.scrapped,
            "problems": len(self.problems),
            "questions": len(self.doubtful),
        }


def may_import(actor: Actor) -> bool:
    """Whether the actor keeps some school's ledger."""
    return access.keeps_everything(actor) or bool(access.kept_ids(actor))


def upload(*, actor: Actor, file: File[bytes], school: School | None) -> ImportBatch:
    """Keep a file and check it; ``Refused`` says why it cannot be taken, and keeps nothing."""
    if not may_import(actor) or (school is not None and not access.keeps(actor, school)):
        raise Forbidden(_("You may not bring in the ledger of this school."))
    check_upload(file)
    file.seek(0)
    content = file.read()
    name = PurePath(file.name or "ledger").name[:200]
    options = {"school": str(school.uid) if school is not None else "", "unit": ""}
    check = _check(actor, content, name, options)
    with transaction.atomic():
        _remove_abandoned()
        batch = ImportBatch(
            kind=KIND,
            file_name=name,
            file_sha256=hashlib.sha256(content).hexdigest(),
            options=options,
            created_by_id=actor.account_id,
            created=clock.now(),
        )
        batch.stored_file = default_storage.save(
            f"imports/{batch.uid}{PurePath(name).suffix.lower()}", ContentFile(content)
        )
        _keep(batch, check)
        audit.record(actor, "programmes.import.uploaded", batch, {"rows": len(check.devices)})
    return batch


def _remove_abandoned() -> None:
    """Remove imports on which nobody decided for a month."""
    old = ImportBatch.objects.filter(
        kind=KIND, state=BatchState.CHECKED, created__lt=clock.now() - KEPT_UNDECIDED
    )
    for stored_file in list(old.values_list("stored_file", flat=True)):
        transaction.on_commit(partial(default_storage.delete, stored_file))
    old.delete()


def _keep(batch: ImportBatch, check: Check) -> None:
    batch.state, batch.summary = BatchState.CHECKED, check.summary()
    batch.problems = [item.as_json() for item in fair_share(check.problems, SHOWN_PROBLEMS)]
    batch.questions = [{"key": "unit", "examples": check.doubtful[:5]}] if check.doubtful else []
    batch.save()


def _content(batch: ImportBatch) -> bytes:
    with default_storage.open(batch.stored_file) as stream:
        content: bytes = stream.read()
    return content


def _locked(actor: Actor, batch: ImportBatch, *states: BatchState) -> ImportBatch:
    locked = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
    if locked.state not in states:
        raise Refused(
            _("This import has moved on meanwhile (%(state)s); load the page again.")
            % {"state": locked.get_state_display()}
        )
    if not access.keeps_everything(actor) and locked.created_by_id != actor.account_id:
        raise Forbidden(_("This import is somebody else's."))
    return locked


def answer(*, actor: Actor, batch: ImportBatch, unit: str) -> ImportBatch:
    """Say whether sums without a unit are in 元 or 万元, and check again."""
    if unit not in UNITS:
        raise Refused(_("Choose 元 or 万元."))
    with transaction.atomic():
        locked = _locked(actor, batch, BatchState.CHECKED)
        locked.options = {**locked.options, "unit": unit}
        _keep(locked, _check(actor, _content(locked), locked.file_name, locked.options))
    return locked


def may_be_stored(batch: ImportBatch) -> bool:
    """Whether nothing is left to correct or to ask, and something is new."""
    said = batch.summary
    new = said.get("rooms", 0) + said.get("devices", 0)
    return batch.state == BatchState.CHECKED and not said["problems"] and not batch.questions and new > 0


def confirm(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Store the file in one transaction; confirmed a second time, it changes nothing."""
    with transaction.atomic():
        current = ImportBatch.objects.select_for_update().get(pk=batch.pk, kind=KIND)
        if current.state == BatchState.STORED:
            return current
        locked = _locked(actor, batch, BatchState.CHECKED)
        check = _check(actor, _content(locked), locked.file_name, locked.options)
        if check.problems or check.doubtful:
            raise Refused(
                _("The ledger changed since the check and the file no longer fits; check it again.")
            )
        if not check.rooms and not check.devices:
            raise Refused(_("Everything in this file is in the ledger already; nothing was changed."))
        _store(actor, locked, check)
        stored_file, locked.stored_file = locked.stored_file, ""
        locked.state, locked.stored = BatchState.STORED, clock.now()
        locked.summary, locked.problems, locked.questions = check.summary(), [], []
        locked.save()
        audit.record(actor, "programmes.import.stored", locked, {"devices": len(check.devices)})
        transaction.on_commit(partial(default_storage.delete, stored_file))
    return locked


def _store(actor: Actor, batch: ImportBatch, check: Check) -> None:
    for room in check.rooms:
        room.batch = batch
    Room.objects.bulk_create(check.rooms, batch_size=500)
    schools = {device.school_id for device, _room, _day in check.devices}
    rooms = {
        (room.school_id, plain_heading(room.name)): room for room in Room.objects.filter(school__in=schools)
    }
    for device, place, _day in check.devices:
        device.batch = batch
        device.room = rooms.get((device.school_id, plain_heading(place))) if place else None
    made = Device.objects.bulk_create([device for device, _room, _day in check.devices], batch_size=500)
    indexing.index_rows("equipment", [device.pk for device in made])
    moment = clock.now()
    Use.objects.bulk_create(
        Use(device=device, day=day, entered=moment, entered_by_id=actor.account_id, batch=batch)
        for device, (_device, _room, day) in zip(made, check.devices, strict=True)
        if day is not None and day <= actor.day
    )


def discard(*, actor: Actor, batch: ImportBatch) -> None:
    """Remove an import that was never stored, with its file."""
    with transaction.atomic():
        locked = _locked(actor, batch, BatchState.CHECKED)
        stored_file = locked.stored_file
        audit.record(actor, "programmes.import.discarded", locked)
        locked.delete()
        transaction.on_commit(partial(default_storage.delete, stored_file))


def undo(*, actor: Actor, batch: ImportBatch) -> ImportBatch:
    """Take out what an import brought in; ``Refused`` where something of it has a history of its own by now."""
    with transaction.atomic():
        locked = _locked(actor, batch, BatchState.STORED)
        devices, rooms = Device.objects.filter(batch=locked), Room.objects.filter(batch=locked)
        touched = _touched(devices, rooms)
        if touched:
            raise Refused(
                _(
                    "%(names)s: moved, counted, booked, lent or scrapped since the import, so it stays as a whole."
                )
                % {"names": "、".join(touched[:5])}
            )
        count = devices.count() + rooms.count()
        indexing.remove("equipment", list(devices.values_list("pk", flat=True)))
        devices.delete()
        rooms.delete()
        locked.state, locked.undone = BatchState.UNDONE, clock.now()
        locked.save(update_fields=["state", "undone"])
        audit.record(actor, "programmes.import.undone", locked, {"rows": count})
    return locked


def _touched(devices: "QuerySet[Device]", rooms: "QuerySet[Room]") -> list[str]:
    """Return what has a history of its own by now."""
    states = Q(state__in=[DeviceState.LENT, DeviceState.SCRAPPED])
    counted = InventoryLine.objects.filter(device__in=devices.values("pk")).values("device")
    own = states | Q(moves__isnull=False) | Q(bookings__isnull=False) | Q(pk__in=counted)
    others = Device.objects.exclude(pk__in=devices.values("pk"))
    held = rooms.filter(Q(bookings__isnull=False) | Q(devices__in=others))
    return [str(item) for item in (*devices.filter(own).distinct()[:6], *held.distinct()[:6])]


def _check(actor: Actor, content: bytes, name: str, options: Mapping[str, str]) -> Check:
    """Read the file and compare it with the ledger; nothing is written."""
    reading = read(content, name, options["unit"])
    doubtful = [] if options["unit"] else reading.doubtful
    check = Check(problems=list(reading.problems), doubtful=doubtful)
    schools = {school.pk: school for school in kept_schools(actor)}
    chosen = next((s for s in schools.values() if str(s.uid) == options["school"]), None)
    known = {
        plain_heading(word): s for s in schools.values() for word in (s.name, s.short_name, s.code) if word
    }
    placed = _placed(check, reading, chosen, known)
    wanted = {school.pk for _line, school in placed}
    _compare_rooms(check, [pair for pair in placed if pair[0].is_room], wanted)
    _compare_devices(check, [pair for pair in placed if not pair[0].is_room], wanted)
    return check


def _placed(
    check: Check, reading: Reading, chosen: School | None, known: Mapping[str, School]
) -> list[tuple[Line, School]]:
    """Return each row with its school; the column says it, else the choice on the page."""
    placed = []
    for line in reading.lines:
        said = str(line.values.get("school") or "")
        school = known.get(plain_heading(said)) if said else chosen
        if school is None:
            code = "school" if said else "no-school"
            check.problems.append(LedgerProblem(code, line.sheet, line.cell("school"), {"text": said[:60]}))
        else:
            placed.append((line, school))
    return placed


def _compare_rooms(check: Check, placed: list[tuple[Line, School]], schools: set[int]) -> None:
    there = {
        (pk, plain_heading(name))
        for pk, name in Room.objects.filter(school__in=schools).values_list("school_id", "name")
    }
    seen: dict[tuple[int, str], int] = {}
    for line, school in placed:
        values = line.values
        name = str(values.get("room_name") or "")[:60]
        key = (school.pk, plain_heading(name))
        if key in there:
            check.known += 1
        elif name and key in seen:
            params = {"text": name, "row": str(seen[key])}
            check.problems.append(LedgerProblem("room-twice", line.sheet, line.cell("room_name"), params))
        elif name:
            seen[key] = line.index + 1
            kind = values["room_kind"]
            shows = values.get("shows") if "shows" in line.columns else kind in SHOWING_ROOMS
            check.rooms.append(
                Room(
                    school=school,
                    kind=kind,
                    name=name,
                    place=str(values.get("place") or "")[:60],
                    seats=values.get("seats"),
                    shows=bool(shows),
                    lendable=bool(values.get("lendable")),
                    opened=values.get("opened"),
                )
            )


def _compare_devices(check: Check, placed: list[tuple[Line, School]], schools: set[int]) -> None:
    rows = Device.objects.filter(school__in=schools).exclude(number="")
    there = {(pk, number): name for pk, number, name in rows.values_list("school_id", "number", "name")}
    seen: dict[tuple[int, str], int] = {}
    for line, school in placed:
        number, name = str(line.values.get("number") or "")[:40], str(line.values.get("name") or "")[:80]
        key = (school.pk, number)
        if number and key in seen:
            params = {"text": number, "row": str(seen[key])}
            check.problems.append(LedgerProblem("twice", line.sheet, line.cell("number"), params))
        elif number and key in there:
            _known(check, line, number, name, there[key])
        elif name and line.values.get("state") == DeviceState.SCRAPPED:
            check.scrapped += 1
        elif name:
            if number:
                seen[key] = line.index + 1
            check.devices.append(_device(line, school, number, name))


def _known(check: Check, line: Line, number: str, name: str, there: str) -> None:
    if plain_heading(name) == plain_heading(there):
        check.known += 1
        return
    params = {"text": number, "name": there}
    check.problems.append(LedgerProblem("elsewhere", line.sheet, line.cell("number"), params))


def _device(line: Line, school: School, number: str, name: str) -> tuple[Device, str, dt.date | None]:
    values = line.values
    device = Device(
        school=school,
        kind=values["kind"],
        name=name,
        model=str(values.get("model") or "")[:80],
        number=number,
        quantity=values.get("quantity") or 1,
        value_yuan=values.get("yuan"),
        bought=values.get("bought"),
        warranty=values.get("warranty"),
        ends=values.get("ends"),
        state=values.get("state") or DeviceState.IN_USE,
    )
    last = values.get("last_used")
    return device, str(values.get("room") or ""), last if isinstance(last, dt.date) else None
