"""Growth as a system of the district."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System


class GrowthConfig(System):
    name = "xuequ.systems.growth"
    label = "growth"
    verbose_name = _("Growth")
    title = _("Growth")
    icon = "trending-up"
    order = 20
