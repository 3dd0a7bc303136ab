"""The counts of the data office, each with its 口径."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import ColumnKind
from xuequ.district.actors import Actor
from xuequ.district.choices import EnrolmentEnd
from xuequ.district.models import (
    Dated,
    Employment,
    Enrolment,
    Guardianship,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.kit.documents.counting import CountDefinition, Counted, Question
from xuequ.record.choices import ResultStatus
from xuequ.record.models import Result
from xuequ.systems.office.numbers import lists
from xuequ.systems.office.numbers.scope import (
    PLACES,
    enrolled,
    lines,
    may_count,
    of_grade,
    schools,
    split,
    titles,
)

FILTERS = ("school", "stage", "sector", "area")
EVERYONE = _("all who read for the district, and leaders for their own school")
ROSTER = _("roster of the district: dated enrolments, nothing is typed in for the count")
STAFF = _("roster of the district: dated employments and lessons")
LARGE = 55
"""大班额: classes with more pupils than this (56 or more)."""


def existing(actor: Actor, question: Question) -> "QuerySet[School]":
    """Return the schools, without campuses, that were not closed on that day."""
    rows = schools(actor, question).filter(campus_of=None)
    return rows.filter(Q(closed_on=None) | Q(closed_on__gt=question.at))


def count_schools(actor: Actor, question: Question) -> Counted:
    """Count schools."""
    rows = existing(actor, question)
    if not question.by:
        return Counted(rows.count())
    path = {"area": "area_id", "school": "pk"}.get(question.by, question.by)
    parts = Counter(rows.order_by().values_list(path, flat=True))
    return Counted(rows.count(), lines(actor, question, parts))


def sized_classes(actor: Actor, question: Question) -> "QuerySet[Any]":
    """Return the classes that have pupils on that day, with their ``pupils``."""
    rows = SchoolClass.objects.filter(school__in=schools(actor, question).values("pk"))
    sized = rows.annotate(pupils=Count("enrolments", filter=Dated.at(question.at, "enrolments__")))
    return of_grade(sized, question, "").filter(pupils__gt=0)


def count_classes(actor: Actor, question: Question) -> Counted:
    """Count classes with at least one pupil."""
    return _classes(actor, question, sized_classes(actor, question))


def count_large_classes(actor: Actor, question: Question) -> Counted:
    """Count classes with 56 pupils or more."""
    return _classes(actor, question, sized_classes(actor, question).filter(pupils__gt=LARGE))


def _classes(actor: Actor, question: Question, rows: "QuerySet[Any]") -> Counted:
    fields = {
        "stage": "school__stage",
        "sector": "school__sector",
        "area": "school__area_id",
        "school": "school_id",
    }
    path = fields.get(question.by, "pupils" if question.by in {"size", ""} else question.by)
    parts = [row[0] for row in rows.order_by().values_list(path, "pk")]
    if not question.by:
        return Counted(len(parts))
    if question.by == "size":
        parts = [_band(size) for size in parts]
    return Counted(len(parts), lines(actor, question, Counter(parts)))


def _band(size: int) -> str:
    return "45" if size <= 45 else "50" if size <= 50 else "55" if size <= LARGE else "56"


def average_class(actor: Actor, question: Question) -> Counted:
    """Divide the pupils in classes by the classes."""
    inside = lambda q: split(actor, q, enrolled(actor, q).exclude(school_class=None), "pupil_id")  # noqa: E731
    return ratio(inside(question), count_classes(actor, question))


def count_pupils(actor: Actor, question: Question) -> Counted:
    """Count enrolled pupils."""
    return split(actor, question, enrolled(actor, question), "pupil_id")


def ratio(above: Counted, below: Counted) -> Counted:
    """Divide two counts, in all and line by line; nothing is divided by zero."""
    under = {line.key: line.value for line in below.lines}
    return Counted(
        _divided(above.value, below.value),
        tuple(replace(line, value=_divided(line.value, under.get(line.key))) for line in above.lines),
    )


def _divided(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _since(question: Question) -> dt.date:
    return question.since or question.at.replace(day=1)


def arrivals(actor: Actor, question: Question, *, first: bool) -> "QuerySet[Enrolment]":
    """Return the stays that began in the period: a pupil's first in the district, or after one at another school."""
    before = Enrolment.objects.filter(pupil=OuterRef("pupil"), start__lt=OuterRef("start"))
    rows = Enrolment.objects.filter(
        start__gte=_since(question), start__lte=question.at, school__in=schools(actor, question).values("pk")
    )
    moved = Exists(
        before.filter(ended=EnrolmentEnd.TRANSFER, end__lte=OuterRef("start")).exclude(
            school=OuterRef("school")
        )
    )
    at_first = Exists(before.filter(school=OuterRef("school")))
    return of_grade(rows.filter(~Exists(before)) if first else rows.filter(moved).exclude(at_first), question)


def departures(actor: Actor, question: Question) -> "QuerySet[Enrolment]":
    """Return the stays that ended in the period because the pupil changed school, graduated or left the district."""
    gone = (EnrolmentEnd.TRANSFER, EnrolmentEnd.GRADUATED, EnrolmentEnd.LEFT)
    rows = Enrolment.objects.filter(
        end__gte=_since(question), end__lte=question.at, ended__in=gone,
        school__in=schools(actor, question).values("pk"),
    )  # fmt: skip
    return of_grade(rows, question)


def count_entrants(actor: Actor, question: Question) -> Counted:
    """Count pupils whose first stay began."""
    return split(actor, question, arrivals(actor, question, first=True), "pupil_id")


def count_transfers(actor: Actor, question: Question) -> Counted:
    """Count pupils who came from another school of the district."""
    return split(actor, question, arrivals(actor, question, first=False), "pupil_id")


def count_departures(actor: Actor, question: Question) -> Counted:
    """Count pupils who went."""
    return split(actor, question, departures(actor, question), "pupil_id")


def employed(actor: Actor, question: Question) -> list[tuple[int, int]]:
    """Return teacher and school (primary keys) on that day; who has no dated employment counts where they are now."""
    seen = schools(actor, question).values("pk")
    dated = Employment.objects.filter(Dated.at(question.at), school__in=seen)
    undated = Teacher.objects.filter(
        ~Exists(Employment.objects.filter(teacher=OuterRef("pk"))), school__in=seen
    )
    return list({*dated.values_list("teacher_id", "school_id"), *undated.values_list("pk", "school_id")})


def count_teachers(actor: Actor, question: Question) -> Counted:
    """Count teachers, by subject of their lessons on that day or by what their school is."""
    pairs = employed(actor, question)
    total = len({teacher for teacher, _school in pairs})
    if not question.by:
        return Counted(total)
    if question.by == "subject":
        return Counted(
            total, lines(actor, question, _subjects(question, {teacher for teacher, _school in pairs}))
        )
    return Counted(total, lines(actor, question, _by_school(question.by, pairs)))


def _subjects(question: Question, teachers: set[int]) -> Mapping[Any, int]:
    lessons = TeachingAssignment.objects.filter(Dated.at(question.at)).order_by()
    return Counter(s for t, s in lessons.values_list("teacher_id", "subject_id").distinct() if t in teachers)


def _by_school(by: str, pairs: list[tuple[int, int]]) -> Mapping[Any, int]:
    path = {"area": "area_id", "school": "pk"}.get(by, by)
    part = dict(School.objects.values_list("pk", path))
    return Counter(value for value, _teacher in {(part[school], teacher) for teacher, school in pairs})


def pupils_per_teacher(actor: Actor, question: Question) -> Counted:
    """Divide pupils by teachers."""
    return ratio(count_pupils(actor, question), count_teachers(actor, question))


def guardian_share(actor: Actor, question: Question) -> Counted:
    """Divide pupils with a guardian on that day by pupils."""
    return _share(
        actor, question, Guardianship.objects.filter(Dated.at(question.at), pupil=OuterRef("pupil"))
    )


def _share(actor: Actor, question: Question, known: "QuerySet[Any]") -> Counted:
    """Divide the enrolled pupils of whom something is known by all enrolled pupils."""
    rows = enrolled(actor, question)
    everyone = split(actor, question, rows, "pupil_id")
    return ratio(_filled(split(actor, question, rows.filter(Exists(known)), "pupil_id"), everyone), everyone)


def result_share(actor: Actor, question: Question) -> Counted:
    """Divide pupils with a result of the period by pupils."""
    held = Result.objects.filter(
        pupil=OuterRef("pupil"), is_current=True, status=ResultStatus.SCORED,
        assessment__held_on__gte=_since(question), assessment__held_on__lte=question.at,
    )  # fmt: skip
    return _share(actor, question, held)


def _filled(some: Counted, everyone: Counted) -> Counted:
    """Return ``some`` with a zero for each part of ``everyone`` that it lacks."""
    found = {line.key: line for line in some.lines}
    return replace(
        some, lines=tuple(found.get(line.key, replace(line, value=0.0)) for line in everyone.lines)
    )


COUNTS = (
    CountDefinition(
        "schools", pgettext_lazy("number", "Schools"),
        _(
            "Schools of the district that are not closed on that day;"
            " a campus belongs to its school and is not counted."
        ),
        pgettext_lazy("unit", "schools"), _("list of schools of the district"), EVERYONE, may_count, count_schools,
        lambda actor, q: lists.schools(existing(actor, q)),
        titles("stage", "sector", "area"), FILTERS,
    ),
    CountDefinition(
        "classes", pgettext_lazy("number", "Classes"),
        _("Classes with at least one enrolled pupil on that day."),
        pgettext_lazy("unit", "classes"), ROSTER, EVERYONE, may_count, count_classes,
        lambda actor, q: lists.classes(sized_classes(actor, q)),
        titles("school", "grade", "size", "stage", "sector", "area"), (*FILTERS, "grade"),
    ),
    CountDefinition(
        "large-classes", pgettext_lazy("number", "Large classes"),
        _("Classes with 56 pupils or more on that day (more than 55)."),
        pgettext_lazy("unit", "classes"), ROSTER, EVERYONE, may_count, count_large_classes,
        lambda actor, q: lists.classes(sized_classes(actor, q).filter(pupils__gt=LARGE)),
        titles("school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"),
    ),
    CountDefinition(
        "class-size", pgettext_lazy("number", "Average class size"),
        _("Pupils enrolled in a class on that day, divided by the classes with at least one pupil."),
        _("pupils per class"), ROSTER, EVERYONE, may_count, average_class,
        lambda actor, q: lists.classes(sized_classes(actor, q)),
        titles("school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"),
        kind=ColumnKind.NUMBER, decimals=1,
    ),
    CountDefinition(
        "pupils", pgettext_lazy("number", "Pupils"),
        _(
            "Pupils enrolled at a school of the district on that day, each counted once; in the split by school"
            " whoever is enrolled at two schools stands with both. The grade is that of the school year of that day."
        ),
        pgettext_lazy("unit", "pupils"), ROSTER, EVERYONE, may_count, count_pupils,
        lambda actor, q: lists.pupils(actor, enrolled(actor, q)),
        titles("school", "grade", "class", "sex", "boarding", "stage", "sector", "area"), (*FILTERS, "grade"),
    ),
    CountDefinition(
        "entrants", pgettext_lazy("number", "New entrants"),
        _("Pupils whose first enrolment in the district begins in the period (both days included)."),
        pgettext_lazy("unit", "pupils"), ROSTER, EVERYONE, may_count, count_entrants,
        lambda actor, q: lists.pupils(actor, arrivals(actor, q, first=True)),
        titles("school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"), period=True,
    ),
    CountDefinition(
        "transfers", pgettext_lazy("number", "Transfers between schools"),
        _(
            "Pupils who begin at a school in the period after a transfer from another school of the district; counted"
            " at the school that they came to."
        ),
        pgettext_lazy("unit", "pupils"), ROSTER, EVERYONE, may_count, count_transfers,
        lambda actor, q: lists.pupils(actor, arrivals(actor, q, first=False)),
        titles("school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"), period=True,
    ),
    CountDefinition(
        "departures", pgettext_lazy("number", "Departures from schools"),
        _(
            "Pupils whose enrolment at a school ends in the period by a transfer, by graduating or by leaving the"
            " district; moving up, repeating a year and a change of class are none."
        ),
        pgettext_lazy("unit", "pupils"), ROSTER, EVERYONE, may_count, count_departures,
        lambda actor, q: lists.pupils(actor, departures(actor, q)),
        titles("reason", "school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"), period=True,
    ),
    CountDefinition(
        "teachers", pgettext_lazy("number", "Teachers"),
        _(
            "Teachers employed at a school of the district on that day; who has no dated employment is counted where"
            " they are now. By subject: lessons of that day; who teaches two subjects stands with both."
        ),
        pgettext_lazy("unit", "teachers"), STAFF, EVERYONE, may_count, count_teachers,
        lambda actor, q: lists.teachers(actor, employed(actor, q)),
        titles("school", "subject", "stage", "sector", "area"), FILTERS,
    ),
    CountDefinition(
        "pupils-per-teacher", pgettext_lazy("number", "Pupils per teacher"),
        _("Pupils enrolled on that day, divided by teachers employed on that day, at the same schools."),
        _("pupils per teacher"), STAFF, EVERYONE, may_count, pupils_per_teacher, None,
        titles(*PLACES), FILTERS, kind=ColumnKind.NUMBER, decimals=1,
    ),
    CountDefinition(
        "guardians-known", pgettext_lazy("number", "Pupils with a known guardian"),
        _("Pupils with at least one guardian on that day, over all pupils enrolled on that day."),
        _("share"), _("roster of the district: guardians"), EVERYONE, may_count, guardian_share, None,
        titles("school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"),
        kind=ColumnKind.PERCENT, decimals=1,
    ),
    CountDefinition(
        "results-known", pgettext_lazy("number", "Pupils with a result"),
        _(
            "Pupils enrolled on the last day of the period who have at least one result in force of an assessment held"
            " in the period, over all pupils enrolled on that day."
        ),
        _("share"), _("results in force in the record"), EVERYONE, may_count, result_share, None,
        titles("school", "grade", "stage", "sector", "area"), (*FILTERS, "grade"), period=True,
        kind=ColumnKind.PERCENT, decimals=1,
    ),
)  # fmt: skip
