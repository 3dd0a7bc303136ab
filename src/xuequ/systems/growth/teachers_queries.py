"""What may be read of teacher-level values: one's own, the own school's after a time, and counts; no list by value."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from xuequ.district.actors import Actor
from xuequ.district.people import names_of
from xuequ.record.models import Run
from xuequ.systems.growth import teachers_access as access
from xuequ.systems.growth.models import TaughtClass, TeacherGrowth, TeacherUnlock
from xuequ.systems.growth.teachers_actions import SYSTEM

FEWEST = 5
"""Counts below are not shown above school level."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the district sees, as words: rows of who taught whom, and how many teachers have a value."""

    rows: str
    confirmed: str
    agreed: str
    teachers: str


def counts() -> Counts:
    """Return how far verification has come; small numbers are not told."""
    found = TaughtClass.objects.aggregate(
        rows=Count("pk"),
        confirmed=Count("pk", filter=Q(confirmed__isnull=False)),
        agreed=Count("pk", filter=Q(agreed__isnull=False)),
    )
    values = TeacherGrowth.objects.filter(value__isnull=False).count()
    rows, confirmed, agreed = (_few(found[name]) for name in ("rows", "confirmed", "agreed"))
    return Counts(rows, confirmed, agreed, _few(values))


def _few(count: int) -> str:
    return str(count) if count == 0 or count >= FEWEST else _("fewer than %(n)d") % {"n": FEWEST}


def history() -> "QuerySet[TeacherUnlock]":
    """Return when the values were unlocked and locked, the newest first."""
    return TeacherUnlock.objects.order_by("-id")[:10]


def last_run() -> Run | None:
    """Return the newest computation."""
    return Run.objects.filter(system=SYSTEM).order_by("-id").first()


@dataclass(frozen=True, slots=True)
class Taught:
    """A row of who taught whom, with the teacher's name for the school."""

    row: TaughtClass
    name: str = ""
    own: bool = False

    @property
    def percent(self) -> int:
        """The share in percent."""
        return round(self.row.share * 100)

    @property
    def on_record(self) -> int:
        """The share on record in percent."""
        return round(self.row.on_record * 100)


def _taught() -> "QuerySet[TaughtClass]":
    return TaughtClass.objects.select_related("evaluation", "school_class__school", "subject", "teacher")


def own_rows(actor: Actor) -> list[Taught]:
    """Return the actor's own classes, the latest year first."""
    if actor.person_id is None:
        return []
    rows = _taught().filter(teacher__person=actor.person_id)
    return [Taught(row) for row in rows.order_by("-evaluation__period", "school_class", "subject", "id")]


def school_rows(actor: Actor) -> list[Taught]:
    """Return the rows of the schools whose lists the actor agrees to: those that wait first, then by class."""
    rows = list(_taught().filter(school_class__school__in=access.agreeing_schools(actor)))
    names = names_of({row.teacher.person_id for row in rows})
    found = [
        Taught(row, names.get(row.teacher.person_id, _("(erased)")), row.teacher.person_id == actor.person_id)
        for row in rows
    ]
    return sorted(
        found, key=lambda one: (one.row.agreed is not None, -_year(one.row), one.row.school_class_id)
    )


def _year(row: TaughtClass) -> int:
    text = row.evaluation.period[:4]
    return int(text) if text.isdecimal() else 0


def own_value(actor: Actor) -> TeacherGrowth | None:
    """Return the actor's own value."""
    if actor.person_id is None:
        return None
    rows = TeacherGrowth.objects.select_related("run", "teacher__school")
    return rows.filter(teacher__person=actor.person_id).first()


def readable_values(actor: Actor) -> "QuerySet[TeacherGrowth]":
    """Return the values that the head of a school may read on the actor's day: told to the teacher long enough ago.

    The head's own is read on the own page.
    """
    rows = TeacherGrowth.objects.filter(
        notified__isnull=False,
        shown_to_others_from__lte=actor.day,
        teacher__school__in=access.headed_schools(actor),
    )
    return rows.exclude(teacher__person=actor.person_id).select_related("run", "teacher__school")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A teacher whose value may be opened; the list shows the name only."""

    uid: UUID
    name: str


def readable_names(actor: Actor) -> list[NamedValue]:
    """Return the teachers whose value the actor may open, by name."""
    rows: Sequence[TeacherGrowth] = list(readable_values(actor))
    names = names_of({row.teacher.person_id for row in rows})
    found = [NamedValue(row.uid, names.get(row.teacher.person_id, _("(erased)"))) for row in rows]
    return sorted(found, key=lambda one: one.name)


def readable_value(actor: Actor, uid: UUID) -> TeacherGrowth | None:
    """Return one value that the actor may read as the head of the school."""
    return readable_values(actor).select_related("teacher__person__identity").filter(uid=uid).first()
