"""What is dear to build stands for a whole module, and each of its tests finds it as it was built.

    built_world = built(build_world)
    world = copied("built_world")

The first is made once, in a transaction around those of the tests, which are each taken back; the second gives a test
a copy of the objects, so that none sees what another did to them. A module is run by one worker then (tests/conftest).
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

PREFIX = "built_"


def built(build: Callable[..., Any], *of: str) -> Any:
    """Return a fixture of a module that builds something, out of what other such fixtures have built."""

    @pytest.fixture(scope="module", autouse=True)
    def fixture(
        request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
    ) -> Iterator[Any]:
        before = [request.getfixturevalue(name) for name in of]
        with django_db_blocker.unblock(), transaction.atomic():
            yield build(*before)
            transaction.set_rollback(True)

    return fixture


def copied(name: str) -> Any:
    """Return a fixture that gives each test its own copy of what ``name`` has built."""

    @pytest.fixture
    def fixture(request: pytest.FixtureRequest, db: None) -> Any:
        return deepcopy(request.getfixturevalue(name))

    return fixture
