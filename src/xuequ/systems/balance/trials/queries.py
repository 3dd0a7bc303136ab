"""Which trials may be read: everybody who reads the district has drafts of their own, and nobody else's."""

from uuid import UUID

from django.db.models import QuerySet

from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.systems.balance.models import Trial


def trials(actor: Actor, year: SchoolYear) -> "QuerySet[Trial]":
    """The actor's own drafts of a year, by name."""
    if actor.account_id is None or not actor.sees_district:
        return Trial.objects.none()
    return Trial.objects.filter(year=year, entered_by=actor.account_id).order_by("name")


def trial(actor: Actor, year: SchoolYear, uid: UUID) -> Trial | None:
    """One of them."""
    return trials(actor, year).filter(uid=uid).first()
