"""The task backend: rows of ``core.Task`` written in the caller's own transaction."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.module_loading import import_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from xuequ.core import clock
from xuequ.core.models import Task as TaskRow
from xuequ.core.models import TaskState

STATUS = {
    TaskState.READY: TaskResultStatus.READY,
    TaskState.RUNNING: TaskResultStatus.RUNNING,
    TaskState.SUCCEEDED: TaskResultStatus.SUCCESSFUL,
    TaskState.FAILED: TaskResultStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a task carries beside its arguments: for whom, under which name, where its result will stand."""

    account_id: int | None = None
    title: str = ""
    done_url: str = ""
    idempotency_key: str | None = None


class LeaseBackend(BaseTaskBackend):
    """Keeps tasks in the database, where workers take them under a lease."""

    supports_defer = True
    supports_get_result = True
    supports_priority = True

    @property
    def grace(self) -> float:
        """How many seconds a worker that was told to stop may go on with its task."""
        return float(self.options.get("grace_seconds", 8))

    @property
    def lease(self) -> dt.timedelta:
        """How long a silent worker keeps its task."""
        return dt.timedelta(seconds=float(self.options.get("lease_seconds", 15)))

    def enqueue(
        self, task: Task[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> TaskResult[Any]:
        """Write the task's row; it exists if and only if the caller's transaction commits."""
        return self.result_of(self.put(task, args, kwargs, Order()), task)

    def put(
        self, task: Task[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any], order: Order
    ) -> TaskRow:
        """Write the task's row, or return the one that already has the order's idempotency key."""
        self.validate_task(task)
        if order.idempotency_key is not None:
            existing = TaskRow.objects.filter(idempotency_key=order.idempotency_key).first()
            if existing is not None:
                return existing
        now = clock.now()
        row = TaskRow(
            path=task.module_path,
            queue=task.queue_name,
            priority=task.priority,
            arguments=to_json({"args": list(args), "kwargs": dict(kwargs)}),
            idempotency_key=order.idempotency_key,
            account_id=order.account_id,
            title=order.title,
            language=translation.get_language() or "",
            run_after=task.run_after or now,
            enqueued_at=now,
            done_url=order.done_url,
        )
        stored = _insert(row)
        if stored is row:
            task_enqueued.send(type(self), task_result=self.result_of(row, task))
        return stored

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return the task's present state; raises ``TaskResultDoesNotExist``."""
        try:
            row = TaskRow.objects.get(uid=UUID(result_id))
        except (TaskRow.DoesNotExist, ValueError) as error:
            raise TaskResultDoesNotExist(result_id) from error
        return self.result_of(row, import_string(row.path))

    def result_of(self, row: TaskRow, task: Task[Any, Any]) -> TaskResult[Any]:
        """Return ``row`` as the task API shows it."""
        error = TaskError(exception_class_path=row.error_class, traceback=row.error)
        result: TaskResult[Any] = TaskResult(
            task=task.using(priority=row.priority, queue_name=row.queue, run_after=row.run_after),
            id=str(row.uid),
            status=STATUS[TaskState(row.state)],
            enqueued_at=row.enqueued_at,
            started_at=row.started_at,
            last_attempted_at=row.started_at,
            finished_at=row.finished_at,
            args=row.arguments["args"],
            kwargs=row.arguments["kwargs"],
            backend=self.alias,
            errors=[error] if row.error_class else [],
            worker_ids=[row.worker] * row.attempts,
        )
        object.__setattr__(result, "_return_value", row.result)
        return result


def _insert(row: TaskRow) -> TaskRow:
    """Insert ``row``; when another transaction was first with its key, return that one's row."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        existing = TaskRow.objects.filter(idempotency_key=row.idempotency_key).first()
        if row.idempotency_key is None or existing is None:
            raise
        return existing
    return row


def to_json(value: object) -> Any:
    """Return ``value`` as plain JSON types; TypeError or ValueError when it has none (a date, NaN)."""
    plain = normalize_json(value)
    json.dumps(plain, allow_nan=False)
    return plain
