"""The move of schools killed -9 at random moments: 0 schools half done, and running again always finishes.

Run as ``.venv/bin/python bench/crash_rollover.py [--moments 200] [--seed 1]``; uses SQLite in a folder that is thrown
away, or the database that XUEQU_DATABASE_URL names (an empty one).
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ["XUEQU_HOME"] = tempfile.mkdtemp(prefix="xuequ-crash-")
os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from tests.crash import rollover_moments  # noqa: E402

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    call_command("migrate", verbosity=0)
    rollover_moments.build()
    found = rollover_moments.main(said.moments, said.seed)
    print(found)
    sys.exit(bool(found["half_done"] or found["unfinished"]))
