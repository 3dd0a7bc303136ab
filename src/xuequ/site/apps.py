"""The site as a Django app: shell templates, pages that belong to no system, the back office."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class SiteConfig(AppConfig):
    name = "xuequ.site"
    label = "xuequ_site"
    verbose_name = _("Site")
    default_auto_field = "django.db.models.BigAutoField"


class BackOfficeConfig(AdminConfig):
    """Django's admin, opened by superusers only."""

    default_site = "xuequ.site.backoffice.BackOffice"
