"""Closed lists of the collection of figures."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CollectionState(models.TextChoices):
    """Where a collection stands."""

    DRAFT = "draft", _("being prepared")
    RUNNING = "running", _("schools are filling in")
    FINISHED = "finished", pgettext_lazy("collection", "finished")


class SheetState(models.TextChoices):
    """Where one school's answer stands."""

    TO_DO = "to_do", _("to be filled in")
    SUBMITTED = "submitted", pgettext_lazy("answer", "submitted")
    RETURNED = "returned", _("returned for correction")
    ACCEPTED = "accepted", _("accepted")


class Shape(models.TextChoices):
    """How the upper unit's sheet is built."""

    ROWS = "rows", _("one row for each school")
    ITEMS = "items", _("one row for each person, project or thing, with a column for the school")
    FORM = "form", _("a form: one copy of the sheet for each school")
    TOTAL = "total", _("one table for the whole district: the schools' figures are added up")


class Use(models.TextChoices):
    """What a column or cell is for."""

    ASKED = "asked", _("the school fills it in")
    KNOWN = "known", _("already known, filled in by us")
    SCHOOL = "school", _("name of the school")
    CODE = "code", _("code of the school")
    NUMBER = "number", _("running number")
    CONSTANT = "constant", _("the same everywhere")
    FORMULA = "formula", _("formula of the sheet, left as it is")
    IGNORE = "ignore", _("left as it is")


class Kind(models.TextChoices):
    """What may stand in an answer's cell."""

    INTEGER = "integer", _("whole number")
    NUMBER = "number", pgettext_lazy("kind of cell", "number")
    TEXT = "text", pgettext_lazy("kind of cell", "text")
    CHOICE = "choice", _("one of a list")
    DATE = "date", pgettext_lazy("kind of cell", "date")
    YES_NO = "yes_no", _("yes or no")


NUMERIC = frozenset({Kind.INTEGER, Kind.NUMBER})


class CheckKind(models.TextChoices):
    """How cells of one answer must agree."""

    SUM = "sum", _("sum of its parts")
    PART = "part", _("not more than")
