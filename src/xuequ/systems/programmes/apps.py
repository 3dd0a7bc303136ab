"""Projects and equipment as a system of the district."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System


class ProgrammesConfig(System):
    name = "xuequ.systems.programmes"
    label = "programmes"
    verbose_name = _("Projects and equipment")
    title = _("Projects and equipment")
    icon = "package"
    order = 30
