"""Closed lists of the special fund."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RoundState(models.TextChoices):
    """Where a round stands."""

    OPEN = "open", _("applications open")
    PROPOSED = "proposed", _("proposal chosen")
    DECIDED = "decided", pgettext_lazy("round of money", "decided")


class SourceKind(models.TextChoices):
    """Where money comes from."""

    BUDGET = "budget", _("public budget")
    SOCIETY = "society", _("donations of society")
    ENTERPRISE = "enterprise", _("enterprises")


class Dimension(models.TextChoices):
    """What a project brings further: the dimensions of the level of AI education."""

    HOURS = "hours", pgettext_lazy("dimension", "lesson hours")
    TEACHERS = "teachers", pgettext_lazy("dimension", "teachers")
    COURSES = "courses", pgettext_lazy("dimension", "courses")
    ROOMS = "rooms", pgettext_lazy("dimension", "rooms and devices")
    USE = "use", pgettext_lazy("dimension", "use in teaching")
    CLUBS = "clubs", pgettext_lazy("dimension", "clubs and contests")


class ProjectState(models.TextChoices):
    """Where an application stands."""

    DRAFT = "draft", pgettext_lazy("application", "draft")
    HANDED_IN = "handed_in", pgettext_lazy("application", "handed in")
    RETURNED = "returned", pgettext_lazy("application", "given back")
    ACCEPTED = "accepted", pgettext_lazy("application", "accepted for the proposal")
    REFUSED = "refused", pgettext_lazy("application", "refused")


EDITABLE = (ProjectState.DRAFT, ProjectState.RETURNED)
