"""What a rater reads: the schools to rate and the own ratings, nothing that anybody else gave."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from xuequ.district.actors import Actor
from xuequ.engines.evaluation.star_scheme import Dimension, StarScheme
from xuequ.systems.stars.models import SecondRater, SecondRating
from xuequ.systems.stars.points import shown


def assignments(actor: Actor) -> "QuerySet[SecondRater]":
    """Return the schools that the actor was asked to rate, the open ones first."""
    if actor.account_id is None:
        return SecondRater.objects.none()
    rows = SecondRater.objects.filter(rater=actor.account_id).annotate(done=Count("ratings"))
    return rows.select_related("application__school__area", "application__round__version__scheme").order_by(
        "handed_in", "application__round__second_until", "application__school__code"
    )


def assignment(actor: Actor, uid: UUID) -> SecondRater | None:
    """Return one of the actor's own assignments."""
    return assignments(actor).filter(uid=uid).first()


@dataclass(frozen=True, slots=True)
class PartDone:
    """A dimension with how many of its items the rater has rated."""

    dimension: Dimension
    done: int

    @property
    def items(self) -> int:
        """How many items it has."""
        return len(self.dimension.items)


def own_ratings(second: SecondRater) -> dict[str, tuple[str, str]]:
    """Return the rater's own points and notes by item."""
    return {row.item: (shown(row.points), row.note) for row in SecondRating.objects.filter(second=second)}


def progress(scheme: StarScheme, given: dict[str, tuple[str, str]]) -> list[PartDone]:
    """Return how far the rater has come, by dimension."""
    return [PartDone(d, sum(item.code in given for item in d.items)) for d in scheme.dimensions]
