"""``xuequ export``: a whole file or none."""

import datetime as dt
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import factories
from xuequ.cli.app import app
from xuequ.cli.exports import write_whole
from xuequ.core import clock

pytestmark = pytest.mark.django_db


def run(*arguments: str):
    return CliRunner().invoke(app, ["export", "oneroster", *arguments])


def test_the_roster_of_today_is_written(tmp_path: Path):
    today = clock.today()
    factories.make_year(today.year - (today.month < 9))
    factories.make_pupil()
    out = tmp_path / "roster.zip"
    assert run(str(out)).exit_code == 0
    assert out.read_bytes()[:2] == b"PK"
    assert out.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01"])
def test_a_day_that_is_none_is_refused(tmp_path: Path, day: str):
    out = tmp_path / "roster.zip"
    assert run(str(out), "--day", day).exit_code == 2
    assert not out.exists()


def test_a_day_without_a_school_year_is_refused(tmp_path: Path):
    assert run(str(tmp_path / "roster.zip"), "--day", dt.date(1999, 1, 1).isoformat()).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path):
    factories.make_year(2025)
    assert run(str(tmp_path / "none" / "roster.zip"), "--day", "2026-03-02").exit_code == 2


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path):
    out = tmp_path / "roster.zip"
    out.write_bytes(b"before")
    with pytest.raises(TypeError):
        write_whole(out, "text")  # type: ignore[arg-type]
    assert out.read_bytes() == b"before" and len(list(tmp_path.iterdir())) == 1
