"""What may be read of pairs: the district all of its schools, a school its own."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.record.choices import RunState
from xuequ.systems.support import access
from xuequ.systems.support.pairing.choices import Side
from xuequ.systems.support.pairing.models import Act, Effect, Pair, PairPlan, PairRule


def may_enter(actor: Actor) -> bool:
    """Whether pairs have anything for the actor."""
    return access.on_district_side(actor) or access.speaks_for_a_school(actor)


def _own(actor: Actor) -> Q:
    return access.of_own_schools(actor, "giver") | access.of_own_schools(actor, "receiver")


def pairs(actor: Actor) -> "QuerySet[Pair]":
    """Return the pairs that the actor may read, newest year first."""
    seen = _own(actor) | access.of_the_district(actor, "giver") | access.of_the_district(actor, "receiver")
    rows = Pair.objects.filter(seen).select_related("giver", "receiver", "year")
    return rows.order_by("-year__code", "receiver__code", "id")


def pair(actor: Actor, uid: UUID) -> Pair | None:
    """Return one pair, if the actor may read it."""
    return pairs(actor).filter(uid=uid).first()


def with_sums(rows: "QuerySet[Pair]") -> "QuerySet[Pair]":
    """Add ``hours``, ``reached`` and ``acts_done`` over acts that count, and ``waiting`` for those not confirmed."""
    done = Q(acts__confirmed__isnull=False, acts__voided=None)
    return rows.annotate(
        hours=Sum("acts__hours", filter=done), reached=Sum("acts__pupils", filter=done),
        acts_done=Count("acts", filter=done), waiting=Count("acts", filter=Q(acts__confirmed=None)),
    )  # fmt: skip


def sides_of(actor: Actor, found: Pair) -> tuple[Side, ...]:
    """Return for which of the two schools the actor speaks; a head of a group may lead both."""
    both = ((Side.GIVER, found.giver), (Side.RECEIVER, found.receiver))
    return tuple(side for side, school in both if access.speaks_for(actor, school))


def side_of(actor: Actor, found: Pair) -> Side | None:
    """Return for which of the two schools the actor speaks, the helping one of both."""
    return next(iter(sides_of(actor, found)), None)


def act(actor: Actor, uid: UUID) -> Act | None:
    """Return one act of a pair that the actor may read."""
    rows = Act.objects.filter(pair__in=pairs(actor).order_by().values("pk"))
    return rows.select_related("pair__giver", "pair__receiver", "pair__year").filter(uid=uid).first()


def plans(actor: Actor) -> "QuerySet[PairPlan]":
    """Return computed plans, newest first; for those who see the district."""
    rows = PairPlan.objects.select_related("run", "year")
    return rows if actor.sees_district else rows.none()


def plan(actor: Actor, uid: UUID) -> PairPlan | None:
    """Return one plan."""
    return plans(actor).filter(uid=uid).first()


def rules(year: SchoolYear) -> "QuerySet[PairRule]":
    """Return what is settled for a year."""
    return PairRule.objects.filter(year=year).select_related("giver", "receiver")


def effect(actor: Actor, year: SchoolYear) -> Effect | None:
    """Return what help did in a year, as last computed, or why it cannot be said."""
    if not actor.sees_district:
        return None
    done = (RunState.DONE, RunState.REFUSED)
    return Effect.objects.filter(year=year, run__state__in=done).select_related("run").order_by("-id").first()


def years(day: dt.date) -> "list[SchoolYear]":
    """Return the school years that have begun and hold pairs, and that of the day, newest first."""
    held = Q(pk__in=Pair.objects.order_by().values("year")) | Q(start__lte=day, end__gt=day)
    return list(SchoolYear.objects.filter(held, start__lte=day).order_by("-code"))


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """A computed pair with its schools."""

    giver: School
    receiver: School
    reasons: list[dict[str, object]]


def planned(found: PairPlan) -> tuple[list[PlannedPair], list[School]]:
    """Return the pairs of a plan and the schools for which no room was left: one query."""
    made, unpaired, _ended = planned_and_ended(found)
    return made, unpaired


def planned_and_ended(
    found: PairPlan,
) -> tuple[list[PlannedPair], list[School], list[tuple[School, School]]]:
    """Return the pairs of a plan, the schools without room, and last year's pairs that would end: one query."""
    rows, ended = found.result["pairs"], found.result["ended"]
    keys = [key for row in rows for key in (row["giver"], row["receiver"])] + found.result["unpaired"]
    keys += [key for pair in ended for key in pair]
    schools = {str(school.uid): school for school in School.objects.filter(uid__in=keys)}
    made = [PlannedPair(schools[row["giver"]], schools[row["receiver"]], row["reasons"]) for row in rows]
    parted = [(schools[giver], schools[receiver]) for giver, receiver in ended]
    return made, [schools[key] for key in found.result["unpaired"]], parted


def hours(year: SchoolYear) -> dict[int, tuple[Decimal, Decimal]]:
    """Return, by school, the confirmed hours given and received in a school year.

    A school whose acts were all voided stands here with 0, so that what was published of it before is superseded.
    """
    rows = Act.objects.filter(pair__year=year, confirmed__isnull=False).order_by()
    found: dict[int, tuple[Decimal, Decimal]] = {}
    zero = Decimal(0)
    counted = Coalesce(Sum("hours", filter=Q(voided=None)), zero)
    for giver, receiver, own in rows.values_list("pair__giver", "pair__receiver").annotate(own=counted):
        given, got = found.get(giver, (zero, zero))
        found[giver] = (given + own, got)
        given, got = found.get(receiver, (zero, zero))
        found[receiver] = (given, got + own)
    return found
