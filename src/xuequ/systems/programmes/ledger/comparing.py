"""A list that was read, held against the ledger: what would be added, what changed from what to what, what is missing.

Entries are found by their asset number, rooms by their name. An entry without a number is known again only when all
that the list says of it agrees. An empty cell changes nothing, and nothing is ever taken out.
"""

import datetime as dt
import hashlib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Max, QuerySet

from xuequ.core.money import cents, looks_mixed, plain_sum
from xuequ.district.models import School
from xuequ.kit.sheets.headings import plain_heading
from xuequ.systems.programmes.choices import SET_BY_HAND, SHOWING_ROOMS, DeviceState
from xuequ.systems.programmes.ledger.reading import LedgerProblem, Line, Reading
from xuequ.systems.programmes.models import Device, Room, Use

SHOWN_CHANGES, SHOWN_MISSING = 200, 60
DEVICE_FIELDS = ("name", "kind", "model", "quantity", "bought", "warranty", "ends")
ROOM_FIELDS = {"kind": "room_kind", "place": "place", "seats": "seats", "shows": "shows", "lendable": "lendable",
               "opened": "opened"}  # fmt: skip
LONGEST = {"name": 80, "model": 80, "place": 60}
Key = tuple[int, str]


def same_number(text: str) -> str:
    """Return an asset number as it is compared: full-width and small letters are the same as plain capitals.

    >>> same_number("ａ-１ ") == same_number("A-1")
    True
    """
    return unicodedata.normalize("NFKC", text).strip().casefold()


@dataclass
class Change:
    """A row of the ledger that the list says something else of: new values by field, and the cell of each."""

    row: Device | Room
    values: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    place: str = ""
    """The name of the new room of a device; the room may be one that the same list brings."""
    used: dt.date | None = None
    before_used: dt.date | None = None

    def __bool__(self) -> bool:
        return bool(self.values or self.place or self.used)

    def shown(self) -> list[dict[str, Any]]:
        """Return what changes, field by field, for the page and for the database."""
        steps = [(name, kept(getattr(self.row, name)), kept(value)) for name, value in self.values.items()]
        if self.place and isinstance(self.row, Device):
            steps.append(("room", str(self.row.room or ""), self.place))
        if self.used is not None:
            steps.append(("last_used", kept(self.before_used), kept(self.used)))
        about = {"model": self.row._meta.model_name, "name": self.row.name, "uid": str(self.row.uid)}
        about["number"] = self.row.number if isinstance(self.row, Device) else ""
        return [
            {**about, "field": name, "before": before, "after": after, "cell": self.cells.get(name, "")}
            for name, before, after in steps
        ]


def kept(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    return value if value is None or isinstance(value, bool | int) else str(value)


@dataclass
class Check:
    """What storing the list would do, and what stands against it."""

    rooms: list[Room] = field(default_factory=list)
    devices: list[tuple[Device, str, dt.date | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    known: int = 0
    scrapped: int = 0
    unplaced: int = 0
    missing: list[Device | Room] = field(default_factory=list)
    to_scrap: list[Device] = field(default_factory=list)
    problems: list[LedgerProblem] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)

    @property
    def does(self) -> bool:
        """Whether storing it would do anything."""
        return bool(self.rooms or self.devices or self.changes)

    def summary(self) -> dict[str, Any]:
        """Return the counts for the page, and the first of what changes and is missing."""
        value = sum((device.value_yuan or 0 for device, _room, _day in self.devices), start=0)
        changes = [step for change in self.changes for step in change.shown()]
        return {
            "rooms": len(self.rooms),
            "devices": len(self.devices),
            "pieces": sum(device.quantity for device, _room, _day in self.devices),
            "yuan": str(value),
            "changed": len(self.changes),
            "known": self.known,
            "missing": len(self.missing),
            "scrapped": self.scrapped,
            "unplaced": self.unplaced,
            "problems": len(self.problems),
            "questions": len(self.doubtful),
            "steps": len(changes),
            "changes": changes[:SHOWN_CHANGES],
            "left": [_named(row) for row in self.missing[:SHOWN_MISSING]],
            "to_scrap": [_named(row) for row in self.to_scrap[:SHOWN_MISSING]],
            "digest": hashlib.sha256(json.dumps(changes, ensure_ascii=False).encode()).hexdigest(),
        }

    def object_to(self, code: str, line: Line, column: str, **params: str) -> None:
        """Note what is wrong with a cell."""
        self.problems.append(LedgerProblem(code, line.sheet, line.cell(column), params))


def _named(row: Device | Room) -> dict[str, str]:
    number = row.number if isinstance(row, Device) else ""
    return {"model": str(row._meta.model_name), "uid": str(row.uid), "name": str(row), "number": number}


def compare(
    reading: Reading, schools: Iterable[School], chosen: School | None, *, unit: str, lock: bool
) -> Check:
    """Hold a reading against the ledger of ``schools``; with ``lock``, the rows stay as they are until it is stored."""
    check = Check(problems=list(reading.problems), doubtful=[] if unit else list(reading.doubtful))
    known = {plain_heading(w): s for s in schools for w in (s.name, s.short_name, s.code) if w}
    placed = _placed(check, reading, chosen, known)
    rooms = [pair for pair in placed if pair[0].is_room]
    devices = [pair for pair in placed if not pair[0].is_room]
    places = _compare_rooms(check, rooms, _rooms(placed, lock))
    _Devices(check, devices, places, unit, lock).compare()
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
            check.object_to("school" if said else "no-school", line, "school", text=said[:60])
        else:
            placed.append((line, school))
    return placed


def _locked(rows: "QuerySet[Any]", lock: bool) -> "QuerySet[Any]":
    return rows.select_for_update(of=("self",)) if lock else rows


def _rooms(placed: Sequence[tuple[Line, School]], lock: bool) -> dict[Key, Room]:
    rows = Room.objects.filter(school__in={school.pk for _line, school in placed}).order_by("pk")
    return {(row.school_id, plain_heading(row.name)): row for row in _locked(rows, lock)}


def _compare_rooms(
    check: Check, placed: Sequence[tuple[Line, School]], there: Mapping[Key, Room]
) -> dict[Key, Room]:
    """Compare the rooms; return all that there will be, by school and name."""
    seen: dict[Key, int] = {}
    places = dict(there)
    for line, school in placed:
        name = str(line.values.get("room_name") or "")[:60]
        key = (school.pk, plain_heading(name))
        if not name:
            continue
        if key in seen:
            check.object_to("room-twice", line, "room_name", text=name, row=str(seen[key]))
            continue
        seen[key] = line.index + 1
        if key in there:
            _note(check, _room_change(line, there[key]))
        else:
            places[key] = _new_room(line, school, name)
            check.rooms.append(places[key])
    listed = {school.pk for _line, school in placed}
    check.missing += [
        row for key, row in there.items() if key[0] in listed and key not in seen and row.closed is None
    ]
    return places


def _new_room(line: Line, school: School, name: str) -> Room:
    values, kind = line.values, line.values["room_kind"]
    shows = values.get("shows") if "shows" in line.columns else kind in SHOWING_ROOMS
    return Room(
        school=school,
        kind=kind,
        name=name,
        place=str(values.get("place") or "")[:60],
        seats=values.get("seats"),
        shows=bool(shows),
        lendable=bool(values.get("lendable")),
        opened=values.get("opened"),
    )


def _room_change(line: Line, row: Room) -> Change:
    change = Change(row)
    for name, column in ROOM_FIELDS.items():
        _differs(change, line, name, column)
    return change


def _differs(change: Change, line: Line, name: str, column: str) -> None:
    """Take a field over where its cell says something, and something else."""
    value = line.values.get(column)
    if column not in line.filled or value is None:
        return
    if isinstance(value, str) and name in LONGEST:
        value = value[: LONGEST[name]]
    if value != getattr(change.row, name):
        change.values[name], change.cells[name] = value, line.cell(column)


def _note(check: Check, change: Change) -> None:
    if change:
        check.changes.append(change)
    else:
        check.known += 1


class _Devices:
    """The comparison of entries: the ledger's rows of the schools in the list, and which of them the list names."""

    def __init__(
        self,
        check: Check,
        placed: Sequence[tuple[Line, School]],
        places: Mapping[Key, Room],
        unit: str,
        lock: bool,
    ) -> None:
        self.check, self.placed, self.places, self.unit = check, placed, places, unit
        self.there: dict[Key, Device] = {}
        self.unnumbered: dict[Key, list[Device]] = defaultdict(list)
        self.seen: dict[Key, int] = {}
        self.named: set[int] = set()
        schools = {school.pk for _line, school in placed}
        rows = Device.objects.filter(school__in=schools).select_related("room").order_by("pk")
        self.rows = list(_locked(rows, lock))
        for row in self.rows:
            if row.number:
                self.there[row.school_id, same_number(row.number)] = row
            else:
                self.unnumbered[row.school_id, plain_heading(row.name)].append(row)
        uses = Use.objects.filter(device__school__in=schools).values_list("device_id")
        self.used = dict(uses.annotate(Max("day")).order_by())

    def compare(self) -> None:
        """Go through the list, then say what of the ledger is not in it."""
        for line, school in self.placed:
            if str(line.values.get("name") or ""):
                self._entry(line, school)
        self.check.missing += [
            row for row in self.rows if row.pk not in self.named and row.state != DeviceState.SCRAPPED
        ]

    def _entry(self, line: Line, school: School) -> None:
        number = str(line.values.get("number") or "")[:40]
        key = (school.pk, same_number(number))
        if number and key in self.seen:
            self.check.object_to("twice", line, "number", text=number, row=str(self.seen[key]))
            return
        if number:
            self.seen[key] = line.index + 1
        row = self.there.get(key) if number else self._alike(line, school)
        if row is not None:
            self.named.add(row.pk)
            self._known(line, row)
        elif line.values.get("state") == DeviceState.SCRAPPED:
            self.check.scrapped += 1
        else:
            self.check.devices.append(self._new(line, school, number))

    def _alike(self, line: Line, school: School) -> Device | None:
        """Return an entry without a number of which the list says nothing else."""
        key = (school.pk, plain_heading(str(line.values["name"])))
        for row in self.unnumbered[key]:
            change = self._change(line, row)
            if row.pk not in self.named and not change.place and not change.values.keys() - {"state"}:
                return row
        return None

    def _known(self, line: Line, row: Device) -> None:
        name = str(line.values["name"])
        if plain_heading(name) != plain_heading(row.name) and line.values["kind"] != row.kind:
            self.check.object_to("elsewhere", line, "number", text=row.number, name=row.name)
        elif row.state == DeviceState.SCRAPPED:
            self.check.known += 1
        else:
            if line.values.get("state") == DeviceState.SCRAPPED:
                self.check.to_scrap.append(row)
            change = self._change(line, row)
            self._look_at_value(line, change)
            _note(self.check, change)

    def _change(self, line: Line, row: Device) -> Change:
        change = Change(row)
        for name in DEVICE_FIELDS:
            _differs(change, line, name, name)
        if plain_heading(str(change.values.get("name", ""))) == plain_heading(row.name):
            change.values.pop("name", None)  # spaces and brackets make no other name
        value = _value(line, row)
        if value is not None and value != row.value_yuan:
            change.values["value_yuan"], change.cells["value_yuan"] = value, _value_cell(line)
        if row.state in SET_BY_HAND:
            if line.values.get("state") != DeviceState.SCRAPPED:
                _differs(change, line, "state", "state")
            self._place(line, change)
        self._use(line, change)
        return change

    def _place(self, line: Line, change: Change) -> None:
        name = str(line.values.get("room") or "")
        room = self.places.get((change.row.school_id, plain_heading(name))) if name else None
        if room is not None and (room.pk is None or room.pk != change.row.room_id):  # type: ignore[union-attr]
            change.place, change.cells["room"] = room.name, line.cell("room")

    def _use(self, line: Line, change: Change) -> None:
        day, before = line.values.get("last_used"), self.used.get(change.row.pk)
        if isinstance(day, dt.date) and (before is None or day > before):
            change.used, change.before_used, change.cells["last_used"] = day, before, line.cell("last_used")

    def _look_at_value(self, line: Line, change: Change) -> None:
        """Ask, or object, where the list and the ledger lie ten thousand times apart: one of them is in 万元."""
        new, old = change.values.get("value_yuan"), change.row.value_yuan  # type: ignore[union-attr]
        if new is None or old is None or not looks_mixed(new, old):
            return
        if line.values.get("unit_stated") or self.unit:
            said = {"value": plain_sum(new), "there": plain_sum(old)}
            self.check.object_to("mixed", line, _value_column(line), **said)
        else:
            self.check.doubtful.append(f"{change.row.name}: {plain_sum(new)}")

    def _new(self, line: Line, school: School, number: str) -> tuple[Device, str, dt.date | None]:
        values, place = line.values, str(line.values.get("room") or "")
        if place and (school.pk, plain_heading(place)) not in self.places:
            self.check.unplaced += 1
        device = Device(
            school=school,
            kind=values["kind"],
            name=str(values["name"])[:80],
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
        return device, place, last if isinstance(last, dt.date) else None


def _value_column(line: Line) -> str:
    return "value" if "value" in line.filled else "price"


def _value_cell(line: Line) -> str:
    return line.cell(_value_column(line))


def _value(line: Line, row: Device) -> Decimal | None:
    """Return the value of all pieces; a unit price without a number of pieces counts for those of the ledger."""
    value = line.values.get("yuan")
    if isinstance(value, Decimal) and "value" not in line.filled and "quantity" not in line.filled:
        return cents(value * row.quantity)
    return value if isinstance(value, Decimal) else None
