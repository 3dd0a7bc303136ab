"""What views share: who asks, and do something and say how it went."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from xuequ.core.answers import attempt
from xuequ.district.actors import Actor
from xuequ.systems.stars.access import may_manage

GET_OR_POST = ["GET", "HEAD", "POST"]


def actor_of(request: HttpRequest) -> Actor:
    """Return whoever asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def manager_of(request: HttpRequest) -> Actor:
    """Return whoever asks, if they keep schemes and run rounds."""
    actor = actor_of(request)
    if not may_manage(actor):
        raise PermissionDenied
    return actor


def done(request: HttpRequest, act: Callable[[], object], message: str) -> bool:
    """Do it and say so; where it is refused say why, and tell whether it was done."""
    return attempt(request, message, act)
