"""What the pages of the rollover read; everything is limited to what the actor may prepare or look at."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, Enrolment, School, SchoolClass, Subject, Teacher
from xuequ.district.people import Identity
from xuequ.district.queries import ListedPupil, first_year_on, listed_pupils
from xuequ.kit.rollover import queries as kit
from xuequ.kit.rollover.choices import Outcome, SchoolState
from xuequ.kit.rollover.facts import ClassKey
from xuequ.kit.rollover.loading import ONE_DAY, Loaded
from xuequ.kit.rollover.models import ListedPupil as Said
from xuequ.kit.rollover.models import Rollover, SchoolRollover
from xuequ.kit.rollover.planning import SchoolPlan
from xuequ.kit.rollover.staffing import Post

SEASON = (7, 8, 9)
"""The months in which the home pages speak of the move."""


def may_enter(actor: Actor) -> bool:
    """Whether the actor prepares the move of all schools, or of a school while one is prepared."""
    return kit.may_prepare(actor) or (keeps_some_school(actor) and _open_items(actor).exists())


def keeps_some_school(actor: Actor) -> bool:
    """Whether the actor keeps the roster of some school (no query)."""
    return policy.holds_at_a_school(actor, policy.ROSTER_KEEPERS)


def _open_items(actor: Actor) -> "QuerySet[SchoolRollover]":
    rows = SchoolRollover.objects.filter(school__in=kit.own_schools(actor).values("pk"))
    return rows.exclude(state=SchoolState.DONE)


def in_season(day: dt.date) -> bool:
    """Whether it is the time of year in which schools move."""
    return day.month in SEASON


def offered_years(day: dt.date) -> list[int]:
    """Return the years that may be prepared on ``day``, the likeliest first."""
    running = first_year_on(day)
    return [running, running + 1] if day.month == 9 else [running + 1, running]


def current() -> Rollover | None:
    """Return the rollover of the latest year."""
    return kit.rollovers().first()


def rollover(uid: UUID) -> Rollover | None:
    """Return one rollover."""
    return kit.rollovers().filter(uid=uid).first()


@dataclass(frozen=True, slots=True)
class Progress:
    """How many schools stand where."""

    schools: int
    done: int
    ready: int
    stopped: int
    unseen: int

    @property
    def open(self) -> int:
        """Schools that have not moved."""
        return self.schools - self.done


def progress(items: Iterable[SchoolRollover]) -> Progress:
    """Count the schools by where they stand."""
    rows = list(items)
    states = Counter(row.state for row in rows)
    waiting = [row for row in rows if row.state != SchoolState.DONE]
    return Progress(
        len(rows),
        states[SchoolState.DONE],
        states[SchoolState.READY],
        sum(bool(row.problems) for row in waiting),
        sum(row.planned is None for row in waiting),
    )


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of the old year and what becomes of it."""

    pk: int
    school_class: SchoolClass
    grade: int
    pupils: int
    ends: bool
    listed: int


def class_rows(item: SchoolRollover, loaded: Loaded) -> list[ClassRow]:
    """Return the school's classes with pupils on the eve, by grade and number."""
    sizes = Counter(stay.school_class for stay in loaded.facts.stays)
    listed = Counter(stay.school_class for stay in loaded.facts.stays if stay.pupil in loaded.facts.listed)
    classes = SchoolClass.objects.in_bulk([pk for pk in sizes if pk is not None])
    ending = set(loaded.plan.ending)
    rows = [
        ClassRow(pk, row, loaded.facts.old_grade(pk), sizes[pk], pk in ending, listed[pk])
        for pk, row in classes.items()
    ]
    return sorted(rows, key=lambda row: (row.grade, row.school_class.number))


@dataclass(frozen=True, slots=True)
class PupilRow:
    """A pupil of a class as the page lists it: what was said about the pupil, if anything."""

    listed: ListedPupil
    kind: str
    target: int | None


def pupils_of(item: SchoolRollover, school_class: SchoolClass) -> list[PupilRow]:
    """Return the class's pupils on the eve, with what was said about each."""
    eve = item.rollover.effective - ONE_DAY
    said = {row.pupil_id: row for row in Said.objects.filter(school_rollover=item)}
    rows = listed_pupils(Q(school_class=school_class), eve)
    return [PupilRow(row, *_said(said.get(row.pupil.pk))) for row in rows]


def _said(row: Said | None) -> tuple[str, int | None]:
    return (row.kind, row.target_id) if row is not None else ("", None)


def names_and_numbers(pupils: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return name and number by the pupils' keys; the caller has checked that the actor keeps their roster."""
    rows = Identity.objects.filter(person__pupil__in=list(pupils)).values_list("person__pupil", "sealed")
    opened = ((pk, Identity(sealed=sealed).fields) for pk, sealed in rows)
    return {pk: (fields["name"], fields["number"]) for pk, fields in opened}


def classes_on_eve(item: SchoolRollover, pupils: Sequence[int]) -> dict[int, SchoolClass]:
    """Return the classes in which the pupils are on the eve."""
    eve = item.rollover.effective - ONE_DAY
    rows = Enrolment.objects.filter(Dated.at(eve), school=item.school, pupil__in=list(pupils))
    return {row.pupil_id: row.school_class for row in rows.select_related("school_class") if row.school_class}


@dataclass(frozen=True, slots=True)
class TeacherName:
    """A teacher of the school with the name."""

    pk: int
    name: str


def teachers(pks: Iterable[int]) -> list[TeacherName]:
    """Return the teachers by name; the caller has checked that the actor keeps the school's roster."""
    rows = Teacher.objects.filter(pk__in=list(pks)).select_related("person__identity")
    return sorted((TeacherName(row.pk, row.person.name) for row in rows), key=lambda row: row.name)


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A class of the new year with its class teacher and how far its lessons are staffed."""

    key: ClassKey
    grade: int
    is_new: bool
    charge: str
    proposed: bool
    lessons: int
    without: int

    @property
    def code(self) -> str:
        """The class as it stands in an address."""
        return f"{self.key.entry_year}-{self.key.entry_grade}-{self.key.number}"


def staff_rows(loaded: Loaded) -> list[StaffRow]:
    """Return the classes of the new year with their staff."""
    posts = loaded.staffing.posts
    names = {row.pk: row.name for row in teachers({pk for pk in posts.values() if pk is not None})}
    rows = []
    for post, teacher in posts.items():
        if post.subject is not None:
            continue
        lessons = [t for other, t in posts.items() if other.to == post.to and other.subject is not None]
        entering = post.to.entry_year >= loaded.facts.first_year
        rows.append(
            StaffRow(
                post.to,
                post.to.grade_in(loaded.facts.first_year),
                entering,
                names.get(teacher or 0, ""),
                entering and post in loaded.staffing.proposed and teacher is not None,
                len(lessons),
                lessons.count(None),
            )
        )
    return sorted(rows, key=lambda row: (row.grade, row.key))


def key_of(code: str) -> ClassKey | None:
    """Return the class that ``StaffRow.code`` stands for."""
    parts = code.split("-")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 4 for part in parts):
        return None
    return ClassKey(*map(int, parts))


def subjects_of(loaded: Loaded, key: ClassKey) -> list[Subject]:
    """Return the subjects with a post in a class, or all subjects of the school for a class without any."""
    own = {post.subject for post in loaded.staffing.posts if post.to == key and post.subject is not None}
    taught = own or {subject for _pk, subject in loaded.staff.old_lessons}
    return list(Subject.objects.filter(pk__in=taught).order_by("order", "code"))


def teacher_for(loaded: Loaded, key: ClassKey, subject: int | None) -> int | None:
    """Return the teacher whom the plan names for a post."""
    return loaded.staffing.teacher_of(Post(key, subject))


def grade_counts(loaded: Loaded) -> list[dict[str, int]]:
    """Return what becomes of the pupils of each grade of the old year, as rows for a table."""
    plan: SchoolPlan = loaded.plan
    found: dict[int, Counter[str]] = {}
    for move in plan.moves:
        if move.outcome == Outcome.NEW or move.from_class is None:
            continue
        grade = loaded.facts.old_grade(move.from_class)
        found.setdefault(grade, Counter())[str(move.outcome)] += 1
    return [
        {"grade": grade, "pupils": counts.total(), **{str(o): counts[str(o)] for o in Outcome}}
        for grade, counts in sorted(found.items())
    ]


def own_items(actor: Actor, found: Rollover) -> list[SchoolRollover]:
    """Return the schools' moves that the actor may prepare, by code."""
    rows = found.schools.select_related("school", "rollover__year").order_by("school__code")
    return list(rows.filter(school__in=kit.own_schools(actor).values("pk")))


def schools(actor: Actor) -> "QuerySet[School]":
    """Return the district's own schools for the list of schools."""
    rows = School.objects.of_district() if kit.may_look(actor) else School.objects.none()
    return rows.select_related("area", "group", "campus_of").order_by("code")
