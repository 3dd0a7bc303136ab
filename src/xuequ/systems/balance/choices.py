"""Closed lists of balance."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Part(models.TextChoices):
    """Of which part of a school a value speaks."""

    WHOLE = "", _("the whole school")
    PRIMARY = "primary", _("primary part")
    JUNIOR = "junior", _("junior part")


class Source(models.TextChoices):
    """Where a value comes from."""

    ROSTER = "roster", _("counted from the roster")
    LEDGER = "ledger", _("equipment ledger")
    STATISTICS = "statistics", _("statistics table")
    SCHOOL = "school", _("typed by the school")
    DISTRICT = "district", _("typed by the district")


class ValueState(models.TextChoices):
    """Where a value stands; one value of a fact at most is in force, and one at most waits."""

    IN_FORCE = "in_force", _("counts")
    WAITING = "waiting", _("waits for the district")
    ASKED = "asked", _("waits for an answer about its unit")
    REPLACED = "replaced", _("replaced by a newer one")
    DECLINED = "declined", _("sent back")
    UNDONE = "undone", _("taken back with its file")


OPEN = (ValueState.WAITING, ValueState.ASKED)


class Work(models.TextChoices):
    """How far the office in charge of an item has come."""

    OPEN = "open", _("not begun")
    COLLECTING = "collecting", _("collecting evidence")
    READY = "ready", _("ready to be checked")
    CHECKED = "checked", _("checked")


class Ground(models.TextChoices):
    """On what ground an item treats a school otherwise."""

    RURAL_SMALL = "rural-small", _("rural school of 50 to 99 pupils: teachers shared with others count")
    CITY_CENTRE = "city-centre", _("crowded city centre: other grounds of its own and halls nearby count")
    OWN = "", _("an exception of the district's own")


class AppealState(models.TextChoices):
    """What became of a school's objection."""

    OPEN = "open", _("waits for the district")
    UPHELD = "upheld", _("upheld")
    REJECTED = "rejected", _("not upheld")
