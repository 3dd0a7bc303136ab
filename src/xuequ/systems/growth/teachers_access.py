"""Whether teacher-level values are unlocked, and who may do and read what then. Locked, the answer to all is no.

Rights here are nobody's but the holder's own: a role that was lent opens nothing, and neither does the system's actor.
"""

import datetime as dt

from django.db.models import Q, QuerySet

from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, Teacher
from xuequ.district.policy import NOBODY
from xuequ.systems.growth.actions import may_evaluate
from xuequ.systems.growth.models import TeacherUnlock

ROSTER_AGREERS = (Role.HEAD, Role.SCHOOL_ADMINISTRATOR)


def unlock_in_force(day: dt.date) -> TeacherUnlock | None:
    """Return the unlocking that holds on ``day``; None while locked."""
    return TeacherUnlock.objects.filter(closed=None, ends__gt=day).order_by("-id").first()


def leads_bureau(actor: Actor) -> bool:
    """Whether the actor leads the bureau, and may unlock and lock."""
    return any(g.role == Role.BUREAU_LEADER and g.everywhere and not g.lent for g in actor.grants)


def may_read_state(actor: Actor) -> bool:
    """Whether the actor may know that teacher-level values exist while they are locked."""
    return leads_bureau(actor) or (may_evaluate(actor) and not actor.is_system)


def own_teacher(actor: Actor) -> Teacher | None:
    """Return the actor's own record as a teacher."""
    if actor.person_id is None:
        return None
    return Teacher.objects.select_related("school").filter(person_id=actor.person_id).first()


def agreeing_schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools whose list of who taught whom the actor may agree to."""
    return School.objects.filter(_held(actor, *ROSTER_AGREERS), study=None)


def headed_schools(actor: Actor) -> "QuerySet[School]":
    """Return the schools whose teachers' values the actor may read, some time after the teachers themselves."""
    return School.objects.filter(_held(actor, Role.HEAD), study=None)


def _held(actor: Actor, *roles: Role) -> Q:
    found = NOBODY
    for grant in actor.grants:
        if grant.role in roles and grant.school_id is not None and not grant.lent:
            found |= Q(pk=grant.school_id) | Q(campus_of=grant.school_id)
    return found
