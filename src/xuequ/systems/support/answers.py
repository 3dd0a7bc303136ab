"""What views share: do something and say how it went."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from xuequ.core.errors import Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return whoever asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def account_of(request: HttpRequest) -> Account:
    """Return the account of whoever asks; its pages want a sign-in."""
    assert isinstance(request.user, Account)
    return request.user


def done(request: HttpRequest, act: Callable[[], object], message: str) -> bool:
    """Do it and say so; where it is refused say why, and tell whether it was done."""
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, message)
    return True
