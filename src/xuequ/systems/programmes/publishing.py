"""Counting the ledger and publishing the numbers: a run for each time, so that every number names its day."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.district.queries import year_on
from xuequ.record.actions import create_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.programmes import access
from xuequ.systems.programmes.jobs import count_ledger

SYSTEM = "programmes"
KIND = "ledger"
EVERY = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Started:
    """A run and the task that counts."""

    run: Run
    task: Task


def start_count(*, actor: Actor, day: dt.date) -> Started:
    """Count the ledger as it stands on ``day`` and publish the numbers for its school year."""
    if not access.keeps_everything(actor):
        raise Forbidden(_("You may not publish the numbers of the ledger."))
    if day > actor.day:
        raise Refused(_("A day that has not come yet cannot be counted."))
    year = year_on(day)
    if year is None:
        raise Refused(_("No school year is set up for this day; the data office adds it first."))
    title = _("Ledger of equipment on %(day)s") % {"day": day.isoformat()}
    with transaction.atomic():
        run = create_run(
            actor=actor,
            system=SYSTEM,
            kind=KIND,
            title=title,
            engine_version=__version__,
            parameters={"day": day.isoformat()},
            year=year,
            supersedes=_newest(year.pk),
        )
        done = reverse("programmes:ledger")
        task = enqueue.start(count_ledger, actor=actor, title=title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return Started(run, task)


def _newest(year: int) -> Run | None:
    rows = Run.objects.filter(system=SYSTEM, kind=KIND, state=RunState.DONE, year=year)
    return rows.order_by("-id").first()


def count_when_due(day: dt.date) -> None:
    """Count once a month; asked every hour, it starts nothing while the newest run is young or waits."""
    newest = Run.objects.filter(system=SYSTEM, kind=KIND).order_by("-id").first()
    begun = newest is not None and newest.parameters["day"] > (day - EVERY).isoformat()
    from xuequ.systems.programmes.models import Device

    if not begun and year_on(day) is not None and Device.objects.exists():
        start_count(actor=Actor.system(day), day=day)
