"""How points and stars are written on pages."""

from decimal import Decimal

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from xuequ.core.rendering.cells import format_number
from xuequ.record.choices import EvidenceKind
from xuequ.systems.stars.points import shown

register = template.Library()
_NAMES = {
    0: gettext_lazy("no star"),
    3: pgettext_lazy("level of a campus", "three stars"),
    4: pgettext_lazy("level of a campus", "four stars"),
    5: pgettext_lazy("level of a campus", "five stars"),
}


@register.filter
def points(value: float | Decimal | str | None) -> str:
    """Write points: 2, 1.5, a dash for none (templates give a filter "" for what is not there)."""
    return shown(None if isinstance(value, str) else value)


@register.filter
def change(value: float) -> str:
    """Write by how many points something changed: +1.5, −2.0, 0.0."""
    return format_number(value, 1, signed=True)


@register.filter
def star_name(value: int | None) -> str:
    """Write a star in words."""
    if value is None:
        return "—"
    return str(_NAMES.get(value) or _("%(n)d stars") % {"n": value})


@register.filter
def percent(value: float | None) -> str:
    """Write a probability without false precision: below 1 % and above 99 % are said so."""
    if value is None:
        return "—"
    if 0 < value < 0.01:
        return _("below 1 %")
    return _("above 99 %") if 0.99 < value < 1 else f"{value:.0%}"


@register.filter
def kind_name(code: str) -> str:
    """Write a kind of evidence in words."""
    return str(EvidenceKind(code).label)
