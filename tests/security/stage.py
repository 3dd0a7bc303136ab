"""Where the walk takes place: a day that stands still, one transaction that is taken back, nothing that costs time.

Every request is taken back, so the next one finds the same reader: log-in, account and roles are loaded once.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import middleware as signing_in
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template

from tests.security.world import DAY, World, build
from xuequ.site import middleware


@contextmanager
def stage(folder: Path) -> Iterator[World]:
    """Give the world for the time of a walk; files are kept in ``folder``."""
    with pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr("xuequ.core.clock.today", lambda: DAY)
        patch.setattr(settings, "STORAGES", storages(folder))
        patch.setattr(
            logging.getLogger("django.request"), "disabled", True
        )  # thousands of refusals are meant
        patch.setattr(SessionStore, "load", remembered_session(SessionStore.load))
        patch.setattr(signing_in, "get_user", remembered(signing_in.get_user, "session"))
        patch.setattr(middleware, "_actor", remembered(middleware._actor, "user"))
        patch.setattr(Template, "_render", plain_render)
        patch.setattr("xuequ.site.errors._page", bare_page)
        yield build()
        transaction.set_rollback(True)


def remembered(load: Callable[[HttpRequest], Any], by: str) -> Callable[[HttpRequest], Any]:
    """Load what belongs to a log-in or an account once; every request gets a copy of its own."""
    known: dict[Any, Any] = {}

    def loaded(request: HttpRequest) -> Any:
        key = request.user.pk if by == "user" else request.session.session_key
        if key not in known:
            known[key] = load(request)
        return copy(known[key])

    return loaded


def remembered_session(load: Callable[[SessionStore], Any]) -> Callable[[SessionStore], Any]:
    """Load a log-in once. One that is not there is asked for again: it gets another key."""
    known: dict[str, Any] = {}

    def loaded(self: SessionStore) -> Any:
        key = self.session_key
        if key not in known:
            found = load(self)
            if self.session_key is None:
                return found
            known[key] = found
        return deepcopy(known[key])

    return loaded


def plain_render(self: Template, context: Context) -> str:
    """Render without noting the context for assertions about it: nobody makes any here."""
    rendered: str = self.nodelist.render(context)
    return rendered


def bare_page(request: HttpRequest, status: int, **_words: object) -> HttpResponse:
    """Refuse without a page: what error pages look like is tested elsewhere."""
    return HttpResponse(status=status)


def storages(folder: Path) -> dict[str, object]:
    """A storage of the tests' own."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": folder}}
    return {**settings.STORAGES, "default": default}
