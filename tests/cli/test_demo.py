"""``xuequ demo`` as it is typed: builds once, finds it again, and refuses what would spoil data."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.walk.shared import demo_home, shared_folder

# The worker that builds the demo for the walk looks at it, while the other one goes on.
pytestmark = pytest.mark.xdist_group("walk")


def xuequ(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a data folder of its own, on SQLite whatever database the other tests use."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XUEQU_")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "-c", "from xuequ.cli import main; main()", *arguments],
        env={**environment, "XUEQU_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo that ``xuequ demo --no-serve`` has built for all tests of this run."""
    copied = tmp_path / "demo"
    shutil.copytree(demo_home(shared_folder(tmp_path_factory)), copied)
    return copied


def test_the_demo_is_built_once_and_found_again(home: Path) -> None:
    marker = json.loads((home / "demo.json").read_text())
    assert (marker["scale"], marker["seed"]) == ("small", 2026)

    again = xuequ(home, "demo", "--no-serve")
    assert (again.returncode, again.stdout) == (0, "")
    assert "built in" not in again.stderr

    other = xuequ(home, "demo", "--no-serve", "--seed", "7")
    assert other.returncode == 2
    assert "seed 2026" in other.stderr


@pytest.mark.parametrize("scale", ["tiny", "city"])
def test_an_unknown_scale_is_refused(tmp_path: Path, scale: str) -> None:
    assert xuequ(tmp_path, "demo", "--no-serve", "--scale", scale).returncode == 2


def test_a_real_district_is_refused_and_left_alone(home: Path) -> None:
    file = home / "xuequ.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE district_district SET name = '某某区', code = '350299'")
        schools = database.execute("SELECT count(*) FROM district_school").fetchone()
    (home / "demo.json").unlink()
    refused = xuequ(home, "demo", "--no-serve")
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "real district (某某区)" in refused.stderr
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM district_school").fetchone() == schools
    assert not (home / "demo.json").exists()
