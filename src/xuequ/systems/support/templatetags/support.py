"""How sums of money are written on the pages of support."""

from decimal import Decimal, InvalidOperation

from django import template
from django.utils.translation import gettext as _

from xuequ.systems.support.audits.choices import Field
from xuequ.systems.support.audits.models import Check

register = template.Library()


@register.filter
def yuan(value: object) -> str:
    """Write a sum to the cent in groups of three; a dash where there is none."""
    try:
        return f"{Decimal(str(value)):,.2f}"
    except InvalidOperation:
        return "—"


@register.filter
def signed_yuan(value: Decimal) -> str:
    """Write a difference of sums to the cent with its sign; nothing before 0."""
    return f"{value:+,.2f}".replace("-", "−") if value else "0.00"


@register.filter
def stated(check: Check) -> str:
    """Write what a drawn field states, with its unit."""
    return _measured(check, check.stated)


@register.filter
def right_value(check: Check) -> str:
    """Write what would be right, with its unit."""
    return "—" if check.right_value is None else _measured(check, check.right_value)


def _measured(check: Check, value: Decimal) -> str:
    if check.field == Field.PUPILS:
        return _("%(n)s pupils") % {"n": f"{value:,.0f}"}
    if check.field == Field.COST:
        return _("%(yuan)s yuan") % {"yuan": yuan(value)}
    return _("%(points)s points") % {"points": f"{value:,.2f}"}


@register.filter
def wan(value: object) -> str:
    """Write a sum in 万元 with two decimals; a dash where there is none."""
    try:
        return f"{Decimal(str(value)) / 10_000:,.2f}"
    except InvalidOperation:
        return "—"
