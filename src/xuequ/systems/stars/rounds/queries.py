"""What may be read of rounds and applications. Raters are blind: while they rate a school, they see no other rating."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from xuequ.district.actors import Actor
from xuequ.engines.evaluation.standing import Standing, standing
from xuequ.engines.evaluation.star_scheme import SchemeItem, StarScheme
from xuequ.systems.stars.access import led_schools, may_manage, may_read_district
from xuequ.systems.stars.models import (
    Application,
    HistoryEntry,
    Round,
    SecondRater,
    SelfRating,
    SettledPoints,
)
from xuequ.systems.stars.points import agreed, by_item
from xuequ.systems.stars.schemes.queries import scheme_in


def rounds(actor: Actor) -> "QuerySet[Round]":
    """Return the rounds that the actor may open: the district's readers all, schools those they take part in."""
    rows = Round.objects.select_related("version__scheme", "year")
    if may_read_district(actor):
        return rows
    return rows.filter(
        Exists(Application.objects.filter(round=OuterRef("pk"), school__in=led_schools(actor)))
    )


def round_of(actor: Actor, uid: UUID) -> Round | None:
    """Return one round with all its schools, for those who see the district."""
    return rounds(actor).filter(uid=uid).first() if may_read_district(actor) else None


def applications(actor: Actor) -> "QuerySet[Application]":
    """Return the applications that the actor may open: the district's readers all, a school its own."""
    rows = Application.objects.select_related("school", "round__version__scheme", "round__year")
    if may_read_district(actor):
        return rows
    return rows.filter(school__in=led_schools(actor))


def application(actor: Actor, uid: UUID) -> Application | None:
    """Return one application, if the actor may open it."""
    return applications(actor).filter(uid=uid).first()


def is_blind(actor: Actor, found: Application) -> bool:
    """Whether the actor still has to rate this school, and so must not see what it or others gave."""
    if actor.account_id is None:
        return False
    return found.raters.filter(rater=actor.account_id, handed_in=None).exists()


def own_points(found: Application) -> dict[str, float]:
    """Return the self-rating by item; the caller checked that the actor may see it."""
    return by_item(SelfRating.objects.filter(application=found))


def settled_points(found: Application) -> dict[str, float]:
    """Return the district's settled points by item."""
    return by_item(SettledPoints.objects.filter(application=found, is_current=True))


def points_that_count(found: Application) -> dict[str, float]:
    """Return the district's points where they are settled, else the school's own."""
    return settled_points(found) if found.settled is not None else own_points(found)


def standing_of(found: Application) -> Standing:
    """Return where the school stands by the points that count."""
    return standing(scheme_in(found.round.version), points_that_count(found))


def seconds_of(found: Application) -> list[SecondRater]:
    """Return the second raters with their ratings, those who handed in first."""
    rows = found.raters.prefetch_related("ratings")
    return sorted(rows, key=lambda row: (row.handed_in is None, row.pk))


@dataclass(frozen=True)
class Compared:
    """One item with what the school, the raters and the district gave it."""

    item: SchemeItem
    own: float | None
    own_note: str
    seconds: tuple[float | None, ...]
    notes: tuple[str, ...]
    decided: SettledPoints | None
    step: float

    @cached_property
    def given(self) -> list[float]:
        """What raters who handed in gave."""
        return [value for value in self.seconds if value is not None]

    @cached_property
    def agreed(self) -> float | None:
        """What the raters settle by themselves; None where they differ, or where nobody rated."""
        return agreed(self.item, self.given, self.step) if self.given else None

    @property
    def differs(self) -> bool:
        """Whether somebody has to decide."""
        return bool(self.given) and self.agreed is None and self.decided is None

    @property
    def far_from_own(self) -> bool:
        """Whether the raters lie more than one level away from the school's own points."""
        if self.own is None or not self.given:
            return False
        mean = sum(self.given) / len(self.given)
        return agreed(self.item, [self.own, mean], self.step) is None


def compared(found: Application, scheme: StarScheme, raters: Iterable[SecondRater]) -> list[Compared]:
    """Return all items side by side; only ratings that were handed in count."""
    own = {row.item: row for row in SelfRating.objects.filter(application=found)}
    decided = {row.item: row for row in SettledPoints.objects.filter(application=found, is_current=True)}
    ready = [{row.item: row for row in one.ratings.all()} for one in raters if one.handed_in is not None]
    return [
        Compared(
            item=item,
            own=float(own[item.code].points) if item.code in own else None,
            own_note=own[item.code].note if item.code in own else "",
            seconds=tuple(float(one[item.code].points) if item.code in one else None for one in ready),
            notes=tuple(one[item.code].note for one in ready if item.code in one and one[item.code].note),
            decided=decided.get(item.code),
            step=scheme.step,
        )
        for item in scheme.items
    ]


def rows_of(found: Round) -> "QuerySet[Application]":
    """Return the round's applications with their schools, by school code."""
    return found.applications.select_related("school__area").order_by("school__code")


def history(actor: Actor, found: Application) -> "QuerySet[HistoryEntry]":
    """Return the lines that the actor may read, the newest first; managers read the internal ones too."""
    rows = found.history.order_by("-id")
    if may_manage(actor) and not is_blind(actor, found):
        return rows
    return rows.filter(internal=False)


def open_rounds(actor: Actor) -> "QuerySet[Round]":
    """Return the rounds that are not closed, for those who run them."""
    return rounds(actor).exclude(state="closed") if may_manage(actor) else Round.objects.none()
