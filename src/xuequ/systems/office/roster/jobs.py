"""Long work of the roster: checking and storing large files."""

from uuid import UUID

from django_tasks import task

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.kit.roster import actions
from xuequ.record.models import ImportBatch


def _actor(account_id: int) -> Actor:
    return Actor.of(Account.objects.get(pk=account_id), clock.today())


@task()
def check_roster(batch_uid: str, account_id: int) -> str:
    """Check a file; a second call checks it again."""
    batch = ImportBatch.objects.get(uid=UUID(batch_uid))
    return str(actions.check(actor=_actor(account_id), batch=batch).state)


@task()
def confirm_roster(batch_uid: str, account_id: int, agreed: bool) -> str:
    """Store a checked file in one transaction; a second call changes nothing."""
    batch = ImportBatch.objects.get(uid=UUID(batch_uid))
    stored = actions.confirm(actor=_actor(account_id), batch=batch, agreed=agreed)
    actions.index_stored(stored)
    return str(stored.state)


@task()
def undo_roster(batch_uid: str, account_id: int) -> str:
    """Undo a stored import in one transaction; a second call changes nothing."""
    batch = ImportBatch.objects.get(uid=UUID(batch_uid))
    return str(actions.undo(actor=_actor(account_id), batch=batch).state)
