"""Closed lists of the record."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Basis(models.TextChoices):
    """On what ground an assessment was held; it decides what may be computed from it (facts of the exam rules)."""

    SCHOOL_FINAL = "school_final", _("school's end-of-term exam")
    SCHOOL_MIDTERM = "school_midterm", _("school's mid-term exam")
    SAMPLED_MONITORING = "sampled_monitoring", _("sampled monitoring")
    STATE_MONITORING = "state_monitoring", _("national or provincial monitoring")
    GRADUATION = "graduation", _("junior graduation examination (zhongkao)")
    EXTERNAL_STUDY = "external_study", _("external study")


class Form(models.TextChoices):
    """In what form results are given."""

    SCORE = "score", _("score")
    LEVEL = "level", _("level")


class ResultStatus(models.TextChoices):
    """What became of a pupil's result."""

    SCORED = "scored", _("scored")
    ABSENT = "absent", _("absent")
    EXEMPT = "exempt", _("exempt")
    CANCELLED = "cancelled", _("cancelled")


class BatchState(models.TextChoices):
    """Where an import stands."""

    UPLOADED = "uploaded", _("columns to be named")
    CHECKED = "checked", _("checked, not stored")
    STORED = "stored", _("stored")
    UNDONE = "undone", _("undone")


class RunState(models.TextChoices):
    """Where a run stands."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


class FactorAudience(models.TextChoices):
    """Who may use a factor."""

    ANALYSTS = "analysts", _("district analysts")
    SCHOOL = "school", _("district analysts and the school")
    EVERYONE = "everyone", _("everyone concerned")


class IndicatorAudience(models.TextChoices):
    """Who may read an indicator."""

    BUREAU = "bureau", _("bureau")
    SCHOOL = "school", _("bureau and the school concerned")
    PUBLIC = "public", _("public")


class EvidenceKind(models.TextChoices):
    """In what form a piece of evidence was handed in."""

    FILE = "file", _("file")
    PICTURE = "picture", _("picture")
    LINK = "link", _("address")
    NOTE = "note", _("note")
