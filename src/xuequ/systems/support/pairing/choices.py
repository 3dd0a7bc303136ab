"""Closed lists of pairs of schools."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PairState(models.TextChoices):
    """Where a pair stands."""

    PROPOSED = "proposed", _("waits for both schools")
    AGREED = "agreed", pgettext_lazy("pair of schools", "agreed")
    DECLINED = "declined", pgettext_lazy("pair of schools", "declined")
    ENDED = "ended", pgettext_lazy("pair of schools", "ended")


class Side(models.TextChoices):
    """Which of the two schools."""

    GIVER = "giver", _("the helping school")
    RECEIVER = "receiver", _("the school that is helped")

    @property
    def other(self) -> "Side":
        """The other one."""
        return Side.RECEIVER if self == Side.GIVER else Side.GIVER


class RuleKind(models.TextChoices):
    """What is settled about two schools before pairs are computed."""

    LOCKED = "locked", _("are partners")
    FORBIDDEN = "forbidden", _("are not to be partners")


class ActKind(models.TextChoices):
    """What partners do together."""

    SPECIAL = "special", _("专递课堂: lessons sent to a class without a teacher for them")
    MASTER = "master", _("名师课堂: lessons and teaching circles of an outstanding teacher")
    SCHOOL = "school", _("名校网络课堂: a school's courses over the network")
    PREPARATION = "preparation", _("joint preparation of lessons")
    LENT = "lent", _("lent courses or devices")


class Need(models.TextChoices):
    """The dimensions in which one school may help another."""

    HOURS = "hours", pgettext_lazy("dimension", "lesson hours")
    TEACHERS = "teachers", pgettext_lazy("dimension", "teachers")
    COURSES = "courses", pgettext_lazy("dimension", "courses")
    ROOMS = "rooms", pgettext_lazy("dimension", "rooms and devices")
    USE = "use", pgettext_lazy("dimension", "use in teaching")
    CLUBS = "clubs", pgettext_lazy("dimension", "clubs and contests")
    EQUIPMENT = "equipment", pgettext_lazy("dimension", "equipment by the rules of balance")
    GROWTH = "growth", pgettext_lazy("dimension", "growth of pupils")
