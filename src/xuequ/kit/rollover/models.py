"""The move into a school year: the district's, each school's, and what a school decided for it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import Pupil, School, SchoolClass, SchoolYear, Subject, Teacher
from xuequ.kit.rollover.choices import Listing, Method, RolloverState, SchoolState, Wish


class Rollover(Identified):
    """The move of all schools into one school year; it takes effect on the first day of that year."""

    year = models.OneToOneField(SchoolYear, on_delete=models.PROTECT, related_name="rollover")
    effective = models.DateField(_("takes effect on"))
    state = models.CharField(max_length=12, choices=RolloverState.choices, default=RolloverState.PREPARING)
    # The journal of what belongs to no single school: accounts closed at the end.
    operation = models.UUIDField(null=True, blank=True)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()

    class Meta:
        verbose_name = _("rollover")
        verbose_name_plural = _("rollovers")
        ordering = ["-year__code"]

    def __str__(self) -> str:
        return str(self.year)


class SchoolRollover(Identified):
    """One school's move: what it decided, what the last preview found, and the journal's operation once done."""

    rollover = models.ForeignKey(Rollover, on_delete=models.CASCADE, related_name="schools")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="rollovers")
    state = models.CharField(max_length=8, choices=SchoolState.choices, default=SchoolState.OPEN)
    settings = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    remarks = models.JSONField(default=list)
    planned = models.DateTimeField(null=True, blank=True)
    done = models.DateTimeField(null=True, blank=True)
    operation = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("rollover of a school")
        verbose_name_plural = _("rollovers of schools")
        ordering = ["school__code"]
        constraints = [
            models.UniqueConstraint(fields=["rollover", "school"], name="rollover_once_a_school"),
        ]

    def __str__(self) -> str:
        return f"{self.rollover_id} {self.school_id}"


class ListedPupil(models.Model):
    """A pupil whom the school listed as not moving up with the class."""

    school_rollover = models.ForeignKey(SchoolRollover, on_delete=models.CASCADE, related_name="listed")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Listing.choices)
    target = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("listed pupil")
        verbose_name_plural = _("listed pupils")
        constraints = [
            models.UniqueConstraint(fields=["school_rollover", "pupil"], name="rollover_listed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pupil_id} {self.kind}"


class PlacingWish(models.Model):
    """A mark that pupils of a grade share who shall be in one class, or in different ones."""

    school_rollover = models.ForeignKey(SchoolRollover, on_delete=models.CASCADE, related_name="wishes")
    grade = models.PositiveSmallIntegerField()
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Wish.choices)
    mark = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("wish for a placing")
        verbose_name_plural = _("wishes for placings")

    def __str__(self) -> str:
        return f"{self.pupil_id} {self.kind} {self.mark}"


class Placing(models.Model):
    """How the pupils of a grade are placed in classes: a draft until somebody confirms it."""

    school_rollover = models.ForeignKey(SchoolRollover, on_delete=models.CASCADE, related_name="placings")
    grade = models.PositiveSmallIntegerField(_("grade"))
    method = models.CharField(max_length=8, choices=Method.choices)
    seed = models.PositiveIntegerField(_("number of the lot"), default=0)
    by_band = models.BooleanField(default=False)
    confirmed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("placing in classes")
        verbose_name_plural = _("placings in classes")
        constraints = [
            models.UniqueConstraint(fields=["school_rollover", "grade"], name="rollover_placed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.school_rollover_id} {self.grade}"


class PlacedPupil(models.Model):
    """The number of the class in which a pupil was placed."""

    placing = models.ForeignKey(Placing, on_delete=models.CASCADE, related_name="pupils")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField(_("class number"))

    class Meta:
        verbose_name = _("placed pupil")
        verbose_name_plural = _("placed pupils")
        constraints = [
            models.UniqueConstraint(fields=["placing", "pupil"], name="rollover_pupil_placed_once")
        ]

    def __str__(self) -> str:
        return f"{self.pupil_id} {self.number}"


class StaffChoice(models.Model):
    """Who shall have charge of a class (no subject) or teach it a subject, where the school decided; None is nobody."""

    school_rollover = models.ForeignKey(SchoolRollover, on_delete=models.CASCADE, related_name="staff")
    entry_year = models.PositiveSmallIntegerField()
    entry_grade = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    subject = models.ForeignKey(Subject, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    teacher = models.ForeignKey(Teacher, null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("choice of a teacher")
        verbose_name_plural = _("choices of teachers")

    def __str__(self) -> str:
        return f"{self.entry_year} {self.number} {self.subject_id} {self.teacher_id}"
