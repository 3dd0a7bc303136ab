"""How sums of money are written on the pages of support."""

from decimal import Decimal, InvalidOperation

from django import template

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
def wan(value: object) -> str:
    """Write a sum in 万元 with two decimals; a dash where there is none."""
    try:
        return f"{Decimal(str(value)) / 10_000:,.2f}"
    except InvalidOperation:
        return "—"
