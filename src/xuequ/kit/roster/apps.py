"""Bringing in who is who from the files that schools hold."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class RosterConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.roster"
    label = "roster"
    verbose_name = _("Roster import")
    personal_data: tuple[PersonalData, ...] = ()
