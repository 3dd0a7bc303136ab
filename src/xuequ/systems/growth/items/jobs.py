"""Long work: analyse one paper."""

import json
from uuid import UUID

import polars as pl
from django.db import transaction
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.engines.errors import InputError
from xuequ.engines.measurement.responses import Item, Responses
from xuequ.record.actions import finish_run, parquet_bytes, save_run_file, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Assessment, Run
from xuequ.record.papers import PaperContent, PaperItem
from xuequ.systems.growth.items.inputs import engine_items, item_table, responses_of
from xuequ.systems.growth.items.wording import error_text

FINDINGS, GROUPS, PUPILS = "findings.json", "groups.parquet", "pupils.parquet"
CERTAINTY = 0.90
"""How certain the interval of one pupil's share is; that of groups is 0.95."""


@task()
def analyse_paper(run_uid: str) -> str:
    """Compute the findings of a run; a second call computes and stores the same again."""
    run = Run.objects.get(uid=UUID(run_uid))
    assessment = Assessment.objects.get(uid=UUID(run.parameters["assessment"]))
    content = content_of(run)
    report_progress(0.1, "")
    table = item_table(assessment, content)
    start_run(run, table)
    report_progress(0.3, "")
    try:
        files = result_files(table, engine_items(content))
    except InputError as error:
        finish_run(run, actor=Actor.system(clock.today()), state=RunState.REFUSED, refusal=error_text(error))
        return RunState.REFUSED
    report_progress(0.8, "")
    for name, data in files.items():
        save_run_file(run, name, data)
    with transaction.atomic():
        finish_run(run, actor=Actor.system(clock.today()))
    return RunState.DONE


def content_of(run: Run) -> PaperContent:
    """Return the paper that a run was started with."""
    items = tuple(PaperItem.from_json(item) for item in run.parameters["items"])
    return PaperContent(items, dict(run.parameters["lessons"]))


def result_files(table: pl.DataFrame, items: tuple[Item, ...]) -> dict[str, bytes]:
    """Return every result as a file; equal inputs give equal bytes."""
    from xuequ.engines.measurement.analysis import analyse, pupil_estimates  # SciPy is for the worker

    responses = responses_of(table, items)
    found = analyse(responses)
    estimates = pupil_estimates(responses, found, table["pupil"].to_list(), CERTAINTY)
    from xuequ.engines.measurement.diagnosis import sound_items

    return {
        FINDINGS: json.dumps(found.as_dict(), sort_keys=True, allow_nan=False).encode(),
        GROUPS: parquet_bytes(group_table(table, responses, sound_items(found.items))),
        PUPILS: parquet_bytes(estimates),
    }


def group_table(table: pl.DataFrame, responses: Responses, sound: frozenset[str]) -> pl.DataFrame:
    """Return shares for everybody, each school and each class: items as they are, points by sound items only."""
    from xuequ.engines.measurement.diagnosis import only
    from xuequ.engines.measurement.groups import by_group

    kept = only(responses, sound)
    everybody = ["all"] * table.height
    places = {"all": everybody, "school": table["school"].to_list(), "class": table["class"].to_list()}
    parts = []
    for level, groups in places.items():
        items = by_group(responses, groups).filter(kind="item")
        points = by_group(kept, groups).filter(kind="point") if kept is not None else items.clear()
        parts.append(pl.concat([items, points]).select(pl.lit(level).alias("level"), pl.all()))
    return pl.concat(parts)
