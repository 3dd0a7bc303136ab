"""Where the walk takes place: a day that stands still, one transaction that is taken back, nothing that costs time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from tests.security.world import DAY, World, build
from xuequ.district.actors import Actor
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
        patch.setattr("xuequ.site.middleware._actor", remembered(middleware._actor))
        patch.setattr("xuequ.site.errors._page", bare_page)
        yield build()
        transaction.set_rollback(True)


def remembered(load: Callable[[HttpRequest], Actor]) -> Callable[[HttpRequest], Actor]:
    """Load the roles of a reader once: every request is taken back, so the next one finds the same."""
    known: dict[int | None, Actor] = {}

    def actor(request: HttpRequest) -> Actor:
        if request.user.pk not in known:
            known[request.user.pk] = load(request)
        return replace(known[request.user.pk])

    return actor


def bare_page(request: HttpRequest, status: int, **_words: object) -> HttpResponse:
    """Refuse without a page: what error pages look like is tested elsewhere."""
    return HttpResponse(status=status)


def storages(folder: Path) -> dict[str, object]:
    """A storage of the tests' own."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": folder}}
    return {**settings.STORAGES, "default": default}
