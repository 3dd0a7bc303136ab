"""What the code of a task may ask and tell while it runs; outside a task these do nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from xuequ.core.jobs.backend import to_json
from xuequ.core.jobs.leases import Lease
from xuequ.core.models import Task


@dataclass(slots=True)
class Running:
    """The task that runs here: its row as claimed, the lease, and who takes its progress."""

    row: Task
    lease: Lease
    report: Callable[[float, str], None]


_running: ContextVar[Running | None] = ContextVar("xuequ_running_task", default=None)


def current() -> Task | None:
    """Return the row of the task that runs here, as it was claimed; ``None`` outside a task."""
    running = _running.get()
    return running.row if running is not None else None


def report_progress(fraction: float, message: str = "") -> None:
    """Say how far the task is, 0 to 1, and what it does now; may be called as often as one likes."""
    running = _running.get()
    if running is not None:
        running.report(min(1.0, max(0.0, float(fraction))), str(message)[:200])


def checkpoint() -> dict[str, Any]:
    """Return what this task's last ``save_checkpoint`` kept, by whichever worker; empty at first."""
    running = _running.get()
    return dict(running.row.checkpoint) if running is not None else {}


def save_checkpoint(state: Mapping[str, Any]) -> None:
    """Keep ``state`` in the caller's transaction, beside the effects it stands for: both happen or neither.

    Raises ``LeaseLost`` (undoing the transaction) when another worker has taken the task over.
    """
    running = _running.get()
    if running is not None:
        kept = to_json(state)
        running.lease.renew(checkpoint=kept)
        running.row.checkpoint = kept


@contextmanager
def running_task(running: Running) -> Iterator[None]:
    """Make ``running`` the current task."""
    token = _running.set(running)
    try:
        yield
    finally:
        _running.reset(token)
