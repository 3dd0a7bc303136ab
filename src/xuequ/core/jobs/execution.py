"""One attempt at a task, from its function's call to the row's last word."""

import datetime as dt
import logging
import time
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import translation
from django.utils.module_loading import import_string
from django_tasks import TaskContext, task_backends
from django_tasks.base import Task as TaskFunction
from django_tasks.signals import task_finished, task_started
from django_tasks.utils import get_module_path

from xuequ.core.errors import Refused
from xuequ.core.jobs.backend import LeaseBackend, to_json
from xuequ.core.jobs.context import Running, running_task
from xuequ.core.jobs.leases import Lease, LeaseLost
from xuequ.core.models import Task

log = logging.getLogger(__name__)
RETRY_AFTER = dt.timedelta(seconds=5)
SETTLE_PAUSES = (0.5, 1, 2, 4)


def backend() -> LeaseBackend:
    """Return the instance's task backend."""
    found = task_backends["default"]
    if not isinstance(found, LeaseBackend):
        raise TypeError("TASKS['default'] is not the lease backend")
    return found


def execute(row: Task, lease: Lease, report: Callable[[float, str], None]) -> None:
    """Run the task and write how it ended; who holds the lease by then is the only one to write."""
    try:
        language = row.language or settings.LANGUAGE_CODE
        with running_task(Running(row, lease, report)), translation.override(language):
            outcome = _attempt(row, lease)
        _settle(outcome)
    except LeaseLost:
        log.warning("task %s: attempt %d lost its lease to another worker", row.uid, lease.attempt)
        return
    _announce_end(row)


def _settle(outcome: Callable[[], None]) -> None:
    """Write how the task ended; a database that is away just then gets some seconds to come back."""
    for pause in SETTLE_PAUSES:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        try:
            return outcome()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            time.sleep(pause)
    return outcome()


def _attempt(row: Task, lease: Lease) -> Callable[[], None]:
    """Call the task's function; return what is to be written about it."""
    try:
        result = to_json(_call(row))
    except Refused as refusal:
        return lambda reason=str(refusal): lease.fail(get_module_path(Refused), reason)  # type: ignore[misc]
    except (OperationalError, InterfaceError) as error:
        if row.attempts < row.max_attempts:
            log.warning("task %s: the database was not available; the task is tried again", row.uid)
            return lambda: lease.give_back(after=RETRY_AFTER)
        return _failure(row, lease, error)
    except Exception as error:  # noqa: BLE001 - whatever a task raises is the task's failure, not the worker's
        return _failure(row, lease, error)
    return lambda: lease.succeed(result)


def _call(row: Task) -> Any:
    task: TaskFunction[Any, Any] = import_string(row.path)
    arguments = row.arguments
    result = backend().result_of(row, task)
    task_started.send(LeaseBackend, task_result=result)
    if task.takes_context:
        return task.call(TaskContext(task_result=result), *arguments["args"], **arguments["kwargs"])
    return task.call(*arguments["args"], **arguments["kwargs"])


def _failure(row: Task, lease: Lease, error: BaseException) -> Callable[[], None]:
    error_class, frames = get_module_path(type(error)), sanitized(error)
    log.error("task %s (%s) failed: %s\n%s", row.uid, row.path, error_class, frames)
    return lambda: lease.fail(error_class, frames)


def sanitized(error: BaseException) -> str:
    """Return where an error arose, without its message: that may hold names or scores of persons."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)
        lines = [f"  {'/'.join(PurePath(f.filename).parts[-3:])}:{f.lineno} {f.name}" for f in frames]
        parts.append("\n".join([get_module_path(type(cause)), *lines]))
        cause = cause.__cause__ or cause.__context__
    return "\n".join(reversed(parts))


def _announce_end(row: Task) -> None:
    row.refresh_from_db()
    if row.finished_at is None:
        return
    try:
        task: TaskFunction[Any, Any] = import_string(row.path)
    except ImportError:
        return  # its function is gone: nobody can be listening for it
    task_finished.send(LeaseBackend, task_result=backend().result_of(row, task))
