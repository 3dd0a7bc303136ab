"""The district that the tests of access walk through: made once for a module, left as it was by every request."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.security.stage import stage
from tests.security.world import World


@pytest.fixture(scope="package")
def world(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Everything that the readers meet."""
    with django_db_blocker.unblock(), stage(tmp_path_factory.mktemp("files")) as found:
        yield found
