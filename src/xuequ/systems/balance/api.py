"""The API of balance, to read: judgements, coefficients, schools and their items, for who may see them on the pages."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from ninja import Router

from xuequ.core.api import REFUSALS, REFUSALS_FOR_ONE
from xuequ.district.actors import Actor
from xuequ.systems.balance import queries
from xuequ.systems.balance.access import area_ids
from xuequ.systems.balance.models import ItemResult, Judgement, SchoolResult
from xuequ.systems.balance.schemas import CoefficientOut, ItemOut, JudgementOut, SchoolOut

router = Router()
MOST, FARTHEST = 500, 1_000_000


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _window(offset: int, limit: int) -> slice:
    start = min(max(offset, 0), FARTHEST)
    return slice(start, start + min(max(limit, 1), MOST))


def _judgement(actor: Actor, uid: UUID) -> Judgement:
    """The judgement of a run, if the actor may see it."""
    found = queries.judgements(actor).filter(run__uid=uid).first()
    if found is None:
        raise Http404
    return found


@router.get("/judgements", response={200: list[JudgementOut], **REFUSALS})
def judgements(request: HttpRequest, offset: int = 0, limit: int = 50) -> list[JudgementOut]:
    """List the newest judgement of each year, the latest year first; counts of schools for who reads the district."""
    actor = _actor(request)
    if not actor.sees_district:
        return []
    return [_out(row) for row in list(reversed(queries.course(actor)))[_window(offset, limit)]]


def _out(row: Judgement) -> JudgementOut:
    counted = row.findings["schools"]
    return JudgementOut(
        year=row.year.code,
        run=row.run.uid,
        rules=row.rules.version,
        verdict=row.verdict,
        schools=counted["judged"],
        complying=counted["complying"],
        engine_version=row.run.engine_version,
        inputs_sha256=row.run.inputs_sha256,
        judged=row.run.finished,
        published=row.published,
    )


@router.get("/judgements/{uid}/coefficients", response={200: list[CoefficientOut], **REFUSALS_FOR_ONE})
def coefficients(request: HttpRequest, uid: UUID) -> list[CoefficientOut]:
    """List the district's coefficients, for who reads the district or an area of it."""
    actor = _actor(request)
    if not (actor.sees_district or area_ids(actor)):
        raise Http404
    found = _judgement(actor, uid)
    return [_coefficient(found, one) for one in found.findings["coefficients"]]


def _coefficient(judgement: Judgement, one: dict[str, Any]) -> CoefficientOut:
    without = one["without"].values()
    return CoefficientOut(
        run=judgement.run.uid,
        stage=one["stage"],
        code=one["code"],
        name=one["name"],
        coefficient=one["cv"],
        limit=one["limit"],
        met=one["met"],
        unweighted=one["plain"],
        gini=one["gini"],
        without_lowest=min(without, default=None),
        without_highest=max(without, default=None),
    )


@router.get("/judgements/{uid}/schools", response={200: list[SchoolOut], **REFUSALS_FOR_ONE})
def judged_schools(request: HttpRequest, uid: UUID, offset: int = 0, limit: int = 100) -> list[SchoolOut]:
    """List the schools that the caller may see, by school code."""
    found = _judgement(actor := _actor(request), uid)
    rows = queries.school_results(actor, found)[_window(offset, limit)]
    return [_school(found, row) for row in rows]


def _school(judgement: Judgement, row: SchoolResult) -> SchoolOut:
    names = ("pupils", "met", "unmet", "missing", "shortfall", "shortfall_high", "complies", "weak")
    return SchoolOut(
        run=judgement.run.uid,
        school=row.school.uid,
        name=str(row.school),
        area=str(row.school.area or ""),
        **{name: getattr(row, name) for name in names},
    )


@router.get("/judgements/{uid}/items", response={200: list[ItemOut], **REFUSALS_FOR_ONE})
def judged_items(request: HttpRequest, uid: UUID, offset: int = 0, limit: int = 100) -> list[ItemOut]:
    """List the items of the schools that the caller may see, by school code, part and item."""
    found = _judgement(actor := _actor(request), uid)
    rows = ItemResult.objects.filter(result__in=queries.school_results(actor, found).values("pk"))
    ordered = rows.select_related("result__school").order_by("result__school__code", "part", "code")
    names = ("part", "code", "value", "threshold", "state", "amount")
    return [
        ItemOut(
            run=found.run.uid, school=row.result.school.uid, **{name: getattr(row, name) for name in names}
        )
        for row in ordered[_window(offset, limit)]
    ]
