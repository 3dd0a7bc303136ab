"""Whether a person is still at one of the district's schools, and since when not: what times of retention run from."""

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xuequ.district.choices import Role
from xuequ.district.models import Dated, Employment, Enrolment, Guardianship, Person, RoleAssignment, Teacher

FAMILY = (Role.PUPIL, Role.GUARDIAN)
"""Their roles follow from enrolments and guardianships, which count by themselves."""


@dataclass(frozen=True, slots=True)
class Presence:
    """``left`` is the first day on which the person was here no more; None while here, and for who never was."""

    here: bool
    left: dt.date | None


def _open(day: dt.date, prefix: str = "") -> Q:
    """Condition "not over on ``day``", begun or not."""
    return Q(**{f"{prefix}end": None}) | Q(**{f"{prefix}end__gt": day})


def presence(person: Person, day: dt.date) -> Presence:
    """Return whether the person is here on ``day``, else when the last of their ties ended: two queries."""
    first, *others = (rows.order_by().values_list("end", flat=True) for rows in _ties(person, day))
    ends: list[dt.date | None] = list(first.union(*others))
    over = [end for end in ends if end is not None and end <= day]
    if len(over) < len(ends) or _only_teacher(person):
        return Presence(True, None)
    return Presence(False, max(over, default=None))


def _ties(person: "Person | OuterRef", day: dt.date) -> "tuple[QuerySet[Any], ...]":
    """Return what ties somebody to the district: own enrolments, employments, roles, and those of the children whose
    guardian they are; a guardianship that is over ends with itself.
    """
    return (
        Enrolment.objects.filter(pupil__person=person),
        Employment.objects.filter(teacher__person=person),
        Enrolment.objects.filter(_open(day, "pupil__guardians__"), pupil__guardians__guardian=person),
        Guardianship.objects.filter(end__lte=day, guardian=person),
        RoleAssignment.objects.filter(account__person=person).exclude(role__in=FAMILY),
    )


def _only_teacher(person: Person) -> bool:
    """Whether the person is a teacher of whom no employment is written down: then nothing says that it ended."""
    return Teacher.objects.filter(person=person, employments=None).exists()


def gone_before(limit: dt.date) -> "QuerySet[Person]":
    """Return the persons with a name whose last tie ended on or before ``limit``; studies' pupils are left out.

    Adds ``school``, the primary key of the school that they (or their children) were at last.
    """
    ties = _ties(OuterRef("pk"), limit)
    own, jobs, wards, _over, _roles = ties
    was_here = reduce(or_, (Exists(rows) for rows in ties))
    unwritten = Teacher.objects.filter(person=OuterRef("pk"), employments=None)
    of_district = Q(pupil=None) | Q(pupil__study=None)
    rows = Person.objects.filter(was_here, of_district, ~Exists(unwritten), identity__isnull=False)
    for tie in ties:
        rows = rows.filter(~Exists(tie.filter(_open(limit))))
    last = (Subquery(tie.order_by(F("end").desc()).values("school")[:1]) for tie in (own, jobs, wards))
    return rows.annotate(school=Coalesce(*last))


def school_of(person: Person, day: dt.date) -> int | None:
    """Return the primary key of the school that answers for the person on ``day``: their own, or their child's."""
    wards = Guardianship.objects.filter(Dated.at(day), guardian=person).values("pupil")
    for rows in (
        Enrolment.objects.filter(pupil__person=person),
        Employment.objects.filter(teacher__person=person),
        Enrolment.objects.filter(pupil__in=wards),
    ):
        latest = rows.order_by("-start", "-id").values_list("school", flat=True).first()
        if latest is not None:
            return int(latest)
    return Teacher.objects.filter(person=person).values_list("school", flat=True).first()
