"""Closed lists of development plans."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SpecialityKind(models.TextChoices):
    """In what a school wants to be special."""

    PROGRAMMING = "programming", _("programming and algorithms")
    ROBOTICS = "robotics", _("robots and smart hardware")
    AIGC = "aigc", _("generative AI in teaching")
    SUBJECTS = "subjects", _("AI in other subjects")
    READING = "reading", _("smart reading")
    SPORT = "sport", _("smart sport")
    ASSESSMENT = "assessment", _("assessment with data")
    HOME = "home", _("school and families online")
    OTHER = "other", _("something else")


class GoalState(models.TextChoices):
    """How far a goal has come."""

    OPEN = "open", _("under way")
    REACHED = "reached", _("reached")
    DROPPED = "dropped", _("given up, with a reason in the review")
