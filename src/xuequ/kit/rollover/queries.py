"""What may be read of rollovers."""

import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.rollover.grades import spans_of
from xuequ.kit.rollover.models import Rollover, SchoolRollover


def may_prepare(actor: Actor) -> bool:
    """Whether the actor prepares and runs the move of the whole district."""
    return policy.keeps_roster_everywhere(actor)


def may_look(actor: Actor) -> bool:
    """Whether the actor may see where all schools stand."""
    return may_prepare(actor) or actor.sees_district


def rollovers() -> "QuerySet[Rollover]":
    """Return all rollovers, the latest year first."""
    return Rollover.objects.select_related("year").order_by("-year__code")


def schools_of(actor: Actor, rollover: Rollover) -> "QuerySet[SchoolRollover]":
    """Return the schools' moves that the actor may see, by the schools' codes."""
    rows = rollover.schools.select_related("school", "rollover__year").order_by("school__code")
    return rows if may_look(actor) else rows.filter(school__in=own_schools(actor).values("pk"))


def school_of(actor: Actor, uid: UUID) -> SchoolRollover | None:
    """Return one school's move that the actor may prepare."""
    rows = SchoolRollover.objects.select_related("school", "rollover__year").filter(uid=uid)
    return rows.filter(school__in=own_schools(actor).values("pk")).first()


def own_schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools whose move the actor may prepare."""
    return School.objects.filter(policy.roster_schools(actor))


def open_schools(day: dt.date) -> "QuerySet[School]":
    """Return the district's schools that are open on ``day``, and closed ones that still have pupils then."""
    eve = day - dt.timedelta(days=1)
    closed = School.objects.of_district().filter(closed_on__lte=eve)
    left_behind = closed.filter(enrolments__start__lte=eve, enrolments__end=None)
    going_on = Q(closed_on=None) | Q(closed_on__gt=eve) | Q(pk__in=left_behind.values("pk"))
    return School.objects.of_district().filter(going_on)


def taught_grades(day: dt.date) -> frozenset[int]:
    """Return the grades that some school of the district teaches on ``day``."""
    rows = School.objects.of_district().filter(Q(closed_on=None) | Q(closed_on__gt=day))
    kinds = rows.values_list("stage", "year_system").distinct().order_by()
    spans = [span for kind in kinds for span in spans_of(*kind)]
    return frozenset(grade for span in spans for grade in range(span.first, span.last + 1))
