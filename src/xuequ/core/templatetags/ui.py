"""What every template may use: icons of the sprite and files of the front-end build."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


def _version(path: str) -> str:
    found = finders.find(f"dist/{path}")
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:8] if isinstance(found, str) else ""


# A page asks for some twenty of these and they never change while the process lives.
@register.simple_tag
@lru_cache(maxsize=64)
def dist(path: str) -> str:
    """Return the address of a file of the front-end build; it changes with the content, so browsers may keep it."""
    return f"{static(f'dist/{path}')}?v={_version(path)}"


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw a decorative Tabler icon; the words beside it carry the meaning."""
    classes = f"icon {css_class}".strip()
    return format_html(
        '<svg class="{}" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        classes,
        dist("icons.svg"),
        name,
    )
