"""Settings: each is documented, typed, and refused when wrong."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from xuequ.site import env
from xuequ.site.database import database_settings

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_setting_is_in_the_reference_and_no_other() -> None:
    read = {
        f"XUEQU_{name}"
        for path in (ROOT / "src" / "xuequ").rglob("*.py")
        for name in re.findall(r'\b(?:env_\w+|_secret)\(\s*"([A-Z_]+)"', path.read_text("utf-8"))
    }
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    documented = re.findall(r"^\| `(XUEQU_\w+)` \|", reference, re.MULTILINE)
    assert sorted(documented) == sorted(read)


def test_value_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sealed\n", "utf-8")
    monkeypatch.setenv("XUEQU_SAMPLE_FILE", str(tmp_path / "key"))
    assert env.env_text("SAMPLE") == "sealed"
    monkeypatch.setenv("XUEQU_SAMPLE_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="XUEQU_SAMPLE_FILE: cannot read"):
        env.env_text("SAMPLE")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("XUEQU_SAMPLE", text)
    assert env.env_bool("SAMPLE") is value


def test_wrong_values_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUEQU_SAMPLE", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="XUEQU_SAMPLE: expected yes or no, got 'perhaps'"):
        env.env_bool("SAMPLE")
    with pytest.raises(ImproperlyConfigured, match="XUEQU_SAMPLE: expected a whole number"):
        env.env_int("SAMPLE", 1)
    with pytest.raises(ImproperlyConfigured, match="XUEQU_DATABASE_URL: expected sqlite:// or postgresql://"):
        database_settings("mysql://x", Path("/"))


def test_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUEQU_SAMPLE", " a, ,b ")
    assert env.env_list("SAMPLE") == ["a", "b"]


def test_database_addresses() -> None:
    assert database_settings("", Path("/data"))["NAME"] == "/data/xuequ.sqlite3"
    assert database_settings("sqlite:////tmp/x.db", Path("/"))["NAME"] == "/tmp/x.db"
    found = database_settings("postgresql://u:p%40@db:5433/xuequ", Path("/"))
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("u", "p@", "db", "5433")
    assert database_settings("postgresql:///xuequ?host=/run/pg", Path("/"))["HOST"] == "/run/pg"
