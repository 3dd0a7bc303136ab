"""Closed lists of the district."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """What a school teaches."""

    PRIMARY = "primary", _("primary school")
    JUNIOR = "junior", _("junior middle school")
    NINE_YEAR = "nine_year", _("nine-year school")
    SENIOR = "senior", _("senior middle school")
    COMPLETE = "complete", _("complete middle school")


class Sector(models.TextChoices):
    """Who runs a school."""

    PUBLIC = "public", _("public")
    PRIVATE = "private", _("private")


class YearSystem(models.TextChoices):
    """How the nine compulsory years are split."""

    SIX_THREE = "6-3", _("six and three years")
    FIVE_FOUR = "5-4", _("five and four years")


class Role(models.TextChoices):
    """What somebody does on a place; the place says where."""

    BUREAU_LEADER = "bureau_leader", _("bureau leader")
    DISTRICT_OFFICER = "district_officer", _("district officer")
    RESEARCHER = "researcher", _("researcher")
    HEAD = "head", _("head of school")
    SCHOOL_ADMINISTRATOR = "school_administrator", _("school administrator")
    MORAL_EDUCATION = "moral_education", _("moral-education office")
    YEAR_HEAD = "year_head", _("year head")
    SUBJECT_HEAD = "subject_head", _("subject head")
    CLASS_TEACHER = "class_teacher", _("class teacher")
    TEACHER = "teacher", _("teacher")
    DATA_OFFICER = "data_officer", _("school data officer")
    FINANCE = "finance", _("finance officer")
    SUPERVISOR = "supervisor", _("supervisor")
    EXPERT = "expert", _("expert")
    OUTSIDE_INSTRUCTOR = "outside_instructor", _("outside instructor")
    PUPIL = "pupil", _("pupil")
    GUARDIAN = "guardian", _("guardian")
    SYSTEM_ADMINISTRATOR = "system_administrator", _("system administrator")


class EnrolmentEnd(models.TextChoices):
    """Why an enrolment ended."""

    MOVED_UP = "moved_up", _("moved up")
    CLASS_CHANGE = "class_change", _("placed in another class")
    TRANSFER = "transfer", _("transferred")
    GRADUATED = "graduated", _("graduated")
    REPEATING = "repeating", _("repeats the year")
    LEFT = "left", _("left the district")


class EmploymentEnd(models.TextChoices):
    """Why a teacher's time at a school ended."""

    TRANSFER = "transfer", _("transferred")
    RETIRED = "retired", _("retired")
    LEFT = "left", _("left the district")


class Relation(models.TextChoices):
    """What a guardian is to the child."""

    MOTHER = "mother", _("mother")
    FATHER = "father", _("father")
    OTHER = "other", _("other guardian")
