"""What views of all systems share: do something, and say that it is done or why it was refused."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest

from xuequ.core.errors import Refused


def attempt(request: HttpRequest, done: str, act: Callable[[], object]) -> bool:
    """Do something; say that it is ``done``, or why it was refused; tell whether it was done."""
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True
