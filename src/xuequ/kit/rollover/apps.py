"""学年升级: the move of all classes and pupils into the next school year."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class RolloverConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.rollover"
    label = "rollover"
    verbose_name = _("Rollover")
    personal_data: tuple[PersonalData, ...] = ()
