"""The API of growth: runs and effects for those who may read them. Pupils' rows are not offered."""

from uuid import UUID

from django.http import Http404, HttpRequest
from ninja import Router

from xuequ.core.api import REFUSALS, REFUSALS_FOR_ONE
from xuequ.systems.growth import queries
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.schemas import EffectOut, RunOut

router = Router()


@router.get("/runs", response={200: list[RunOut], **REFUSALS})
def runs(request: HttpRequest, limit: int = 50) -> list[RunOut]:
    """List finished runs, newest first."""
    actor = request.actor  # type: ignore[attr-defined]
    if not actor.sees_district:
        return []
    rows = queries.evaluations(actor).order_by("-run_id")[: min(max(limit, 1), 200)]
    return [_run(row) for row in rows]


def _run(row: Evaluation) -> RunOut:
    return RunOut(
        uid=row.run.uid,
        title=row.run.title,
        state=row.run.state,
        period=row.period,
        outcome=row.outcome_label,
        prior=row.prior_label,
        finished=row.run.finished,
        published=row.published,
        engine_version=row.run.engine_version,
        inputs_sha256=row.run.inputs_sha256,
        results_sha256=row.results_sha256,
    )


@router.get("/runs/{uid}/effects", response={200: list[EffectOut], **REFUSALS_FOR_ONE})
def effects(request: HttpRequest, uid: UUID) -> list[EffectOut]:
    """List the schools of a run that the caller may see, by school code."""
    actor = request.actor  # type: ignore[attr-defined]
    found = queries.evaluation(actor, uid)
    rows = list(queries.school_rows(actor, found)) if found is not None else []
    readable = [row for row in rows if queries.may_read_school(actor, row)]
    if found is None or not readable:
        raise Http404
    names = ("n", "enrolled", "effect", "low", "high", "reliability", "verdict")
    return [
        EffectOut(school=row.school.uid, name=str(row.school), **{name: getattr(row, name) for name in names})
        for row in readable
    ]
