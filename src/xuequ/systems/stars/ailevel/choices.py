"""Closed lists of the level of AI education."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Validity(models.TextChoices):
    """How far the rule of the largest membership holds, by its α."""

    LOW = "low", _("not valid: no single grade")
    EFFECTIVE = "effective", _("valid")
    VERY_EFFECTIVE = "very-effective", _("very valid")


class Quadrant(models.TextChoices):
    """Importance against performance."""

    KEEP_UP = "keep-up", _("important and done well: keep it up")
    CONCENTRATE = "concentrate", _("important and weak: work here first")
    LOW_PRIORITY = "low-priority", _("less important and weak: later")
    MORE_THAN_ENOUGH = "more-than-enough", _("less important and done well: enough")


class Verdict(models.TextChoices):
    """What is to be done with an index of the system."""

    KEEP = "keep", _("keep")
    MERGE = "merge", _("merge")
    DROP = "drop", _("drop")
    REWORD = "reword", _("reword")


class Consensus(models.TextChoices):
    """How far the experts agree on weights, by S*."""

    VERY_LOW = "very-low", _("very low")
    LOW = "low", _("low")
    MODERATE = "moderate", _("moderate")
    HIGH = "high", _("high")
    VERY_HIGH = "very-high", _("very high")
