"""Long work: one simulated sharing out."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.engines.errors import InputError
from xuequ.record.actions import finish_run, start_run
from xuequ.record.choices import RunState
from xuequ.systems.support.funding.material import material
from xuequ.systems.support.funding.models import Simulation
from xuequ.systems.support.funding.wording import error_text


@task()
def simulate_run(run_uid: str) -> str:
    """Compute a simulation; a second call computes and stores the same again."""
    # SciPy is for the worker, not for every page.
    from xuequ.systems.support.funding.purse import Purse
    from xuequ.systems.support.funding.sharing import Settings, share_out

    rows = Simulation.objects.select_related("run", "round__standard", "round__year")
    found = rows.get(run__uid=UUID(run_uid))
    run, of = found.run, found.round
    given = material(of, dt.date.fromisoformat(run.parameters["day"]))
    run.parameters["schools"] = [one.as_dict() for one in given.schools]
    run.save(update_fields=["parameters"])
    start_run(run, given.table())
    report_progress(0.2, "")
    purses = [Purse(**{**row, "amount": Decimal(row["amount"])}) for row in run.parameters["sources"]]
    system = Actor.system(clock.today())
    try:
        result = share_out(given, of.standard, purses, Settings(**run.parameters["settings"]))
    except InputError as error:
        finish_run(run, actor=system, state=RunState.REFUSED, refusal=error_text(error))
        return RunState.REFUSED
    report_progress(0.9, "")
    with transaction.atomic():
        found.result = result
        found.save(update_fields=["result"])
        finish_run(run, actor=system)
    return RunState.DONE
