"""How sums are written on the pages of programmes."""

from decimal import Decimal

from django import template

from xuequ.systems.programmes.forms import plain_sum
from xuequ.systems.programmes.money import in_wan

register = template.Library()


@register.filter
def yuan(value: Decimal | str | None) -> str:
    """Write a sum in 元 with commas between groups of three digits; a dash for none."""
    if value is None or value == "":
        return "—"
    whole, _point, rest = plain_sum(Decimal(value)).partition(".")
    return f"{int(whole):,}{'.' + rest if rest else ''}"


@register.filter
def wan(value: Decimal | None) -> str:
    """Write a sum in 万元 with two decimals."""
    return "—" if value is None else f"{in_wan(value):,}"
