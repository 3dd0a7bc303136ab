"""Migrations are complete, and each has a name that says what it does."""

import os
import re
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "xuequ"


def badly_named() -> list[str]:
    """Return migrations that kept the name Django made up."""
    return [str(file) for file in SOURCE.glob("**/migrations/*.py") if re.search(r"_auto_\d", file.name)]


def main() -> int:
    """Exit 1 when a migration is missing or unnamed."""
    for file in badly_named():
        print(f"give this migration a name: {file}")
    os.environ.setdefault("XUEQU_HOME", tempfile.mkdtemp(prefix="xuequ-lint-"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xuequ.site.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["django", "makemigrations", "--check", "--dry-run"])
    return 1 if badly_named() else 0


if __name__ == "__main__":
    sys.exit(main())
