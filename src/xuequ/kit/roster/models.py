"""Tables: the mappings of headings that offices keep for the files they receive."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account


class MappingKind(models.TextChoices):
    """What a file with these headings holds."""

    SCHOOLS = "schools", _("schools")
    CLASSES = "classes", _("classes (of pupils)")
    PUPILS = "pupils", _("pupils")
    TEACHERS = "teachers", _("teachers")
    TEACHING = "teaching", _("who teaches what, row by row")
    GUARDIANS = "guardians", _("guardians")
    GRID = "grid", _("timetable: a column for each subject")
    SCORES = "scores", _("score book (for the import of results)")


class Mapping(Identified):
    """What the headings of a file mean, under a name. The shipped ones are code; a row here is an office's own copy.

    ``headings`` leads from a heading to a field (empty: left out). ``sheet`` is a word in the sheet's name, if any.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("holds"), max_length=12, choices=MappingKind.choices)
    headings = models.JSONField(_("headings"), default=dict)
    sheet = models.CharField(_("word in the sheet's name"), max_length=40, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    built_in = models.CharField(_("made from"), max_length=40, blank=True)
    unverified = models.BooleanField(_("not checked against an original file"), default=True)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    changed = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("mapping of headings")
        verbose_name_plural = _("mappings of headings")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_built_in(self) -> bool:
        """Whether the mapping is shipped and cannot be edited."""
        return self.pk is None
