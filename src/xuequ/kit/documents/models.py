"""Official documents: drafts in versions, and the numbers that they cite, each as it was counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School


class Document(Identified):
    """A reply in the making. Title and addressee are those of the newest version; no school: the district's."""

    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(_("title"), max_length=120)
    addressee = models.CharField(pgettext_lazy("addressee", "to"), max_length=120, blank=True)
    created = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("official document")
        verbose_name_plural = _("official documents")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(models.Model):
    """The text as it was saved once; a newer version never changes an older one.

    ``typed`` are the numbers that somebody wrote by hand and vouched for.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=120)
    addressee = models.CharField(pgettext_lazy("addressee", "to"), max_length=120, blank=True)
    body = models.TextField(pgettext_lazy("document", "text"))
    issuer = models.CharField(_("signed by"), max_length=120)
    dated = models.DateField(_("date of the document"))
    typed = models.JSONField(default=list)
    saved = models.DateTimeField()
    saved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="documents_version_once")]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class Citation(Identified):
    """A number that somebody quoted: what it means, how it was asked for, what came out and when. Never changed.

    In a document it stands at ``place`` (``[#place]`` in the text) until it is counted anew and ``replaced``.
    """

    document = models.ForeignKey(
        Document, null=True, blank=True, on_delete=models.CASCADE, related_name="citations"
    )
    place = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=80)
    title = models.CharField(_("name"), max_length=200)
    definition = models.TextField(pgettext_lazy("number", "definition"))
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    source = models.CharField(pgettext_lazy("number", "source"), max_length=300)
    parameters = models.JSONField(default=dict)
    day = models.DateField(_("as of"))
    value = models.FloatField()
    text = models.CharField(max_length=40)
    range = models.CharField(
        pgettext_lazy("of a number", "Range"), max_length=80, blank=True
    )  # as written; "" for what was counted
    lines = models.JSONField(
        default=list
    )  # [label, value or None] and a range if any, of the split, to be attached
    heading = models.CharField(max_length=60, blank=True)
    attached = models.BooleanField(_("with its table as an attachment"), default=False)
    counted_at = models.DateTimeField(_("counted"))
    counted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    replaced = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("quoted number")
        verbose_name_plural = _("quoted numbers")
        ordering = ["place", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "place"],
                condition=models.Q(replaced=None, document__isnull=False),
                name="documents_place_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.text}"
