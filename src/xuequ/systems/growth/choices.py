"""Closed lists of the growth system: the engine's codes with their words."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    """What can be said of a school against the average school of the run."""

    ABOVE = "above", _("above the average")
    CANNOT_TELL = "cannot-tell", _("cannot be told from the average")
    BELOW = "below", _("below the average")
    TOO_FEW = "too-few", _("too few pupils to say")


class Band(models.TextChoices):
    """How far a pupil came, against pupils who started alike. Least first."""

    MUCH_LESS = "much-less", _("much less than pupils with the same start")
    LESS = "less", _("somewhat less than pupils with the same start")
    AS_EXPECTED = "as-expected", _("as far as pupils with the same start")
    MORE = "more", _("further than pupils with the same start")
    MUCH_MORE = "much-more", _("much further than pupils with the same start")


class Trend(models.TextChoices):
    """What can be said of a school's newest growth after its own earlier years."""

    BELOW = "below", _("below what its past foretells")
    ABOVE = "above", _("above what its past foretells")
    INSIDE = "inside", _("as its past foretells")
    TOO_SHORT = "too-short", _("no past to compare with")


class Quadrant(models.TextChoices):
    """Growth and level together."""

    HIGH_HIGH = "high-growth-high-level", _("more growth, higher level")
    HIGH_LOW = "high-growth-low-level", _("more growth, lower level")
    LOW_LOW = "low-growth-low-level", _("less growth, lower level")
    LOW_HIGH = "low-growth-high-level", _("less growth, higher level")


SHORT_BANDS = {
    Band.MUCH_LESS: _("much less far"),
    Band.LESS: _("less far"),
    Band.AS_EXPECTED: _("as far as expected"),
    Band.MORE: _("further than expected"),
    Band.MUCH_MORE: _("much further"),
}
"""The bands in few words, for charts whose caption says with whom pupils are compared."""


class TeacherReason(models.TextChoices):
    """Why a teacher has no value."""

    ONE_YEAR = "one-year", _("pupils of one year only: one class says little about who taught it")
    TOO_FEW = "too-few-pupils", _("too few pupils to say anything")
    ALONE = (
        "alone-in-school",
        _(
            "nobody else taught this subject to this grade of the school, so there is no average to compare with"
        ),
    )
    NO_DIFFERENCE = "no-difference", _("no difference between teachers could be found in this district")
