"""Letting data go whose time is over: piece by piece, so that it can stop and go on."""

from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.core.models import Account
from xuequ.district import retention
from xuequ.district.actors import Actor


@task()
def let_go(slug: str, account_id: int) -> int:
    """Let everything of one class of data go that is due; taken up again, it goes on with what is left."""
    actor = Actor.of(Account.objects.get(pk=account_id), clock.today())
    due = retention.due_of(actor, slug)
    total, gone = (due.total if due else 0), 0
    while piece := retention.let_go(actor=actor, slug=slug):
        gone += piece
        report_progress(min(gone / max(total, 1), 1.0))
    return gone
