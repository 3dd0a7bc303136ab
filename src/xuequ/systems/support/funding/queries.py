"""What may be read of the special fund: the district all, finance all, a school its own and nothing of the others."""

from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from xuequ.district.actors import Actor
from xuequ.record.choices import RunState
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.funding.choices import ProjectState, RoundState
from xuequ.systems.support.funding.models import (
    Allocation,
    Appeal,
    Project,
    Round,
    Simulation,
    Source,
    Spending,
    Standard,
)

ZERO = Decimal(0)


def may_enter(actor: Actor) -> bool:
    """Whether the special fund has anything for the actor."""
    return access.sees_money(actor) or access.speaks_for_a_school(actor)


def _seen(actor: Actor, path: str = "school") -> Q:
    """Condition on rows with a school at ``path``: all for those who see the money, else one's own schools'."""
    return Q() if access.sees_money(actor) else access.of_own_schools(actor, path)


def standards() -> "QuerySet[Standard]":
    """Return the versions of the standard, the newest first; they are no secret."""
    return Standard.objects.order_by("-version")


def rounds(actor: Actor) -> "QuerySet[Round]":
    """Return the rounds, newest first."""
    rows = Round.objects.select_related("year", "standard", "proposal__run")
    return rows if may_enter(actor) else rows.none()


def round_(actor: Actor, uid: UUID) -> Round | None:
    """Return one round."""
    return rounds(actor).filter(uid=uid).first()


def money(of: Round) -> Decimal:
    """Return what all sources of a round hold."""
    return Source.objects.filter(round=of).aggregate(all=Sum("amount_yuan"))["all"] or ZERO


def projects(actor: Actor) -> "QuerySet[Project]":
    """Return the applications that the actor may read; the district reads none that is still being written."""
    rows = Project.objects.select_related("school", "round__year", "requires")
    if access.sees_money(actor):
        return rows.filter(~Q(state=ProjectState.DRAFT) | access.of_own_schools(actor))
    return rows.filter(access.of_own_schools(actor))


def project(actor: Actor, uid: UUID) -> Project | None:
    """Return one application, if the actor may read it."""
    return projects(actor).filter(uid=uid).first()


def simulations(actor: Actor) -> "QuerySet[Simulation]":
    """Return the simulated sharings out, newest first; schools read none."""
    rows = Simulation.objects.select_related("run", "round__year", "round__standard")
    return rows if access.sees_money(actor) else rows.none()


def simulation(actor: Actor, uid: UUID) -> Simulation | None:
    """Return one, if the actor may read it."""
    return simulations(actor).filter(uid=uid).first()


def comparable(actor: Actor) -> "QuerySet[Simulation]":
    """Return those that hold amounts."""
    return simulations(actor).filter(run__state=RunState.DONE, result__feasible=True)


def allocations(actor: Actor) -> "QuerySet[Allocation]":
    """Return the amounts that the actor may read: a school its own, once they are decided."""
    rows = Allocation.objects.select_related("school", "round__year", "round__standard")
    if access.sees_money(actor):
        return rows
    return rows.filter(access.of_own_schools(actor), round__state=RoundState.DECIDED)


def allocation(actor: Actor, uid: UUID) -> Allocation | None:
    """Return one amount, if the actor may read it."""
    return allocations(actor).filter(uid=uid).first()


def spent(of: Allocation) -> Decimal:
    """Return what was spent of an amount."""
    rows = Spending.objects.filter(allocation=of, cancelled=None)
    return rows.aggregate(all=Sum("amount_yuan"))["all"] or ZERO


def piece(actor: Actor, uid: UUID) -> Evidence | None:
    """Return a piece of evidence of an application or of spending that the actor may open."""
    seen = Q(fund_projects__in=projects(actor).values("pk"))
    seen |= Q(fund_spending__allocation__in=allocations(actor).values("pk"))
    return Evidence.objects.filter(seen, uid=uid).distinct().first()


def appeals(actor: Actor) -> "QuerySet[Appeal]":
    """Return the requests to look at an amount again that the actor may read."""
    rows = Appeal.objects.select_related("allocation__school", "allocation__round")
    return rows.filter(_seen(actor, "allocation__school"))


def to_do(actor: Actor) -> "dict[str, QuerySet[Project] | QuerySet[Appeal]]":
    """Return what waits for those who prepare the money, to be counted together."""
    if not access.prepares(actor):
        return {}
    return {
        "applications": Project.objects.filter(state=ProjectState.HANDED_IN).exclude(
            round__state=RoundState.DECIDED
        ),
        "appeals": Appeal.objects.filter(answered=None),
    }
