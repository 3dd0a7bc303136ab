"""The tables of the tests' database: as the models say, since making them so takes a tenth of the time of migrating.

That migrations lead to the same tables is a test of its own (tests/site/test_migrations.py), and the demo that the
walk and the browser look at was migrated. Other processes find every migration on record and migrate nothing.
"""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_use_migrations() -> bool:
    """Overrides pytest-django's: tables are made from the models."""
    return False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Extends pytest-django's by what migrations do beside making tables."""
    with django_db_blocker.unblock():
        finish()
    yield


def finish() -> None:
    """Run the code of all migrations on the new tables, and note every migration as applied."""
    from django.apps import apps
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.operations import RunPython
    from django.db.migrations.recorder import MigrationRecorder

    settings.MIGRATION_MODULES = {}  # pytest-django hid them from the making of the tables; now they are looked at
    graph = MigrationLoader(None).graph
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    order = dict.fromkeys(step for leaf in graph.leaf_nodes() for step in graph.forwards_plan(leaf))
    for app, name in order:
        migration = graph.nodes[app, name]
        for operation in migration.operations:
            # What other packages run there mends rows of old versions; there are none.
            if isinstance(operation, RunPython) and type(migration).__module__.startswith("xuequ."):
                with connection.schema_editor(atomic=operation.atomic is not False) as editor:
                    operation.code(apps, editor)
        recorder.record_applied(app, name)
