"""What the pages of the ledgers read."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max, QuerySet

from xuequ.district.actors import Actor
from xuequ.district.models import Dated, School, SchoolClass, SchoolYear
from xuequ.kit.scores.targets import GRADES
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.record.queries import indicators
from xuequ.systems.office.catalogue import ATTENDANCE, BORROWED
from xuequ.systems.office.ledgers.reading import months_of, span
from xuequ.systems.office.models import LedgerMonth
from xuequ.systems.office.process import PUBLISHERS

KIND = "ledgers"


def may_keep(actor: Actor) -> bool:
    """Whether the actor brings in ledgers: the data office of the district."""
    return actor.has_everywhere(*PUBLISHERS)


def imports() -> "QuerySet[ImportBatch]":
    """Return the imports of ledgers, newest first."""
    return ImportBatch.objects.filter(kind=KIND).order_by("-id")


def waiting(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the actor's own imports that were checked and not decided."""
    return imports().filter(created_by=actor.account_id, state=BatchState.CHECKED)


def import_called(uid: UUID) -> ImportBatch | None:
    """Return one import."""
    return imports().filter(uid=uid).first()


def years(actor: Actor) -> list[SchoolYear]:
    """Return the school years that have begun, newest first."""
    return list(SchoolYear.objects.filter(start__lte=actor.day).order_by("-code"))


def latest_with_rows(years: Sequence[SchoolYear]) -> SchoolYear | None:
    """Return the newest of these years (given newest first) that a ledger was brought in for; one question."""
    last = LedgerMonth.objects.aggregate(last=Max("month"))["last"]
    return next((year for year in years if last is not None and span(year)[0] <= last), None)


@dataclass(frozen=True, slots=True)
class SchoolLedger:
    """How far one school's ledger of a year goes, and what is published from it."""

    school: School
    months: int
    missing: tuple[str, ...]
    pupils: int | None
    attendance: float | None
    books: float | None


def ledgers(actor: Actor, year: SchoolYear) -> list[SchoolLedger]:
    """Return every school's ledger in the order of the schools' codes; a school without one has no months."""
    rows = months_of(year)
    found: dict[int, set[str]] = defaultdict(set)
    for school_id, month in rows.values_list("school_id", "month").order_by().distinct():
        found[school_id].add(f"{month:%Y-%m}")
    whole = set().union(*found.values())
    published = _published(actor, year)
    return [
        SchoolLedger(
            school,
            len(found[school.pk]),
            tuple(sorted(whole - found[school.pk])) if found[school.pk] else (),
            published.get((ATTENDANCE, school.pk), published.get((BORROWED, school.pk), (None, None)))[1],
            published.get((ATTENDANCE, school.pk), (None, None))[0],
            published.get((BORROWED, school.pk), (None, None))[0],
        )
        for school in School.objects.of_district().order_by("code")
    ]


def _published(actor: Actor, year: SchoolYear) -> dict[tuple[str, int], tuple[float | None, int | None]]:
    rows = indicators(actor, ATTENDANCE, BORROWED).filter(
        period=year.code, school__isnull=False, school_class=None
    )
    columns = rows.select_related(None).order_by().values_list("code", "school_id", "value", "n")
    return {(code, school): (value, n) for code, school, value, n in columns}


def template_places(year: SchoolYear, day: dt.date) -> Sequence[tuple[str, str]]:
    """Return the school and class of each row of the template: the classes that have pupils on a day of the year."""
    there = Dated.at(day, "enrolments__")
    rows = SchoolClass.objects.filter(there, school__study=None).select_related("school")
    known = rows.distinct().order_by("school__code", "-entry_year", "number")
    graded = [(row, row.grade_in(year.first_year)) for row in known]
    return [(row.school.name, _written(row, grade)) for row, grade in graded if 1 <= grade <= 12]


def _written(row: SchoolClass, grade: int) -> str:
    """Return a class with its grade, in Chinese whatever the reader's language: only so a nine-year school's two
    classes of one number are told apart.
    """
    return row.label or f"{GRADES[grade - 1]}{'年级' if grade < 10 else ''}{row.number}班"
