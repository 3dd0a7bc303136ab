"""Questionnaires: one JSON source for the browser, paper and Excel."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class QuestionnairesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.questionnaires"
    label = "questionnaires"
    verbose_name = _("Questionnaires")
    personal_data: tuple[PersonalData, ...] = ()
