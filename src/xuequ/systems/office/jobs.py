"""Long work of the data office: checking and storing large files."""

from uuid import UUID

from django_tasks import task

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.kit.scores import actions
from xuequ.record.models import ImportBatch


def _actor(account_id: int) -> Actor:
    return Actor.of(Account.objects.get(pk=account_id), clock.today())


@task()
def check_import(batch_uid: str, account_id: int) -> str:
    """Check a file; a second call checks it again."""
    batch = ImportBatch.objects.get(uid=UUID(batch_uid))
    return str(actions.check(actor=_actor(account_id), batch=batch).state)


@task()
def confirm_import(batch_uid: str, account_id: int) -> str:
    """Store a checked file in one transaction; a second call changes nothing."""
    batch = ImportBatch.objects.get(uid=UUID(batch_uid))
    return str(actions.confirm(actor=_actor(account_id), batch=batch).state)
