"""The comprehensive report: trend, differences, factors, suggestions; each number a cited cell, same run same bytes."""

import datetime as dt
from dataclasses import replace
from uuid import uuid4

import polars as pl
import pytest

from tests.standing import built, copied
from tests.systems.growth.conftest import World, build_world, client_as, evaluate
from tests.systems.growth.test_pages import text
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report, Steps
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.engines.growth.audits.verdicts import AuditVerdict
from xuequ.engines.growth.evaluation import evaluate as compute
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.record.actions import read_inputs
from xuequ.record.models import Factor, FactorKind, Run
from xuequ.systems.growth import queries, reports
from xuequ.systems.growth.analysis import Analysis, Factors, FactorShare, Method, Part, Process, ProcessShare
from xuequ.systems.growth.analysis_pictures import GroupLine, TrendLine, TrendPoint
from xuequ.systems.growth.analysis_sections import district_analysis, school_analysis
from xuequ.systems.growth.choices import Trend
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.storing import earlier_effects
from xuequ.systems.growth.suggestions import DISTRICT_RULES, SCHOOL_RULES, suggestions
from xuequ.systems.growth.trends import trend_table

OFFICE = Actor.system(dt.date(2026, 6, 1))
FOUND = Analysis(
    level=(Part("school", 0.2, 0.1, 0.3), Part("class", 0.1, 0.05, 0.2), Part("pupil", 0.7, 0.6, 0.8)),
    growth=(Part("school", 0.03, 0.0, 0.1), Part("class", 0.12, 0.05, 0.2), Part("pupil", 0.85, 0.7, 0.9)),
    factors=Factors((FactorShare("boarding", 0.04, 0.01, 0.08),), 0.05, 0.02, 0.09, 280),
    methods=(Method("z-gain", 0.6, -0.3, 0.1, ("favours-low-intake", "ceiling")),),
    process=Process(
        (ProcessShare("office.x@2025", "class", 40, 0.9, 0.1, 0.2, 0.1, 0.3, 0.3, 0.1, 0.5, 0.03, 9),),
        0.3,
        0.1,
        0.5,
        0.03,
        900,
        9,
        40,
        12,
    ),
)
FALLEN = TrendLine(
    "own",
    "测试中学",
    (TrendPoint("2024-2025", 0.3, 0.1, 0.5), TrendPoint("2025-2026", -0.4, -0.6, -0.2)),
    0.2,
    -0.1,
    0.5,
    Trend.BELOW,
)


built_world = built(build_world)
built_evaluation = built(evaluate, "built_world")
world = copied("built_world")
evaluation = copied("built_evaluation")


def problems(blocks, language: str) -> list[object]:
    return list(check_report(Report("t", "", "", "2026-06-30T08:00:00+08:00", None, blocks), [language]))


def first_school(evaluation: Evaluation):
    return evaluation.schools.select_related("school").order_by("school_id").first()


def with_factor(world: World) -> None:
    """Half of each class board."""
    kind = FactorKind.objects.create(code="boarding", name="寄宿", name_en="boarding")
    for pupils in world.pupils.values():
        Factor.objects.bulk_create(
            Factor(kind=kind, pupil=pupil, text="是" if i % 2 else "否", start=dt.date(2024, 9, 1))
            for i, pupil in enumerate(pupils)
        )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_of_the_reports_is_a_cited_cell(world: World, language: str) -> None:
    with_factor(world)
    found = evaluate(world)
    group = world.classes[0]
    own = found.schools.select_related("school").get(school=group.school)
    actor = Actor.system(dt.date(2026, 6, 1))
    for report in (
        reports.district_analysis_report(actor, found),
        reports.school_analysis_report(actor, found, own),
        reports.class_analysis_report(actor, found, own, group),
    ):
        assert list(check_report(report, [language])) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_suggestion_can_be_said(evaluation: Evaluation, language: str) -> None:
    case = queries.district_case(OFFICE, evaluation)
    key = case.material.schools[0].key
    case = replace(
        case,
        analysis=FOUND,
        trends=(replace(FALLEN, key=key),),
        verdicts=(AuditVerdict.FAIL,),
        material=replace(
            case.material,
            schools=tuple(replace(s, verdict="above", level=-0.4) for s in case.material.schools),
        ),
    )
    assert {rule.code for rule in DISTRICT_RULES if list(rule.suggest(case))} == {
        r.code for r in DISTRICT_RULES
    }
    assert problems(district_analysis(case, {"boarding": "寄宿"}), language) == []
    assert problems(district_analysis(replace(case, analysis=Analysis(), trends=()), {}), language) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_suggestion_to_a_school_can_be_said(evaluation: Evaluation, language: str) -> None:
    case = queries.school_case(OFFICE, evaluation, first_school(evaluation))
    assert case.own is not None
    low = tuple(replace(line, within=-0.4, within_low=-0.6, within_high=-0.2) for line in case.classes)
    case = replace(
        case,
        trends=(FALLEN,),
        classes=(*low, *(replace(line, key="other") for line in low)),
        groups=(GroupLine("boarding", "是", 20, -0.5, 0.1),),
    )
    assert {rule.code for rule in SCHOOL_RULES if list(rule.suggest(case))} == {r.code for r in SCHOOL_RULES}
    assert problems(school_analysis(case, case.own, {"boarding": "寄宿"}), language) == []
    risen = replace(case, trends=(replace(FALLEN, said=Trend.ABOVE),), groups=(), classes=())
    assert problems(school_analysis(risen, case.own, {}), language) == []


def test_a_report_opens_with_at_most_three_things_to_do(evaluation: Evaluation) -> None:
    report = reports.district_analysis_report(OFFICE, evaluation)
    (steps,) = (block for block in report.blocks if isinstance(block, Steps))
    assert 1 <= len(steps.steps) <= 3


def test_no_rule_speaks_of_an_analysis_that_is_not_there(evaluation: Evaluation) -> None:
    case = replace(queries.district_case(OFFICE, evaluation), analysis=Analysis(), trends=(), verdicts=())
    silent = replace(case, material=replace(case.material, schools=()))
    assert suggestions(DISTRICT_RULES, silent) == ()


def test_what_is_kept_with_the_run_reads_back(evaluation: Evaluation) -> None:
    found = Analysis.from_dict(evaluation.analysis)
    assert Analysis.from_dict(FOUND.as_dict()) == FOUND
    assert [part.part for part in found.growth] == ["school", "pupil"]
    assert sum(part.share for part in found.growth) == pytest.approx(1.0)
    assert {row.method for row in found.methods} >= {"z-gain", "residual", "mixed"}


def test_a_factor_known_of_enough_pupils_is_reported(world: World) -> None:
    with_factor(world)
    evaluation = evaluate(world)
    found = Analysis.from_dict(evaluation.analysis)
    assert [row.factor for row in found.factors.rows] == ["boarding"]
    assert found.factors.explained == pytest.approx(found.factors.rows[0].share)
    groups = queries.school_case(OFFICE, evaluation, first_school(evaluation)).groups
    assert {(line.factor, line.n) for line in groups} <= {("boarding", n) for n in range(10, 15)}


def test_a_school_that_leaves_its_own_past_is_flagged(evaluation: Evaluation) -> None:
    evaluation.refresh_from_db()
    schools = evaluation.schools.filter(effect__isnull=False)
    # A year ago all stood where they stand now but the first, which stood as far above the average as it is below.
    first = schools.order_by("effect").first()
    table = findings_like(evaluation, first.school_id)
    line = table.filter(pl.col("school") == str(first.school.uid), pl.col("period") == "2025-2026").row(
        0, named=True
    )
    assert line["expected"] is not None
    assert line["outside"] is True
    others = table.filter(pl.col("school") != str(first.school.uid), pl.col("period") == "2025-2026")
    assert others["outside"].sum() <= 1


def findings_like(evaluation: Evaluation, turned: int) -> pl.DataFrame:
    """The trend of the evaluation after a copy of itself a year earlier in which one school stood elsewhere."""
    design = GrowthDesign.from_dict(evaluation.run.parameters["design"])
    findings = compute(read_inputs(evaluation.run), design)
    run = Run.objects.get(pk=evaluation.run_id)
    rows = list(evaluation.schools.all())
    run.pk, run.uid = None, uuid4()
    run._state.adding = True
    run.save()
    past = Evaluation.objects.create(
        run=run, grade=evaluation.grade, period="2024-2025", published=evaluation.published, findings={}
    )
    for row in rows:
        row.pk, row.evaluation = None, past
        row._state.adding = True
        if row.school_id == turned and row.effect is not None:
            row.effect = -row.effect
    SchoolGrowth.objects.bulk_create(rows)
    return trend_table(findings, earlier_effects(evaluation.run, evaluation.grade, design.period))


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx", "html"])
def test_the_same_run_gives_the_same_file(evaluation: Evaluation, form: str) -> None:
    url = f"/growth/runs/{evaluation.run.uid}/analysis.{form}"
    client = client_as(Role.DISTRICT_OFFICER)
    first, second = (client.get(url).getvalue() for _time in range(2))
    assert first == second
    assert len(first) > 1000


def test_who_reads_which_report(evaluation: Evaluation, world: World) -> None:
    run, own, other = evaluation.run.uid, world.schools[0], world.schools[1]
    head = client_as(Role.HEAD, school=own)
    page = text(head, f"/growth/runs/{run}/schools/{own.uid}/analysis/")
    assert own.name in page
    assert other.name not in page
    for path in (
        f"schools/{other.uid}/analysis/",
        f"schools/{other.uid}/analysis.pdf",
        "analysis/",
        "analysis.pdf",
    ):
        assert head.get(f"/growth/runs/{run}/{path}").status_code == 404, path
    teacher = client_as(Role.CLASS_TEACHER, school_class=world.classes[0])
    assert str(world.classes[0]) in text(
        teacher, f"/growth/runs/{run}/classes/{world.classes[0].uid}/analysis/"
    )
    assert teacher.get(f"/growth/runs/{run}/classes/{world.classes[1].uid}/analysis/").status_code == 404
    assert world.schools[3].name in text(client_as(Role.RESEARCHER), f"/growth/runs/{run}/analysis/")


def test_an_evaluation_from_before_says_so(evaluation: Evaluation) -> None:
    Evaluation.objects.update(analysis={})
    client = client_as(Role.RESEARCHER)
    url = f"/growth/runs/{evaluation.run.uid}/analysis"
    assert "analysis.pdf" not in text(client, f"{url}/")
    assert client.get(f"{url}.pdf").status_code == 404
