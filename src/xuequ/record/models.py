"""Assessments and results, factors, imports, runs, indicators."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import Dated, Pupil, School, SchoolClass, SchoolYear, Study, Subject, Term
from xuequ.record.choices import (
    Basis,
    BatchState,
    EvidenceKind,
    FactorAudience,
    Form,
    IndicatorAudience,
    ResultStatus,
    RunState,
)


class ImportBatch(Identified):
    """One file brought in: checked first, stored in one transaction, undone as a whole.

    The file, the problems, questions and examples may show names, so they are kept only until it is decided
    whether the import is stored.
    """

    kind = models.CharField(max_length=32)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    stored_file = models.CharField(max_length=300, blank=True)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=BatchState.choices, default=BatchState.UPLOADED)
    summary = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    questions = models.JSONField(default=list)
    examples = models.JSONField(default=dict)
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports")
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()
    stored = models.DateTimeField(null=True, blank=True)
    undone = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class Assessment(Identified):
    """One test or grading of one subject (or a total) for one grade, with the ground on which it was held.

    ``scale`` names a linked scale: only assessments that share a non-empty scale, or whose basis is common to all
    schools, may be compared between schools. ``school`` is set for school-made tests.
    """

    name = models.CharField(_("name"), max_length=120)
    basis = models.CharField(_("basis"), max_length=24, choices=Basis.choices)
    form = models.CharField(_("form of the results"), max_length=8, choices=Form.choices, default=Form.SCORE)
    subject = models.ForeignKey(Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    term = models.ForeignKey(
        Term, null=True, blank=True, on_delete=models.PROTECT, related_name="assessments"
    )
    grade = models.PositiveSmallIntegerField(_("grade"), null=True, blank=True)
    held_on = models.DateField(_("held on"), null=True, blank=True)
    full_mark = models.FloatField(_("full mark"), null=True, blank=True)
    levels = models.JSONField(_("levels, best first"), default=list, blank=True)
    scale = models.CharField(_("linked scale"), max_length=40, blank=True)
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.CASCADE, related_name="own_assessments"
    )
    study = models.ForeignKey(
        Study, null=True, blank=True, on_delete=models.CASCADE, related_name="assessments"
    )

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-held_on", "name"]

    def __str__(self) -> str:
        return self.name


class Paper(models.Model):
    """The items of an assessment as its table of specifications says (``record.papers``); corrected by newer rows."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="papers")
    items = models.JSONField(default=list)
    lessons = models.JSONField(default=dict)
    is_current = models.BooleanField(default=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="papers")
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.RESTRICT, related_name="corrected_by"
    )

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment"], condition=models.Q(is_current=True), name="record_one_current_paper"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {len(self.items)}"


class Result(models.Model):
    """What one pupil got in one assessment; a correction is a newer row, and only one row is current.

    ``item_scores`` and ``item_options`` hold the marks by item in the order of ``paper`` (``record.papers``).
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="results")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="results")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    status = models.CharField(max_length=12, choices=ResultStatus.choices, default=ResultStatus.SCORED)
    score = models.FloatField(null=True)
    level = models.CharField(max_length=20, blank=True)
    raw_text = models.CharField(max_length=40, blank=True)
    paper = models.ForeignKey(Paper, null=True, blank=True, on_delete=models.RESTRICT, related_name="results")
    item_scores = models.TextField(blank=True, default="", db_default="")
    item_options = models.TextField(blank=True, default="", db_default="")
    is_current = models.BooleanField(default=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="results")
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    # Results that were typed in, not brought in with a file, say who typed them and when.
    entered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("result")
        verbose_name_plural = _("results")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "pupil"],
                condition=models.Q(is_current=True),
                name="record_one_current_result",
            ),
        ]
        indexes = [models.Index(fields=["pupil", "is_current"], name="record_result_pupil")]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.pupil_id}"


class TaughtPoints(models.Model):
    """Which knowledge points of a paper a class had been taught, as its teacher reported; the newest row is current.

    It explains results, and judges nobody: no figure about a teacher is made from it.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="taught")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+")
    points = models.JSONField(default=list)
    is_current = models.BooleanField(default=True)
    entered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("report of points taught")
        verbose_name_plural = _("reports of points taught")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "school_class"],
                condition=models.Q(is_current=True),
                name="record_one_current_taught",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.school_class_id}"


class HeadingAlias(models.Model):
    """What a column heading means, as somebody explained it on an import page; the next import knows it."""

    heading = models.CharField(_("heading"), max_length=60, unique=True)
    use = models.CharField(_("use"), max_length=12)
    subject = models.CharField(_("subject"), max_length=32, blank=True)

    class Meta:
        verbose_name = _("remembered heading")
        verbose_name_plural = _("remembered headings")
        ordering = ["heading"]

    def __str__(self) -> str:
        return self.heading


class FactorKind(models.Model):
    """A kind of fact that models may use, with its basis and who may use it."""

    code = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60)
    basis = models.CharField(_("legal basis"), max_length=200, blank=True)
    audience = models.CharField(
        max_length=12, choices=FactorAudience.choices, default=FactorAudience.ANALYSTS
    )
    is_numeric = models.BooleanField(default=False)
    study = models.ForeignKey(
        Study, null=True, blank=True, on_delete=models.CASCADE, related_name="factor_kinds"
    )

    class Meta:
        verbose_name = _("kind of factor")
        verbose_name_plural = _("kinds of factors")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=models.Q(study=None), name="record_factor_code"
            ),
            models.UniqueConstraint(fields=["study", "code"], name="record_study_factor_code"),
        ]

    def __str__(self) -> str:
        from django.utils.translation import get_language

        return self.name if (get_language() or "").startswith("zh") else self.name_en


class Factor(Dated):
    """A dated fact about a pupil or a school."""

    kind = models.ForeignKey(FactorKind, on_delete=models.CASCADE, related_name="factors")
    pupil = models.ForeignKey(Pupil, null=True, blank=True, on_delete=models.CASCADE, related_name="factors")
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.CASCADE, related_name="factors"
    )
    text = models.CharField(max_length=60, blank=True)
    number = models.FloatField(null=True, blank=True)
    batch = models.ForeignKey(ImportBatch, null=True, on_delete=models.PROTECT, related_name="factors")

    class Meta:
        verbose_name = _("factor")
        verbose_name_plural = _("factors")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pupil=None, school__isnull=False)
                | models.Q(pupil__isnull=False, school=None),
                name="record_factor_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.pupil_id or self.school_id}"


class Run(Identified):
    """One computation: what went in (hash and snapshot), how (canonical parameters, engine version, seed), by whom."""

    system = models.CharField(max_length=32)
    kind = models.CharField(max_length=40)
    title = models.CharField(_("title"), max_length=160)
    engine_version = models.CharField(max_length=32)
    parameters = models.JSONField(default=dict)
    seed = models.BigIntegerField(default=0)
    inputs_sha256 = models.CharField(max_length=64, blank=True)
    snapshot = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.WAITING)
    refusal = models.TextField(blank=True)
    actor = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()
    finished = models.DateTimeField(null=True, blank=True)
    supersedes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    study = models.ForeignKey(Study, null=True, blank=True, on_delete=models.CASCADE, related_name="runs")
    year = models.ForeignKey(SchoolYear, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    task_uid = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["system", "kind", "state"], name="record_run_kind")]

    def __str__(self) -> str:
        return self.title


class Indicator(models.Model):
    """A published number about a school, class or the district: superseded, never edited."""

    code = models.CharField(max_length=64, db_index=True)
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.CASCADE, related_name="indicators"
    )
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    period = models.CharField(max_length=16)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField(null=True)
    audience = models.CharField(
        max_length=8, choices=IndicatorAudience.choices, default=IndicatorAudience.BUREAU
    )
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="indicators")
    published = models.DateTimeField()
    superseded = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        indexes = [
            models.Index(
                fields=["code", "period"], name="record_indicator_now", condition=models.Q(superseded=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.period}"


class Evidence(Identified):
    """A paper, picture, address or note that backs a claim; withdrawn, never altered or deleted.

    Systems point to it and decide who may open it. ``sha256`` is that of the stored bytes, so that a file handed in
    twice, or changed on the disk, is seen.
    """

    system = models.CharField(max_length=32)
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.CASCADE, related_name="evidence"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=EvidenceKind.choices)
    title = models.CharField(_("title"), max_length=160)
    note = models.TextField(_("note"), blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    stored_file = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    size = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    uploaded = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(_("why it was withdrawn"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("piece of evidence")
        verbose_name_plural = _("evidence")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title
