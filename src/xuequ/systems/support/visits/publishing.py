"""Once a week the numbers of the problems are published: how many are open, which share was closed in four weeks."""

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear
from xuequ.district.rules import in_force
from xuequ.engines.growth.intervals import wilson
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.support.visits import queries
from xuequ.systems.support.visits.models import Issue
from xuequ.systems.support.visits.queries import CLOSE_RULE, Closing

SYSTEM, KIND = "support", "visits"
EVERY = dt.timedelta(days=7)
CONFIDENCE = 0.95


def publish_weekly(*, day: dt.date) -> Run | None:
    """Publish the week's numbers, unless they were published less than a week ago or there is no problem at all."""
    last = Run.objects.filter(system=SYSTEM, kind=KIND, state=RunState.DONE).order_by("-id").first()
    if last is not None and dt.date.fromisoformat(last.parameters["day"]) > day - EVERY:
        return None
    year = district.year_on(day)
    if year is None or not Issue.objects.exists():
        return None
    return publish(actor=Actor.system(day), day=day, year=year)


def publish(*, actor: Actor, day: dt.date, year: SchoolYear) -> Run:
    """Count the problems of a school year as they stand on ``day`` and publish the numbers."""
    days = in_force(CLOSE_RULE, day).value
    counted = queries.closing(Issue.objects.all(), year.start, day, days)
    with transaction.atomic():
        run = create_run(
            actor=actor, system=SYSTEM, kind=KIND, title=_("Problems of visits, %(day)s") % {"day": day},
            engine_version=__version__, parameters={"day": day.isoformat(), "days": days}, year=year,
        )  # fmt: skip
        start_run(run, _table(counted))
        finish_run(run, actor=actor)
        publish_indicators(actor=actor, run=run, period=year.code, values=_values(counted))
    return run


def _table(counted: Mapping[int, Closing]) -> pl.DataFrame:
    rows = [(school, c.n, c.in_time, c.open) for school, c in sorted(counted.items())]
    return pl.DataFrame(rows, schema=["school", "n", "in_time", "open"], orient="row")


def _values(counted: Mapping[int, Closing]) -> list[IndicatorValue]:
    found = []
    for school, closing in [*sorted(counted.items()), (None, _sum(counted))]:
        found.append(
            IndicatorValue("support.open_issues", float(closing.open), n=closing.open, school_id=school)
        )
        if closing.n:
            low, high = wilson(np.array([float(closing.in_time)]), np.array([float(closing.n)]), CONFIDENCE)
            share = closing.in_time / closing.n
            found.append(
                IndicatorValue(
                    "support.closed_in_4_weeks", share, float(low[0]), float(high[0]), closing.n, school
                )
            )
    return found


def _sum(counted: Mapping[int, Closing]) -> Closing:
    rows = list(counted.values())
    return Closing(sum(c.n for c in rows), sum(c.in_time for c in rows), sum(c.open for c in rows))
