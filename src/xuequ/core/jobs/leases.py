"""Who may write for a task: the attempt that holds its lease, and nobody else."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from xuequ.core import clock
from xuequ.core.models import Task, TaskState

# After waiting this long for SQLite's write lock, a lease that ran out meanwhile proves nothing: its holder
# may have been waiting for the same lock to renew it.
LOCK_WAIT = dt.timedelta(seconds=1)


class LeaseLost(BaseException):
    """The attempt is no longer this worker's; not an ``Exception``, so that no task swallows it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One attempt at a task: ``worker`` and ``attempt`` fence every write."""

    task_id: int
    worker: str
    attempt: int
    duration: dt.timedelta

    def held(self) -> QuerySet[Task]:
        """The task's row as long as this attempt holds it."""
        return Task.objects.filter(
            pk=self.task_id, state=TaskState.RUNNING, worker=self.worker, attempts=self.attempt
        )

    def write(self, **fields: Any) -> None:
        """Write ``fields`` for this attempt; raises ``LeaseLost`` when the task is someone else's now."""
        if not self.held().update(**fields):
            raise LeaseLost

    def renew(self, **fields: Any) -> None:
        """Prolong the lease, writing ``fields`` with it."""
        self.write(lease_until=clock.now() + self.duration, **fields)

    def succeed(self, result: Any) -> None:
        """Close the task as done."""
        self.write(
            state=TaskState.SUCCEEDED, result=result, progress=1.0, finished_at=clock.now(), lease_until=None,
            error_class="", error="",
        )  # fmt: skip

    def fail(self, error_class: str, error: str) -> None:
        """Close the task as failed, with what people are shown."""
        self.write(
            state=TaskState.FAILED,
            error_class=error_class,
            error=error,
            finished_at=clock.now(),
            lease_until=None,
        )

    def give_back(self, *, after: dt.timedelta = dt.timedelta(), counted: bool = True) -> None:
        """Let any worker take the task again; an attempt that ended on purpose is not counted."""
        self.write(
            state=TaskState.READY,
            run_after=clock.now() + after,
            lease_until=None,
            attempts=self.attempt if counted else self.attempt - 1,
        )


def claim(worker: str, queue: str, duration: dt.timedelta) -> tuple[Task, Lease] | None:
    """Take the most urgent free task of ``queue``, or return ``None``; any number may claim at once."""
    while (row := _take(worker, queue, duration)) is not None:
        if row.state == TaskState.RUNNING:
            return row, Lease(row.pk, worker, row.attempts, duration)
    return None


def _free(queue: str, at: dt.datetime, *, expired: bool = True) -> QuerySet[Task]:
    waiting = Q(state=TaskState.READY, run_after__lte=at)
    abandoned = Q(state=TaskState.RUNNING, lease_until__lt=at)
    return Task.objects.filter(waiting | abandoned if expired else waiting, queue=queue)


def _take(worker: str, queue: str, duration: dt.timedelta) -> Task | None:
    """Take one free task, or close it when its attempts are used up."""
    asked = clock.now()
    if not _free(queue, asked).exists():  # a read alone: idle workers never hold the write lock
        return None
    with transaction.atomic():
        now = clock.now()
        free = _free(queue, asked, expired=now - asked < LOCK_WAIT)
        # SQLite has no row locks and needs none: the transaction began IMMEDIATE.
        row = free.select_for_update(skip_locked=True).order_by("-priority", "id").first()
        if row is None:
            return None
        if row.attempts >= row.max_attempts:
            row.state, row.error_class, row.error = TaskState.FAILED, WorkerDiedError.path(), ""
            row.finished_at, row.lease_until = now, None
        else:
            row.state, row.worker, row.attempts = TaskState.RUNNING, worker, row.attempts + 1
            row.lease_until, row.started_at = now + duration, row.started_at or now
        row.save()
        return row


class WorkerDiedError(Exception):
    """Every worker that tried the task ended before it was finished."""

    @classmethod
    def path(cls) -> str:
        """The name under which it stands in ``Task.error_class``."""
        return f"{cls.__module__}.{cls.__qualname__}"
