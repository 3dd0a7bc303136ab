"""Long work of a round: publish what it found as indicators."""

from collections.abc import Iterator
from uuid import UUID

import polars as pl
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django_tasks import task

from xuequ import __version__
from xuequ.core import clock
from xuequ.core.jobs import enqueue
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.record.actions import (
    IndicatorValue,
    create_run,
    finish_run,
    publish_indicators,
    start_run,
)
from xuequ.record.models import Run
from xuequ.systems.stars.catalogue import DISTRICT_SCORE, SHORTFALL
from xuequ.systems.stars.choices import ApplicationState
from xuequ.systems.stars.models import Application, Round, SettledPoints
from xuequ.systems.stars.pathway.queries import way_of

PUBLICATION = "district-scores"


def start_publication(actor: Actor, found: Round) -> Run:
    """Start, in the caller's transaction, the job that publishes a closed round."""
    run = create_run(
        actor=actor,
        system="stars",
        kind=PUBLICATION,
        title=_("District's ratings: %(round)s") % {"round": found.title},
        engine_version=__version__,
        parameters={"round": str(found.uid), "scheme": str(found.version.uid)},
        year=found.year,
    )
    done = reverse("stars:round", args=[found.uid])
    started = enqueue.start(publish_round, actor=actor, title=run.title, done_url=done, run_uid=str(run.uid))
    run.task_uid = started.uid
    run.save(update_fields=["task_uid"])
    return run


@task()
def publish_round(run_uid: str) -> str:
    """Publish the round's ratings and the cost of each school's path; a second call publishes nothing twice."""
    run = Run.objects.select_related("year").get(uid=UUID(run_uid))
    found = Round.objects.select_related("version__scheme", "year").get(uid=UUID(run.parameters["round"]))
    start_run(run, _inputs(found))
    actor = Actor.system(clock.today())
    values = list(_values(actor, found))
    with transaction.atomic():
        finish_run(run, actor=actor)
        publish_indicators(actor=actor, run=run, period=found.year.code, values=values)
    return str(run.uid)


def _settled(found: Round) -> list[Application]:
    rows = found.applications.filter(state=ApplicationState.SETTLED)
    return list(rows.select_related("school", "round__version__scheme", "round__year"))


def _inputs(found: Round) -> pl.DataFrame:
    rows = SettledPoints.objects.filter(application__round=found, is_current=True)
    fields = ("application__school__uid", "item", "points", "rests_on")
    listed = [
        (str(school), item, float(points), rests_on)
        for school, item, points, rests_on in rows.order_by("application__school__code", "item").values_list(
            *fields
        )
    ]
    return pl.DataFrame(listed, schema=["school", "item", "points", "rests_on"], orient="row")


def _values(actor: Actor, found: Round) -> Iterator[IndicatorValue]:
    rows = _settled(found)
    for done, row in enumerate(rows):
        report_progress(done / len(rows), "")
        way = way_of(actor, row)
        raters = row.raters.filter(handed_in__isnull=False).count()
        if raters and row.district_total is not None:
            full = way.scheme.points
            yield IndicatorValue(
                DISTRICT_SCORE,
                float(row.district_total) / full * 100,
                None if row.district_low is None else row.district_low / full * 100,
                None if row.district_high is None else row.district_high / full * 100,
                raters,
                row.school_id,
            )
        if way.path is not None and way.path.feasible:
            yield IndicatorValue(SHORTFALL, way.path.cost, n=len(way.path.steps), school_id=row.school_id)
