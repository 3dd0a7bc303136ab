"""What may be read of development plans: a school its own, the district what was handed in."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from xuequ.district.actors import SCHOOL_LEADERS, Actor
from xuequ.district.models import SchoolYear
from xuequ.record.models import Evidence
from xuequ.systems.stars.access import fills_in, led_schools
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview


def may_enter(actor: Actor) -> bool:
    """Whether the actor has anything to do with development plans."""
    return actor.sees_district or actor.has(*SCHOOL_LEADERS)


def plans(actor: Actor) -> "QuerySet[DevelopmentPlan]":
    """Return the plans that the actor may read, the newest first; drafts are the school's own."""
    rows = DevelopmentPlan.objects.select_related("school__area").order_by("-start", "school__code")
    if actor.is_system:
        return rows
    if actor.sees_district:
        return rows.filter(handed_in__isnull=False)
    return rows.filter(school__in=[school.pk for school in actor.schools_of(SCHOOL_LEADERS)])


def in_force(actor: Actor) -> "QuerySet[DevelopmentPlan]":
    """Return the plans that were handed in for the schools that the actor fills in and that have not ended."""
    rows = DevelopmentPlan.objects.filter(school__in=own_schools(actor), handed_in__isnull=False)
    return rows.filter(end__gt=actor.day)


def plan(actor: Actor, uid: UUID) -> DevelopmentPlan | None:
    """Return one plan."""
    return plans(actor).filter(uid=uid).first()


def may_write(actor: Actor, plan: DevelopmentPlan) -> bool:
    """Whether the actor writes for the plan's school."""
    return fills_in(actor, plan.school_id)


def own_schools(actor: Actor) -> list[int]:
    """Return the schools for which the actor writes plans."""
    return led_schools(actor)


def goals(plan: DevelopmentPlan) -> "QuerySet[PlanGoal]":
    """Return a plan's goals with their evidence, by due day."""
    pieces = Prefetch("pieces", Evidence.objects.order_by("pk"))
    return plan.goals.prefetch_related(pieces).order_by("due", "pk")


def goal(actor: Actor, uid: UUID) -> PlanGoal | None:
    """Return one goal of a plan that the actor may read."""
    rows = PlanGoal.objects.filter(plan__in=plans(actor).order_by().values("pk"))
    return rows.select_related("plan__school").filter(uid=uid).first()


def piece(actor: Actor, uid: UUID) -> Evidence | None:
    """Return a piece of evidence for a goal that the actor may read."""
    rows = PlanGoal.objects.filter(plan__in=plans(actor).order_by().values("pk"))
    return Evidence.objects.filter(uid=uid, plan_goals__in=rows.values("pk")).distinct().first()


def reviews(plan: DevelopmentPlan) -> "QuerySet[PlanReview]":
    """Return a plan's reviews, the newest year first."""
    return plan.reviews.select_related("year").order_by("-year__code")


def years_to_look_back_on(actor: Actor, plan: DevelopmentPlan) -> "QuerySet[SchoolYear]":
    """Return the school years begun by now in which the plan runs, the newest first."""
    rows = SchoolYear.objects.filter(start__lt=plan.end, end__gt=plan.start, start__lte=actor.day)
    return rows.order_by("-code")


def review(actor: Actor, uid: UUID) -> PlanReview | None:
    """Return one review of a plan that the actor may read."""
    rows = PlanReview.objects.filter(plan__in=plans(actor).order_by().values("pk"))
    return rows.select_related("plan__school", "year").filter(uid=uid).first()
