"""An instance of our own that other processes can work on, whichever database the tests run against."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from tests.conftest import ROOT

COMMAND = (sys.executable, "-c", "from xuequ.cli import main; main()")


def moments(default: int = 3) -> int:
    """How many random moments a test kills at: a few in every run, hundreds when XUEQU_CRASH_MOMENTS says so."""
    return int(os.environ.get("XUEQU_CRASH_MOMENTS", default))


@dataclass
class Instance:
    """A migrated database and a data folder; ``publish`` hands what the test wrote to other processes."""

    home: Path
    lease: float = 1.5
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.home / "xuequ.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
            "XUEQU_HOME": str(self.home),
            "CRASH_LEASE": str(self.lease),
        }
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment["XUEQU_DATABASE_URL"] = self.url
        return environment

    @property
    def url(self) -> str:
        if connection.vendor == "sqlite":
            return ""
        of = connection.settings_dict
        where = f"{of['USER']}:{quote(of['PASSWORD'])}@:{of['PORT']}" if of["PORT"] else f"{of['USER']}@"
        return f"postgresql://{where}/{of['NAME']}?host={of['HOST']}"

    def publish(self) -> None:
        """SQLite's test database lives in this process's memory: copy it to a file."""
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            with sqlite3.connect(self.file) as copy:
                connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=WAL")
            copy.close()

    def fetch(self) -> None:
        """Bring back what the other processes wrote, so that the test can use the models."""
        if connection.vendor == "sqlite":
            written = sqlite3.connect(self.file)
            written.backup(connection.connection)
            written.close()

    def rows(self, sql: str) -> list[Any]:
        """What the other processes' database answers."""
        if connection.vendor == "sqlite":
            own = sqlite3.connect(self.file, timeout=20)
            try:
                return own.execute(sql).fetchall()
            finally:
                own.close()
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start ``xuequ`` with ``arguments``."""
        program = subprocess.Popen([*COMMAND, *arguments], env=self.environment, cwd=ROOT, **options)
        self.programs.append(program)
        return program

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("work")

    def effects(self) -> list[tuple[str, int]]:
        """Which steps of which tasks have happened, as often as they happened."""
        member = "data->>'{}'" if connection.vendor == "postgresql" else "json_extract(data, '$.{}')"
        columns = f"{member.format('task')}, {member.format('step')}"
        found = self.rows(f"SELECT {columns} FROM core_auditevent WHERE verb = 'effect' ORDER BY id")
        return [(name, int(step)) for name, step in found]

    def states(self) -> list[tuple[str, int]]:
        return self.rows("SELECT state, attempts FROM core_task ORDER BY id")

    def finished(self) -> bool:
        return all(state in {"succeeded", "failed"} for state, _attempts in self.states())


def wait_for(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until ``condition`` holds; fail when it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.03)


@pytest.fixture
def instance(transactional_db: None, tmp_path: Path) -> Iterator[Instance]:
    made = Instance(tmp_path)
    yield made
    for program in made.programs:
        if program.poll() is None:
            program.send_signal(signal.SIGCONT)
            program.kill()
        program.wait()
