"""The site as a Django app: shell templates, pages that belong to no system, the back office."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import Rule, RuleStart, RuleUnit
from xuequ.site.register import ENTRIES


class SiteConfig(AppConfig):
    name = "xuequ.site"
    label = "xuequ_site"
    verbose_name = _("Site")
    default_auto_field = "django.db.models.BigAutoField"
    personal_data = ENTRIES
    rules = (
        Rule(
            "feedback",
            _("Complaints and suggestions"),
            2,
            RuleUnit.YEARS,
            _("time to be set by the bureau"),
            RuleStart.WRITTEN,
        ),
    )

    def ready(self) -> None:
        from xuequ.site import factors, sessions  # noqa: F401 - connects the receivers

        factors.required_roles(tuple(settings.XUEQU_MFA_ROLES))


class LogInsConfig(UserSessionsConfig):
    """allauth's table of log-ins; ``site.sessions`` fills it, also for log-ins that do not pass allauth's pages."""

    def ready(self) -> None:
        """Connect nothing."""


class BackOfficeConfig(AdminConfig):
    """Django's admin, opened by superusers only."""

    default_site = "xuequ.site.backoffice.BackOffice"
