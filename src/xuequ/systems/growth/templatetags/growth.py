"""Filters of the growth pages."""

from django import template

from xuequ.core.figures import Text
from xuequ.systems.growth.choices import Band

register = template.Library()


@register.filter
def band_words(code: str) -> Text:
    """Put a band of growth into words."""
    return Band(code).label
