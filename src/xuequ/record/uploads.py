"""Files that were brought in: each belongs to an import that is undecided, or is removed."""

import datetime as dt

from django.core.files.storage import default_storage

from xuequ.core import clock
from xuequ.record.models import ImportBatch

FOLDER = "imports"
SETTLED = dt.timedelta(hours=1)
"""So long an upload may take to be written down; a younger file is left alone."""


def remove_stray(older_than: dt.timedelta = SETTLED) -> int:
    """Remove files that no import names, and return how many: a process that died left them, and they hold names.

    A file is written just before its import and removed just after the import is over, so either may fail to happen.
    """
    if not default_storage.exists(FOLDER):
        return 0
    files = {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
    known = set(ImportBatch.objects.exclude(stored_file="").values_list("stored_file", flat=True))
    limit = clock.now() - older_than
    stray = [file for file in files - known if default_storage.get_modified_time(file) <= limit]
    for file in stray:
        default_storage.delete(file)
    return len(stray)
