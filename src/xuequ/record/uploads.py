"""Files that were brought in: each belongs to an import that is undecided or to evidence, or is removed."""

import datetime as dt
from collections.abc import Iterator

from django.core.files.storage import default_storage

from xuequ.core import clock
from xuequ.record.models import Evidence, ImportBatch

IMPORTS, EVIDENCE = "imports", "evidence"
SETTLED = dt.timedelta(hours=1)
"""So long an upload may take to be written down; a younger file is left alone."""


def remove_stray(older_than: dt.timedelta = SETTLED) -> int:
    """Remove files that nothing names, and return how many: a process that died left them, and they hold names.

    A file is written just before its row and removed just after the row is over, so either may fail to happen.
    """
    limit = clock.now() - older_than
    imports = set(ImportBatch.objects.exclude(stored_file="").values_list("stored_file", flat=True))
    evidence = set(Evidence.objects.exclude(stored_file="").values_list("stored_file", flat=True))
    stray = [file for file in _files(IMPORTS) if file not in imports]
    stray += [file for file in _files(EVIDENCE) if file not in evidence]
    old = [file for file in stray if default_storage.get_modified_time(file) <= limit]
    for file in old:
        default_storage.delete(file)
    return len(old)


def _files(folder: str) -> Iterator[str]:
    """Yield the files of a folder and of those in it."""
    if not default_storage.exists(folder):
        return
    folders, names = default_storage.listdir(folder)
    yield from (f"{folder}/{name}" for name in names)
    for inner in folders:
        yield from _files(f"{folder}/{inner}")
