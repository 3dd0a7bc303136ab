"""What may be read from the district. ``day`` is always passed; nothing here asks for the time."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from xuequ.district.actors import Actor
from xuequ.district.models import (
    Dated,
    District,
    Enrolment,
    Pupil,
    School,
    SchoolClass,
    SchoolYear,
    Subject,
    Term,
)
from xuequ.district.people import Identity


def district() -> District | None:
    """Return the district of this instance; None before the first start is finished."""
    return District.objects.first()


def year_on(day: dt.date) -> SchoolYear | None:
    """Return the school year that ``day`` lies in."""
    return SchoolYear.objects.filter(start__lte=day, end__gt=day).first()


def term_on(day: dt.date) -> Term | None:
    """Return the term that ``day`` lies in."""
    return Term.objects.select_related("year").filter(start__lte=day, end__gt=day).first()


def first_year_on(day: dt.date) -> int:
    """Return the calendar year in which the school year of ``day`` began, also where no year is entered yet."""
    year = year_on(day)
    return year.first_year if year is not None else day.year - (day.month < 8)


def schools(actor: Actor, day: dt.date) -> "QuerySet[School]":
    """Return the district's schools that the actor may open, with their ``pupils`` and ``class_count`` on ``day``."""
    enrolled = Dated.at(day, "enrolments__")
    return (
        School.objects.of_district()
        .visible_to(actor)
        .select_related("area")
        .annotate(
            pupils=Count("enrolments", filter=enrolled, distinct=True),
            class_count=Count("enrolments__school_class", filter=enrolled, distinct=True),
        )
        .order_by("code")
    )


def school(actor: Actor, uid: UUID) -> School | None:
    """Return a school that the actor may open."""
    return School.objects.visible_to(actor).select_related("area", "study").filter(uid=uid).first()


def classes(actor: Actor, school: School, day: dt.date) -> "QuerySet[SchoolClass]":
    """Return the school's classes that have pupils on ``day``, youngest cohort last, with ``pupils``."""
    enrolled = Dated.at(day, "enrolments__")
    rows = (
        SchoolClass.objects.visible_to(actor)
        .filter(school=school)
        .annotate(pupils=Count("enrolments", filter=enrolled))
    )
    return rows.filter(pupils__gt=0).order_by("entry_year", "number")


def school_class(actor: Actor, uid: UUID) -> SchoolClass | None:
    """Return a class that the actor may open."""
    return SchoolClass.objects.visible_to(actor).select_related("school").filter(uid=uid).first()


def pupil(actor: Actor, uid: UUID) -> Pupil | None:
    """Return a pupil whose results the actor may see, with the identity."""
    rows = Pupil.objects.visible_to(actor).select_related("person__identity", "study")
    return rows.filter(uid=uid).first()


def enrolment_on(pupil: Pupil, day: dt.date) -> Enrolment | None:
    """Return where the pupil is on ``day``."""
    rows = pupil.enrolments.filter(Dated.at(day)).select_related("school", "school_class")
    return rows.order_by("-start", "-id").first()


@dataclass(frozen=True, slots=True)
class ListedPupil:
    """A line of a class list."""

    pupil: Pupil
    name: str
    number: str
    school_id: int
    class_id: int | None


def class_list(actor: Actor, school_class: SchoolClass, day: dt.date) -> list[ListedPupil]:
    """Return the class's pupils on ``day`` that the actor may see, by number and then name: one query."""
    visible = Pupil.objects.visible_to(actor)
    return listed_pupils(Q(school_class=school_class, pupil__in=visible.values("pk")), day)


def listed_pupils(where: Q, day: dt.date) -> list[ListedPupil]:
    """Return the pupils of the enrolments ``where``, with names decrypted, in one query.

    For callers that have checked what they may list; erased persons have no name and are left out.
    """
    rows = (
        Enrolment.objects.filter(where, Dated.at(day), pupil__person__identity__isnull=False)
        .select_related("pupil__person__identity")
        .order_by("school_id", "school_class_id", "id")
    )
    found = [_listed(row) for row in rows]
    # Numbers are sorted as texts within a class, as class lists are.
    return sorted(found, key=lambda item: (item.school_id, item.class_id or 0, item.number, item.name))


def _listed(row: Enrolment) -> ListedPupil:
    fields = row.pupil.person.identity.fields
    return ListedPupil(row.pupil, fields["name"], fields["number"], row.school_id, row.school_class_id)


def names_of_pupils(pupils: Iterable[int]) -> dict[int, str]:
    """Return names by the pupils' primary keys in one query; the caller has checked what may be seen."""
    rows = Identity.objects.filter(person__pupil__in=list(pupils)).values_list("person__pupil", "sealed")
    return {pk: Identity(sealed=sealed).fields["name"] for pk, sealed in rows}


def subjects() -> "QuerySet[Subject]":
    """Return all subjects in the order of the timetable."""
    return Subject.objects.order_by("order", "code")


def children(actor: Actor) -> "QuerySet[Pupil]":
    """Return the pupils whom the actor is guardian of on the actor's day."""
    rows = Pupil.objects.filter(Dated.at(actor.day, "guardians__"), guardians__guardian_id=actor.person_id)
    return (
        rows.select_related("person__identity").order_by("id") if actor.person_id is not None else rows.none()
    )


def own_pupil(actor: Actor) -> Pupil | None:
    """Return the actor's own record as a pupil."""
    return actor.pupil
