"""The journal of large writes to the district (roster imports, rollovers), from which they are undone."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.district.people import Person


class Change(models.Model):
    """One step of a large write: rows of ``table`` that were added, or one row as it was and as it became.

    ``operation`` is the uid of the import or rollover. Rows that were added stand as ``keys`` (primary keys, some
    thousand to a row). Values that are sealed stay sealed; ``person`` makes an erasure take the step with it.
    """

    operation = models.UUIDField(db_index=True)
    table = models.CharField(max_length=64)
    keys = models.JSONField(default=list)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("step of a large write")
        verbose_name_plural = _("steps of large writes")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.operation} {self.table} {self.id}"
