"""Teacher-level values: when the bureau unlocked them and on what ground, who taught whom, and what was found.

While nothing is unlocked these tables are empty but for the history of unlocking.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import SchoolClass, Subject, Teacher
from xuequ.record.models import Run
from xuequ.systems.growth.choices import TeacherReason


class TeacherUnlock(Identified):
    """One time during which teacher-level values are computed: on the stated ground, until (not including) ``ends``."""

    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    opened = models.DateTimeField()
    basis = models.TextField(_("legal basis"))
    ends = models.DateField(_("until"))
    closed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    closed = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("unlocking of teacher-level values")
        verbose_name_plural = _("unlockings of teacher-level values")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.opened:%Y-%m-%d} {self.ends}"


class TaughtClass(Identified):
    """Who taught which class a subject during the time that an evaluation spans, and for how much of it.

    ``on_record`` is the share that the timetable gives, ``share`` what the teacher says. A row counts when the teacher
    confirmed it and the school agreed.
    """

    evaluation = models.ForeignKey("growth.Evaluation", on_delete=models.CASCADE, related_name="taught")
    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    on_record = models.FloatField(_("share on record"))
    share = models.FloatField(_("share"))
    confirmed = models.DateTimeField(null=True, blank=True)
    agreed = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("class taught")
        verbose_name_plural = _("classes taught")
        ordering = ["evaluation", "school_class", "subject", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "teacher", "school_class", "subject"], name="growth_one_row_taught"
            ),
            models.CheckConstraint(
                condition=models.Q(share__gte=0, share__lte=1), name="growth_share_of_teaching"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.teacher_id} {self.school_class_id} {self.subject_id}"


class TeacherGrowth(Identified):
    """What one teacher's pupils gained beyond the own school's average, in SD; without a value, ``code`` says why.

    ``notified`` is since when the teacher's home page tells of it, ``shown_to_others_from`` the first day on which the
    own head may read it (None until the teacher has been here), ``first_opened`` when the teacher read it.
    """

    teacher = models.OneToOneField(Teacher, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    periods = models.JSONField(default=list)
    years = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()
    value = models.FloatField(null=True)
    se = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    code = models.CharField(max_length=16, choices=TeacherReason.choices, blank=True)
    notified = models.DateTimeField(null=True, blank=True)
    shown_to_others_from = models.DateField(null=True, blank=True)
    first_opened = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("growth with a teacher")
        verbose_name_plural = _("growth with teachers")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.uid)
