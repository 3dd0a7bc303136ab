"""Filters of the growth pages."""

from django import template

from xuequ.core.figures import Text
from xuequ.systems.growth.choices import SHORT_BANDS, Band

register = template.Library()


@register.filter
def band_words(code: str) -> Text:
    """Put a band of growth into words."""
    return Band(code).label


@register.filter
def band_short(code: str) -> Text:
    """Put a band of growth into few words, where the page says with whom pupils are compared."""
    return SHORT_BANDS[Band(code)]
