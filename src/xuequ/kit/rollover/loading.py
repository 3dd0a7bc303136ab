"""Reads a school's facts for its plan."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from xuequ.district.choices import EnrolmentEnd, Role
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Enrolment,
    RoleAssignment,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.kit.rollover.choices import Listing
from xuequ.kit.rollover.facts import Arrival, Choices, ClassKey, Listed, SchoolFacts, Stay
from xuequ.kit.rollover.grades import spans_of
from xuequ.kit.rollover.models import ListedPupil, PlacedPupil, SchoolRollover, StaffChoice
from xuequ.kit.rollover.planning import SchoolPlan, plan_school
from xuequ.kit.rollover.staffing import Post, StaffFacts, StaffPlan, plan_staff

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A school's facts, its decisions and the plan that follows from them."""

    facts: SchoolFacts
    choices: Choices
    plan: SchoolPlan
    staff: StaffFacts
    staffing: StaffPlan


def load(item: SchoolRollover) -> Loaded:
    """Read everything and plan: a dozen queries, however large the school is."""
    facts, choices = load_facts(item), Choices.from_json(item.settings)
    plan, staff = plan_school(facts, choices), load_staff(item)
    return Loaded(facts, choices, plan, staff, plan_staff(facts, plan, staff))


def load_facts(item: SchoolRollover) -> SchoolFacts:
    """Read the school's classes and pupils on the eve of the new year."""
    school, day = item.school, item.rollover.effective
    stays = tuple(
        Stay(*row)
        for row in _rows(school, Dated.at(day - ONE_DAY)).values_list(
            "id", "pupil_id", "school_class_id", "end", "ended"
        )
    )
    first_year = item.rollover.year.first_year
    classes = {pk: ClassKey(*key) for pk, *key in SchoolClass.objects.filter(school=school).values_list(
        "id", "entry_year", "entry_grade", "number")}  # fmt: skip
    return SchoolFacts(
        first_year=first_year,
        day=day,
        spans=spans_of(school.stage, school.year_system),
        classes=classes,
        stays=stays,
        arrivals=tuple(_arrivals(school, day)),
        filled=_filled(school, day, first_year),
        listed={
            row.pupil_id: Listed(Listing(row.kind), row.target_id)
            for row in ListedPupil.objects.filter(school_rollover=item)
        },
        placings=_placings(item),
        closed=school.closed_on is not None and school.closed_on <= day,
        elsewhere=_elsewhere(school, day),
        graduated_before=_graduated_before(school, day),
    )


def _rows(school: School, where: Q) -> "QuerySet[Enrolment]":
    return Enrolment.objects.filter(where, school=school).order_by("id")


def _arrivals(school: School, day: dt.date) -> Iterable[Arrival]:
    rows = _rows(school, Q(start__gte=day, school_class=None, end=None)).values_list("id", "pupil_id")
    found = list(rows)
    known = set(
        Enrolment.objects.filter(pupil__in=[pupil for _pk, pupil in found], start__lt=day).values_list(
            "pupil_id", flat=True
        )
    )
    return (Arrival(pk, pupil, pupil in known) for pk, pupil in found)


def _filled(school: School, day: dt.date, first_year: int) -> frozenset[int]:
    alive = Q(end=None) | Q(end__gt=day)
    rows = Enrolment.objects.filter(
        alive, school_class__school=school, school_class__entry_year__gte=first_year
    )
    return frozenset(rows.values_list("school_class_id", flat=True).distinct())


def _placings(item: SchoolRollover) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    rows = PlacedPupil.objects.filter(placing__school_rollover=item, placing__confirmed=True)
    for grade, pupil, number in rows.values_list("placing__grade", "pupil_id", "number"):
        found.setdefault(grade, {})[pupil] = number
    return found


def _elsewhere(school: School, day: dt.date) -> int:
    on_the_eve = Dated.at(day - ONE_DAY)
    lasting = Q(end=None) | Q(end__gt=day)
    own = Enrolment.objects.filter(on_the_eve, lasting, school=school).values("pupil_id")
    others = Enrolment.objects.filter(on_the_eve, lasting, pupil__in=own).exclude(school=school)
    return others.values("pupil_id").distinct().count()


def _graduated_before(school: School, day: dt.date) -> int:
    summer = Q(end__gt=dt.date(day.year, 5, 1), end__lt=day, ended=EnrolmentEnd.GRADUATED)
    return Enrolment.objects.filter(summer, school=school).count()


def load_staff(item: SchoolRollover) -> StaffFacts:
    """Read who has charge of the school's classes and teaches them, on the eve and on the first day."""
    school, day = item.school, item.rollover.effective
    working = Teacher.objects.filter(school__in=_house(school))
    choices = StaffChoice.objects.filter(school_rollover=item)
    return StaffFacts(
        charges=_charges(school, Dated.at(day)),
        lessons=_lessons(school, Dated.at(day)),
        old_charges=_charges(school, Dated.at(day - ONE_DAY)),
        old_lessons=_lessons(school, Dated.at(day - ONE_DAY)),
        working=frozenset(working.values_list("id", flat=True)),
        choices={
            Post(ClassKey(row.entry_year, row.entry_grade, row.number), row.subject_id): row.teacher_id
            for row in choices
        },
    )


def _lessons(school: School, when: Q) -> dict[tuple[int, int], int]:
    rows = TeachingAssignment.objects.filter(when, school_class__school=school).order_by("start", "id")
    return {(c, s): t for c, s, t in rows.values_list("school_class_id", "subject_id", "teacher_id")}


def _house(school: School) -> list[int]:
    """Return the school with its campuses or main school: teachers work across them."""
    main = school.campus_of_id or school.pk
    return list(School.objects.filter(Q(pk=main) | Q(campus_of=main)).values_list("pk", flat=True))


def _charges(school: School, when: Q) -> dict[int, int]:
    """Return the class teachers; where only the account's role is known, it tells."""
    roles = RoleAssignment.objects.filter(
        when,
        role=Role.CLASS_TEACHER,
        lent_from=None,
        school_class__school=school,
        account__person__teacher__isnull=False,
    ).order_by("start", "id")
    found = dict(roles.values_list("school_class_id", "account__person__teacher"))
    rows = ClassTeaching.objects.filter(when, school_class__school=school).order_by("start", "id")
    return found | dict(rows.values_list("school_class_id", "teacher_id"))
