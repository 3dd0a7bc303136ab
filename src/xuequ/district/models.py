"""Who is who: schools, years, classes, people, dated enrolments and assignments, roles on places."""

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.changes import Change
from xuequ.district.choices import EmploymentEnd, EnrolmentEnd, Relation, Role, Sector, Stage, YearSystem
from xuequ.district.consent import Consent, ConsentText, Erasure, RightsRequest, RightsStep, RuleVersion
from xuequ.district.managers import PupilQuerySet, SchoolClassQuerySet, SchoolQuerySet
from xuequ.district.people import Identity, Person

__all__ = [
    "Area", "Change", "ClassTeaching", "Consent", "ConsentText", "Dated", "District", "Employment",
    "Enrolment", "Erasure", "Guardianship", "Identity", "Person", "Pupil", "RightsRequest", "RightsStep",
    "RoleAssignment", "RuleVersion", "School", "SchoolClass", "SchoolGroup", "SchoolYear", "Study", "Subject",
    "Teacher", "TeachingAssignment", "Term",
]  # fmt: skip


class Dated(models.Model):
    """Something true from ``start`` until (not including) ``end``; an open end is None."""

    start = models.DateField(_("from"))
    end = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        abstract = True

    @staticmethod
    def at(date: dt.date, prefix: str = "") -> models.Q:
        """Return the condition "true on ``date``", for a related path when ``prefix`` is given."""
        return models.Q(**{f"{prefix}start__lte": date}) & (
            models.Q(**{f"{prefix}end": None}) | models.Q(**{f"{prefix}end__gt": date})
        )


class District(Identified):
    """The district this instance serves; there is one."""

    name = models.CharField(_("name"), max_length=64)
    code = models.CharField(_("administrative code"), max_length=12, blank=True)
    bureau = models.CharField(_("education bureau"), max_length=64, blank=True)
    college = models.CharField(_("teacher-training college"), max_length=64, blank=True)
    # What the district's schools teach, and how the nine years are split unless a school says otherwise.
    stages = models.JSONField(_("stages"), default=list, blank=True)
    year_system = models.CharField(
        _("year system"), max_length=4, choices=YearSystem.choices, default=YearSystem.SIX_THREE
    )

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")

    def __str__(self) -> str:
        return self.name


class Area(Identified):
    """片区: a group of neighbouring schools."""

    name = models.CharField(_("name"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("area")
        verbose_name_plural = _("areas")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Study(Identified):
    """An external study: published or borrowed data whose schools and pupils stay apart from the district's own."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    source = models.CharField(_("source and licence"), max_length=300, blank=True)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("external study")
        verbose_name_plural = _("external studies")

    def __str__(self) -> str:
        return self.name


class SchoolGroup(Identified):
    """教育集团: schools led by one of them; each stays a school of its own."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    leader = models.ForeignKey(
        "School",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
        verbose_name=_("led by"),
    )

    class Meta:
        verbose_name = _("school group")
        verbose_name_plural = _("school groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class School(Identified):
    """A school; ``study`` is empty for the district's own schools."""

    sourced_id = models.CharField(max_length=64, blank=True)
    code = models.CharField(_("school code"), max_length=32, help_text=_("学校标识码, ten digits"))
    name = models.CharField(_("name"), max_length=100)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage.choices)
    sector = models.CharField(_("sector"), max_length=8, choices=Sector.choices, default=Sector.PUBLIC)
    year_system = models.CharField(
        _("year system"), max_length=4, choices=YearSystem.choices, default=YearSystem.SIX_THREE
    )
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="schools")
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="schools")
    # 校区: a place of a school that keeps its own classes; whoever heads the main school heads it too.
    campus_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campuses",
        verbose_name=_("campus of"),
    )
    group = models.ForeignKey(
        SchoolGroup,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="schools",
        verbose_name=_("school group"),
    )
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    # Where the gate stands (WGS 84): what distances and maps of the district are made from.
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(study=None), name="district_school_code"
            ),
            models.UniqueConstraint(fields=["study", "code"], name="district_study_school_code"),
        ]

    def __str__(self) -> str:
        label = self.short_name or self.name
        # A study's file may know its schools by a number only, which would read like a count in a sentence.
        return _("school %(number)s") % {"number": label} if self.study_id and label.isdecimal() else label


class SchoolYear(models.Model):
    """A school year, code ``2025-2026``; half-open dates."""

    code = models.CharField(_("school year"), max_length=9, unique=True)
    start = models.DateField()
    end = models.DateField()

    class Meta:
        verbose_name = _("school year")
        verbose_name_plural = _("school years")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code.replace('-', '—')}学年"

    @property
    def first_year(self) -> int:
        """The calendar year in which the school year begins."""
        return int(self.code[:4])


class Term(models.Model):
    """A term, code ``2025-2026-1``; half-open dates."""

    code = models.CharField(_("term"), max_length=11, unique=True)
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="terms")
    start = models.DateField()
    end = models.DateField()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Subject(models.Model):
    """A school subject; ``code`` is stable (``chinese``, ``mathematics``), the name is for people."""

    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=32)
    name_en = models.CharField(_("English name"), max_length=32)
    order = models.PositiveSmallIntegerField(default=100)

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.name if (get_language() or "").startswith("zh") else self.name_en


class SchoolClass(Identified):
    """A class of one entry cohort: its grade follows from the year, so that nothing is rewritten in August."""

    sourced_id = models.CharField(max_length=64, blank=True)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="classes")
    entry_year = models.PositiveSmallIntegerField(_("entry year"))
    entry_grade = models.PositiveSmallIntegerField(_("entry grade"), default=1)
    number = models.PositiveSmallIntegerField(_("class number"))
    label = models.CharField(_("own name"), max_length=40, blank=True)

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("group of pupils", "class")
        verbose_name_plural = pgettext_lazy("groups of pupils", "classes")
        ordering = ["school", "-entry_year", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "entry_year", "entry_grade", "number"], name="district_class_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.label or _("entry %(year)s class %(number)s") % {
            "year": self.entry_year,
            "number": self.number,
        }

    def grade_in(self, first_year: int) -> int:
        """Return the grade (1 to 12) in the school year that begins in ``first_year``."""
        return self.entry_grade + first_year - self.entry_year


class Pupil(Identified):
    """A pupil of the district or of an external study."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="pupil")
    sourced_id = models.CharField(max_length=64, blank=True)
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="pupils")

    objects = PupilQuerySet.as_manager()

    class Meta:
        verbose_name = _("pupil")
        verbose_name_plural = _("pupils")

    def __str__(self) -> str:
        return str(self.uid)


class Enrolment(Dated):
    """A pupil in a school (and class) for a time; history is never rewritten."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="enrolments")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="enrolments")
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE, related_name="enrolments"
    )
    ended = models.CharField(_("reason of the end"), max_length=16, choices=EnrolmentEnd.choices, blank=True)

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        indexes = [
            models.Index(fields=["school", "start", "end"], name="district_enrolment_school"),
            models.Index(fields=["school_class", "start", "end"], name="district_enrolment_class"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end=None) | models.Q(end__gt=models.F("start")),
                name="district_enrolment_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil_id} {self.school_id} {self.start}"


class Teacher(Identified):
    """A teacher; ``school`` is where the teacher works now, ``employments`` tell the way there."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="teacher")
    sourced_id = models.CharField(max_length=64, blank=True)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="teachers")

    class Meta:
        verbose_name = _("teacher")
        verbose_name_plural = _("teachers")

    def __str__(self) -> str:
        return str(self.uid)


class Employment(Dated):
    """A teacher's time at a school; history is never rewritten."""

    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="employments")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="employments")
    ended = models.CharField(_("reason of the end"), max_length=16, choices=EmploymentEnd.choices, blank=True)

    class Meta:
        verbose_name = _("employment")
        verbose_name_plural = _("employments")
        indexes = [models.Index(fields=["school", "start", "end"], name="district_employment_school")]

    def __str__(self) -> str:
        return f"{self.teacher_id} {self.school_id} {self.start}"


class ClassTeaching(Dated):
    """班主任: which teacher has charge of which class, and when. The account's role follows from it."""

    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="classes_in_charge")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="class_teachers")

    class Meta:
        verbose_name = _("charge of a class")
        verbose_name_plural = _("charges of classes")

    def __str__(self) -> str:
        return f"{self.teacher_id} {self.school_class_id}"


class TeachingAssignment(Dated):
    """Who teaches which subject to which class, and when."""

    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="assignments")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="teaching")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("teaching assignment")
        verbose_name_plural = _("teaching assignments")

    def __str__(self) -> str:
        return f"{self.teacher_id} {self.school_class_id} {self.subject_id}"


class Guardianship(Dated):
    """Who is guardian of which pupil."""

    guardian = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="wards")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="guardians")
    relation = models.CharField(_("relation"), max_length=8, choices=Relation.choices)

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")

    def __str__(self) -> str:
        return f"{self.guardian_id} {self.pupil_id}"


class RoleAssignment(Dated, Identified):
    """A role of an account on a place. No place named means the whole district.

    ``entry_year`` with a school is a grade (its cohort), ``subject`` narrows researchers and subject heads.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    entry_year = models.PositiveSmallIntegerField(_("entry year"), null=True, blank=True)
    subject = models.ForeignKey(Subject, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # 代办、委托: a role lent for a time by whoever holds it; it is void from the day on which the lender's own ends.
    lent_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="lent_to",
        verbose_name=_("on behalf of"),
    )
    granted_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("given by")
    )

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        indexes = [models.Index(fields=["account", "start", "end"], name="district_role_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.role}"
