"""Install, or name, the Debian packages that only the tests need.

As root with apt: what is absent is installed. Otherwise it is named and the tests that need it are skipped; with
``CI=true`` a missing package is a failure, because a test that never runs proves nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {
    "chromium": lambda: shutil.which("chromium") is not None,
    "postgresql": lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    "fonts-noto-cjk": lambda: Path("/usr/share/fonts/opentype/noto").exists(),
    "gettext": lambda: shutil.which("msgfmt") is not None,
}


def missing() -> list[str]:
    """Return the packages that are not there."""
    return [name for name, present in PACKAGES.items() if not present()]


def install(names: list[str]) -> None:
    """Install ``names`` with apt, without asking and without recommended extras."""
    # A cluster of its own for every package installed would only be in the way: the tests start a temporary one.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names],
        check=False,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def main() -> int:
    """Install what can be installed and say what stays missing."""
    absent = missing()
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing from Debian: {' '.join(absent)}", flush=True)
        install(absent)
        absent = missing()
    if not absent:
        return 0
    names = " ".join(absent)
    print(
        f"missing Debian packages: {names}; tests that need them are skipped (install: apt-get install {names})"
    )
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
