"""Migrations lead to the tables that the models say: the other tests' tables were made from the models."""

import sqlite3
import subprocess
import sys
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection

from tests.conftest import ON_POSTGRES, ROOT
from tests.crash.conftest import Instance, instance
from tests.walk.shared import demo_home, shared_folder

__all__ = ["instance"]

Tables = dict[str, set[str]]
"""What stands in a database, by table: columns and constraints, indexes and triggers, in words that do not depend on
the order in which they were made."""


def of_sqlite(database: sqlite3.Connection) -> Tables:
    found: Tables = defaultdict(set)
    for kind, table, sql in database.execute("SELECT type, tbl_name, sql FROM sqlite_master WHERE sql > ''"):
        if kind == "table" and "VIRTUAL" not in sql:
            found[table] |= set(_parts(sql[sql.index("(") + 1 : sql.rindex(")")]))
        else:
            found[table].add(sql)
    return found


def _parts(definition: str) -> list[str]:
    """The parts of a table between the commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in definition:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [" ".join(part.split()) for part in parts]


POSTGRES = """
    SELECT c.relname, concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                                a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def of_postgres(cursor: Any) -> Tables:
    found: Tables = defaultdict(set)
    cursor.execute(POSTGRES)
    for table, words in cursor.fetchall():
        found[table].add(words)
    return found


NOT_OURS = {"auth_group_permissions"}
"""Django makes the key of this table after the settings' default, its migration by the default of old."""


def differences(made: Tables, migrated: Tables) -> list[str]:
    return sorted(
        f"{table}: {side} {words}"
        for table in (made.keys() | migrated.keys()) - NOT_OURS
        for side, only in (
            ("only the models have", made[table] - migrated[table]),
            ("only the migrations have", migrated[table] - made[table]),
        )
        for words in only
    )


@pytest.mark.skipif(ON_POSTGRES, reason="the demo is kept in SQLite")
@pytest.mark.xdist_group("walk")
def test_the_demos_tables_are_those_of_the_models(
    transactional_db: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    connection.ensure_connection()
    made = of_sqlite(connection.connection)
    demo = sqlite3.connect(demo_home(shared_folder(tmp_path_factory)) / "xuequ.sqlite3")
    assert len(made) > 100
    assert differences(made, of_sqlite(demo)) == []
    demo.close()


@pytest.mark.skipif(not ON_POSTGRES, reason="asks PostgreSQL")
def test_an_empty_database_is_migrated_to_the_tables_of_the_models(instance: Instance) -> None:
    with connection.cursor() as cursor:
        made = of_postgres(cursor)
        name = f"{connection.settings_dict['NAME']}_migrated"
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            parts = urlsplit(instance.url)
            url = urlunsplit(parts._replace(path=f"/{name}"))
            environment = instance.environment | {"XUEQU_DATABASE_URL": url}
            migrate = (sys.executable, "-m", "django", "migrate", "--verbosity=0")
            subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
            with psycopg.connect(url) as other:
                migrated = of_postgres(other.cursor())
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    assert len(made) > 100
    assert differences(made, migrated) == []
