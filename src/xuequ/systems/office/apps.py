"""The data office as a system of the district."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System


class OfficeConfig(System):
    name = "xuequ.systems.office"
    label = "office"
    verbose_name = _("Data office")
    title = _("Data office")
    icon = "database-import"
    order = 10
