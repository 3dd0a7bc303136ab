"""AI lessons of a term by bookings: of a school, of its grades and of its classes, and what bookings cannot say.

The policy on AI education asks 16 lessons a term of a class. A school's total over all classes says how much its rooms
are used for it, a class's number whether the policy is met. A booking that names no class counts for the school alone.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, Sum

from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolClass, Term
from xuequ.kit.roster.grades import last_grade
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import Purpose, RoomKind
from xuequ.systems.programmes.counting import LESSONS_A_TERM, lessons_short
from xuequ.systems.programmes.ledger.facts import moment
from xuequ.systems.programmes.models import Booking, Room


@dataclass(frozen=True, slots=True)
class ClassLessons:
    """AI lessons of one class in a term: held until today and booked ahead."""

    school_class: SchoolClass
    grade: int
    held: int = 0
    booked: int = 0

    @property
    def lessons(self) -> int:
        return self.held + self.booked

    @property
    def short(self) -> int:
        return lessons_short(self.lessons)


@dataclass(frozen=True, slots=True)
class GradeLessons:
    """AI lessons of one grade: its classes, fewest lessons first."""

    grade: int
    classes: tuple[ClassLessons, ...]

    @property
    def lessons(self) -> int:
        return sum(item.lessons for item in self.classes)

    @property
    def reaching(self) -> int:
        return sum(not item.short for item in self.classes)

    @property
    def least(self) -> int:
        return self.classes[0].lessons

    @property
    def most(self) -> int:
        return self.classes[-1].lessons


@dataclass(frozen=True, slots=True)
class Lessons:
    """AI lessons of a school in a term by bookings. ``unnamed`` of them name no class; ``classes`` are those named."""

    school: School
    held: int
    booked: int
    rooms: int
    classes: tuple[ClassLessons, ...] = ()
    unnamed: int = 0

    @property
    def short(self) -> int:
        return lessons_short(self.held + self.booked)

    @property
    def reaching(self) -> int:
        """How many classes have what the policy asks, by the bookings that name them."""
        return sum(not item.short for item in self.classes)


def ai_lessons(actor: Actor, term: Term, day: dt.date) -> list[Lessons]:
    """Return the AI lessons of the term of the schools that the actor sees and that teach or could; by code."""
    rows = Booking.objects.filter(
        access.seen(actor),
        room__kind=RoomKind.AI,
        purpose=Purpose.AI_LESSON,
        cancelled=None,
        start__gte=moment(term.start),
        start__lt=moment(term.end),
    )
    now = moment(day + dt.timedelta(days=1))
    counted = rows.values_list("school_id", "school_class_id").annotate(
        held=Sum("lessons", filter=Q(start__lt=now), default=0),
        ahead=Sum("lessons", filter=Q(start__gte=now), default=0),
    )
    found: dict[int, list[tuple[int | None, int, int]]] = defaultdict(list)
    for school, group, held, ahead in counted.order_by():
        found[school].append((group, held, ahead))
    rooms: dict[int, int] = defaultdict(int)
    open_rooms = Room.objects.filter(access.seen(actor), kind=RoomKind.AI, closed=None)
    for pk in open_rooms.values_list("school_id", flat=True):
        rooms[pk] += 1
    named = SchoolClass.objects.in_bulk({pk for lines in found.values() for pk, _h, _a in lines if pk})
    year = term.year.first_year
    schools = School.objects.filter(pk__in={*found, *rooms}).order_by("code")
    return [_lessons(school, found[school.pk], rooms[school.pk], named, year) for school in schools]


def _lessons(
    school: School,
    lines: list[tuple[int | None, int, int]],
    rooms: int,
    named: dict[int, SchoolClass],
    first_year: int,
) -> Lessons:
    classes = [
        ClassLessons(named[pk], named[pk].grade_in(first_year), held, ahead)
        for pk, held, ahead in lines
        if pk is not None
    ]
    return Lessons(
        school,
        sum(held for _pk, held, _ahead in lines),
        sum(ahead for _pk, _held, ahead in lines),
        rooms,
        tuple(classes),
        sum(held + ahead for pk, held, ahead in lines if pk is None),
    )


def school_lessons(actor: Actor, uid: UUID, term: Term, day: dt.date) -> Lessons | None:
    """Return the AI lessons of one school, if the actor sees its ledger and it teaches or could."""
    return next((line for line in ai_lessons(actor, term, day) if line.school.uid == uid), None)


def by_grade(line: Lessons, first_year: int) -> list[GradeLessons]:
    """Return the grades of the school's classes of the year, also of those that no booking names."""
    known = {item.school_class.pk: item for item in line.classes}
    grades: dict[int, list[ClassLessons]] = defaultdict(list)
    for group in classes_of([line.school], first_year):
        item = known.pop(group.pk, None) or ClassLessons(group, group.grade_in(first_year))
        grades[item.grade].append(item)
    for item in known.values():
        grades[item.grade].append(item)
    return [
        GradeLessons(grade, tuple(sorted(rows, key=lambda row: (row.lessons, row.school_class.number))))
        for grade, rows in sorted(grades.items())
    ]


def classes_of(schools: list[School], first_year: int) -> list[SchoolClass]:
    """Return the classes that the schools teach in the year that begins in ``first_year``, lowest grade first."""
    last = {school.pk: last_grade(school.stage, school.year_system) for school in schools}
    rows = SchoolClass.objects.filter(school__in=last, entry_year__lte=first_year)
    kept = [row for row in rows if row.grade_in(first_year) <= last[row.school_id]]
    return sorted(kept, key=lambda row: (row.grade_in(first_year), row.number))


__all__ = [
    "LESSONS_A_TERM", "ClassLessons", "GradeLessons", "Lessons", "ai_lessons", "by_grade", "classes_of",
    "school_lessons",
]  # fmt: skip
