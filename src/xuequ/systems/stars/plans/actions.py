"""What may be done with development plans: write, hand in, give evidence, look back after a year, comment."""

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import Evidence
from xuequ.systems.stars.access import fills_in, may_manage
from xuequ.systems.stars.plans import queries
from xuequ.systems.stars.plans.choices import GoalState
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview

SYSTEM = "stars"
LONGEST = dt.timedelta(days=366 * 6)


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What a plan says beside its goals."""

    title: str
    start: dt.date
    end: dt.date
    speciality_kind: str
    speciality: str
    why: str


@dataclass(frozen=True, slots=True)
class GoalWords:
    """What a goal says; ``item`` is the index that it works on, "" for none."""

    text: str
    item: str
    measure: str
    begins_at: float | None
    target: float | None
    due: dt.date
    steps: str
    state: str = GoalState.OPEN


def _require(actor: Actor, school_id: int) -> None:
    if not fills_in(actor, school_id):
        raise Forbidden(_("Only the school itself writes its plan."))


def _check(words: PlanWords) -> None:
    if not words.start < words.end <= words.start + LONGEST:
        raise Refused(_("A plan ends after it begins, and within six years."))


def write_plan(*, actor: Actor, school: School, words: PlanWords) -> DevelopmentPlan:
    """Begin a plan; it is a draft that only the school reads until it is handed in."""
    _require(actor, school.pk)
    _check(words)
    try:
        with transaction.atomic():
            made = DevelopmentPlan.objects.create(
                school=school, changed=clock.now(), changed_by_id=actor.account_id, **asdict(words)
            )
            audit.record(actor, "stars.plan.begun", made)
    except IntegrityError as error:
        raise Refused(_("The school already has a plan that begins on this day.")) from error
    return made


def change_plan(*, actor: Actor, plan: DevelopmentPlan, words: PlanWords) -> DevelopmentPlan:
    """Change what a plan says; goals keep their evidence."""
    _require(actor, plan.school_id)
    _check(words)
    try:
        with transaction.atomic():
            locked = DevelopmentPlan.objects.select_for_update().get(pk=plan.pk)
            if locked.goals.exclude(due__gt=words.start, due__lte=words.end).exists():
                raise Refused(_("A goal is due outside of these days; change the goal first."))
            _take(locked, asdict(words))
            locked.changed, locked.changed_by_id = clock.now(), actor.account_id
            locked.save()
            audit.record(actor, "stars.plan.changed", locked)
    except IntegrityError as error:
        raise Refused(_("The school already has a plan that begins on this day.")) from error
    return locked


def _take(row: DevelopmentPlan | PlanGoal, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def write_goal(
    *, actor: Actor, plan: DevelopmentPlan, words: GoalWords, goal: PlanGoal | None = None
) -> PlanGoal:
    """Add a goal to a plan, or change one of its goals."""
    _require(actor, plan.school_id)
    if words.target is not None and words.begins_at is None:
        raise Refused(_("A target needs the value at the start, else nobody can see how far you came."))
    with transaction.atomic():
        # Held against a change of the plan's days at the same moment.
        locked = DevelopmentPlan.objects.select_for_update().get(pk=plan.pk)
        if not locked.start < words.due <= locked.end:
            raise Refused(_("A goal is due within the time of the plan."))
        row = PlanGoal(plan=plan) if goal is None else PlanGoal.objects.select_for_update().get(pk=goal.pk)
        _take(row, asdict(words))
        row.save()
        verb = "stars.plan.goal.added" if goal is None else "stars.plan.goal.changed"
        audit.record(actor, verb, row)
    return row


def attach(*, actor: Actor, goal: PlanGoal, evidence: Evidence) -> None:
    """Point a goal to a piece of evidence that was just handed in, in the caller's transaction."""
    _require(actor, goal.plan.school_id)
    goal.pieces.add(evidence)
    audit.record(actor, "stars.plan.evidence", goal)


def hand_in(*, actor: Actor, plan: DevelopmentPlan) -> DevelopmentPlan:
    """Let the district read the plan; it may still be changed, for plans live."""
    _require(actor, plan.school_id)
    with transaction.atomic():
        locked = DevelopmentPlan.objects.select_for_update().get(pk=plan.pk)
        if not locked.goals.exists():
            raise Refused(_("A plan without a goal cannot be handed in: add what is to be different."))
        if locked.handed_in is None:
            locked.handed_in, locked.submitted_by_id = clock.now(), actor.account_id
            locked.save(update_fields=["handed_in", "submitted_by"])
            audit.record(actor, "stars.plan.handed-in", locked)
    return locked


def look_back(*, actor: Actor, plan: DevelopmentPlan, year: SchoolYear, text: str) -> PlanReview:
    """Keep the school's look back on a year; the same year again changes it until the district has commented."""
    _require(actor, plan.school_id)
    if plan.handed_in is None:
        raise Refused(_("Hand the plan in first."))
    if not text.strip():
        raise Refused(_("Write what was reached, what was not and what changes."))
    with transaction.atomic():
        locked = DevelopmentPlan.objects.select_for_update().get(pk=plan.pk)
        if year not in queries.years_to_look_back_on(actor, locked):
            raise Refused(_("The plan did not run in this school year, or it has not begun."))
        row = PlanReview.objects.select_for_update().filter(plan=plan, year=year).first()
        if row is not None and row.replied is not None:
            raise Refused(_("The district has commented on this year; what was written stays."))
        row = row or PlanReview(plan=plan, year=year)
        row.text, row.submitted, row.submitted_by_id = text.strip(), clock.now(), actor.account_id
        row.save()
        audit.record(actor, "stars.plan.reviewed", row)
    return row


def comment(*, actor: Actor, review: PlanReview, text: str) -> PlanReview:
    """Keep what the district says to a look back."""
    if not may_manage(actor):
        raise Forbidden(_("You may not comment on plans."))
    if not text.strip():
        raise Refused(_("Write the comment that the school will read."))
    with transaction.atomic():
        locked = PlanReview.objects.select_for_update().get(pk=review.pk)
        if locked.replied is not None:
            raise Refused(_("A comment stands there already; nothing was changed."))
        locked.comment, locked.replied, locked.replied_by_id = text.strip(), clock.now(), actor.account_id
        locked.save(update_fields=["comment", "replied", "replied_by"])
        audit.record(actor, "stars.plan.commented", locked)
    return locked
