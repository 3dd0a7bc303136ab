"""Closed lists of sampling audits."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Field(models.TextChoices):
    """What schools fill in themselves and money hangs on; each is drawn from for itself."""

    PUPILS = "pupils", _("pupils enrolled")
    COST = "cost", _("cost of a project")
    GAIN = "gain", _("rise that a project should bring")
    REACHED = "reached", _("rise that was reached")


class Ground(models.TextChoices):
    """Why a field is looked at."""

    LOT = "lot", _("drawn by lot")
    CHANGE = "change", _("changed much since last year")


class Finding(models.TextChoices):
    """What came of looking at a field."""

    WAITS = "waits", _("not looked at yet")
    RIGHT = "right", pgettext_lazy("field", "right")
    WRONG = "wrong", pgettext_lazy("field", "wrong")
    OPEN = "open", _("cannot be told from the evidence")


TOLD = (Finding.WRONG, Finding.OPEN)
"""Findings that the school is asked about."""
ANSWER_WITHIN = dt.timedelta(days=14)
"""How long a school has to answer an objection."""
