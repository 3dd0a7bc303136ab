"""Support as a system of the district."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System


class SupportConfig(System):
    name = "xuequ.systems.support"
    label = "support"
    verbose_name = _("Support")
    title = _("Support")
    icon = "heart-handshake"
    order = 60
