"""What may be read of item results. Each function takes the actor and returns only what that actor may see."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl
from django.db.models import Count, Exists, Max, OuterRef, QuerySet
from django.urls import reverse

from xuequ.core.clock import SHANGHAI
from xuequ.core.ordering import natural_key
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Pupil, School, SchoolClass
from xuequ.engines.measurement.findings import ItemAnalysis
from xuequ.record import queries as record
from xuequ.record.actions import read_inputs, read_run_file
from xuequ.record.choices import ResultStatus, RunState
from xuequ.record.models import Assessment, Paper, Result, Run, TaughtPoints
from xuequ.record.papers import PaperContent
from xuequ.systems.growth.items import actions, jobs
from xuequ.systems.growth.items.material import (
    LostItem,
    PaperMaterial,
    Place,
    PointInWords,
    PupilLine,
    PupilMaterial,
)
from xuequ.systems.growth.items.scope import (
    Scope,
    own_subjects,
    readable_pupil,
    reads_district,
    scope_of,
    scopes,
    teaches_only,
)
from xuequ.systems.growth.items.wording import band_of

FAMILY = (Role.PUPIL, Role.GUARDIAN)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A finished run of one paper, and what the actor may read of it."""

    run: Run
    assessment: Assessment
    scope: Scope


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper in the list: its newest finished run, if there is one, and where the actor reads on."""

    assessment: Assessment
    run: Run | None
    stale: bool
    scope: Scope


def assessments(actor: Actor) -> "QuerySet[Assessment]":
    """Return the assessments with item results of which the actor may know, newest first."""
    held = Paper.objects.filter(assessment=OuterRef("pk"), is_current=True)
    rows = record.assessments(actor).filter(Exists(held), study=None)
    # Who only teaches has no business with other subjects.
    return rows.filter(subject__in=own_subjects(actor)) if teaches_only(actor) else rows


def papers(actor: Actor, wanted: "QuerySet[Assessment] | None" = None) -> list[ListedPaper]:
    """Return the papers of which the actor may read something, newest first; of ``wanted`` or of all."""
    listed = list(assessments(actor) if wanted is None else wanted)
    found = scopes(actor, listed)
    readable = [item for item in listed if not found[item.pk].is_empty]
    runs = newest_runs(readable)
    stale = _changed(readable, runs)
    return [ListedPaper(a, runs.get(str(a.uid)), a.pk in stale, found[a.pk]) for a in readable]


def newest(actor: Actor, most: int) -> list[Analysis]:
    """Return the newest analysed papers of which the actor may read something; looks at few papers only."""
    listed = list(assessments(actor)[: 3 * most])
    runs = newest_runs(listed)
    analysed = [item for item in listed if str(item.uid) in runs]
    # Who reads the district's figures begins there: in which schools and classes they sat it is not asked.
    wide = {i.pk: Scope(True, frozenset(), frozenset()) for i in analysed if reads_district(actor, i)}
    found = wide | scopes(actor, [item for item in analysed if item.pk not in wide])
    readable = [item for item in analysed if not found[item.pk].is_empty]
    return [Analysis(runs[str(item.uid)], item, found[item.pk]) for item in readable[:most]]


def newest_runs(wanted: Iterable[Assessment]) -> dict[str, Run]:
    """Return the newest finished run of each paper by the assessment's uid."""
    keys = [str(item.uid) for item in wanted]
    rows = Run.objects.filter(
        system=actions.SYSTEM, state=RunState.DONE, parameters__assessment__in=keys
    ).order_by("id")
    return {row.parameters["assessment"]: row for row in rows}


def _changed(listed: Iterable[Assessment], runs: Mapping[str, Run]) -> set[int]:
    """Return the assessments whose results or paper have changed since their run."""
    analysed = {item.pk: runs[str(item.uid)] for item in listed if str(item.uid) in runs}
    rows = Result.objects.filter(
        assessment__in=analysed, is_current=True, status=ResultStatus.SCORED, paper__isnull=False
    )
    totals = rows.order_by().values_list("assessment").annotate(Count("pk"), Max("pk"))
    now = {pk: [count, newest] for pk, count, newest in totals}
    papers = Paper.objects.filter(assessment__in=analysed, is_current=True)
    contents = {paper.assessment_id: PaperContent.of(paper) for paper in papers}
    return {
        pk
        for pk, run in analysed.items()
        if now.get(pk) != run.parameters["results"] or contents.get(pk) != jobs.content_of(run)
    }


def assessment(actor: Actor, uid: UUID) -> Assessment | None:
    """Return an assessment with item results, if the actor may read some of them."""
    found = assessments(actor).filter(uid=uid).first()
    return found if found is not None and not scope_of(actor, found).is_empty else None


def run(actor: Actor, uid: UUID) -> Run | None:
    """Return a run in whatever state, if the actor may read something of its paper."""
    found = Run.objects.filter(system=actions.SYSTEM, uid=uid).first()
    if found is None or assessment(actor, UUID(found.parameters["assessment"])) is None:
        return None
    return found


def analysis(actor: Actor, uid: UUID) -> Analysis | None:
    """Return a finished run, if the actor may read something of its paper."""
    found = Run.objects.filter(system=actions.SYSTEM, uid=uid, state=RunState.DONE).first()
    if found is None:
        return None
    paper = assessments(actor).filter(uid=UUID(found.parameters["assessment"])).first()
    scope = scope_of(actor, paper) if paper is not None else None
    return (
        Analysis(found, paper, scope)
        if paper is not None and scope is not None and not scope.is_empty
        else None
    )


def material(found: Analysis) -> PaperMaterial:
    """Return what a report on the paper is written from; the caller has checked how much of it is shown."""
    office = district.district()
    finished = found.run.finished or found.run.created
    return PaperMaterial(
        title=found.assessment.name,
        issuer=(office.bureau or office.name) if office is not None else "",
        stamp=finished.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        run=found.run.uid,
        content=jobs.content_of(found.run),
        findings=ItemAnalysis.from_dict(json.loads(read_run_file(found.run, jobs.FINDINGS))),
        groups=pl.read_parquet(io.BytesIO(read_run_file(found.run, jobs.GROUPS))),
    )


def schools(found: Analysis) -> list[Place]:
    """Return the schools whose figures the actor reads, by name."""
    rows = School.objects.filter(pk__in=found.scope.schools)
    places = [
        Place(str(r.uid), str(r), reverse("growth:items-school", args=[found.run.uid, r.uid])) for r in rows
    ]
    return sorted(places, key=lambda place: natural_key(place.name))


def school(found: Analysis, uid: UUID) -> School | None:
    """Return one of these schools."""
    return School.objects.filter(pk__in=found.scope.schools, uid=uid).first()


def classes(found: Analysis, of: School | None = None) -> list[Place]:
    """Return the classes that the actor reads, of one school or of all, by cohort and number."""
    rows = SchoolClass.objects.filter(pk__in=found.scope.classes).select_related("school")
    if of is not None:
        rows = rows.filter(school=of)
    return [
        Place(str(row.uid), str(row), reverse("growth:items-class", args=[found.run.uid, row.uid]))
        for row in rows.order_by("school__code", "entry_year", "number")
    ]


def school_class(found: Analysis, uid: UUID) -> SchoolClass | None:
    """Return one of these classes."""
    rows = SchoolClass.objects.filter(pk__in=found.scope.classes, uid=uid)
    return rows.select_related("school").first()


def taught_shares(
    assessment: Assessment,
    points: Iterable[str],
    *,
    classes: "Iterable[int] | QuerySet[SchoolClass, int] | None" = None,
) -> dict[str, float]:
    """Return for each point the share of reporting classes that had been taught it; empty when none reported."""
    rows = TaughtPoints.objects.filter(assessment=assessment, is_current=True)
    if classes is not None:
        rows = rows.filter(school_class__in=classes)
    reports = [set(row.points) for row in rows]
    if not reports:
        return {}
    return {point: sum(point in report for report in reports) / len(reports) for point in points}


def taught(assessment: Assessment, group: SchoolClass) -> TaughtPoints | None:
    """Return what was reported for a class, if anything was."""
    return TaughtPoints.objects.filter(assessment=assessment, school_class=group, is_current=True).first()


def pupil_lines(actor: Actor, found: Analysis, shown: PaperMaterial, group: SchoolClass) -> list[PupilLine]:
    """Return the pupils of the class who sat the paper and whom the actor may see, by number."""
    rows = {
        row["pupil"]: row
        for row in read_inputs(found.run).filter(pl.col("class") == str(group.uid)).to_dicts()
    }
    listed = district.class_list(actor, group, actor.day)
    return [
        PupilLine(
            key=str(item.pupil.uid),
            name=item.name,
            number=item.number,
            url=reverse("growth:items-pupil", args=[found.run.uid, item.pupil.uid]),
            marks={number: rows[str(item.pupil.uid)][number] for number in shown.content.numbers},
            points=point_shares(shown, rows[str(item.pupil.uid)]),
        )
        for item in listed
        if str(item.pupil.uid) in rows
    ]


def point_shares(shown: PaperMaterial, row: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return one pupil's share of the marks of each point's sound items."""
    found: dict[str, float | None] = {}
    for point in shown.content.points:
        own = [
            i for i in shown.content.items if i.points and i.points[0] == point and i.number in shown.sound
        ]
        marks = [row[item.number] for item in own]
        if own and None not in marks:
            found[point] = sum(mark or 0.0 for mark in marks) / sum(item.full_mark for item in own)
    return found


def pupil(actor: Actor, uid: UUID) -> Pupil | None:
    """Return a pupil whom the actor may see."""
    return district.pupil(actor, uid)


def may_read_pupil(actor: Actor, found: Run, paper: Assessment, child: Pupil) -> bool:
    """Whether the actor reads this pupil's paper: families their child's, staff where class and subject are theirs."""
    if is_family(actor, child):
        return True
    result = pupil_result(paper, child)
    return result is not None and readable_pupil(actor, paper, child, result.school_class_id)


def is_family(actor: Actor, child: Pupil) -> bool:
    """Whether the actor is the pupil or a guardian."""
    own = [district.own_pupil(actor)] if actor.has(Role.PUPIL) else []
    wards = list(district.children(actor)) if actor.has(Role.GUARDIAN) else []
    return child.pk in {row.pk for row in (*own, *wards) if row is not None}


def pupil_result(paper: Assessment, child: Pupil) -> Result | None:
    """Return the pupil's item result in the paper."""
    rows = Result.objects.filter(assessment=paper, pupil=child, is_current=True, status=ResultStatus.SCORED)
    return rows.filter(paper__isnull=False).first()


def pupil_run(actor: Actor, uid: UUID, child: Pupil) -> tuple[Run, Assessment] | None:
    """Return a finished run that holds the pupil, if the actor may read the pupil's part."""
    found = Run.objects.filter(system=actions.SYSTEM, uid=uid, state=RunState.DONE).first()
    if found is None:
        return None
    paper = Assessment.objects.select_related("subject").get(uid=UUID(found.parameters["assessment"]))
    return (found, paper) if may_read_pupil(actor, found, paper, child) else None


def family_papers(children: Sequence[Pupil]) -> dict[int, list[Run]]:
    """Return by each pupil's primary key the newest run of each paper that the pupil sat, newest paper first.

    The caller checked the pupils; two queries, however many they are.
    """
    if not children:
        return {}
    sat = Result.objects.filter(pupil__in=children, is_current=True, paper__isnull=False).select_related(
        "assessment"
    )
    rows = list(sat.order_by("-assessment__held_on", "-pk"))
    runs = newest_runs({row.assessment for row in rows})
    found: dict[int, list[Run]] = {child.pk: [] for child in children}
    for row in rows:
        if (run := runs.get(str(row.assessment.uid))) is not None:
            found[row.pupil_id].append(run)
    return found


def pupil_material(found: Run, paper: Assessment, child: Pupil) -> PupilMaterial | None:
    """Return one pupil's paper in words; the caller has checked that the actor may read it."""
    rows = read_inputs(found).filter(pupil=str(child.uid)).to_dicts()
    if not rows:
        return None
    shown = material(Analysis(found, paper, Scope(False, frozenset(), frozenset())))
    estimates = pl.read_parquet(io.BytesIO(read_run_file(found, jobs.PUPILS))).filter(pupil=str(child.uid))
    told = tuple(
        PointInWords(row["point"], band_of(row["value"]), band_of(row["low"]), band_of(row["high"]))
        for row in estimates.iter_rows(named=True)
    )
    named = {item.point for item in told}
    return PupilMaterial(
        title=paper.name,
        told=told,
        untold=tuple(point for point in shown.content.points if point not in named),
        lost=tuple(_lost(shown, rows[0])),
        unsound=tuple(number for number in shown.content.numbers if number not in shown.sound),
    )


def _lost(shown: PaperMaterial, row: Mapping[str, float | None]) -> Iterable[LostItem]:
    for item in shown.content.items:
        mark = row[item.number]
        if item.number in shown.sound and mark is not None and mark < item.full_mark:
            yield LostItem(item.number, item.points[0] if item.points else "", mark, item.full_mark)
