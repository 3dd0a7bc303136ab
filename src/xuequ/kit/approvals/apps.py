"""Approvals: one declarative state machine for what needs somebody else's word."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class ApprovalsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.approvals"
    label = "approvals"
    verbose_name = _("Approvals")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="approvals.Decision",
            what=_("who asked for what, who decided and with which words"),
            basis=_("accounting for what was decided, a legal duty"),
            retention=_("as long as the record of the thing decided"),
            free_text=("words",),
        ),
    )

    def ready(self) -> None:
        from xuequ.kit.approvals.imports import PROCEDURES
        from xuequ.kit.approvals.procedures import register

        for procedure in PROCEDURES.values():
            register(procedure)

    def daily(self, day: dt.date) -> None:
        """Agree to what nobody answered in time, where a procedure says so."""
        from xuequ.kit.approvals.actions import agree_overdue

        agree_overdue(day)
