"""The index of the search, and beside it what each database searches with.

A later migration that makes SQLite rebuild ``core_searchentry`` must make the triggers again.
"""

from typing import Any

from django.db import migrations, models

SQLITE = (
    "CREATE VIRTUAL TABLE core_search_fts USING fts5("
    "tokens, content='core_searchentry', content_rowid='id', columnsize=0, tokenize='ascii')",
    "CREATE TRIGGER core_search_added AFTER INSERT ON core_searchentry BEGIN "
    "INSERT INTO core_search_fts(rowid, tokens) VALUES (new.id, new.tokens); END",
    "CREATE TRIGGER core_search_removed AFTER DELETE ON core_searchentry BEGIN "
    "INSERT INTO core_search_fts(core_search_fts, rowid, tokens) VALUES ('delete', old.id, old.tokens); END",
    "CREATE TRIGGER core_search_changed AFTER UPDATE ON core_searchentry BEGIN "
    "INSERT INTO core_search_fts(core_search_fts, rowid, tokens) VALUES ('delete', old.id, old.tokens); "
    "INSERT INTO core_search_fts(rowid, tokens) VALUES (new.id, new.tokens); END",
)
POSTGRESQL = (
    "ALTER TABLE core_searchentry ADD COLUMN vector tsvector "
    "GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, tokens)) STORED",
    # A short list of pending rows: large imports are written in pieces, and a search never reads much of it.
    "CREATE INDEX core_search_vector ON core_searchentry USING gin (vector) "
    "WITH (fastupdate = on, gin_pending_list_limit = 1024)",
    # The planner chooses by how common a token is, so it has to know the common ones.
    "ALTER TABLE core_searchentry ALTER COLUMN vector SET STATISTICS 1000",
)
DROP_POSTGRESQL = ("DROP INDEX core_search_vector", "ALTER TABLE core_searchentry DROP COLUMN vector")
DROP_SQLITE = (
    "DROP TRIGGER core_search_added",
    "DROP TRIGGER core_search_removed",
    "DROP TRIGGER core_search_changed",
    "DROP TABLE core_search_fts",
)


def build(apps: Any, schema_editor: Any) -> None:
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    for statement in DROP_POSTGRESQL if schema_editor.connection.vendor == "postgresql" else DROP_SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_password_times"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=24)),
                ("object_id", models.BigIntegerField()),
                ("tokens", models.TextField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "id"], name="core_search_newest")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id"), name="core_search_once")
                ],
            },
        ),
        migrations.RunPython(build, drop),
    ]
