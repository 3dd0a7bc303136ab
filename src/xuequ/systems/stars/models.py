"""Schemes in versions, rounds of a year, what schools rate and hand in, what the district rates, what the city awards.

Points are exact decimals. Items are named by their code in the scheme version that the round uses.
"""

import datetime as dt
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.clock import SHANGHAI
from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import Evidence, Run
from xuequ.systems.stars.choices import (
    AppealState,
    ApplicationState,
    Deed,
    Ground,
    RoundState,
    SchemeKind,
    SettledBy,
)

ANSWER_WITHIN = dt.timedelta(days=15)
"""How long an appeal waits for its answer at most: the house's own rule, told to the school."""


def _doer() -> "models.ForeignKey[Account | None, Account | None]":
    """Who did something; empty for the system itself."""
    return models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


def _points(**kwargs: Any) -> "models.DecimalField[Any, Any]":
    """Points of a scheme: as exact as its smallest part."""
    return models.DecimalField(max_digits=6, decimal_places=2, **kwargs)


class Scheme(Identified):
    """A scheme under one name; what it says stands in its versions."""

    kind = models.CharField(_("kind"), max_length=16, choices=SchemeKind.choices)
    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("scheme")
        verbose_name_plural = _("schemes")
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name


class SchemeVersion(Identified):
    """One version of a scheme: its document as in docs/reference/star-scheme.md.

    ``began`` is when it was first used to rate: from then on the document stays as it is. ``revision`` counts the
    changes, so that of two people who edit at once the second is told.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    document = models.JSONField(default=dict)
    note = models.CharField(_("what is new"), max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created = models.DateTimeField()
    created_by = _doer()
    edited = models.DateTimeField()
    began = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("version of a scheme")
        verbose_name_plural = _("versions of schemes")
        ordering = ["scheme", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="stars_version_number"),
        ]

    def __str__(self) -> str:
        return _("%(scheme)s, version %(number)s") % {"scheme": self.scheme, "number": self.number}

    @property
    def is_official(self) -> bool:
        """Whether the document says that it is the issuing authority's own; examples are not."""
        return bool(self.document.get("official", False))


class Round(Identified):
    """The round of one school year on one version of a scheme.

    ``share`` of the schools that handed in are drawn by ``seed`` for a second rating, and all within ``margin`` points
    of a cut-off.
    """

    version = models.ForeignKey(SchemeVersion, on_delete=models.PROTECT, related_name="rounds")
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="star_rounds")
    title = models.CharField(_("title"), max_length=120)
    state = models.CharField(max_length=8, choices=RoundState.choices, default=RoundState.SELF)
    self_until = models.DateField(_("schools hand in until"))
    second_until = models.DateField(_("second rating until"))
    share = models.FloatField(_("share drawn by lot"), default=0.3)
    margin = _points(verbose_name=_("close to a cut-off within (points)"), default=3)
    seed = models.BigIntegerField(default=0)
    drawn = models.DateTimeField(null=True, blank=True)
    opened = models.DateTimeField()
    opened_by = _doer()
    closed = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("round of stars")
        verbose_name_plural = _("rounds of stars")
        ordering = ["-year__code", "-id"]

    def __str__(self) -> str:
        return self.title


class Application(Identified):
    """One school in one round: its aim, its self-rating, and what the district made of it."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="applications")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="star_applications")
    aim = models.PositiveSmallIntegerField(_("star aimed at"), null=True, blank=True)
    state = models.CharField(max_length=12, choices=ApplicationState.choices, default=ApplicationState.RATING)
    self_total = _points(null=True, blank=True)
    handed_in = models.DateTimeField(null=True, blank=True)
    submitted_by = _doer()
    ground = models.CharField(max_length=12, choices=Ground.choices, blank=True)
    district_total = _points(null=True, blank=True)
    district_low = models.FloatField(null=True, blank=True)
    district_high = models.FloatField(null=True, blank=True)
    district_star = models.PositiveSmallIntegerField(null=True, blank=True)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = _doer()

    class Meta:
        verbose_name = _("application for a star")
        verbose_name_plural = _("applications for stars")
        ordering = ["round", "school__code"]
        constraints = [
            models.UniqueConstraint(fields=["round", "school"], name="stars_one_application_a_school"),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.round}"


class SelfRating(models.Model):
    """What a school gives itself for an item; ``carried`` until the school has looked at what was taken over."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="self_ratings")
    item = models.CharField(max_length=32)
    points = _points()
    note = models.TextField(blank=True)
    carried = models.BooleanField(default=False)
    entered_at = models.DateTimeField()
    entered_by = _doer()

    class Meta:
        verbose_name = _("self-rating")
        verbose_name_plural = _("self-ratings")
        ordering = ["application", "item"]
        constraints = [
            models.UniqueConstraint(fields=["application", "item"], name="stars_one_self_rating"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.item}"


class SecondRater(Identified):
    """Somebody who rates a school a second time, without seeing what others gave."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="raters")
    rater = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    assigned = models.DateTimeField()
    handed_in = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("second rater")
        verbose_name_plural = _("second raters")
        ordering = ["application", "id"]
        constraints = [
            models.UniqueConstraint(fields=["application", "rater"], name="stars_one_rating_a_rater"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.rater_id}"


class SecondRating(models.Model):
    """What a rater gives for an item."""

    second = models.ForeignKey(SecondRater, on_delete=models.CASCADE, related_name="ratings")
    item = models.CharField(max_length=32)
    points = _points()
    note = models.TextField(blank=True)
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("second rating")
        verbose_name_plural = _("second ratings")
        ordering = ["second", "item"]
        constraints = [
            models.UniqueConstraint(fields=["second", "item"], name="stars_one_second_rating"),
        ]

    def __str__(self) -> str:
        return f"{self.second_id} {self.item}"


class RatingPhoto(models.Model):
    """A photograph that a rater took on the spot for an item; the school does not see it."""

    second = models.ForeignKey(SecondRater, on_delete=models.CASCADE, related_name="photos")
    item = models.CharField(max_length=32)
    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="star_photo")

    class Meta:
        verbose_name = _("photograph of a second rating")
        verbose_name_plural = _("photographs of second ratings")
        ordering = ["second", "item", "id"]

    def __str__(self) -> str:
        return f"{self.second_id} {self.item}"


class SettledPoints(models.Model):
    """The district's points of an item with their ground; changed by a newer row, and one row is current."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="settled_points")
    item = models.CharField(max_length=32)
    points = _points()
    rests_on = models.CharField(max_length=8, choices=SettledBy.choices)
    note = models.TextField(blank=True)
    is_current = models.BooleanField(default=True)
    decided_at = models.DateTimeField()
    decided_by = _doer()

    class Meta:
        verbose_name = _("settled points")
        verbose_name_plural = _("settled points")
        ordering = ["application", "item", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "item"],
                condition=models.Q(is_current=True),
                name="stars_one_settled_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.item}"


class Appeal(Identified):
    """What a school says against the points of an item, and the answer."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="appeals")
    item = models.CharField(max_length=32)
    text = models.TextField(_("why the points should change"))
    state = models.CharField(max_length=8, choices=AppealState.choices, default=AppealState.OPEN)
    filed = models.DateTimeField()
    submitted_by = _doer()
    answer = models.TextField(_("answer"), blank=True)
    answered = models.DateTimeField(null=True, blank=True)
    answered_by = _doer()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["-filed"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "item"],
                condition=models.Q(state="open"),
                name="stars_one_open_appeal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.item}"

    @property
    def due(self) -> dt.date:
        """The day until which it is to be answered."""
        return self.filed.astimezone(SHANGHAI).date() + ANSWER_WITHIN


class ItemEvidence(models.Model):
    """A piece of evidence for an item; with ``appeal`` where it was handed in with one."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="pieces")
    item = models.CharField(max_length=32)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="star_items")
    appeal = models.ForeignKey(Appeal, null=True, blank=True, on_delete=models.CASCADE, related_name="pieces")

    class Meta:
        verbose_name = _("evidence of an item")
        verbose_name_plural = _("evidence of items")
        ordering = ["application", "item", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "item", "evidence"], name="stars_evidence_once_an_item"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.item}"


class HistoryEntry(models.Model):
    """One line of an application's history; ``internal`` lines are not for the school."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="history")
    at = models.DateTimeField()
    done_by = _doer()
    deed = models.CharField(max_length=12, choices=Deed.choices)
    item = models.CharField(max_length=32, blank=True)
    before = _points(null=True, blank=True)
    after = _points(null=True, blank=True)
    text = models.TextField(blank=True)
    internal = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("line of history")
        verbose_name_plural = _("lines of history")
        ordering = ["application", "-id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.deed}"


class Practice(Identified):
    """A school that agreed to be named for how it reached an item, and how it did so."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="star_practices")
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="practices")
    item = models.CharField(max_length=32)
    text = models.TextField(_("how you reached it"))
    agreed = models.DateTimeField()
    granted_by = _doer()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("shared practice")
        verbose_name_plural = _("shared practices")
        ordering = ["scheme", "item", "school__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "scheme", "item"],
                condition=models.Q(ended=None),
                name="stars_one_practice_an_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.item}"


class Award(Identified):
    """What the city decided for a school in a school year; corrected by a newer row, and one row is current."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="star_awards")
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    star = models.PositiveSmallIntegerField(_("star"))
    document = models.CharField(_("number of the document"), max_length=80)
    day = models.DateField(_("day of the document"))
    is_current = models.BooleanField(default=True)
    recorded = models.DateTimeField()
    recorded_by = _doer()
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )

    class Meta:
        verbose_name = _("award of a star")
        verbose_name_plural = _("awards of stars")
        ordering = ["-year__code", "school__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "year"],
                condition=models.Q(is_current=True),
                name="stars_one_award_a_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.star}"


class Outlook(models.Model):
    """The district's pre-assessment 预评估 of a round: internal, and never a ground for money."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="star_outlook")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="outlooks")
    findings = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("pre-assessment")
        verbose_name_plural = _("pre-assessments")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.round_id} {self.run_id}"


class SchoolOutlook(models.Model):
    """One school in a pre-assessment. Points out of the scheme's full points; ``chances`` by star, the lowest first."""

    outlook = models.ForeignKey(Outlook, on_delete=models.CASCADE, related_name="schools")
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="outlooks")
    raters = models.PositiveSmallIntegerField(default=0)
    points = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    chances = models.JSONField(default=list)
    star = models.PositiveSmallIntegerField()
    flip = models.FloatField(null=True, blank=True)

    class Meta:
        verbose_name = _("pre-assessment of a school")
        verbose_name_plural = _("pre-assessments of schools")
        ordering = ["application__school__code"]
        constraints = [
            models.UniqueConstraint(fields=["outlook", "application"], name="stars_one_outlook_a_school"),
        ]

    def __str__(self) -> str:
        return f"{self.outlook_id} {self.application_id}"

    @cached_property
    def chance(self) -> float:
        """How probable the most probable star is."""
        return max(self.chances, default=0.0)


from xuequ.systems.stars.ailevel.models import (  # noqa: E402
    AdviceRule,
    LevelEvaluation,
    LevelRater,
    LevelRound,
    LevelVote,
    SchoolLevel,
    SystemAudit,
    WeightBallot,
    WeightPoll,
)
from xuequ.systems.stars.plans.models import DevelopmentPlan, PlanGoal, PlanReview  # noqa: E402

__all__ = [
    "AdviceRule",
    "Appeal",
    "Application",
    "Award",
    "DevelopmentPlan",
    "HistoryEntry",
    "ItemEvidence",
    "LevelEvaluation",
    "LevelRater",
    "LevelRound",
    "LevelVote",
    "Outlook",
    "PlanGoal",
    "PlanReview",
    "Practice",
    "RatingPhoto",
    "Round",
    "Scheme",
    "SchemeVersion",
    "SchoolLevel",
    "SchoolOutlook",
    "SecondRater",
    "SecondRating",
    "SelfRating",
    "SettledPoints",
    "SystemAudit",
    "WeightBallot",
    "WeightPoll",
]
