"""How sums of money are written on pages; all are in 元."""

from decimal import Decimal, InvalidOperation

from django import template
from django.utils.translation import gettext as _

from xuequ.core.money import WAN, grouped, in_wan

register = template.Library()
NONE = "—"


def _sum(value: object) -> Decimal | None:
    """Return what a template gives as a sum: numbers, text of the database, and "" for what is not there."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def yuan(value: object) -> str:
    """Write a sum to the cent in groups of three; a dash where there is none."""
    found = _sum(value)
    return NONE if found is None else grouped(found)


@register.filter
def signed_yuan(value: Decimal) -> str:
    """Write a difference of sums to the cent with its sign; nothing before 0."""
    return f"{value:+,.2f}".replace("-", "−") if value else "0.00"


@register.filter
def wan(value: object) -> str:
    """Write a sum in 万元 with two decimals; a dash where there is none."""
    found = in_wan(_sum(value))
    return NONE if found is None else f"{found:,}"


@register.filter
def cost(value: object) -> str:
    """Write about what something costs, with the unit: 元 below ten thousand, 万元 from there on."""
    found = _sum(value)
    if found is None:
        return NONE
    if found < WAN:
        return _("%(amount)s yuan") % {"amount": f"{found:,.0f}"}
    return _("%(amount)s × 10,000 yuan") % {"amount": f"{found / WAN:,.1f}".removesuffix(".0")}
