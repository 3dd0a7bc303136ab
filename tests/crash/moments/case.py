"""What a case is: something that writes, and what is to be seen of it afterwards."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from django.core.files.storage import default_storage

from tests.crash.moments.copies import counted
from xuequ.core.models import AuditEvent
from xuequ.core.search.entries import SearchEntry
from xuequ.district.models import Change
from xuequ.record.models import ImportBatch

Answered = Callable[[], None]
State = dict[str, object]
DAY = dt.date(2026, 3, 2)


class Case(Protocol):
    """Work that is killed. ``build`` fills an empty district; everything else looks at what is in the database."""

    name: str
    transactions: int  # so many, no more and no fewer: each is a whole step

    def build(self) -> None:
        """Make what the work needs."""

    def work(self, answered: Answered, done: int = 0) -> None:
        """Do the work; ``done`` is how many answers somebody who is asking has got already."""

    def facts(self) -> State:
        """Return what is written in words of the district, without keys and times: equal work gives equal facts."""

    def undo(self) -> bool:
        """Take the work back; False where there is no such thing."""

    def in_force(self) -> State:
        """Return what an undo has to bring back."""


def look(case: Case) -> State:
    """Return everything that is checked: facts, the counts of all tables, audit rows, journal, imports, search."""
    return {
        "facts": case.facts(),
        "rows": counted(),
        "audit": Counter(AuditEvent.objects.values_list("verb", flat=True)),
        "journal": _journal(),
        "imports": [_import(batch) for batch in ImportBatch.objects.order_by("pk")],
        "search": sorted(SearchEntry.objects.values_list("kind", "tokens")),
    }


def _journal() -> Counter[tuple[str, bool]]:
    """Return by table how many rows the journal says were added, and changed."""
    found: Counter[tuple[str, bool]] = Counter()
    for table, keys, before in Change.objects.values_list("table", "keys", "before"):
        found[table, before is None] += len(keys)
    return found


def _import(batch: ImportBatch) -> State:
    """Return what is kept of an import; its file is there exactly as long as it is undecided."""
    return {
        "state": batch.state,
        "summary": batch.summary,
        "asked": [batch.problems, batch.questions, batch.examples],
        "stored": batch.stored is not None,
        "file": bool(batch.stored_file) and default_storage.exists(batch.stored_file),
        "study": batch.study_id is not None,
    }
