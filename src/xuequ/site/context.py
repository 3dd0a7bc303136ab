"""What the shell of every page needs; read only when a template asks for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from xuequ.site import shell as frame


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the state of the instance and, for somebody signed in, the menu and who they are in words."""
    context: dict[str, Any] = {"demo": settings.DEMO, "site_version": settings.VERSION}
    actor = getattr(request, "actor", None)
    if actor is None or not request.user.is_authenticated:
        return context
    return context | {
        "menu": SimpleLazyObject(lambda: frame.menu(actor, request.path)),
        "person_name": SimpleLazyObject(lambda: frame.person_name(actor)),
        "role_words": SimpleLazyObject(lambda: frame.role_words(actor)),
        "works_here": SimpleLazyObject(lambda: frame.works_here(actor)),
        "has_deputies": SimpleLazyObject(lambda: frame.has_deputies(actor)),
    }
