"""Which alerts the actor may read: a school its own at once, the district after the school had its time."""

import datetime as dt
from uuid import UUID

from django.db.models import Q, QuerySet

from xuequ.core import clock
from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.systems.growth.models import TrendAlert


def leads(actor: Actor, school_id: int) -> bool:
    """Whether the actor leads this school."""
    return any(grant.role in SCHOOL_LEADERS and grant.school_id == school_id for grant in actor.grants)


def alerts(actor: Actor, moment: dt.datetime | None = None) -> "QuerySet[TrendAlert]":
    """Return the alerts that the actor may read, the open ones first and then the newest."""
    led = [grant.school_id for grant in actor.grants if grant.role in SCHOOL_LEADERS]
    seen = Q(school__in=led)
    if actor.sees_district:
        seen |= Q(district_from__lte=moment or clock.now())
    rows = TrendAlert.objects.filter(seen, evaluation__superseded=None)
    return rows.select_related("school", "evaluation__run").order_by("-settled", "-raised", "school__code")


def alert(actor: Actor, uid: UUID) -> TrendAlert | None:
    """Return one alert, if the actor may read it."""
    return alerts(actor).filter(uid=uid).first()


def waiting(actor: Actor) -> "QuerySet[TrendAlert]":
    """Return the alerts that the actor may read and that nobody has settled."""
    return alerts(actor).filter(settled=None)
