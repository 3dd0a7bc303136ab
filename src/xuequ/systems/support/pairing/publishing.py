"""Once a week the hours of digital assistance are published, of acts that both sides have confirmed."""

import datetime as dt

import polars as pl
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.support.pairing import queries
from xuequ.systems.support.pairing.models import Act

KIND = "hours"
EVERY = dt.timedelta(days=7)


def publish_weekly(*, day: dt.date) -> Run | None:
    """Publish the hours of the school year so far, unless that was done less than a week ago or there are none.

    What was confirmed or voided after a school year's last publication belongs to that year, so the year before is
    published again while schools still confirm and the district still corrects.
    """
    last = Run.objects.filter(system="support", kind=KIND, state=RunState.DONE).order_by("-id").first()
    if last is not None and dt.date.fromisoformat(last.parameters["day"]) > day - EVERY:
        return None
    before = SchoolYear.objects.filter(end__lte=day).order_by("-end").first()
    late = Act.objects.filter(pair__year=before, confirmed__isnull=False)
    if last is not None:
        late = late.filter(Q(confirmed__gt=last.created) | Q(voided__gt=last.created))
    if before is not None and late.exists():
        _publish(day, before)
    year = district.year_on(day)
    return _publish(day, year) if year is not None else None


def _publish(day: dt.date, year: SchoolYear) -> Run | None:
    counted = queries.hours(year)
    if not counted:
        return None
    actor = Actor.system(day)
    rows = sorted(counted.items())
    with transaction.atomic():
        run = create_run(
            actor=actor, system="support", kind=KIND, title=_("Hours of digital assistance, %(day)s") % {"day": day},
            engine_version=__version__, parameters={"day": day.isoformat()}, year=year,
        )  # fmt: skip
        table = [(school, str(given), str(got)) for school, (given, got) in rows]
        start_run(run, pl.DataFrame(table, schema=["school", "given", "received"], orient="row"))
        finish_run(run, actor=actor)
        values = [
            IndicatorValue(f"support.hours_{way}", float(hours), school_id=school)
            for school, both in rows
            for way, hours in zip(("given", "received"), both, strict=True)
        ]
        publish_indicators(actor=actor, run=run, period=year.code, values=values)
    return run
