"""Schools' plans for their digital development, with goals, a speciality and yearly reviews."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import Evidence
from xuequ.systems.stars.plans.choices import GoalState, SpecialityKind


def _doer() -> "models.ForeignKey[Account | None, Account | None]":
    """Who did something; empty for the system itself."""
    return models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class DevelopmentPlan(Identified):
    """A school's plan from ``start`` until ``end`` (half-open), and what it wants to be special in."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="development_plans")
    title = models.CharField(_("title"), max_length=120)
    start = models.DateField(_("from"))
    end = models.DateField(_("until"))
    speciality_kind = models.CharField(
        _("speciality"), max_length=16, choices=SpecialityKind.choices, blank=True
    )
    speciality = models.CharField(_("the speciality in one sentence"), max_length=200, blank=True)
    why = models.TextField(_("why it fits the school"), blank=True)
    changed = models.DateTimeField()
    changed_by = _doer()
    handed_in = models.DateTimeField(null=True, blank=True)
    submitted_by = _doer()

    class Meta:
        verbose_name = _("development plan")
        verbose_name_plural = _("development plans")
        ordering = ["-start", "school__code"]
        constraints = [
            models.UniqueConstraint(fields=["school", "start"], name="stars_one_plan_a_start"),
        ]

    def __str__(self) -> str:
        return self.title


class PlanGoal(Identified):
    """A goal: what is to be different, how it is measured, until when, and the index that it works on ("" for none)."""

    plan = models.ForeignKey(DevelopmentPlan, on_delete=models.CASCADE, related_name="goals")
    text = models.CharField(_("goal"), max_length=200)
    item = models.CharField(_("index that it works on"), max_length=32, blank=True)
    measure = models.CharField(_("how it is measured"), max_length=200)
    begins_at = models.FloatField(_("value at the start"), null=True, blank=True)
    target = models.FloatField(_("target value"), null=True, blank=True)
    due = models.DateField(_("until"))
    steps = models.TextField(_("steps"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=GoalState.choices, default=GoalState.OPEN)
    pieces = models.ManyToManyField(Evidence, related_name="plan_goals", blank=True)

    class Meta:
        verbose_name = _("goal of a plan")
        verbose_name_plural = _("goals of plans")
        ordering = ["plan", "due", "id"]

    def __str__(self) -> str:
        return self.text


class PlanReview(Identified):
    """What a school writes about its plan after a year, and what the district says to it."""

    plan = models.ForeignKey(DevelopmentPlan, on_delete=models.CASCADE, related_name="reviews")
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("what was reached, what was not, what changes"))
    submitted = models.DateTimeField()
    submitted_by = _doer()
    comment = models.TextField(_("comment of the district"), blank=True)
    replied = models.DateTimeField(null=True, blank=True)
    replied_by = _doer()

    class Meta:
        verbose_name = _("review of a plan")
        verbose_name_plural = _("reviews of plans")
        ordering = ["plan", "-year__code"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "year"], name="stars_one_review_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.year_id}"
