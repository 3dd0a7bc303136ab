"""Closed lists of the stars system."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SchemeKind(models.TextChoices):
    """What a scheme judges."""

    SMART_CAMPUS = "smart_campus", _("smart campus")
    AI_LEVEL = "ai_level", _("level of AI education")


class RoundState(models.TextChoices):
    """How far a year's round has come."""

    SELF = "self", _("schools rate themselves")
    SECOND = "second", _("second rating by the district")
    CLOSED = "closed", _("closed")


class ApplicationState(models.TextChoices):
    """How far a school has come in a round."""

    RATING = "rating", _("being filled in")
    HANDED_IN = "handed_in", _("handed in")
    SETTLED = "settled", pgettext_lazy("points of a school", "settled")


class Ground(models.TextChoices):
    """Why a school is rated a second time; empty where it is not."""

    SAMPLE = "sample", _("drawn by lot")
    BORDERLINE = "borderline", _("close to a cut-off")
    BOTH = "both", _("drawn by lot and close to a cut-off")
    ASKED = "asked", _("added by hand")
    LATE = "late", _("handed in after the draw")


class SettledBy(models.TextChoices):
    """On what the district's points of an item rest."""

    SELF = "self", _("self-rating accepted, no second rating")
    RATERS = "raters", _("the raters agree to a level")
    DECIDED = "decided", _("decided after the raters differed")
    APPEAL = "appeal", _("changed after an appeal")


class AppealState(models.TextChoices):
    """What became of an appeal."""

    OPEN = "open", _("waiting for an answer")
    UPHELD = "upheld", _("points changed")
    REJECTED = "rejected", _("points stay")


class Deed(models.TextChoices):
    """What the history of an application tells."""

    OPENED = "opened", _("opened")
    CARRIED = "carried", _("answers of the last round taken over")
    RATED = "rated", _("rated itself")
    EVIDENCE = "evidence", _("evidence handed in")
    WITHDRAWN = "withdrawn", _("evidence withdrawn")
    HANDED_IN = "handed_in", _("handed in")
    RETURNED = "returned", _("returned to the school")
    CHOSEN = "chosen", _("chosen for a second rating")
    SECOND = "second", _("second rating handed in")
    DECIDED = "decided", _("points decided")
    SETTLED = "settled", _("result settled")
    APPEALED = "appealed", _("appeal filed")
    ANSWERED = "answered", _("appeal answered")
