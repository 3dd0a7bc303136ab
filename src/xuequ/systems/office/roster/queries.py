"""What the roster's pages read; everything is limited to what the actor may see."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xuequ.district import policy
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Enrolment,
    Pupil,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.district.people import names_of
from xuequ.kit.roster import actions as roster
from xuequ.kit.roster.content import Kind
from xuequ.record import queries as record
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch


def keeps_roster(actor: Actor) -> bool:
    """Whether the actor keeps the roster of some school."""
    return roster.may_import(actor)


def may_enter(actor: Actor) -> bool:
    """Whether the roster has a page for the actor: who keeps one, who reads the district, who leads a school."""
    return actor.sees_district or actor.has(*policy.WHOLE_SCHOOL) or keeps_roster(actor)


def own_school(actor: Actor) -> School | None:
    """Return the only school whose roster the actor keeps."""
    if policy.keeps_roster_everywhere(actor):
        return None
    own = actor.schools_of(policy.ROSTER_KEEPERS)
    return own[0] if len(own) == 1 else None


def schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools that the actor may open, with pupils, classes, teachers and the day of the last change."""
    teachers = Teacher.objects.filter(school=OuterRef("pk")).order_by().values("school")
    begun = Enrolment.objects.filter(school=OuterRef("pk"), start__lte=actor.day).order_by().values("school")
    return district.schools(actor, actor.day).annotate(
        teacher_count=Coalesce(Subquery(teachers.annotate(n=Count("pk")).values("n")), 0),
        changed=Subquery(begun.annotate(last=Max("start")).values("last")),
    )


def school(actor: Actor, uid: UUID) -> School | None:
    """Return a school of the district that the actor may open."""
    found = district.school(actor, uid)
    return found if found is not None and found.study_id is None else None


def imports(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the roster imports that the actor may see, newest first."""
    return record.roster_imports(actor)


def waiting_imports(actor: Actor) -> list[ImportBatch]:
    """Return the actor's own roster imports that were begun and not decided."""
    return list(begun_imports(actor)[:5])


def begun_imports(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the same as a query, newest first."""
    return record.roster_imports(actor).filter(
        created_by=actor.account_id, state__in=[BatchState.UPLOADED, BatchState.CHECKED]
    )


def unplaced(actor: Actor, school: School) -> "QuerySet[Pupil]":
    """Return the school's pupils without a class whom the actor may see."""
    here = Enrolment.objects.filter(Dated.at(actor.day), school=school, school_class=None)
    rows = Pupil.objects.visible_to(actor).filter(pk__in=here.values("pupil"))
    return rows.select_related("person__identity").order_by("pk")


@dataclass(frozen=True, slots=True)
class ClassLine:
    """A class with its number of pupils, class teacher and the teachers of its subjects."""

    school_class: SchoolClass
    name: str
    grade: int
    pupils: int
    class_teacher: str
    teachers: tuple[tuple[str, str], ...]


def class_lines(actor: Actor, school: School) -> list[ClassLine]:
    """Return the school's classes of today, lowest grade first: six queries."""
    first_year = district.first_year_on(actor.day)
    classes = list(district.classes(actor, school, actor.day))
    charges, lessons = _charges(classes, actor.day), _lessons(classes, actor.day)
    names = names_of({teacher for rows in (*charges.values(), *lessons.values()) for teacher, _s in rows})
    lines = [
        ClassLine(
            c,
            class_name(c, first_year),
            c.grade_in(first_year),
            getattr(c, "pupils", 0),
            "、".join(names.get(person, "") for person, _subject in charges[c.pk]),
            tuple((subject, names.get(person, "")) for person, subject in lessons[c.pk]),
        )
        for c in classes
    ]
    return sorted(lines, key=lambda line: (line.grade, line.school_class.number))


def class_name(school_class: SchoolClass, first_year: int) -> str:
    """Return a class as it is called this year."""
    from django.utils.translation import gettext as _

    return school_class.label or _("grade %(grade)s class %(number)s") % {
        "grade": school_class.grade_in(first_year),
        "number": school_class.number,
    }


def _charges(classes: Iterable[SchoolClass], day: dt.date) -> dict[int, list[tuple[int, str]]]:
    rows = ClassTeaching.objects.filter(Dated.at(day), school_class__in=list(classes)).order_by("pk")
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for school_class, person in rows.values_list("school_class_id", "teacher__person_id"):
        found[school_class].append((person, ""))
    return found


def _lessons(classes: Iterable[SchoolClass], day: dt.date) -> dict[int, list[tuple[int, str]]]:
    rows = TeachingAssignment.objects.filter(Dated.at(day), school_class__in=list(classes))
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in rows.select_related("subject", "teacher").order_by("subject__order", "pk"):
        found[row.school_class_id].append((row.teacher.person_id, str(row.subject)))
    return found


def school_class(actor: Actor, uid: UUID) -> SchoolClass | None:
    """Return a class of the district that the actor may open."""
    found = district.school_class(actor, uid)
    return found if found is not None and found.school.study_id is None else None


def class_line(actor: Actor, found: SchoolClass) -> ClassLine | None:
    """Return the class as the school's page shows it."""
    lines = class_lines(actor, found.school)
    return next((line for line in lines if line.school_class.pk == found.pk), None)


def pupil(actor: Actor, uid: UUID) -> Pupil | None:
    """Return a pupil of the district, as the staff of the pupil's own school may see them."""
    if not actor.has(*policy.SCHOOL_STAFF):
        return None
    rows = Pupil.objects.visible_to(actor).filter(study=None, person__identity__isnull=False)
    return rows.select_related("person__identity").filter(uid=uid).first()


def history(found: Pupil) -> "QuerySet[Enrolment]":
    """Return where a pupil has been, newest first."""
    return found.enrolments.select_related("school", "school_class").order_by("-start", "-pk")


def classes_of(school: School, day: dt.date) -> list[tuple[SchoolClass, str]]:
    """Return the classes of a school that have not left it yet, as they are called this year."""
    from xuequ.kit.roster.grades import entry_grade_of

    first_year = district.first_year_on(day)
    rows = SchoolClass.objects.filter(school=school).order_by("-entry_year", "number")
    return [
        (c, class_name(c, first_year))
        for c in rows
        if c.grade_in(first_year) >= 1
        and entry_grade_of(school.stage, school.year_system, c.grade_in(first_year)) == c.entry_grade
    ]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom an uncertain row may mean, as the person who chooses needs to see it."""

    name: str
    place: str


def candidates(questions: Sequence[dict[str, Any]], actor: Actor) -> dict[tuple[str, int], Candidate]:
    """Return the candidates of all questions by kind and primary key, with name and place."""
    pupils = {pk for q in questions if q["kind"] == Kind.PUPILS for pk in q["candidates"]}
    teachers = {pk for q in questions if q["kind"] != Kind.PUPILS for pk in q["candidates"]}
    return {**_pupil_candidates(pupils, actor), **_teacher_candidates(teachers)}


def _pupil_candidates(keys: set[int], actor: Actor) -> dict[tuple[str, int], Candidate]:
    names = district.names_of_pupils(keys)
    lasting = Q(end=None) | Q(end__gt=actor.day)
    rows = Enrolment.objects.filter(lasting, pupil__in=keys).select_related("school", "school_class")
    places = {
        row.pupil_id: f"{row.school} {row.school_class or ''}".strip() for row in rows.order_by("start")
    }
    return {(Kind.PUPILS, pk): Candidate(names[pk], places.get(pk, "")) for pk in keys if pk in names}


def _teacher_candidates(keys: set[int]) -> dict[tuple[str, int], Candidate]:
    rows = Teacher.objects.filter(pk__in=keys).select_related("person__identity", "school")
    return {
        (kind, row.pk): Candidate(row.person.name, str(row.school))
        for row in rows
        for kind in (Kind.TEACHERS, Kind.TEACHING)
    }
