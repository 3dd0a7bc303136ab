"""Closed lists of the questionnaires."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    """Who is asked in a round."""

    STAFF = "staff", _("teachers and staff")
    PUPILS = "pupils", _("pupils")
    GUARDIANS = "guardians", _("families")
    SCHOOLS = "schools", _("school offices, one answer for each school")
