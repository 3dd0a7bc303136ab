"""Long work: count the ledger."""

import datetime as dt
from uuid import UUID

from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.record.actions import finish_run, publish_indicators, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run


@task()
def count_ledger(run_uid: str) -> str:
    """Count the ledger and publish its numbers; taken up again, it counts and publishes the same once."""
    from xuequ.systems.programmes.indicators import ledger_frame, values_of

    run = Run.objects.select_related("year").get(uid=UUID(run_uid))
    if run.state == RunState.DONE:
        return RunState.DONE
    day = dt.date.fromisoformat(run.parameters["day"])
    frame = ledger_frame(day)
    report_progress(0.5, "")
    start_run(run, frame)
    values = values_of(frame, day)
    actor = Actor.system(clock.today())
    with transaction.atomic():
        finish_run(run, actor=actor)
        assert run.year is not None
        publish_indicators(actor=actor, run=run, period=run.year.code, values=values)
    return RunState.DONE
