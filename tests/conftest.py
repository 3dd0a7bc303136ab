"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.standing import PREFIX
from tests.tables import django_db_setup, django_db_use_migrations
from tests.walk.plan import Walked
from tests.walk.shared import shared_folder, walk_folder

__all__ = ["django_db_setup", "django_db_use_migrations"]

# How long an example takes says nothing on a shared machine; a landing must not hang on the day's random seed.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "local")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the sets that come under other licences; a test that needs one is skipped by name without it."""
    folder = Path(os.environ.get("XUEQU_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data in {folder} (set XUEQU_TEST_DATA)")
    return folder


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Every page that any role of the demo can reach from home, opened once without a browser."""
    return Walked.read(walk_folder(shared_folder(tmp_path_factory)) / "walk.json")


DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}
ON_POSTGRES = "postgres" in os.environ.get("XUEQU_DATABASE_URL", "")
TOLD = {"language", "form"}
"""What the same answer of the database is told in: another language or kind of file asks nothing else of it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what asks the database: only that can differ on another one. Elsewhere pytest-django forbids asking it.

    What stands for a whole module is built by one worker.
    """
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if any(name.startswith(PREFIX) for name in names):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
            names.discard("django_db_setup")  # it builds for the others of its module too
        if item.get_closest_marker("django_db") is not None or names & DATABASE:
            item.add_marker(pytest.mark.database)
    if ON_POSTGRES:
        again = [item for item in items if tells_again(item)]
        config.hook.pytest_deselected(items=again)
        items[:] = [item for item in items if item not in set(again)]


def tells_again(item: pytest.Item) -> bool:
    """Whether a test only tells in another language or file what its first case has asked PostgreSQL for."""
    case = getattr(item, "callspec", None)
    return case is not None and any(case.indices[name] > 0 for name in TOLD & set(case.params))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keep the bytes of files out of test names: a zip holds the second it was made, and workers must agree."""
    return argname if isinstance(val, bytes) else None
