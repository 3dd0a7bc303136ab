"""What growth runs found: one row for each run, school and class. Pupils' rows are in the run's Parquet file."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolClass
from xuequ.record.models import Assessment, Run
from xuequ.systems.growth.choices import Quadrant, Trend, Verdict


class Evaluation(models.Model):
    """The findings of one run; a newer published one of the same cohort supersedes it.

    ``findings`` holds all but the tables, ``audits`` one object an audit without its evidence, ``analysis`` what the
    comprehensive report adds.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="growth")
    outcomes = models.ManyToManyField(Assessment, related_name="+")
    priors = models.ManyToManyField(Assessment, related_name="+")
    grade = models.PositiveSmallIntegerField(_("grade"), null=True, blank=True)
    period = models.CharField(_("period"), max_length=16, blank=True)
    outcome_label = models.CharField(_("outcome"), max_length=200, blank=True)
    prior_label = models.CharField(_("starting point"), max_length=200, blank=True)
    findings = models.JSONField(default=dict)
    pupils = models.PositiveIntegerField(_("pupils"), default=0)
    audits = models.JSONField(default=list)
    analysis = models.JSONField(default=dict)
    results_sha256 = models.CharField(max_length=64, blank=True)
    published = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    superseded = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("evaluation of growth")
        verbose_name_plural = _("evaluations of growth")
        ordering = ["-run_id"]
        indexes = [
            models.Index(
                fields=["grade", "period"],
                name="growth_evaluation_in_force",
                condition=models.Q(published__isnull=False, superseded=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome_label} {self.period}"


class SchoolGrowth(models.Model):
    """One school in one evaluation. Growth and level in standard deviations of the outcome; None is "not shown"."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="schools")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="growth")
    enrolled = models.PositiveIntegerField(_("enrolled"))
    with_prior = models.PositiveIntegerField(_("with a starting point"))
    with_outcome = models.PositiveIntegerField(_("with an outcome"))
    n = models.PositiveIntegerField(_("in the model"))
    coverage = models.FloatField(_("coverage"))
    prior_gap = models.FloatField(null=True)
    prior_mean = models.FloatField(null=True)
    level = models.FloatField(null=True)
    level_low = models.FloatField(null=True)
    level_high = models.FloatField(null=True)
    effect = models.FloatField(_("growth"), null=True)
    se = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    conditional_se = models.FloatField(null=True)
    reliability = models.FloatField(null=True)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    quadrant = models.CharField(max_length=24, choices=Quadrant.choices, blank=True)
    distinct_from = models.PositiveIntegerField(default=0)
    share_above = models.FloatField(null=True)
    share_above_low = models.FloatField(null=True)
    share_above_high = models.FloatField(null=True)
    share_low = models.FloatField(null=True)
    bands = models.JSONField(default=dict)
    alternatives = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("growth of a school")
        verbose_name_plural = _("growth of schools")
        ordering = ["school__code"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "school"], name="growth_one_row_a_school")
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.school_id}"


class TrendAlert(Identified):
    """A school whose growth left the range that its own earlier years foretell; plain means in SD.

    The school sees it at once, the district from ``district_from`` on or when the school has answered.
    """

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="alerts")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    said = models.CharField(max_length=12, choices=Trend.choices)
    value = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    raised = models.DateTimeField()
    district_from = models.DateTimeField()
    opened = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    answered = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.TextField(blank=True)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("alert about a trend")
        verbose_name_plural = _("alerts about trends")
        ordering = ["-raised"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "school"], name="growth_one_alert_a_school")
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.school_id}"


class ClassGrowth(models.Model):
    """One class in one evaluation: its pupils, never its teachers."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="classes")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="growth")
    n = models.PositiveIntegerField(_("in the model"))
    growth = models.FloatField(null=True)
    within = models.FloatField(null=True)
    within_low = models.FloatField(null=True)
    within_high = models.FloatField(null=True)

    class Meta:
        verbose_name = _("growth of a class")
        verbose_name_plural = _("growth of classes")
        ordering = ["school_class"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "school_class"], name="growth_one_row_a_class")
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.school_class_id}"


from xuequ.systems.growth.teachers_models import TaughtClass, TeacherGrowth, TeacherUnlock  # noqa: E402

__all__ = [
    "ClassGrowth",
    "Evaluation",
    "SchoolGrowth",
    "TaughtClass",
    "TeacherGrowth",
    "TeacherUnlock",
    "TrendAlert",
]
