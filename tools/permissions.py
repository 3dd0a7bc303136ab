"""Write tests/security/matrix.txt anew: ``python -m tools.permissions``.

It walks the whole site in every role, as the tests do, and writes down what each may open. What it finds is not
thereby right: read every changed line before you commit it. Exit 1 with a line for each leak and each unknown part of
an address. Takes two minutes.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def main() -> int:
    """Make a database, walk, write; exit 1 when something was shown to the wrong reader."""
    import django

    django.setup()
    from django.test.runner import DiscoverRunner

    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    try:
        return write()
    finally:
        runner.teardown_databases(databases)


def write() -> int:
    """Walk in every role and write the table."""
    from tests.security import matrix
    from tests.security.columns import COLUMNS
    from tests.security.stage import stage

    walks = {}
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as world:
        methods = {route.pattern: matrix.declared_methods(world, route) for route in matrix.known_routes()}
        for column in COLUMNS:
            walks[column.code] = matrix.walk(world, column, methods)
            print(f"{column.title}: {walks[column.code].asked} requests", file=sys.stderr)
    faults = [fault for walk in walks.values() for fault in walk.faults]
    faults += [
        f"{prefix}: say in tests/security/objects.py what it is"
        for r in matrix.routes()
        for prefix in r.unknown
    ]
    if faults:
        print(*faults, sep="\n")
    matrix.TABLE.write_text(matrix.written({code: walk.cells for code, walk in walks.items()}), "utf-8")
    asked = sum(walk.asked for walk in walks.values())
    print(f"{len(methods)} addresses, {len(COLUMNS)} readers, {asked} requests: {matrix.TABLE}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
