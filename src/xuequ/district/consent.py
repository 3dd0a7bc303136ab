"""Consent where it is the basis, in versions of a text; requests about one's data; rules; the ledger of erasures."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.people import Person


class Speaker(models.TextChoices):
    """Who said it."""

    GUARDIAN = "guardian", _("guardian")
    SELF = "self", _("the pupil")


class RequestKind(models.TextChoices):
    """What somebody may ask about their data (Personal Information Protection Law, articles 44 to 47)."""

    ACCESS = "access", _("a copy of the data")
    CORRECTION = "correction", _("a correction")
    ERASURE = "erasure", _("erasure")
    OBJECTION = "objection", _("an objection to a use")


class RequestState(models.TextChoices):
    """Where a request stands."""

    OPEN = "open", pgettext_lazy("state of a request", "waiting for an answer")
    POSTPONED = "postponed", pgettext_lazy("state of a request", "postponed")
    DONE = "done", pgettext_lazy("state of a request", "done")
    REFUSED = "refused", pgettext_lazy("state of a request", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("state of a request", "withdrawn")


UNSETTLED = (RequestState.OPEN, RequestState.POSTPONED)


class ErasureGround(models.TextChoices):
    """Why a person was erased."""

    REQUEST = "request", _("asked for by the person or a guardian")
    RETENTION = "retention", _("the time of keeping is over")
    MISTAKE = "mistake", _("entered by mistake")


class ConsentText(Identified):
    """A version of what guardians are asked for one use of data; a published version is never changed."""

    use = models.CharField(_("use"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    text = models.TextField(_("text"))
    text_en = models.TextField(_("English text"), blank=True)
    published = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("text of a consent")
        verbose_name_plural = _("texts of consents")
        ordering = ["use", "-version"]
        constraints = [models.UniqueConstraint(fields=["use", "version"], name="district_consent_version")]

    def __str__(self) -> str:
        return f"{self.use} {self.version}"


class Consent(Identified):
    """What a guardian said for a child about one version, granted or refused. Rows are only added."""

    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    guardian = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    speaker = models.CharField(_("said by"), max_length=8, choices=Speaker.choices, default=Speaker.GUARDIAN)
    granted = models.BooleanField(_("granted"))
    said = models.DateTimeField(_("said on"))
    on_paper = models.BooleanField(_("on paper"), default=False)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-id"]
        indexes = [models.Index(fields=["person", "text"], name="district_consent_person")]

    def __str__(self) -> str:
        return f"{self.text_id} {self.person_id} {self.granted}"


class Erasure(models.Model):
    """The ledger of erasures: which keys were erased when, so that a restored backup forgets them again."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person_key = models.UUIDField(db_index=True)
    at = models.DateTimeField()
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(_("ground"), max_length=200, choices=ErasureGround.choices, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.person_key)


class RuleVersion(models.Model):
    """A value of a declared rule from a day on: the newest that has begun is in force. Rows are only added."""

    code = models.CharField(max_length=40, db_index=True)
    value = models.PositiveSmallIntegerField(_("value"))
    verified = models.BooleanField(_("checked against the law"), default=False)
    source = models.CharField(_("source"), max_length=200, blank=True)
    reason = models.CharField(_("reason of the change"), max_length=200)
    since = models.DateField(_("in force from"))
    at = models.DateTimeField()
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("version of a rule")
        verbose_name_plural = _("versions of rules")
        ordering = ["code", "since", "id"]

    def __str__(self) -> str:
        return f"{self.code} {self.since} {self.value}"


class RightsRequest(Identified):
    """What a person, or a guardian for a child, asks about the person's data; answered within the rule's days."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="rights_requests")
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    school = models.ForeignKey("district.School", null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(_("asked for"), max_length=12, choices=RequestKind.choices)
    text = models.TextField(_("in your own words"), max_length=1000, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=RequestState.choices, default=RequestState.OPEN
    )
    asked = models.DateTimeField(_("received"))
    due = models.DateField(_("to be answered by"))
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    closed = models.DateTimeField(null=True, blank=True)
    # Written down by somebody of the school or the district for a person who came in, telephoned or wrote a letter.
    received_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    handled_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "due"], name="district_request_state")]

    def __str__(self) -> str:
        return str(self.uid)

    @property
    def is_open(self) -> bool:
        """Whether an answer is still owed."""
        return self.state in UNSETTLED


class RightsStep(models.Model):
    """One step in the history of a request."""

    request = models.ForeignKey(RightsRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=RequestState.choices)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("step of a request")
        verbose_name_plural = _("steps of requests")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"
