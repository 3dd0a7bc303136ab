"""Tables: questionnaires, their published versions, the rounds in which they are sent out, and the answers."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School
from xuequ.district.people import Person
from xuequ.kit.questionnaires import parsing
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.schema import Form


class Questionnaire(Identified):
    """A questionnaire in the making; what people answer are its published versions. No school: the district's own."""

    title = models.CharField(_("title"), max_length=120)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    source = models.JSONField(default=dict)
    owner = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()
    changed = models.DateTimeField()

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")
        ordering = ["-changed", "-id"]

    def __str__(self) -> str:
        return self.title


class Version(models.Model):
    """A published state of a questionnaire, which nobody changes."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    source = models.JSONField()
    published = models.DateTimeField()
    published_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("version of a questionnaire")
        verbose_name_plural = _("versions of questionnaires")
        ordering = ["questionnaire", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["questionnaire", "number"], name="questionnaires_one_number"),
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire_id} {self.number}"

    @property
    def form(self) -> Form:
        """The version as its parts."""
        return parsing.read(self.source)


class Round(Identified):
    """A questionnaire sent out: to whom, from when until when, why, and whether by name."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="rounds")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="rounds")
    title = models.CharField(_("title"), max_length=120)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(_("audience"), max_length=12, choices=Audience.choices)
    schools = models.ManyToManyField(School, related_name="+", verbose_name=_("schools"))
    roles = models.JSONField(default=list)
    grades = models.JSONField(default=list)
    anonymous = models.BooleanField(_("anonymous"), default=True)
    opens = models.DateTimeField(_("opens"))
    closes = models.DateTimeField(_("closes"))
    purpose = models.CharField(_("purpose"), max_length=300)
    basis = models.CharField(_("legal basis"), max_length=300)
    contradiction = models.CharField(_("contradiction"), max_length=500, blank=True)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()

    class Meta:
        verbose_name = _("round of a questionnaire")
        verbose_name_plural = _("rounds of questionnaires")
        ordering = ["-opens", "-id"]
        indexes = [models.Index(fields=["audience", "opens", "closes"], name="questionnaires_round_open")]

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """One answer, kept against the version it was given on.

    The key is made by the browser, so that sending twice is sending once; being random, it tells nothing about the
    order of arrival. In an anonymous round there is no person, and ``sent`` is rounded to the day.
    """

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="answers")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    data = models.JSONField()
    school = models.ForeignKey(School, null=True, on_delete=models.CASCADE, related_name="+")
    grade = models.PositiveSmallIntegerField(null=True)
    seconds = models.PositiveIntegerField(null=True)
    sent = models.DateTimeField()
    on_paper = models.BooleanField(default=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("answer to a questionnaire")
        verbose_name_plural = _("answers to questionnaires")
        indexes = [models.Index(fields=["round", "school"], name="questionnaires_answer_school")]

    def __str__(self) -> str:
        return str(self.uid)


class Receipt(models.Model):
    """Who has answered, without any link to what: a random key, and the day only."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="receipts")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")
    school = models.ForeignKey(School, null=True, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()

    class Meta:
        verbose_name = _("receipt of an answer")
        verbose_name_plural = _("receipts of answers")
        constraints = [
            models.UniqueConstraint(
                fields=["round", "person"],
                condition=models.Q(person__isnull=False),
                name="questionnaires_once",
            ),
            models.UniqueConstraint(
                fields=["round", "school"], condition=models.Q(person=None), name="questionnaires_school_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)
