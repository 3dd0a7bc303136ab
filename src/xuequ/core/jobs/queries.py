"""Which tasks somebody may see."""

from uuid import UUID

from django.db.models import QuerySet

from xuequ.core.actors import Actor
from xuequ.core.models import Task


def tasks_of(actor: Actor) -> QuerySet[Task]:
    """Tasks the actor started, newest first; all of them for whoever tends the instance."""
    tasks = Task.objects.order_by("-id")
    if actor.tends_instance:
        return tasks.select_related("account")
    if actor.account_id is None:
        return tasks.none()
    return tasks.filter(account_id=actor.account_id)


def task_of(actor: Actor, uid: UUID) -> Task | None:
    """Return the task, or ``None`` when there is none that this actor may see."""
    return tasks_of(actor).filter(uid=uid).first()
