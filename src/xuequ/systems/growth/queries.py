"""What may be read of growth. Each function takes the actor and returns only what that actor may see."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import polars as pl
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from xuequ.core.clock import SHANGHAI
from xuequ.district import queries as district
from xuequ.district.actors import DISTRICT_READERS, SCHOOL_LEADERS, Actor
from xuequ.district.models import Pupil, School, SchoolClass, Study
from xuequ.record.choices import Form
from xuequ.record.models import Assessment, FactorKind, Result, Run
from xuequ.record.queries import assessments, factor_kinds, has_results, with_coverage
from xuequ.systems.growth import process_facts
from xuequ.systems.growth.actions import may_evaluate
from xuequ.systems.growth.analysis import Analysis
from xuequ.systems.growth.analysis_pictures import TrendLine, group_lines, trend_lines
from xuequ.systems.growth.audit_pictures import Names
from xuequ.systems.growth.material import ClassLine, Material, SchoolLine, in_order, unpacked
from xuequ.systems.growth.models import ClassGrowth, Evaluation, SchoolGrowth, TrendAlert
from xuequ.systems.growth.process_facts import ProcessFact
from xuequ.systems.growth.process_pictures import PlaceFact
from xuequ.systems.growth.storing import GROUPS, PROCESS, SCHOOL_FIELDS, TREND, pupil_rows, stored_table
from xuequ.systems.growth.suggestions import Case

IN_FORCE = Q(published__isnull=False, superseded=None)
_LINE = tuple(name for name in SCHOOL_FIELDS if name in SchoolLine.__dataclass_fields__)


def runs(actor: Actor) -> "QuerySet[Run]":
    """Return the runs that the actor may open, newest first: analysts all, other readers the published ones."""
    rows = Run.objects.filter(system="growth").select_related("growth", "study", "year").order_by("-id")
    if may_evaluate(actor) or actor.is_system:
        return rows
    if actor.sees_district:
        return rows.filter(study=None, growth__published__isnull=False)
    return rows.none()


def evaluations(actor: Actor) -> "QuerySet[Evaluation]":
    """Return the evaluations of which the actor may see some part: what is in force, and for analysts everything."""
    rows = Evaluation.objects.select_related("run__study")
    if may_evaluate(actor) or actor.is_system:
        return rows
    if actor.sees_district:
        return rows.filter(published__isnull=False, run__study=None)
    return rows.filter(IN_FORCE)


def comparable_evaluations(actor: Actor) -> "QuerySet[Evaluation]":
    """Return the evaluations of the district that may be laid side by side, the newest first."""
    return evaluations(actor).filter(run__state="done", run__study=None).order_by("-run_id")


def evaluation(actor: Actor, uid: UUID) -> Evaluation | None:
    """Return the evaluation of a run, if the actor may see some part of it."""
    return evaluations(actor).filter(run__uid=uid).first()


def latest(actor: Actor) -> "QuerySet[Evaluation]":
    """Return the evaluations in force, the latest period and the highest grade first."""
    return evaluations(actor).filter(IN_FORCE).order_by("-period", "-grade")


def school_rows(actor: Actor, found: Evaluation) -> "QuerySet[SchoolGrowth]":
    """Return the rows of the schools whose pages the actor may open."""
    seen = School.objects.visible_to(actor)
    return found.schools.filter(school__in=seen.values("pk")).select_related("school")


def school_row(actor: Actor, found: Evaluation, uid: UUID) -> SchoolGrowth | None:
    """Return one school's row."""
    return school_rows(actor, found).filter(school__uid=uid).first()


def material(
    found: Evaluation, rows: Sequence[SchoolGrowth], *, named: Sequence[int] | None = None
) -> Material:
    """Return what a report is written from; with ``named``, schools other than those (primary keys) have no name."""
    parts = unpacked(found.findings)
    lines = [_line(found, row, named is None or row.school_id in named) for row in rows]
    office = district.district()
    issuer = (office.bureau or office.name) if office is not None else ""
    finished = found.run.finished or found.run.created
    shown = {line.key for line in lines if line.name}
    parts["needs"] = tuple(need for need in parts["needs"] if need.school in shown)
    return Material(
        title=found.run.title,
        # Whoever evaluates signs, whosever data it is.
        issuer=issuer,
        period=found.period,
        outcome=found.outcome_label,
        prior=found.prior_label,
        stamp=finished.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        run=found.run.uid,
        schools=in_order(lines, parts["needs"]),
        is_study=found.run.study_id is not None,
        **parts,
    )


def _line(found: Evaluation, row: SchoolGrowth, named: bool) -> SchoolLine:
    return SchoolLine(
        key=str(row.school.uid),
        name=str(row.school) if named else "",
        url=reverse("growth:school", args=[found.run.uid, row.school.uid]) if named else "",
        bands=row.bands,
        alternatives=row.alternatives,
        **{name: getattr(row, name) for name in _LINE},
    )


def district_material(actor: Actor, found: Evaluation) -> Material:
    """Return the whole evaluation, for those who see the district."""
    return material(found, list(school_rows(actor, found)))


def _lines(found: Evaluation, schools: Mapping[str, SchoolLine]) -> tuple[TrendLine, ...]:
    names = {key: line.name for key, line in schools.items()}
    lines = trend_lines(stored_table(found.run, TREND), names)
    return tuple(replace(line, url=schools[line.key].url) for line in lines)


def district_case(actor: Actor, found: Evaluation) -> Case:
    """Return what the comprehensive report on all schools is written from, for those who see the district."""
    whole = district_material(actor, found)
    named = {line.key: line for line in whole.schools}
    return Case(
        material=whole,
        analysis=Analysis.from_dict(found.analysis),
        trends=_lines(found, named),
        verdicts=tuple(item["verdict"] for item in found.audits),
    )


def school_case(actor: Actor, found: Evaluation, own: SchoolGrowth) -> Case:
    """Return what the comprehensive report on one school is written from."""
    shown = school_material(actor, found, own)
    line = shown.line(str(own.school.uid))
    return Case(
        material=shown,
        analysis=Analysis.from_dict(found.analysis),
        trends=_lines(found, {line.key: line}),
        own=line,
        classes=tuple(class_lines(actor, found, own)),
        groups=group_lines(stored_table(found.run, GROUPS), line.key),
        places=_place_facts(found, line.key, actor),
    )


def _place_facts(found: Evaluation, school: str, actor: Actor) -> tuple[PlaceFact, ...]:
    """Return the process facts of one school; those that only the bureau reads are shown to nobody else."""
    columns = found.run.parameters["design"].get("process", ())
    shown = [c for c in columns if actor.is_system or actor.sees_district or ProcessFact.of(c).for_schools]
    if not shown:
        return ()
    rows = stored_table(found.run, PROCESS).filter(pl.col("school") == school, pl.col("fact").is_in(shown))
    return tuple(
        PlaceFact(row["fact"], row["class"] or "", row["value"], row["n"]) for row in rows.to_dicts()
    )


def alert_line(alert: TrendAlert) -> TrendLine:
    """Return the years behind an alert; the caller checked that the actor may read it."""
    key = str(alert.school.uid)
    table = stored_table(alert.evaluation.run, TREND).filter(pl.col("school") == key)
    return next(trend_lines(table, {key: str(alert.school)}))


def factor_names(found: Evaluation) -> dict[str, str]:
    """Return how the factors and process facts are called, by code or column."""
    kinds = {kind.code: str(kind) for kind in usable_factors(found.run.study)}
    return kinds | process_facts.titles(found.run.parameters["design"].get("process", ()))


def audit_names(actor: Actor, found: Evaluation) -> Names:
    """Return how the audits' school keys and test columns are called, for those who see the district."""
    rows = list(school_rows(actor, found))
    tests = {str(test.uid): test.name for test in (*found.outcomes.all(), *found.priors.all())}
    return Names(
        names={str(row.school.uid): str(row.school) for row in rows} | tests | factor_names(found),
        urls={
            str(row.school.uid): reverse("growth:school", args=[found.run.uid, row.school.uid])
            for row in rows
        },
    )


def school_material(actor: Actor, found: Evaluation, own: SchoolGrowth) -> Material:
    """Return the evaluation with one named school; the others are a spread without names."""
    return material(found, list(found.schools.select_related("school")), named=[own.school_id])


def class_lines(actor: Actor, found: Evaluation, own: SchoolGrowth) -> list[ClassLine]:
    """Return the classes of a school that the actor may open, by cohort and number."""
    seen = SchoolClass.objects.visible_to(actor)
    rows = found.classes.filter(school_id=own.school_id, school_class__in=seen.values("pk")).select_related(
        "school_class"
    )
    return [
        ClassLine(
            key=str(row.school_class.uid),
            name=str(row.school_class),
            n=row.n,
            growth=row.growth,
            within=row.within,
            within_low=row.within_low,
            within_high=row.within_high,
            url=reverse("growth:class", args=[found.run.uid, row.school_class.uid]),
        )
        for row in rows.order_by("school_class__entry_year", "school_class__number")
    ]


def classes_with_growth(actor: Actor) -> list[tuple[SchoolClass, Evaluation]]:
    """Return the classes that the actor works in, each with its latest evaluation in force."""
    seen = SchoolClass.objects.visible_to(actor)
    rows = ClassGrowth.objects.filter(
        school_class__in=seen.values("pk"), evaluation__published__isnull=False, evaluation__superseded=None
    )
    rows = rows.select_related("school_class", "evaluation__run").order_by(
        "-evaluation__period", "school_class__number"
    )
    found: dict[int, tuple[SchoolClass, Evaluation]] = {}
    for row in rows:
        found.setdefault(row.school_class_id, (row.school_class, row.evaluation))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class ListedGrowth:
    """A pupil in a class list: sorted by number and name, never by growth."""

    pupil: Pupil
    name: str
    number: str
    facts: dict[str, Any] | None


def class_pupils(actor: Actor, found: Evaluation, school_class: SchoolClass) -> list[ListedGrowth]:
    """Return the class's pupils on the actor's day whom the actor may see, each with what the run says."""
    listed = district.class_list(actor, school_class, actor.day)
    keys = [str(item.pupil.uid) for item in listed]
    facts = {row["pupil"]: row for row in pupil_rows(found.run, pl.col("pupil").is_in(keys))}
    return [
        ListedGrowth(item.pupil, item.name, item.number, facts.get(str(item.pupil.uid))) for item in listed
    ]


def class_bands(actor: Actor, found: Evaluation, school_class: SchoolClass) -> dict[str, int]:
    """Return how many of the class's pupils whom the actor may see came how far."""
    bands = [
        item.facts["band"] for item in class_pupils(actor, found, school_class) if item.facts is not None
    ]
    return dict(Counter(band for band in bands if band is not None))


def may_read_school(actor: Actor, row: SchoolGrowth) -> bool:
    """Whether the actor reads a school's own figures: the district's readers and those who lead the school."""
    if actor.is_system or actor.sees_district:
        return True
    area = row.school.area_id
    return any(
        (grant.role in SCHOOL_LEADERS and grant.school_id == row.school_id)
        or (grant.role in DISTRICT_READERS and area is not None and grant.area_id == area)
        for grant in actor.grants
    )


def newest_of(actor: Actor, school: School) -> SchoolGrowth | None:
    """Return a school's row in the newest evaluation in force, if the actor may open its page."""
    rows = SchoolGrowth.objects.filter(school=school, evaluation__in=latest(actor))
    row = (
        rows.select_related("evaluation__run", "school")
        .order_by("-evaluation__period", "-evaluation__grade")
        .first()
    )
    return row if row is not None and may_read_school(actor, row) else None


@dataclass(frozen=True, slots=True)
class PupilGrowth:
    """One evaluation's facts about one pupil, with the residual spread to draw the expectation."""

    evaluation: Evaluation
    facts: dict[str, Any]


def pupil_growth(pupil: Pupil, most: int = 4) -> list[PupilGrowth]:
    """Return the pupil in the latest evaluations in force that hold an outcome; the caller checked the pupil."""
    return growth_of([pupil], most)[pupil.pk]


def growth_of(pupils: Sequence[Pupil], most: int) -> dict[int, list[PupilGrowth]]:
    """Return the same for several pupils by primary key: one query, however many they are."""
    found: dict[int, list[PupilGrowth]] = {pupil.pk: [] for pupil in pupils}
    if not pupils:
        return found
    rows = Evaluation.objects.filter(
        IN_FORCE, outcomes__results__pupil__in=pupils, outcomes__results__is_current=True
    ).annotate(pupil_id=F("outcomes__results__pupil_id"))
    keys = {pupil.pk: str(pupil.uid) for pupil in pupils}
    seen: Counter[int] = Counter()
    for item in rows.select_related("run").distinct().order_by("-period"):
        seen[item.pupil_id] += 1
        if seen[item.pupil_id] <= most:
            facts = pupil_rows(item.run, pl.col("pupil") == keys[item.pupil_id])
            found[item.pupil_id] += [PupilGrowth(item, row) for row in facts if row["band"] is not None]
    return found


def pupil_results(pupil: Pupil) -> "QuerySet[Result]":
    """Return the pupil's current results, newest first; the caller checked the pupil."""
    rows = Result.objects.filter(pupil=pupil, is_current=True).select_related(
        "assessment__subject", "assessment__term"
    )
    return rows.order_by("-assessment__held_on", "assessment__subject__order", "-id")


def designable(actor: Actor, study: Study | None) -> list[Assessment]:
    """Return the assessments with scores that a design may be made of, with ``scored`` counted."""
    rows = has_results(assessments(actor).filter(study=study, form=Form.SCORE))
    return list(with_coverage(rows, actor))


def usable_factors(study: Study | None) -> list[FactorKind]:
    """Return the kinds of factors of the district or the study."""
    return list(factor_kinds(study))


def usable_process(actor: Actor, study: Study | None) -> list[ProcessFact]:
    """Return the published facts of classes and schools that a design of the district may lay beside growth."""
    return process_facts.offered(actor) if study is None else []


def studies(actor: Actor) -> "QuerySet[Study]":
    """Return the external studies that the actor may evaluate."""
    return Study.objects.order_by("name") if may_evaluate(actor) else Study.objects.none()
