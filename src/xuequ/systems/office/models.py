"""What the data office itself keeps: what schools' ledgers say of each month."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.district.models import School, SchoolClass
from xuequ.record.models import ImportBatch


class LedgerMonth(models.Model):
    """Attendance and borrowing in one month: of a class, or of a school that keeps its ledger as a whole.

    ``pupils`` are those on the roster at the month's end. No row is about a single pupil.
    """

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    month = models.DateField(_("first day of the month"))
    pupils = models.PositiveIntegerField(_("pupils"))
    days = models.PositiveSmallIntegerField(_("days of school"), null=True, blank=True)
    attendance = models.FloatField(_("attendance rate"), null=True, blank=True)
    books = models.PositiveIntegerField(_("books borrowed"), null=True, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("month of a ledger")
        verbose_name_plural = _("months of ledgers")
        ordering = ["month", "school", "school_class"]
        constraints = [
            models.UniqueConstraint(
                fields=["school_class", "month"],
                condition=models.Q(school_class__isnull=False),
                name="office_ledger_class_month",
            ),
            models.UniqueConstraint(
                fields=["school", "month"],
                condition=models.Q(school_class=None),
                name="office_ledger_school_month",
            ),
            models.CheckConstraint(
                condition=models.Q(attendance=None) | models.Q(attendance__range=(0, 1)),
                name="office_ledger_attendance_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.school_class_id or ''} {self.month:%Y-%m}"
