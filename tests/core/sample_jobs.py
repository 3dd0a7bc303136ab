"""Tasks for the tests of core/jobs; their effects are audit rows, as core has no other table for them."""

import time

from django.db import OperationalError, transaction
from django_tasks import TaskContext, task

from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.jobs.context import checkpoint, report_progress, save_checkpoint
from xuequ.core.models import AuditEvent


@task
def add(a: int, b: int) -> int:
    report_progress(0.5, "half way")
    return a + b


@task(priority=10)
def urgent() -> str:
    return "urgent"


@task(takes_context=True)
def which_attempt(context: TaskContext) -> int:
    return context.attempt


@task
def leaks_a_name(name: str) -> None:
    secret = {"name": name}
    raise KeyError(secret["name"])


@task
def refuses() -> None:
    raise Refused("Only 3 pupils have both results; at least 10 are needed.")


@task
def returns_a_date() -> object:
    return clock.today()


@task
def database_away() -> None:
    raise OperationalError("server closed the connection")


@task
def steps(name: str, count: int, pause: float = 0.0, hold: float = 0.0) -> int:
    """Write ``count`` effects, one transaction each; go on after the last one kept."""
    for step in range(checkpoint().get("next", 0), count):
        with transaction.atomic():
            AuditEvent.objects.create(at=clock.now(), verb="effect", data={"task": name, "step": step})
            time.sleep(hold)
            save_checkpoint({"next": step + 1})
        report_progress((step + 1) / count, f"step {step + 1}")
        time.sleep(pause)
    return count
