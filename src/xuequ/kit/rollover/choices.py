"""Closed lists of the rollover."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RolloverState(models.TextChoices):
    """Where the district stands."""

    PREPARING = "preparing", pgettext_lazy("rollover", "being prepared")
    PREVIEWED = "previewed", pgettext_lazy("rollover", "previewed")
    DONE = "done", pgettext_lazy("rollover", "carried out")
    UNDONE = "undone", pgettext_lazy("rollover", "undone")


class SchoolState(models.TextChoices):
    """Where a school stands."""

    OPEN = "open", pgettext_lazy("rollover", "being prepared")
    READY = "ready", pgettext_lazy("rollover", "ready")
    DONE = "done", pgettext_lazy("rollover", "carried out")


class Step(models.TextChoices):
    """What a school goes through, in this order."""

    CLASSES = "classes", _("Check the classes")
    PUPILS = "pupils", _("Graduation and moving up")
    NEW_CLASSES = "new_classes", _("Classes of the new first grade")
    PLACING = "placing", _("Placing in classes")
    STAFF = "staff", _("Class teachers and lessons")
    PREVIEW = "preview", _("Preview")
    RUN = "run", pgettext_lazy("rollover", "Carry out")


class Boundary(models.TextChoices):
    """What becomes of the last grade of a stage in a school that also teaches the next stage."""

    TOGETHER = "together", _("they stay in the school, each class together")
    PLACED = "placed", _("they stay in the school and are placed in new classes")
    LEAVE = "leave", _("they leave the school")


class Outcome(models.TextChoices):
    """What becomes of a pupil."""

    MOVED_UP = "moved_up", _("moves up with the class")
    PLACED = "placed", _("moves up into another class")
    IN_HOUSE = "in_house", _("moves into the school's next stage")
    GRADUATED = "graduated", _("graduated")
    REPEATING = "repeating", _("repeats the year")
    LEFT = "left", pgettext_lazy("rollover", "leaves the school")
    NEW = "new", pgettext_lazy("rollover", "is new")


class Listing(models.TextChoices):
    """Why a pupil does not move up with the class."""

    REPEAT = "repeat", _("repeats the year")
    TRANSFER = "transfer", _("goes to another school")
    LEAVE = "leave", _("leaves the district")


class Wish(models.TextChoices):
    """What is wished for pupils who carry the same mark."""

    TOGETHER = "together", _("in one class")
    APART = "apart", _("in different classes")


class Method(models.TextChoices):
    """How pupils were placed."""

    RULE = "rule", _("by rule and lot")
    FILE = "file", _("by file")
