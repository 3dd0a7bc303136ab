"""How pages and commands start a task, and how tests and one-shot commands run what was started."""

from typing import Any

from django_tasks.base import Task as TaskFunction

from xuequ.core import clock
from xuequ.core.actors import Actor
from xuequ.core.figures import Text
from xuequ.core.jobs.backend import Order
from xuequ.core.jobs.execution import backend, execute
from xuequ.core.jobs.leases import Lease, claim
from xuequ.core.jobs.progress import InlineProgress
from xuequ.core.models import Task


def start(
    task_function: TaskFunction[Any, Any],
    /,
    *,
    actor: Actor,
    title: Text,
    done_url: str,
    idempotency_key: str | None = None,
    **kwargs: Any,
) -> Task:
    """Write a task in the caller's transaction; ``kwargs`` (JSON only) go to its function.

    A second start with the same ``idempotency_key`` returns the first one's row.
    """
    order = Order(actor.account_id, str(title)[:200], done_url, idempotency_key)
    return backend().put(task_function, (), kwargs, order)


def run_pending(queue: str = "default") -> list[Task]:
    """Run every task that is ready, here and now, and return them as they ended."""
    done = []
    while (taken := claim(f"inline:{clock.now():%H%M%S%f}", queue, backend().lease)) is not None:
        row, lease = taken
        run_here(row, lease)
        done.append(row)
    for row in done:
        row.refresh_from_db()
    return done


def run_here(row: Task, lease: Lease) -> None:
    """Run one claimed task without a heartbeat: its progress is written on the task's own connection."""
    execute(row, lease, InlineProgress(lease).report)
