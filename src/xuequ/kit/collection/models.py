"""Tables: 收数: an upper unit's Excel, split by school, filled in, merged back."""

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School
from xuequ.kit.collection.choices import CollectionState, SheetState
from xuequ.kit.collection.content import Content
from xuequ.kit.collection.layout import Layout


class Collection(Identified):
    """One request of an upper unit. The original file stays byte for byte; ``workbook`` is what answers go into."""

    title = models.CharField(_("title"), max_length=160)
    asked_by = models.CharField(_("asked by"), max_length=100, blank=True)
    basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    purpose = models.CharField(_("what it is for"), max_length=300, blank=True)
    contact = models.CharField(_("whom to ask"), max_length=100, blank=True)
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    keep_until = models.DateField(_("answers kept until"), null=True, blank=True)
    head_confirms = models.BooleanField(_("the head of school confirms"), default=False)
    state = models.CharField(max_length=12, choices=CollectionState.choices, default=CollectionState.DRAFT)
    file_name = models.CharField(max_length=200)
    original = models.CharField(max_length=300)
    workbook = models.CharField(max_length=300)
    file_sha256 = models.CharField(max_length=64)
    remarks = models.JSONField(default=list)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()
    sent = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    destroyed = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("of figures", "collection")
        verbose_name_plural = pgettext_lazy("of figures", "collections")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    @cached_property
    def version(self) -> "LayoutVersion":
        """The layout in force; one query."""
        return self.versions.latest("number")

    @property
    def layout(self) -> Layout:
        """What is asked now, and where."""
        return self.version.layout


class LayoutVersion(models.Model):
    """A layout as schools saw it from some moment on; ``changes`` names what became different."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    changes = models.JSONField(default=dict)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()

    class Meta:
        verbose_name = _("layout of a collection")
        verbose_name_plural = _("layouts of collections")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["collection", "number"], name="collection_version")]

    def __str__(self) -> str:
        return f"{self.collection_id} {self.number}"

    @cached_property
    def layout(self) -> Layout:
        """The layout itself."""
        return Layout.from_json(self.content)


class SchoolSheet(Identified):
    """One school's answer: its state, and what it holds, sealed since it may name people.

    ``revision`` counts the writes, so that two people filling it in at once do not overwrite each other.
    """

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="sheets")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=SheetState.choices, default=SheetState.TO_DO)
    sealed = models.BinaryField()
    revision = models.PositiveIntegerField(default=1)
    version = models.PositiveSmallIntegerField(default=1)
    begun = models.BooleanField(default=False)
    contested = models.PositiveSmallIntegerField(default=0)
    asked_cells = models.PositiveIntegerField(default=0)
    known_cells = models.PositiveIntegerField(default=0)
    reason = models.CharField(_("reason of the return"), max_length=500, blank=True)
    submitted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    submitted = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    accepted = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("answer of a school")
        verbose_name_plural = _("answers of schools")
        ordering = ["school__code"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "school"], name="collection_one_sheet"),
        ]

    def __str__(self) -> str:
        return f"{self.collection_id} {self.school_id}"

    @cached_property
    def content(self) -> Content:
        """What the answer holds, unsealed; empty once it was destroyed."""
        return Content.unsealed(bytes(self.sealed)) if self.sealed else Content()
