"""School stars as a system of the district."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System


class StarsConfig(System):
    name = "xuequ.systems.stars"
    label = "stars"
    verbose_name = _("School stars")
    title = _("School stars")
    icon = "star"
    order = 40
