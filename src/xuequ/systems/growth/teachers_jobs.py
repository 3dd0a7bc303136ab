"""Long work: compute teacher-level values from the evaluations in force and the verified lists of who taught whom."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import polars as pl
from django.db import transaction
from django.utils.translation import gettext as _
from django_tasks import task

from xuequ.core import clock
from xuequ.core.jobs.context import report_progress
from xuequ.district.actors import Actor
from xuequ.district.models import Teacher
from xuequ.engines.errors import InputError
from xuequ.record.actions import finish_run, read_run_file, save_run_file, start_run
from xuequ.record.choices import RunState
from xuequ.record.models import Run
from xuequ.systems.growth import teachers_notices as notices
from xuequ.systems.growth.choices import TeacherReason
from xuequ.systems.growth.models import Evaluation, TaughtClass, TeacherGrowth, TeacherUnlock
from xuequ.systems.growth.storing import PUPILS, stored_table
from xuequ.systems.growth.teachers_actions import delete_files, delete_files_of
from xuequ.systems.growth.teachers_roster import usable_evaluations
from xuequ.systems.growth.wording import error_text

if TYPE_CHECKING:
    from xuequ.engines.growth.teachers import TeacherValues

STABILITY = "stability.json"
SCHEMA = {
    "teacher": pl.String,
    "pupil": pl.String,
    "year": pl.String,
    "residual": pl.Float64,
    "share": pl.Float64,
}


@task()
def compute_values(run_uid: str) -> str:
    """Compute the values of a run; a second call computes and stores the same again."""
    from xuequ.engines.growth.teachers import teacher_values  # SciPy is for the worker

    run = Run.objects.get(uid=UUID(run_uid))
    report_progress(0.1, "")
    table = input_table()
    start_run(run, table)
    report_progress(0.4, "")
    try:
        found = teacher_values(table)
    except InputError as error:
        delete_files_of(run)
        return _refused(run, _reason(error))
    report_progress(0.8, "")
    return keep(run, found)


def _refused(run: Run, reason: str) -> str:
    finish_run(run, actor=Actor.system(clock.today()), state=RunState.REFUSED, refusal=reason)
    return RunState.REFUSED


def _reason(error: InputError) -> str:
    if error.code == "too-few-teachers":
        return _("Fewer than ten teachers have verified pupils of two years; nothing can be said of anybody.")
    return error_text(error)


def input_table() -> pl.DataFrame:
    """Return the engine's table: the pupils of verified lessons, with what they gained beyond the own school's average.

    Pupils are numbered within the table and stand in it by no key: nobody is to be found in this file but teachers, by
    their random keys.
    """
    parts = [_rows_of(found) for found in usable_evaluations()]
    table = pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).sort("teacher", "year", "pupil")
    return table.with_columns(pl.col("pupil").rank("dense").cast(pl.Int64).cast(pl.String))


def _rows_of(found: Evaluation) -> pl.DataFrame:
    lessons = _lessons(found)
    if lessons.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    pupils = stored_table(found.run, PUPILS).drop_nulls("residual")
    own = pl.col("residual") - pl.col("residual").mean().over("school", "outcome_form")
    pupils = pupils.select("pupil", "class", pl.col("outcome_form").alias("subject"), own)
    rows = lessons.join(pupils, on=["class", "subject"])
    return rows.with_columns(pl.lit(found.period).alias("year")).select(*SCHEMA)


def _lessons(found: Evaluation) -> pl.DataFrame:
    """The lessons that teacher and school confirmed, where the school has somebody to compare with."""
    columns = (
        "teacher__uid",
        "school_class__uid",
        "school_class__school_id",
        "subject__code",
        "share",
        "agreed",
    )
    taught = TaughtClass.objects.filter(evaluation=found, share__gt=0).order_by("id").values_list(*columns)
    places: dict[tuple[int, str], set[UUID]] = {}
    for teacher, _group, school, subject, _share, _agreed in taught:
        places.setdefault((school, subject), set()).add(teacher)
    rows = [
        (str(teacher), str(group), subject, share)
        for teacher, group, school, subject, share, agreed in taught
        if agreed is not None and len(places[school, subject]) > 1
    ]
    return pl.DataFrame(rows, schema=["teacher", "class", "subject", "share"], orient="row")


def keep(run: Run, found: "TeacherValues") -> str:
    """Store the values in the place of earlier ones and close the run, unless the bureau has locked them meanwhile."""
    with transaction.atomic():
        opened = TeacherUnlock.objects.select_for_update().filter(closed=None, uid=run.parameters["unlock"])
        if not opened.filter(ends__gt=clock.today()).exists():
            transaction.on_commit(delete_files)
            return _refused(run, _("Teacher-level values were locked while they were being computed."))
        notices.clear_values()
        TeacherGrowth.objects.all().delete()
        TeacherGrowth.objects.bulk_create(_rows(run, found), batch_size=500)
        notices.tell(TeacherGrowth.objects.select_related("teacher__person__account"))
        save_run_file(run, STABILITY, json.dumps(asdict(found.stability), allow_nan=False).encode())
        finish_run(run, actor=Actor.system(clock.today()))
        transaction.on_commit(lambda: delete_files(keep=run))
    return RunState.DONE


def _rows(run: Run, found: "TeacherValues") -> list[TeacherGrowth]:
    known = {str(uid): pk for uid, pk in Teacher.objects.values_list("uid", "pk")}
    by_key = {row["teacher"]: row for row in found.teachers.iter_rows(named=True)}
    verified = TaughtClass.objects.filter(agreed__isnull=False, share__gt=0)
    keys = sorted({str(uid) for uid in verified.values_list("teacher__uid", flat=True)} | set(by_key))
    return [TeacherGrowth(run=run, teacher_id=known[key], **_fields(by_key.get(key))) for key in keys]


def _fields(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"years": 0, "n": 0, "code": TeacherReason.ALONE}
    same = {name: row[name] for name in ("periods", "years", "value", "se", "low", "high", "code")}
    return {**same, "n": row["pupils"]}


def stability(run: Run) -> dict[str, Any]:
    """Return how much the values of the same teachers agreed from year to year, as the run found it."""
    found: dict[str, Any] = json.loads(read_run_file(run, STABILITY))
    return found
