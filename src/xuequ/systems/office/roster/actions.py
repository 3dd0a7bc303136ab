"""Steps that the roster's pages start: at once for small files, as a job for large ones."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks.base import Task as TaskFunction

from xuequ.core import audit
from xuequ.core.jobs.enqueue import start
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolClass
from xuequ.kit.roster import actions as roster
from xuequ.record.models import ImportBatch
from xuequ.systems.office.roster import jobs

ROWS_AT_ONCE = 2000
"""Files with more rows are checked and stored by a job with a progress page."""


def is_large(batch: ImportBatch) -> bool:
    """Whether the file is worked on by a job."""
    rows: int = batch.summary.get("rows", 0)
    return rows > ROWS_AT_ONCE


def check(*, actor: Actor, batch: ImportBatch) -> Task | None:
    """Check a file; return the job's row when the file is large."""
    if not is_large(batch):
        roster.check(actor=actor, batch=batch)
        return None
    return _start(jobs.check_roster, actor, batch, _("Checking “%(name)s”"))


def confirm(*, actor: Actor, batch: ImportBatch, agreed: bool) -> Task | None:
    """Store a checked file; return the job's row when the file is large. Twice is once."""
    if not is_large(batch):
        roster.confirm(actor=actor, batch=batch, agreed=agreed)
        roster.index_stored(batch)
        return None
    return _start(jobs.confirm_roster, actor, batch, _("Storing “%(name)s”"), agreed=agreed)


def undo(*, actor: Actor, batch: ImportBatch) -> Task | None:
    """Undo a stored import; return the job's row when the file was large."""
    if not is_large(batch):
        roster.undo(actor=actor, batch=batch)
        return None
    return _start(jobs.undo_roster, actor, batch, _("Undoing “%(name)s”"))


def _start(work: TaskFunction[Any, Any], actor: Actor, batch: ImportBatch, title: str, **said: Any) -> Task:
    return start(
        work,
        actor=actor,
        title=title % {"name": batch.file_name},
        done_url=reverse("office:roster-import", args=[batch.uid]),
        batch_uid=str(batch.uid),
        account_id=actor.account_id,
        **said,
    )


def note_list_seen(*, actor: Actor, school_class: SchoolClass, pupils: int) -> None:
    """Write down that a class list with names was opened."""
    audit.record(actor, "class-list.seen", school_class, {"pupils": pupils})
