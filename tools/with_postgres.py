"""Run a command against a PostgreSQL of its own: ``python tools/with_postgres.py pytest tests/core``.

A cluster is made in a temporary folder, XUEQU_DATABASE_URL points to it while the command runs, and it is
removed afterwards. Exit status: the command's; 69 when there is no PostgreSQL here.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NOT_HERE = 69


def postgres_programs() -> Path | None:
    """Return the folder with ``initdb`` and ``pg_ctl``; Debian keeps them off the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    found = shutil.which("initdb") or (debian and debian[-1])
    return Path(found).parent if found else None


def unprivileged() -> dict[str, Any]:
    """Return what makes ``subprocess`` run as somebody else: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextmanager
def temporary_postgres(programs: Path) -> Iterator[str]:
    """Start a cluster that listens on a socket in its own folder; give its URL; stop and remove it."""
    who = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="xuequ-pg-"))
    if who:
        os.chown(folder, who["user"], who["group"])
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **who,
        )

    run("initdb", "-A", "trust", "-U", "xuequ", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8")
    options = (
        f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    )
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://xuequ@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def main(command: Sequence[str]) -> int:
    """Run ``command`` with XUEQU_DATABASE_URL set."""
    programs = postgres_programs()
    if programs is None:
        sys.stderr.write("with_postgres: no initdb here; Debian's package is called postgresql\n")
        return NOT_HERE
    if not command:
        sys.stderr.write("with_postgres: name the command to run\n")
        return 2
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # also then it is removed
    with temporary_postgres(programs) as url:
        return subprocess.run(command, env={**os.environ, "XUEQU_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
