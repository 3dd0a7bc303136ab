"""What may be read of votes on weights: managers all of them without names, an expert the own ballot."""

from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from xuequ.district.actors import Actor
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel.models import WeightBallot, WeightPoll


def polls(actor: Actor) -> "QuerySet[WeightPoll]":
    """Return the votes, newest first, with ``asked`` experts and ballots ``in_``, for those who manage them."""
    rows = WeightPoll.objects.select_related("version__scheme", "adopted")
    if not (may_manage(actor) or actor.is_system):
        return rows.none()
    handed_in = Count("ballots", filter=Q(ballots__handed_in__isnull=False))
    return rows.annotate(asked=Count("ballots"), in_=handed_in).order_by("-opened")


def poll(actor: Actor, uid: UUID) -> WeightPoll | None:
    """Return one vote."""
    return polls(actor).filter(uid=uid).first()


def ballots(actor: Actor) -> "QuerySet[WeightBallot]":
    """Return the actor's own ballots, the open ones first."""
    rows = WeightBallot.objects.filter(expert=actor.account_id).select_related("poll__version__scheme")
    # Said, since one database puts what is empty first and another last.
    return rows.order_by(F("poll__closed").asc(nulls_first=True), "-poll__opened")


def ballot(actor: Actor, uid: UUID) -> WeightBallot | None:
    """Return one of the actor's own ballots."""
    return ballots(actor).filter(uid=uid).first()


def waiting(actor: Actor) -> "QuerySet[WeightBallot]":
    """Return the actor's ballots that are still to be handed in."""
    return ballots(actor).filter(handed_in=None, poll__closed=None)
