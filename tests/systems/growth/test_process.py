"""Process facts in a design: published, readable, in force; laid beside growth and never taken out of it."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from tests import factories
from tests.systems.growth.conftest import World, client_as, evaluate
from tests.systems.growth.test_pages import text
from xuequ.core import registry
from xuequ.core.errors import Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.registry import IndicatorDefinition
from xuequ.core.rendering.checker import check_report
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, read_inputs
from xuequ.record.choices import IndicatorAudience, RunState
from xuequ.record.models import Run
from xuequ.systems.growth import actions, process_facts, queries, reports
from xuequ.systems.growth.analysis import Analysis
from xuequ.systems.growth.cohorts import cohort_table
from xuequ.systems.growth.forms import DesignForm
from xuequ.systems.growth.models import Evaluation, SchoolGrowth
from xuequ.systems.growth.process_facts import ProcessFact
from xuequ.systems.growth.proposals import offered_designs

OFFICE = Actor.system(dt.date(2026, 6, 1))
PRESENT = ProcessFact("test.present", "2025-2026")
SECRET = ProcessFact("test.secret", "2025-2026")


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that publishes two process facts: schools read their own value of the first only."""
    known = dict(registry.indicator_definitions())
    for code, title, audience in (
        ("test.present", "出勤", IndicatorAudience.SCHOOL),
        ("test.secret", "内部", IndicatorAudience.BUREAU),
    ):
        known[code] = IndicatorDefinition(code, title, "口径", "share", "source", audience)
    for module in ("xuequ.record.actions", "xuequ.systems.growth.process_facts"):
        monkeypatch.setattr(f"{module}.indicator_definitions", lambda: known)


def publish(
    world: World, fact: ProcessFact = PRESENT, *, of_class: bool = True, shift: float = 0.0, places: int = 13
) -> Run:
    """Publish a value for each class (or school); the first school has least of it, the twelfth most."""
    run = finish_run(
        create_run(actor=OFFICE, system="test", kind="x", title="x", engine_version="1", parameters={}),
        actor=OFFICE,
    )
    values = [
        IndicatorValue(
            fact.code, 0.9 + 0.005 * ((7 * i) % 12) + shift, n=24, school_id=group.school_id,
            school_class_id=group.pk if of_class else None,
        )
        for i, group in enumerate(world.classes[:places])
    ]  # fmt: skip
    publish_indicators(actor=OFFICE, run=run, period=fact.period, values=values)
    return run


def design_of(world: World, *facts: ProcessFact) -> GrowthDesign:
    tests = [t for t in queries.designable(OFFICE, None) if t in (*world.priors, *world.outcomes)]
    return replace(offered_designs(tests)[0].design, process=tuple(fact.column for fact in facts))


def evaluated(world: World, *facts: ProcessFact) -> Run:
    started = actions.start_evaluation(actor=OFFICE, design=design_of(world, *facts), title="t")
    run_pending()
    started.run.refresh_from_db()
    return started.run


def test_a_fact_stands_beside_growth_and_changes_no_value_of_a_school(world: World) -> None:
    plain = evaluate(world)
    before = {row.school_id: row.effect for row in plain.schools.all()}
    publish(world)
    run = evaluated(world, PRESENT)
    found = Evaluation.objects.get(run=run)
    assert {row.school_id: row.effect for row in SchoolGrowth.objects.filter(evaluation=found)} == before
    assert run.parameters["design"]["process"] == ["test.present@2025-2026"]
    assert PRESENT.column in read_inputs(run).columns
    process = Analysis.from_dict(found.analysis).process
    assert [row.fact for row in process.rows] == [PRESENT.column]
    assert (process.schools, process.places, process.missing) == (13, 13, 0)
    # What else the report says does not depend on the choice of a fact.
    assert Analysis.from_dict(found.analysis).level == Analysis.from_dict(plain.analysis).level


def test_a_class_counts_before_its_school_and_nothing_is_taken_as_zero(world: World) -> None:
    publish(world, places=10)
    publish(world, of_class=False, shift=-0.5, places=12)
    design = design_of(world, PRESENT)
    table = (
        cohort_table(design, None)
        .group_by("school")
        .agg(pl.col(PRESENT.column).unique())
        .explode(PRESENT.column)
    )
    values = dict(table.iter_rows())
    uids = [str(group.school.uid) for group in world.classes]
    assert values[uids[0]] == 0.9
    assert values[uids[10]] == pytest.approx(0.4 + 0.005 * (70 % 12))
    assert values[uids[12]] is None
    found = Analysis.from_dict(Evaluation.objects.get(run=evaluated(world, PRESENT)).analysis).process
    assert (found.missing, found.schools) == (4, 12)


def test_a_newer_publication_counts_and_the_older_does_not(world: World) -> None:
    publish(world)
    publish(world, shift=0.01)
    table = cohort_table(design_of(world, PRESENT), None)
    assert table[PRESENT.column].min() == pytest.approx(0.91)
    assert queries.usable_process(OFFICE, None) == [PRESENT]


def test_too_few_places_are_refused_with_the_fact_named(world: World) -> None:
    publish(world, places=9)
    run = evaluated(world, PRESENT)
    assert run.state == RunState.REFUSED
    assert "出勤（2025-2026）" in run.refusal
    publish(world, SECRET, places=4)
    run = evaluated(world, SECRET)
    assert run.state == RunState.REFUSED
    assert not hasattr(run, "growth")


def test_what_is_not_published_or_came_later_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="出勤"):
        evaluated(world, PRESENT)
    later = ProcessFact(PRESENT.code, "2026-2027")
    publish(world, later)
    with pytest.raises(Refused, match="出勤"):
        evaluated(world, later)
    own = ProcessFact("growth.effect.g8", "2025-2026")
    evaluate(world)
    assert own not in queries.usable_process(OFFICE, None)
    with pytest.raises(Refused):
        evaluated(world, own)


def test_the_form_offers_facts_by_period_and_makes_them_part_of_the_design(world: World) -> None:
    publish(world)
    publish(world, ProcessFact(PRESENT.code, "2024-2025"))
    offered = queries.usable_process(OFFICE, None)
    assert [fact.period for fact in offered] == ["2025-2026", "2024-2025"]
    tests = queries.designable(OFFICE, None)
    data = {
        "title": "t", "outcomes": [str(t.uid) for t in world.outcomes], "priors": [str(t.uid) for t in world.priors],
        "process": [PRESENT.column], "minimum_pupils": 10, "confidence": 0.95,
    }  # fmt: skip
    form = DesignForm(data, assessments=tests, factors=[], process=offered, period="")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["design"].process == (PRESENT.column,)
    page = client_as(Role.RESEARCHER)
    assert PRESENT.column in text(page, "/growth/design/")
    study = factories.make_study() if hasattr(factories, "make_study") else None
    assert queries.usable_process(OFFICE, study) == ([] if study is not None else offered)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_of_the_reports_with_facts_is_a_cited_cell(world: World, language: str) -> None:
    publish(world, places=12)
    found = Evaluation.objects.select_related("run").get(run=evaluated(world, PRESENT))
    own = found.schools.select_related("school").get(school=world.schools[0])
    whole = reports.district_analysis_report(OFFICE, found)
    assert {"process", "process-total"} <= set(whole.figures())
    school = reports.school_analysis_report(OFFICE, found, own)
    assert list(check_report(whole, [language])) == []
    assert list(check_report(school, [language])) == []


def test_a_school_reads_its_own_facts_but_not_those_of_the_bureau(world: World) -> None:
    publish(world)
    publish(world, SECRET)
    # Equal facts cannot be told apart, so the second differs.
    publish(world, SECRET, shift=0.0)
    run = evaluated(world, PRESENT)
    actions.publish(actor=OFFICE, evaluation=Evaluation.objects.get(run=run))
    head = client_as(Role.HEAD, school=world.schools[0])
    page = text(head, f"/growth/runs/{run.uid}/schools/{world.schools[0].uid}/analysis/")
    assert "出勤（2025-2026）" in page
    secret = evaluated(world, SECRET)
    actions.publish(actor=OFFICE, evaluation=Evaluation.objects.get(run=secret))
    page = text(head, f"/growth/runs/{secret.uid}/schools/{world.schools[0].uid}/analysis/")
    assert "内部" not in page
    assert "内部（2025-2026）" in text(client_as(Role.RESEARCHER), f"/growth/runs/{secret.uid}/analysis/")


def test_a_column_is_read_back_and_a_file_has_no_period() -> None:
    assert ProcessFact.of(PRESENT.column) == PRESENT
    assert ProcessFact.of("出勤率").title == "出勤率"
    assert process_facts.titles([PRESENT.column]) == {PRESENT.column: "出勤（2025-2026）"}
