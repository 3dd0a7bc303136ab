"""Balance as a system of the district."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import System


class BalanceConfig(System):
    name = "xuequ.systems.balance"
    label = "balance"
    verbose_name = _("Balance")
    title = _("Balance")
    icon = "scale"
    order = 50
