"""Rounds of the level of AI education, raters' votes, evaluations, audits, votes on weights, and rules of advice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.kit.questionnaires.models import Round as SurveyRound
from xuequ.record.models import Run


def _doer() -> "models.ForeignKey[Account | None, Account | None]":
    """Who did something; empty for the system itself."""
    return models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class LevelRound(Identified):
    """The level of AI education in one school year: on which version, from which survey, rated until when."""

    version = models.ForeignKey("stars.SchemeVersion", on_delete=models.PROTECT, related_name="level_rounds")
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("title"), max_length=120)
    survey = models.ForeignKey(
        SurveyRound,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("survey"),
    )
    due = models.DateField(_("raters vote until"))
    opened = models.DateTimeField()
    opened_by = _doer()

    class Meta:
        verbose_name = _("round of the level of AI education")
        verbose_name_plural = _("rounds of the level of AI education")
        ordering = ["-year__code", "-id"]

    def __str__(self) -> str:
        return self.title


class LevelRater(Identified):
    """Somebody who votes in a round."""

    round = models.ForeignKey(LevelRound, on_delete=models.CASCADE, related_name="raters")
    rater = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    assigned = models.DateTimeField()

    class Meta:
        verbose_name = _("rater of the level of AI education")
        verbose_name_plural = _("raters of the level of AI education")
        ordering = ["round", "id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "rater"], name="stars_one_seat_a_rater"),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.rater_id}"


class LevelVote(models.Model):
    """What a rater gives a school: for each index the place of the grade, the best 0."""

    seat = models.ForeignKey(LevelRater, on_delete=models.CASCADE, related_name="votes")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    grades = models.JSONField(default=dict)
    note = models.TextField(_("what you saw"), blank=True)
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("vote on a school")
        verbose_name_plural = _("votes on schools")
        ordering = ["seat", "school"]
        constraints = [
            models.UniqueConstraint(fields=["seat", "school"], name="stars_one_vote_a_school"),
        ]

    def __str__(self) -> str:
        return f"{self.seat_id} {self.school_id}"


class LevelEvaluation(models.Model):
    """What a run found about all schools; a newer published one of the same year supersedes it."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="ai_level")
    round = models.ForeignKey(LevelRound, on_delete=models.CASCADE, related_name="evaluations")
    findings = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64, blank=True)
    published = models.DateTimeField(null=True, blank=True)
    published_by = _doer()
    superseded = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("evaluation of the level of AI education")
        verbose_name_plural = _("evaluations of the level of AI education")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.round_id} {self.run_id}"


class SchoolLevel(Identified):
    """One school in an evaluation; ``result`` holds everything as ``evaluating`` gives it. The school may answer."""

    evaluation = models.ForeignKey(LevelEvaluation, on_delete=models.CASCADE, related_name="schools")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="ai_levels")
    score = models.FloatField(_("score"))
    low = models.FloatField()
    high = models.FloatField()
    leading = models.CharField(max_length=20)
    verdict = models.CharField(max_length=20, blank=True)
    result = models.JSONField(default=dict)
    answer = models.TextField(_("what the school says"), blank=True)
    answered = models.DateTimeField(null=True, blank=True)
    answered_by = _doer()
    reply = models.TextField(_("reply of the district"), blank=True)
    replied = models.DateTimeField(null=True, blank=True)
    replied_by = _doer()

    class Meta:
        verbose_name = _("level of AI education of a school")
        verbose_name_plural = _("levels of AI education of schools")
        ordering = ["school__code"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "school"], name="stars_one_level_a_school"),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.school_id}"


class SystemAudit(models.Model):
    """What an audit of the evaluation system found in a round's facts."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="level_audit")
    round = models.ForeignKey(LevelRound, on_delete=models.CASCADE, related_name="audits")
    findings = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit of an evaluation system")
        verbose_name_plural = _("audits of evaluation systems")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.round_id} {self.run_id}"


class WeightPoll(Identified):
    """Experts asked to compare what stands under one node of a scheme ("": its dimensions) in pairs."""

    version = models.ForeignKey("stars.SchemeVersion", on_delete=models.PROTECT, related_name="polls")
    node = models.CharField(max_length=32, blank=True)
    title = models.CharField(_("title"), max_length=120)
    reason = models.CharField(_("why the weights are voted on"), max_length=300)
    due = models.DateField(_("open until"))
    opened = models.DateTimeField()
    opened_by = _doer()
    closed = models.DateTimeField(null=True, blank=True)
    closed_by = _doer()
    adopted = models.ForeignKey(
        "stars.SchemeVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("vote on weights")
        verbose_name_plural = _("votes on weights")
        ordering = ["-opened"]

    def __str__(self) -> str:
        return self.title


class WeightBallot(Identified):
    """One expert's judgements by pair "a:b"; a pair that was skipped is absent."""

    poll = models.ForeignKey(WeightPoll, on_delete=models.CASCADE, related_name="ballots")
    expert = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    judgements = models.JSONField(default=dict)
    invited = models.DateTimeField()
    handed_in = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("ballot on weights")
        verbose_name_plural = _("ballots on weights")
        ordering = ["poll", "id"]
        constraints = [
            models.UniqueConstraint(fields=["poll", "expert"], name="stars_one_ballot_an_expert"),
        ]

    def __str__(self) -> str:
        return f"{self.poll_id} {self.expert_id}"


class AdviceRule(models.Model):
    """What a school is advised when an index stands in its way; edited by the district."""

    item = models.CharField(_("index"), max_length=32, unique=True)
    advice = models.TextField(_("advice"))
    responsible = models.CharField(_("responsible"), max_length=60)
    cost_yuan = models.DecimalField(_("cost (元)"), max_digits=14, decimal_places=2, default=0)
    weeks = models.PositiveSmallIntegerField(_("weeks"), default=18)
    changed = models.DateTimeField()
    changed_by = _doer()

    class Meta:
        verbose_name = _("rule of advice")
        verbose_name_plural = _("rules of advice")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.item
