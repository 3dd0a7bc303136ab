"""What the published numbers are counted from, and how: a frame of the ledger on a day, and the numbers of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import polars as pl
from django.db.models import Q, Sum

from xuequ.district.models import School, Term
from xuequ.record.actions import IndicatorValue
from xuequ.systems.programmes import catalogue
from xuequ.systems.programmes.choices import (
    DeviceKind,
    DeviceState,
    InventoryKind,
    MoveKind,
    MoveState,
    Purpose,
    RoomKind,
)
from xuequ.systems.programmes.counting import (
    Countable,
    TermLessons,
    idle_rate,
    lessons_per_term,
    wilson,
)
from xuequ.systems.programmes.ledger.facts import COUNTED_STATES, last_uses, moment, owners_on
from xuequ.systems.programmes.models import Booking, Device, InventoryLine, Move, Room

SCHEMA: dict[str, Any] = {
    "what": pl.String,  # device, room, lessons, class (lessons of one), no class (lessons that name none), sample, term
    "school": pl.Int64,
    "kind": pl.String,  # kind of device or room, code of the term
    "counted": pl.Boolean,  # by the idle rate; shows to a whole class; the term is over; was idle
    "number": pl.Float64,  # value in 元, lessons, entries to draw from
    "since": pl.Date,
    "last_used": pl.Date,
}
FRESH = dt.timedelta(days=365)
"""A spot check older than this says nothing of today."""
Row = tuple[str, int, str, bool, float | None, dt.date | None, dt.date | None]


def ledger_frame(day: dt.date) -> pl.DataFrame:
    """Return the ledger of all schools as it stood at the end of ``day``, one row an entry, room, term or check."""
    rows = [*_devices(day), *_rooms(day), *_lessons(day), *_samples(day)]
    rows.sort(key=lambda row: tuple(str(cell) for cell in row))
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _devices(day: dt.date) -> Iterator[Row]:
    there = Q(bought=None) | Q(bought__lte=day)
    kept = Q(scrapped=None) | Q(scrapped__gt=day)
    devices = list(Device.objects.filter(there, kept, school__study=None).order_by("pk"))
    later = Move.objects.filter(
        kind=MoveKind.FOR_GOOD, state=MoveState.DONE, done__gte=moment(day + dt.timedelta(days=1))
    )
    moved = later.order_by("-done").values_list("device_id", "giving_id")
    owners = owners_on([(device.pk, device.school_id) for device in devices], moved)
    used = last_uses(day)
    for device in devices:
        # What was scrapped since was there then.
        state = DeviceState.IN_USE if device.scrapped is not None else device.state
        counted = state in COUNTED_STATES and device.kind != DeviceKind.LICENCE
        value = None if device.value_yuan is None else float(device.value_yuan)
        yield ("device", owners[device.pk], device.kind, counted, value, device.bought, used.of(device))


def _rooms(day: dt.date) -> Iterator[Row]:
    there = Q(opened=None) | Q(opened__lte=day)
    kept = Q(closed=None) | Q(closed__gt=day)
    for room in Room.objects.filter(there, kept, school__study=None).order_by("pk"):
        yield ("room", room.school_id, room.kind, room.shows, None, room.opened, None)


def _lessons(day: dt.date) -> Iterator[Row]:
    terms = Term.objects.filter(year__start__lte=day, year__end__gt=day, start__lte=day).order_by("start")
    for term in terms:
        end = min(term.end, day + dt.timedelta(days=1))
        held = Booking.objects.filter(
            room__kind=RoomKind.AI,
            purpose=Purpose.AI_LESSON,
            cancelled=None,
            start__gte=moment(term.start),
            start__lt=moment(end),
        )
        for school, lessons in held.values_list("school_id").annotate(Sum("lessons")).order_by("school_id"):
            yield ("lessons", school, term.code, term.end <= day, float(lessons), term.start, None)
        named = held.values_list("school_id", "school_class_id").annotate(Sum("lessons"))
        for school, group, lessons in named.order_by("school_id", "school_class_id"):
            what = "no class" if group is None else "class"
            yield (what, school, term.code, term.end <= day, float(lessons), term.start, None)
    # The terms themselves: a school that held none has no row of its own.
    for term in terms:
        yield ("term", 0, term.code, term.end <= day, None, term.start, None)


def _samples(day: dt.date) -> Iterator[Row]:
    lines = InventoryLine.objects.filter(
        inventory__kind=InventoryKind.SPOT,
        inventory__closed__isnull=False,
        inventory__day__gt=day - FRESH,
        inventory__day__lte=day,
        found__isnull=False,
    ).select_related("inventory")
    newest: dict[int, int] = {}
    listed = list(lines.order_by("inventory__day", "inventory_id", "pk"))
    for line in listed:
        newest[line.inventory.school_id] = line.inventory_id
    for line in listed:
        check = line.inventory
        if newest[check.school_id] == check.pk:
            idle = not line.found or line.used is False
            yield ("sample", check.school_id, "", idle, float(check.population), check.day, None)


def values_of(frame: pl.DataFrame, day: dt.date) -> list[IndicatorValue]:
    """Return the numbers of every school that has a ledger; a school without one is a gap and no zero."""
    by_school: dict[int, list[dict[str, Any]]] = defaultdict(list)
    terms = [row for row in frame.iter_rows(named=True) if row["what"] == "term"]
    for row in frame.iter_rows(named=True):
        by_school[row["school"]].append(row)
    district = set(School.objects.of_district().values_list("pk", flat=True))
    kept = [pk for pk in sorted(by_school) if pk in district and _has_ledger(by_school[pk])]
    return [value for pk in kept for value in _school(pk, by_school[pk], terms, day)]


def _has_ledger(rows: list[dict[str, Any]]) -> bool:
    return any(row["what"] in {"device", "room"} for row in rows)


def _school(
    pk: int, rows: list[dict[str, Any]], terms: list[dict[str, Any]], day: dt.date
) -> Iterator[IndicatorValue]:
    rooms = [row for row in rows if row["what"] == "room"]
    devices = [row for row in rows if row["what"] == "device" and row["kind"] != DeviceKind.LICENCE]
    priced = [row["number"] for row in devices if row["number"] is not None]
    shows = sum(row["counted"] for row in rooms)
    ai = sum(row["kind"] == RoomKind.AI for row in rooms)
    if rooms:
        yield IndicatorValue(catalogue.MULTIMEDIA_ROOMS, float(shows), n=len(rooms), school_id=pk)
    if devices:
        yield IndicatorValue(catalogue.EQUIPMENT_VALUE, float(sum(priced)), n=len(priced), school_id=pk)
        yield _idle(pk, devices, [row for row in rows if row["what"] == "sample"], day)
    yield IndicatorValue(catalogue.AI_ROOMS, float(ai), n=len(rooms), school_id=pk)
    held = {row["kind"]: row["number"] for row in rows if row["what"] == "lessons"}
    told = [TermLessons(row["kind"], int(held.get(row["kind"], 0)), row["counted"]) for row in terms]
    if told:
        yield IndicatorValue(catalogue.AI_LESSONS, float(lessons_per_term(told)), n=len(told), school_id=pk)
    yield from _of_a_class(pk, rows)


def _of_a_class(pk: int, rows: list[dict[str, Any]]) -> Iterator[IndicatorValue]:
    """Return the lessons of a class in the weaker finished term, or while none has finished in what has run."""
    terms: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["what"] == "class":
            terms[row["kind"]].append(row)
    finished = [code for code, found in terms.items() if found[0]["counted"]] or list(terms)
    if not finished:
        return
    weakest = min(finished, key=lambda code: (_mean(terms[code]), code))
    mean, n = _mean(terms[weakest]), len(terms[weakest])
    loose = sum(row["number"] for row in rows if row["what"] == "no class" and row["kind"] == weakest)
    low, high = (mean, mean + loose / n) if loose else (None, None)
    yield IndicatorValue(catalogue.AI_CLASS_LESSONS, mean, low, high, n, pk)


def _mean(rows: list[dict[str, Any]]) -> float:
    return float(sum(row["number"] for row in rows)) / len(rows)


def _idle(
    pk: int, devices: list[dict[str, Any]], sample: list[dict[str, Any]], day: dt.date
) -> IndicatorValue:
    rate = idle_rate((Countable(row["since"], row["last_used"]) for row in devices if row["counted"]), day)
    low = high = None
    if sample:
        idle = sum(row["counted"] for row in sample)
        low, high = wilson(idle, len(sample), max(int(sample[0]["number"]), len(sample)))
    return IndicatorValue(catalogue.IDLE_RATE, rate.share, low, high, rate.counted, pk)
