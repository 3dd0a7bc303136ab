"""The pre-assessment's computation: from the ratings of a round to the probability of each star."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import polars as pl
from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.engines.errors import InputError
from xuequ.record.actions import finish_run, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.stars.choices import ApplicationState, Ground
from xuequ.systems.stars.models import (
    Application,
    Outlook,
    Round,
    SchoolOutlook,
    SecondRating,
    SelfRating,
)
from xuequ.systems.stars.outlook.wording import refusal_text
from xuequ.systems.stars.schemes.queries import scheme_in

OWN = "self"
COLUMNS = ("school", "by_lot", "rater", "item", "points")


@task()
def pre_assess(run_uid: str) -> str:
    """Compute a pre-assessment; a second call computes and stores the same again."""
    run = Run.objects.get(uid=UUID(run_uid))
    found = Round.objects.select_related("version__scheme").get(uid=UUID(run.parameters["round"]))
    table = rating_table(found)
    start_run(run, table)
    report_progress(0.3, "")
    try:
        findings, rows = _compute(run, found, table)
    except InputError as error:
        text = refusal_text(error)
        finish_run(run, actor=Actor.system(clock.today()), state=RunState.REFUSED, refusal=text)
        return RunState.REFUSED
    with transaction.atomic():
        outlook, _made = Outlook.objects.update_or_create(
            run=run, defaults={"round": found, "findings": findings}
        )
        outlook.schools.all().delete()
        for row in rows:
            row.outlook = outlook
        SchoolOutlook.objects.bulk_create(rows)
        finish_run(run, actor=Actor.system(clock.today()))
    return RunState.DONE


def rating_table(found: Round) -> pl.DataFrame:
    """Return the ratings that were handed in, one row for each school, rater and item; ``rater`` 0 is the school."""
    applications = list(
        found.applications.exclude(state=ApplicationState.RATING)
        .order_by("school__code")
        .values("pk", "ground")
    )
    keys = [row["pk"] for row in applications]
    lot = {row["pk"]: row["ground"] in (Ground.SAMPLE, Ground.BOTH) for row in applications}
    own = SelfRating.objects.filter(application__in=keys).values_list("application_id", "item", "points")
    seconds = SecondRating.objects.filter(second__application__in=keys, second__handed_in__isnull=False)
    rated = seconds.values_list("second__application_id", "second_id", "item", "points")
    rows = [(pk, lot[pk], 0, item, float(points)) for pk, item, points in own]
    rows += [(pk, lot[pk], rater, item, float(points)) for pk, rater, item, points in rated]
    schema = dict(zip(COLUMNS, (pl.Int64, pl.Boolean, pl.Int64, pl.String, pl.Float64), strict=True))
    return pl.DataFrame(rows, schema=schema, orient="row").sort("school", "rater", "item")


def _compute(run: Run, found: Round, table: pl.DataFrame) -> tuple[Mapping[str, object], list[SchoolOutlook]]:
    # SciPy is for the worker, not for every page.
    import numpy as np

    from xuequ.engines.evaluation.second_rating import overstatement
    from xuequ.engines.evaluation.star_chance import RatedSchool, star_chances

    scheme = scheme_in(found.version)
    codes = [item.code for item in scheme.items]
    schools = []
    for (pk,), part in table.group_by(["school"], maintain_order=True):
        by_rater = {
            rater: dict(rows.select("item", "points").iter_rows())
            for (rater,), rows in part.group_by(["rater"], maintain_order=True)
        }
        own = np.array([by_rater.get(0, {}).get(code, 0.0) for code in codes])
        seconds = [[points[code] for code in codes] for rater, points in by_rater.items() if rater]
        shaped = np.array(seconds).reshape(len(seconds), len(codes))
        schools.append(RatedSchool(str(pk), own, shaped, bool(part["by_lot"][0])))
    rng = np.random.default_rng(run.seed)
    chances = star_chances(scheme, schools, rng, draws=run.parameters["draws"], noise=run.parameters["noise"])
    gaps = [float((s.own - s.seconds.mean(axis=0)).sum()) for s in schools if s.by_lot and len(s.seconds)]
    over = overstatement(gaps)
    findings = {
        "draws": chances.draws, "noise": chances.noise, "confidence": chances.confidence,
        "seconds": chances.residuals, "drawn": chances.drawn,
        "overstatement": None if over is None else {"n": over.n, "mean": over.mean, "low": over.low, "high": over.high},
    }  # fmt: skip
    return findings, [_row(one) for one in chances.schools]


def _row(one: "object") -> SchoolOutlook:
    from xuequ.engines.evaluation.star_chance import StarChance

    assert isinstance(one, StarChance)
    return SchoolOutlook(
        application_id=int(one.key),
        raters=one.raters,
        points=one.points,
        low=one.low,
        high=one.high,
        chances=list(one.chances),
        star=one.star,
        flip=one.flip,
    )


def latest_of(applications: Iterable[Application]) -> dict[int, SchoolOutlook]:
    """Return the newest pre-assessment of each application."""
    keys = [row.pk for row in applications]
    rows = SchoolOutlook.objects.filter(application__in=keys).order_by("outlook_id")
    return {row.application_id: row for row in rows}
