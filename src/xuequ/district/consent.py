"""Consent where it is the basis, in versions of a text; and the ledger of erasures."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.people import Person


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
    ground = models.CharField(_("ground"), max_length=200, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.person_key)
