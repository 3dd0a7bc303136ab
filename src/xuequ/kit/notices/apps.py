"""Notices, gathered: at most one reminder a day, and none when the thing is done."""

import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class NoticesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.notices"
    label = "notices"
    verbose_name = _("Notices")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="notices.Notice",
            what=_("what waits for an account, without names"),
            basis=_("running schools, a legal duty"),
            retention=_("half a year after the thing is done"),
        ),
        PersonalData(
            model="notices.Reminder",
            what=_("on which day an account was reminded, seen by nobody else"),
            basis=_("running schools, a legal duty"),
            retention=_("one month"),
        ),
    )

    def daily(self, day: dt.date) -> None:
        """Write the day's reminders; called at least once a day, and harmless when called more often."""
        from xuequ.kit.notices.actions import remind

        remind(day=day)
