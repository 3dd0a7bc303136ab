"""The same database again and again: copied once, brought back before each moment, together with the stored files."""

import hashlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, connections

PATIENCE = 20.0


class Copies(Protocol):
    """Databases beside the one that the settings name, which stays as it is."""

    def copy(self, source: str, target: str) -> None:
        """Make ``target`` what ``source`` is; both are names, empty for the settings' own."""

    def use(self, name: str) -> None:
        """Work on this one from now on."""

    def settle(self) -> None:
        """Wait until nothing of a killed process works on in the database; prove that the file is whole."""

    def digest(self) -> str:
        """Return a digest of every row of every table."""

    def drop(self) -> None:
        """Remove what was made."""


class SqliteCopies:
    """Files beside the settings' own."""

    def __init__(self) -> None:
        self.own = Path(connection.settings_dict["NAME"])
        self.made: set[Path] = set()

    def _file(self, name: str) -> Path:
        return self.own.with_name(f"{self.own.name}-{name}") if name else self.own

    def copy(self, source: str, target: str) -> None:
        file, copied = self._file(source), self._file(target)
        whole = sqlite3.connect(file)
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole.close()
        self._remove(copied)
        shutil.copyfile(file, copied)
        self.made.add(copied)

    @staticmethod
    def _remove(file: Path) -> None:
        for ending in ("", "-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)

    def use(self, name: str) -> None:
        connections.close_all()
        connections["default"].settings_dict["NAME"] = str(self._file(name))

    def settle(self) -> None:
        with connection.cursor() as cursor:
            said = cursor.execute("PRAGMA integrity_check").fetchall()
            astray = cursor.execute("PRAGMA foreign_key_check").fetchall()
        assert (said, astray) == ([("ok",)], []), (said, astray[:5])

    def digest(self) -> str:
        found = hashlib.sha256()
        with connection.cursor() as cursor:
            for table in sorted(_tables()):
                rows = cursor.execute(f'SELECT * FROM "{table}"')
                found.update(table.encode())
                for line in sorted(map(repr, rows)):
                    found.update(line.encode())
        return found.hexdigest()

    def drop(self) -> None:
        self.use("")
        for file in self.made:
            self._remove(file)


class PostgresCopies:
    """Databases of the same cluster, copied by the server itself."""

    def __init__(self) -> None:
        self.own = str(connection.settings_dict["NAME"])
        self.made: set[str] = set()

    def _name(self, name: str) -> str:
        return f"{self.own}_{name}" if name else self.own

    def _tell(self, sql: str, *values: object) -> list[Any]:
        """Ask the server beside all databases that are copied."""
        import psycopg

        of = connections["default"].settings_dict
        where = {"host": of["HOST"], "port": of["PORT"], "user": of["USER"], "password": of["PASSWORD"]}
        known = {key: value for key, value in where.items() if value}
        with psycopg.connect(dbname="template1", autocommit=True, **known) as server:
            found = server.execute(sql, values or None)
            return found.fetchall() if found.description else []

    def copy(self, source: str, target: str) -> None:
        connections.close_all()
        self._wait(self._name(source))
        self._tell(f'DROP DATABASE IF EXISTS "{self._name(target)}" WITH (FORCE)')
        self._tell(
            f'CREATE DATABASE "{self._name(target)}" TEMPLATE "{self._name(source)}" STRATEGY file_copy'
        )
        self.made.add(self._name(target))

    def _wait(self, name: str) -> None:
        until = time.monotonic() + PATIENCE
        while self._tell("SELECT 1 FROM pg_stat_activity WHERE datname = %s", name):
            assert time.monotonic() < until, "somebody works on in the database"
            time.sleep(0.005)

    def use(self, name: str) -> None:
        connections.close_all()
        connections["default"].settings_dict["NAME"] = self._name(name)

    def settle(self) -> None:
        self._wait(str(connections["default"].settings_dict["NAME"]))

    def digest(self) -> str:
        found = hashlib.sha256()
        with connection.cursor() as cursor:
            for table in sorted(_tables()):
                cursor.execute(f'SELECT t::text FROM "{table}" t')
                found.update(table.encode())
                for line in sorted(row[0] for row in cursor.fetchall()):
                    found.update(line.encode())
        return found.hexdigest()

    def drop(self) -> None:
        self.use("")
        for name in self.made:
            self._tell(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _tables() -> list[str]:
    return [name for name in connection.introspection.table_names() if not name.startswith("core_search_")]


def counted() -> dict[str, int]:
    """Return how many rows every table has."""
    tables = sorted(_tables())
    quoted = [connection.ops.quote_name(table) for table in tables]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in quoted))
        return dict(zip(tables, cursor.fetchone(), strict=True))


FILES, KEPT = "files", "files-kept"


def _files(name: str) -> Path:
    return Path(settings.MEDIA_ROOT).with_name(name)


def keep_files() -> None:
    """Keep the stored files as they are."""
    shutil.rmtree(_files(KEPT), ignore_errors=True)
    Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
    shutil.copytree(settings.MEDIA_ROOT, _files(KEPT))


def bring_files_back() -> None:
    """Make the stored files what they were when they were kept."""
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    shutil.copytree(_files(KEPT), settings.MEDIA_ROOT)


@contextmanager
def copies() -> Iterator[Copies]:
    """Give copies of the settings' database; remove them at the end."""
    found: Copies = SqliteCopies() if connection.vendor == "sqlite" else PostgresCopies()
    try:
        yield found
    finally:
        found.drop()
        shutil.rmtree(_files(KEPT), ignore_errors=True)
