"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

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


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Keep the bytes of files out of test names: a zip holds the second it was made, and workers must agree."""
    return argname if isinstance(val, bytes) else None
