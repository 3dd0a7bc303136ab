"""The page "add a system" is followed to the letter: its blocks become a system that works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "add-a-system.md"
BLOCK = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

SETTINGS = """
import xuequ.systems
from pathlib import Path
xuequ.systems.__path__.append(str(Path(__file__).parent / "src" / "xuequ" / "systems"))
from tests.settings import *
INSTALLED_APPS = [{setting}*INSTALLED_APPS]
FILE = str(Path(__file__).parent / "new.sqlite3")
UNSAFE = {{"init_command": "PRAGMA synchronous=OFF"}}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": FILE, "OPTIONS": UNSAFE}}}}
"""

VISITOR = """
import datetime as dt
import django
django.setup()
from django.test import Client
from django.test.utils import setup_test_environment
from tests import factories
from xuequ.core.errors import Forbidden
from xuequ.core.models import AuditEvent
from xuequ.district.choices import Role
from xuequ.systems.visits import actions

setup_test_environment()
school, other = factories.make_school("虚构一中"), factories.make_school("虚构二中")


def get(role, url, **place):
    client = Client()
    account = factories.make_account(role, **place)
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get(url)


home = get(Role.SUPERVISOR, "/").content.decode()
assert home.count('href="/visits/"') >= 2, "menu entry and card"
assert "No visit has been written down yet." in home
assert "No visits yet" in get(Role.SUPERVISOR, "/visits/").content.decode()
supervisor = factories.make_actor(Role.SUPERVISOR)
for place in (school, other):
    actions.write_down(actor=supervisor, school=place, day=dt.date(2026, 3, 2), seen="lesson seen at " + place.name)
assert AuditEvent.objects.filter(verb="visit.written").count() == 2
head = get(Role.HEAD, "/visits/", school=school).content.decode()
assert "虚构一中" in head and "虚构二中" not in head
assert get(Role.PUPIL, "/visits/").status_code == 403
assert 'href="/visits/"' not in get(Role.PUPIL, "/").content.decode()
try:
    head = factories.make_actor(Role.HEAD, school=school)
    actions.write_down(actor=head, school=school, day=dt.date(2026, 3, 2), seen="x")
except Forbidden:
    print("works")
"""


@pytest.fixture
def district(tmp_path: Path) -> Path:
    """A folder with the files that the page tells to write, and settings with the line that it tells to add."""
    blocks = {name: text for _language, name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8"))}
    for name, text in blocks.items():
        if name.startswith("src/"):
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (tmp_path / "new_settings.py").write_text(
        SETTINGS.format(setting=blocks["setting"].strip()), encoding="utf-8"
    )
    (tmp_path / "visitor.py").write_text(VISITOR, encoding="utf-8")
    (tmp_path / "commands").write_text(blocks["commands"], encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "new_settings",
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "XUEQU_HOME": str(folder / "home"),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_steps_of_the_page_make_a_system_that_works(district: Path) -> None:
    for line in (district / "commands").read_text(encoding="utf-8").splitlines():
        assert line.startswith("xuequ manage ")
        run(district, "-m", "django", *line.split()[2:])
    assert (district / "src/xuequ/systems/visits/migrations/0001_first.py").is_file()
    assert run(district, "visitor.py").strip() == "works"
