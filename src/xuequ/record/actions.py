"""What may be written to the record: assessments, runs and indicators."""

import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import polars as pl
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.registry import indicator_definitions
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import SchoolYear, Study
from xuequ.record import rules
from xuequ.record.choices import RunState
from xuequ.record.models import Assessment, Indicator, Run

SNAPSHOTS = PurePosixPath("runs")


def create_assessment(*, actor: Actor, **fields: Any) -> Assessment:
    """Store an assessment that the exam rules allow; ``fields`` are those of the model."""
    assessment = Assessment(**fields)
    if not policy.may_import_scores(
        actor, school_id=assessment.school_id, study=assessment.study_id is not None
    ):
        raise Forbidden(_("You may not create this assessment."))
    if refusal := rules.check_assessment(assessment):
        raise refusal.as_error()
    with transaction.atomic():
        assessment.save()
        audit.record(actor, "assessment.created", assessment, {"basis": assessment.basis})
    return assessment


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; NaN is refused, so that equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Return the table as Parquet; equal tables give equal bytes."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, statistics=False)
    return buffer.getvalue()


def create_run(
    *,
    actor: Actor,
    system: str,
    kind: str,
    title: str,
    engine_version: str,
    parameters: Mapping[str, Any],
    seed: int = 0,
    study: Study | None = None,
    year: SchoolYear | None = None,
    supersedes: Run | None = None,
) -> Run:
    """Store a run that waits for its job. The calling system has checked that the actor may start it."""
    with transaction.atomic():
        run = Run.objects.create(
            system=system,
            kind=kind,
            title=title,
            engine_version=engine_version,
            parameters=json.loads(canonical_json(parameters)),
            seed=seed,
            actor_id=actor.account_id,
            created=clock.now(),
            study=study,
            year=year,
            supersedes=supersedes,
        )
        audit.record(actor, "run.created", run, {"system": system, "kind": kind})
    return run


def start_run(run: Run, inputs: pl.DataFrame) -> Run:
    """Mark the run as running on ``inputs``: their snapshot (Parquet) is kept and its SHA-256 written into the run.

    A job that is taken up again calls this again; the same inputs give the same file and hash.
    """
    content = parquet_bytes(inputs)
    run.inputs_sha256 = hashlib.sha256(content).hexdigest()
    run.snapshot = save_run_file(run, "inputs.parquet", content)
    run.state = RunState.RUNNING
    run.save(update_fields=["inputs_sha256", "snapshot", "state"])
    return run


def save_run_file(run: Run, name: str, content: bytes) -> str:
    """Store a file of the run under its uid, replacing an earlier attempt's, and return its name in the storage."""
    path = str(SNAPSHOTS / str(run.uid) / name)
    if default_storage.exists(path):
        default_storage.delete(path)
    return default_storage.save(path, ContentFile(content))


def read_run_file(run: Run, name: str) -> bytes:
    """Return a stored file of the run."""
    with default_storage.open(str(SNAPSHOTS / str(run.uid) / name)) as stream:
        content: bytes = stream.read()
    return content


def read_inputs(run: Run) -> pl.DataFrame:
    """Return the run's inputs as they were; ``Refused`` when the snapshot was altered since."""
    content = read_run_file(run, "inputs.parquet")
    if hashlib.sha256(content).hexdigest() != run.inputs_sha256:
        raise Refused(_("The stored inputs of this run were altered; run it again from the record."))
    return pl.read_parquet(io.BytesIO(content))


def finish_run(run: Run, *, actor: Actor, state: RunState = RunState.DONE, refusal: str = "") -> Run:
    """Close the run in the caller's transaction, with the sentence that says why when it was refused or failed."""
    run.state, run.refusal, run.finished = state, refusal, clock.now()
    run.save(update_fields=["state", "refusal", "finished"])
    audit.record(actor, f"run.{state}", run)
    return run


@dataclass(frozen=True, slots=True)
class IndicatorValue:
    """One number to publish, about a school, a class of it, or (neither) the whole district."""

    code: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    school_id: int | None = None
    school_class_id: int | None = None


def publish_indicators(
    *, actor: Actor, run: Run, period: str, values: Iterable[IndicatorValue]
) -> list[Indicator]:
    """Publish the run's numbers for ``period``; those for the same code and place, and all of the run that this one
    supersedes, are ended.

    The calling system has checked that the actor may publish. Publishing the same run twice changes nothing.
    """
    values = list(values)
    _check_publication(run, values)
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=run.pk)
        if already := list(Indicator.objects.filter(run=run, period=period, superseded=None)):
            return already
        moment = clock.now()
        _supersede(run, period, values, moment)
        catalogue = indicator_definitions()
        published = Indicator.objects.bulk_create(
            Indicator(
                code=value.code,
                school_id=value.school_id,
                school_class_id=value.school_class_id,
                period=period,
                value=value.value,
                low=value.low,
                high=value.high,
                n=value.n,
                audience=catalogue[value.code].audience,
                run=run,
                published=moment,
            )
            for value in values
        )
        audit.record(actor, "indicators.published", run, {"period": period, "rows": len(published)})
    return published


def _supersede(run: Run, period: str, values: list[IndicatorValue], moment: dt.datetime) -> None:
    """End the numbers that the new ones replace: of the same code and place, or of the run that is superseded."""
    places = {(value.code, value.school_id, value.school_class_id) for value in values}
    codes = {value.code for value in values}
    of_before = Q(run=run.supersedes_id) if run.supersedes_id is not None else Q()
    old = Indicator.objects.filter(Q(code__in=codes) | of_before, period=period, superseded=None)
    ended = [
        row.pk
        for row in old
        if (row.code, row.school_id, row.school_class_id) in places or row.run_id == run.supersedes_id
    ]
    Indicator.objects.filter(pk__in=ended).update(superseded=moment)


def _check_publication(run: Run, values: list[IndicatorValue]) -> None:
    if run.state != RunState.DONE:
        raise Refused(_("Only a finished run can be published."))
    if run.study_id is not None:
        raise Refused(_("Findings of an external study are not published as indicators of the district."))
    if unknown := {value.code for value in values} - set(indicator_definitions()):
        raise Refused(
            _("Not in the catalogue of indicators: %(codes)s.") % {"codes": ", ".join(sorted(unknown))}
        )
