"""What the commands of the server part share: Django set up, and one sentence when that cannot be."""

import os
import sys
from typing import NoReturn

SETTINGS = "xuequ.site.settings"
# The engines multiply small matrices: more threads of the BLAS would only wait for each other.
ONE_BLAS_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def say(sentence: str) -> None:
    """Tell the person at the terminal, on stderr."""
    print(f"xuequ: {sentence}", file=sys.stderr, flush=True)


def refuse(reason: str) -> NoReturn:
    """Say why on stderr, in one sentence, and exit 2."""
    say(reason)
    sys.exit(2)


def prepare() -> None:
    """Set Django up on the site's settings; refuse when the server part is absent or a setting is wrong."""
    for name, value in ONE_BLAS_THREAD.items():
        os.environ.setdefault(name, value)  # read when NumPy is loaded, which nothing has done yet
    try:
        import django
        from django.core.exceptions import ImproperlyConfigured
    except ModuleNotFoundError:
        refuse("this command needs the server part; install it with: pip install 'xuequ[server]'")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        django.setup()
    except ImproperlyConfigured as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"the data folder cannot be used ({error}); XUEQU_HOME names it")


def migrate_if_needed() -> None:
    """Bring the database to this version's tables, and say so when there was something to do."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            return
        say(f"bringing the database up to date ({len(plan)} steps)")
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        first = str(error).strip().splitlines()[0]
        refuse(f"the database cannot be used ({first}); XUEQU_DATABASE_URL names it")
    finally:
        connection.close()
