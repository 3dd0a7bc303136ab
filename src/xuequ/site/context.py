"""What the shell of every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from xuequ.core.registry import systems


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the menu for this actor and the state of the instance."""
    actor = getattr(request, "actor", None)
    signed_in = actor is not None and request.user.is_authenticated
    menu = [item for system in systems() for item in system.navigation(actor)] if signed_in else []
    return {"menu": menu, "demo": settings.DEMO, "version": settings.VERSION}
