"""What people may do with a task."""

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.actors import Actor
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.queries import task_of
from xuequ.core.models import Task, TaskState


@transaction.atomic
def retry(task: Task, *, actor: Actor) -> None:
    """Let a failed task run again, from its last checkpoint, with all its attempts."""
    if task_of(actor, task.uid) is None:
        raise Forbidden
    changed = Task.objects.filter(pk=task.pk, state=TaskState.FAILED).update(
        state=TaskState.READY, attempts=0, run_after=clock.now(), finished_at=None, error_class="", error=""
    )
    if not changed:
        raise Refused(_("Only a task that has failed can be run again; this one has not."))
    audit.record(actor, "task.retried", task)
