"""Closed lists of visits."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VisitState(models.TextChoices):
    """Where a visit stands."""

    PLANNED = "planned", pgettext_lazy("visit", "planned")
    WRITING = "writing", _("minutes being written")
    SENT = "sent", _("minutes with the school")
    CONFIRMED = "confirmed", _("minutes confirmed")
    CANCELLED = "cancelled", pgettext_lazy("visit", "cancelled")


OPEN_STATES = (VisitState.PLANNED, VisitState.WRITING)
TOLD_STATES = (VisitState.SENT, VisitState.CONFIRMED)
"""The school reads the minutes in these."""


class Owner(models.TextChoices):
    """Whose part it is to solve a problem."""

    SCHOOL = "school", pgettext_lazy("owner", "the school")
    BUREAU = "bureau", pgettext_lazy("owner", "the education bureau")
    COLLEGE = "college", pgettext_lazy("owner", "the teacher-training college")


class IssueState(models.TextChoices):
    """Where a problem stands."""

    OPEN = "open", pgettext_lazy("problem", "open")
    HANDED_IN = "handed_in", _("reported as solved")
    CLOSED = "closed", _("verified and closed")
