"""Imports, typing, the move of schools and decisions killed -9 at random moments: 0 lost, 0 doubled, 0 half done.

    python bench/crash_moments.py --case all --moments 200 --seed 1              # SQLite
    python tools/with_postgres.py .venv/bin/python bench/crash_moments.py        # PostgreSQL

Each case (roster, scores, entry, rollover; stars: settling results; balance: the statistics table; support: deciding a
round of money; programmes: a ledger) is forked from a prepared process and killed while it stores: three quarters
of the moments are spread evenly over the time that storing takes, the others lie in the commits. After each: the
database must be exactly what it was after the last transaction that was over, doing the work again must end it, doing
it once more must change nothing, and undoing it must bring back what was there. Prints one JSON document a case.
"""

import os
import sys
import tempfile
from pathlib import Path

HOME = tempfile.TemporaryDirectory(prefix="xuequ-crash-")
os.environ["XUEQU_HOME"] = HOME.name
os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
os.environ["XUEQU_MFA"] = "off"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from tests.crash.moments import running  # noqa: E402

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    sys.exit(running.main())
