"""What may be read from the record."""

import datetime as dt
from collections.abc import Iterable

import polars as pl
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, Pupil, School, Study
from xuequ.record.choices import BatchState, IndicatorAudience, ResultStatus
from xuequ.record.frames import frame_of
from xuequ.record.models import Assessment, Factor, FactorKind, ImportBatch, Indicator, Result, Run

RESULT_COLUMNS: dict[str, type[pl.DataType]] = {
    "assessment": pl.Int64,
    "pupil": pl.Int64,
    "school": pl.Int64,
    "school_class": pl.Int64,
    "status": pl.String,
    "score": pl.Float64,
    "level": pl.String,
}


def results_frame(
    assessments: Iterable[Assessment | int], *, schools: "QuerySet[School] | None" = None
) -> pl.DataFrame:
    """Return the current results of ``assessments``, one row for each pupil and assessment, sorted by both keys.

    Columns are ``RESULT_COLUMNS``: primary keys, the status, and the score or level as it was given. The caller says
    with ``schools`` how far the actor may look; None is for jobs that compute over everything.
    """
    keys = [item if isinstance(item, int) else item.pk for item in assessments]
    rows = Result.objects.filter(assessment__in=keys, is_current=True)
    if schools is not None:
        rows = rows.filter(school__in=schools.values("pk"))
    fields = ("assessment_id", "pupil_id", "school_id", "school_class_id", "status", "score", "level")
    return frame_of(rows.order_by("assessment_id", "pupil_id").values_list(*fields), RESULT_COLUMNS)


def factors_frame(
    kinds: Iterable[FactorKind], day: dt.date, *, pupils: "QuerySet[Pupil] | None" = None
) -> pl.DataFrame:
    """Return the pupils' factors that hold on ``day``: ``pupil`` and a column for each kind's code."""
    kinds = sorted(kinds, key=lambda kind: kind.code)
    rows = Factor.objects.filter(Dated.at(day), kind__in=kinds, pupil__isnull=False)
    if pupils is not None:
        rows = rows.filter(pupil__in=pupils.values("pk"))
    # The newest of two facts that overlap counts.
    facts = frame_of(
        rows.order_by("pupil_id", "start", "id").values_list("pupil_id", "kind_id", "text", "number"),
        {"pupil": pl.Int64, "kind": pl.Int64, "text": pl.String, "number": pl.Float64},
    )
    table = facts.select("pupil").unique().sort("pupil")
    for kind in kinds:
        column = "number" if kind.is_numeric else "text"
        values = facts.filter(kind=kind.pk).group_by("pupil").agg(pl.col(column).last().alias(kind.code))
        table = table.join(values, on="pupil", how="left", maintain_order="left")
    return table


def school_factors_frame(kinds: Iterable[FactorKind], day: dt.date) -> pl.DataFrame:
    """Return the schools' factors that hold on ``day``, long: ``school``, ``kind`` (code), ``text``, ``number``."""
    rows = Factor.objects.filter(Dated.at(day), kind__in=list(kinds), school__isnull=False)
    return frame_of(
        rows.order_by("school_id", "kind__code", "start", "id").values_list(
            "school_id", "kind__code", "text", "number"
        ),
        {"school": pl.Int64, "kind": pl.String, "text": pl.String, "number": pl.Float64},
    ).unique(["school", "kind"], keep="last", maintain_order=True)


def assessments(actor: Actor) -> "QuerySet[Assessment]":
    """Return the assessments that the actor may know of, newest first, with their subject, term, school and study."""
    rows = Assessment.objects.filter(policy.assessments(actor))
    return rows.select_related("subject", "term__year", "school", "study").order_by("-held_on", "-id")


def with_coverage(rows: "QuerySet[Assessment]", actor: Actor) -> "QuerySet[Assessment]":
    """Add ``pupils`` (current results) and ``scored`` to assessments, counted over the schools that the actor sees.

    Counted by subquery, so that a page of a long list counts its own rows only.
    """
    mine = Q(is_current=True)
    if not actor.sees_district:
        mine &= Q(school__in=School.objects.visible_to(actor).values("pk"))
    return rows.annotate(pupils=_counted(mine), scored=_counted(mine & Q(status=ResultStatus.SCORED)))


def _counted(where: Q) -> Coalesce:
    results = Result.objects.filter(where, assessment=OuterRef("pk")).order_by().values("assessment")
    return Coalesce(Subquery(results.annotate(n=Count("pk")).values("n")), 0)


def imports(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the imports of results that the actor may see: all for those who import everywhere, else one's own."""
    rows = ImportBatch.objects.filter(kind="scores").select_related("study", "created_by").order_by("-id")
    if actor.is_system or policy.imports_everywhere(actor):
        return rows
    return rows.filter(created_by=actor.account_id) if actor.account_id is not None else rows.none()


def roster_imports(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the imports of rosters that the actor may see: all for those who keep every roster, else one's own."""
    rows = ImportBatch.objects.filter(kind="roster").select_related("created_by").order_by("-id")
    if policy.keeps_roster_everywhere(actor):
        return rows
    return rows.filter(created_by=actor.account_id) if actor.account_id is not None else rows.none()


def last_stored_import(kind: str = "") -> ImportBatch | None:
    """Return the import that was stored last and not undone, of one kind or of any."""
    rows = ImportBatch.objects.filter(state=BatchState.STORED)
    return (rows.filter(kind=kind) if kind else rows).order_by("-stored", "-id").first()


def factor_kinds(study: Study | None) -> "QuerySet[FactorKind]":
    """Return the kinds of factors of the district, or of one external study."""
    return FactorKind.objects.filter(study=study)


def runs(system: str, kind: str | None = None) -> "QuerySet[Run]":
    """Return the runs of one system, newest first."""
    rows = Run.objects.filter(system=system).select_related("study", "year").order_by("-id")
    return rows if kind is None else rows.filter(kind=kind)


def indicators(actor: Actor, *codes: str, period: str | None = None) -> "QuerySet[Indicator]":
    """Return the indicators in force that the actor may read: the district's readers all, a school's staff its own."""
    rows = Indicator.objects.filter(superseded=None, code__in=codes).select_related(
        "school", "school_class", "run"
    )
    if period is not None:
        rows = rows.filter(period=period)
    if actor.sees_district:
        return rows.order_by("code", "period", "school_id")
    own = Q(audience=IndicatorAudience.SCHOOL, school__in=School.objects.visible_to(actor).values("pk"))
    return rows.filter(own | Q(audience=IndicatorAudience.PUBLIC)).order_by("code", "period", "school_id")


def used_by_run(study: Study) -> "Run | None":
    """Return the newest run that rests on the study's rows, if any."""
    return Run.objects.filter(study=study).order_by("-id").first()


def has_results(rows: "QuerySet[Assessment]") -> "QuerySet[Assessment]":
    """Keep the assessments that hold at least one current result."""
    return rows.filter(Exists(Result.objects.filter(assessment=OuterRef("pk"), is_current=True)))
