"""Long work: all schools of the district, one after the other. A job that was cut off goes on where it stopped."""

from uuid import UUID

from django_tasks import task

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.kit.rollover import running
from xuequ.kit.rollover.choices import SchoolState
from xuequ.kit.rollover.models import Rollover, SchoolRollover


def _actor(account_id: int) -> Actor:
    return Actor.of(Account.objects.get(pk=account_id), clock.today())


def _items(rollover_uid: str, *states: SchoolState) -> list[SchoolRollover]:
    rows = SchoolRollover.objects.filter(rollover=Rollover.objects.get(uid=UUID(rollover_uid)))
    rows = rows.filter(state__in=states) if states else rows
    return list(rows.select_related("school", "rollover__year").order_by("school__code"))


@task()
def check_schools(rollover_uid: str, account_id: int) -> int:
    """Preview every school that has not moved; a second call previews again."""
    items = _items(rollover_uid, SchoolState.OPEN, SchoolState.READY)
    return len(running.preview_schools(actor=_actor(account_id), items=items))


@task()
def run_schools(rollover_uid: str, account_id: int, ready_only: bool) -> dict[str, int]:
    """Move the schools that are ready, or all that nothing stops; those that have moved stay as they are."""
    states = (SchoolState.READY,) if ready_only else (SchoolState.READY, SchoolState.OPEN)
    ran = running.run_schools(actor=_actor(account_id), items=_items(rollover_uid, *states))
    return {"done": len(ran.done), "refused": len(ran.refused)}


@task()
def undo_schools(rollover_uid: str, account_id: int) -> dict[str, int]:
    """Take every school's move back; those that something rests on stay."""
    ran = running.undo_schools(actor=_actor(account_id), items=_items(rollover_uid, SchoolState.DONE))
    return {"done": len(ran.done), "refused": len(ran.refused)}
