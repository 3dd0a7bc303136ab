"""Run the whole suite: on SQLite, on a temporary PostgreSQL, then in the browser; say how long each part took."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = [sys.executable, "-m", "pytest", "--durations=10"]
POSTGRES = any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
# What asks no database would prove nothing on PostgreSQL.
WITH_DATABASE = [
    "tests/core",
    "tests/district",
    "tests/record",
    "tests/kit",
    "tests/systems",
    "tests/site",
    "tests/erasure",
    "tests/crash",
]
ON_POSTGRES = ["-m", "not browser and (database or crash)", *WITH_DATABASE]

# Both workers would wait for the one walk, and build what stands for a module: grouped, one of them does.
GROUPED = ["-n", "2", "--dist", "loadgroup"]
PARTS: list[tuple[str, list[str]]] = [
    ("SQLite", [*PYTEST, *GROUPED, "-m", "not browser", "tests"]),
    ("PostgreSQL", [sys.executable, "tools/with_postgres.py", *PYTEST, *GROUPED, *ON_POSTGRES]),
    ("browser", [*PYTEST, "-n", "2", "-m", "browser", "tests/browser"]),
]


def main() -> int:
    """Run the parts in order and stop at the first that fails; they share the demo and the walk through it."""
    # A shell that forbids keeping compiled files would have each of some hundred processes compile everything again.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="xuequ-tests-") as shared:
        return run({**kept, "PYTHONHASHSEED": "0", "XUEQU_TEST_SHARED": shared})


def run(environment: dict[str, str]) -> int:
    """Run the parts in an environment."""
    for name, command in PARTS:
        if name == "PostgreSQL" and not POSTGRES:
            print("PostgreSQL is not installed: its part is skipped")
            continue
        print(f"== {name}", flush=True)
        began = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environment).returncode
        print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
