"""What may be read of notices: one's own."""

from django.db.models import Q, QuerySet

from xuequ.district.actors import Actor
from xuequ.kit.notices.models import Notice, Reminder


def waiting(actor: Actor) -> list[Notice]:
    """Return what waits for the actor, the most urgent first; of several about one thing the first counts."""
    found: dict[tuple[str, object], Notice] = {}
    for notice in _open(actor):
        found.setdefault((notice.kind, notice.about), notice)
    return sorted(
        found.values(), key=lambda notice: (notice.due is None, notice.due or notice.created.date())
    )


def _open(actor: Actor) -> "QuerySet[Notice]":
    if actor.account_id is None:
        return Notice.objects.none()
    mine = Q(account=actor.account_id)
    for grant in actor.grants:
        if grant.school_id is not None and grant.class_id is None:
            here = Q(school=grant.school_id) | Q(school__campus_of=grant.school_id)
            mine |= Q(role=grant.role) & here
        elif grant.everywhere:
            mine |= Q(role=grant.role, school=None)
    return Notice.objects.filter(mine, resolved=None).order_by("id")


def reminded_today(actor: Actor) -> bool:
    """Whether the actor's reminder of today names something."""
    return reminders_today(actor).exists()


def reminders_today(actor: Actor) -> "QuerySet[Reminder]":
    """Return the actor's reminders of today."""
    return Reminder.objects.filter(account=actor.account_id, day=actor.day)
