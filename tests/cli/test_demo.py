"""``xuequ demo`` as it is typed: builds once, finds it again, and refuses what would spoil data."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest


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


def test_the_demo_is_built_once_and_found_again(tmp_path: Path) -> None:
    first = xuequ(tmp_path, "demo", "--no-serve")
    assert first.returncode == 0, first.stderr
    assert "demo built in" in first.stderr
    assert first.stdout == ""
    marker = json.loads((tmp_path / "demo.json").read_text())
    assert (marker["scale"], marker["seed"]) == ("small", 2026)

    again = xuequ(tmp_path, "demo", "--no-serve")
    assert again.returncode == 0
    assert "built in" not in again.stderr

    other = xuequ(tmp_path, "demo", "--no-serve", "--seed", "7")
    assert other.returncode == 2
    assert "seed 2026" in other.stderr


@pytest.mark.parametrize("scale", ["tiny", "city"])
def test_an_unknown_scale_is_refused(tmp_path: Path, scale: str) -> None:
    assert xuequ(tmp_path, "demo", "--no-serve", "--scale", scale).returncode == 2


def test_a_real_district_is_refused_and_left_alone(tmp_path: Path) -> None:
    assert xuequ(tmp_path, "manage", "migrate", "--verbosity", "0").returncode == 0
    file = tmp_path / "xuequ.sqlite3"
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO district_district (uid, name, code, bureau, college, stages, year_system) "
            "VALUES (?, ?, ?, '', '', '[]', '6-3')",
            ("0" * 32, "某某区", "350299"),
        )
    refused = xuequ(tmp_path, "demo", "--no-serve")
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "real district (某某区)" in refused.stderr
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT count(*) FROM district_school").fetchone() == (0,)
    assert not (tmp_path / "demo.json").exists()
