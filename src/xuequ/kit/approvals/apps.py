"""Approvals: one declarative state machine for what needs somebody else's word."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class ApprovalsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.approvals"
    label = "approvals"
    verbose_name = _("Approvals")
    personal_data: tuple[PersonalData, ...] = ()
