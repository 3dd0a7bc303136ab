"""Notices, gathered: at most one reminder a day, and none when the thing is done."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class NoticesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.notices"
    label = "notices"
    verbose_name = _("Notices")
    personal_data: tuple[PersonalData, ...] = ()
