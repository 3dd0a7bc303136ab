"""Results typed in by hand: many people at once, each value stored once, nobody's value overwritten unseen."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import IntegrityError, transaction

from xuequ.core import audit, clock
from xuequ.district.actors import Actor
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Assessment, Result


class Outcome(StrEnum):
    """What became of a typed value."""

    SAVED = "saved"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Value:
    """A result as it is compared: why there is none, a score, or a level."""

    status: ResultStatus = ResultStatus.SCORED
    score: float | None = None
    level: str = ""

    @property
    def token(self) -> str:
        """A text that is equal for equal values, in whatever language the page is."""
        if self.status != ResultStatus.SCORED:
            return str(self.status)
        return f"={self.level}" if self.score is None else repr(float(self.score))

    @classmethod
    def of(cls, result: Result) -> "Value":
        """Return the value of a stored result."""
        return cls(ResultStatus(result.status), result.score, result.level)


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed for a pupil, by primary keys; ``value`` None empties the cell.

    ``was`` is the token of what stood there when it was typed, empty for nothing.
    """

    pupil: int
    school: int
    school_class: int
    value: Value | None
    raw: str
    was: str


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of one entry, and the result that stands now (None for none)."""

    outcome: Outcome
    result: Result | None


def enter(*, actor: Actor, assessment: Assessment, entries: Sequence[Entry]) -> dict[int, Entered]:
    """Store typed values in one transaction and return by pupil what became of each.

    A value that is there already is saved: sending it again after a lost answer changes nothing. A value typed over
    something that has changed meanwhile is a conflict and is not stored. The caller has checked what may be entered.
    """
    try:
        found = _enter(actor, assessment, entries)
    except IntegrityError:
        # Somebody else stored the first result of the same pupil between our look and our write: look again.
        found = _enter(actor, assessment, entries)
    return found | _conflicts_now(
        assessment, [e for e in entries if found[e.pupil].outcome == Outcome.CONFLICT]
    )


def _conflicts_now(assessment: Assessment, entries: Sequence[Entry]) -> dict[int, Entered]:
    """Look again at conflicts: PostgreSQL hides a row that was replaced while we waited for its lock."""
    rows = Result.objects.filter(
        assessment=assessment, pupil__in=[entry.pupil for entry in entries], is_current=True
    )
    current = {row.pupil_id: row for row in rows} if entries else {}
    return {
        entry.pupil: Entered(
            Outcome.SAVED if _value(current.get(entry.pupil)) == entry.value else Outcome.CONFLICT,
            current.get(entry.pupil),
        )
        for entry in entries
    }


def _value(result: Result | None) -> Value | None:
    return Value.of(result) if result is not None else None


def _enter(actor: Actor, assessment: Assessment, entries: Sequence[Entry]) -> dict[int, Entered]:
    with transaction.atomic():
        current = _current(assessment, [entry.pupil for entry in entries])
        found = {entry.pupil: _compared(entry, current.get(entry.pupil)) for entry in entries}
        written = _write(actor, assessment, [e for e in entries if found[e.pupil] is None], current)
        if written:
            audit.record(actor, "results.entered", assessment, {"cells": len(written)})
    return {pupil: outcome or Entered(Outcome.SAVED, written[pupil]) for pupil, outcome in found.items()}


def _current(assessment: Assessment, pupils: Sequence[int]) -> dict[int, Result]:
    rows = Result.objects.select_for_update().filter(assessment=assessment, pupil__in=pupils, is_current=True)
    return {row.pupil_id: row for row in rows}


def _compared(entry: Entry, current: Result | None) -> Entered | None:
    """Return what becomes of the entry without writing, or None when it has to be written."""
    now = _value(current)
    if entry.value == now:
        return Entered(Outcome.SAVED, current)
    if entry.was != (now.token if now is not None else ""):
        return Entered(Outcome.CONFLICT, current)
    return None


def _write(
    actor: Actor, assessment: Assessment, entries: Sequence[Entry], current: dict[int, Result]
) -> dict[int, Result | None]:
    replaced = [current[entry.pupil].pk for entry in entries if entry.pupil in current]
    Result.objects.filter(pk__in=replaced).update(is_current=False)
    moment = clock.now()
    rows = [
        Result(
            assessment=assessment,
            pupil_id=entry.pupil,
            school_id=entry.school,
            school_class_id=entry.school_class,
            status=entry.value.status,
            score=entry.value.score,
            level=entry.value.level,
            raw_text=entry.raw,
            corrects=current.get(entry.pupil),
            entered_by_id=actor.account_id,
            entered_at=moment,
        )
        for entry in entries
        if entry.value is not None
    ]
    made = {row.pupil_id: row for row in Result.objects.bulk_create(rows)}
    return {entry.pupil: made.get(entry.pupil) for entry in entries}
