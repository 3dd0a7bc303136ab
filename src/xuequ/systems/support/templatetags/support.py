"""How drawn fields are written on the pages of support."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _

from xuequ.core.money import grouped
from xuequ.systems.support.audits.choices import Field
from xuequ.systems.support.audits.models import Check

register = template.Library()


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
        return _("%(yuan)s yuan") % {"yuan": grouped(value)}
    return _("%(points)s points") % {"points": f"{value:,.2f}"}
