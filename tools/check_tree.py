"""The tree holds no built bundle, no big file, and no address of a package registry in a lock file."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1_000_000
LOCKS = re.compile(r"(^|/)(requirements/.*\.txt|package-lock\.json|\.npmrc)$")


def tracked() -> list[Path]:
    """Return the files under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def problems(files: list[Path]) -> list[str]:
    """Return one sentence for each file that should not be there as it is."""
    found = [f"{file.relative_to(ROOT)}: over {LIMIT} bytes" for file in files if file.stat().st_size > LIMIT]
    for file in files:
        name = file.relative_to(ROOT).as_posix()
        if LOCKS.search(name) and re.search(r"https?://", file.read_text(encoding="utf-8")):
            found.append(f"{name}: holds an address")
    return found


if __name__ == "__main__":
    sentences = problems(tracked())
    print("\n".join(sentences), end="\n" if sentences else "")
    sys.exit(1 if sentences else 0)
