"""The run of a paper, what its reports say, and that every number in a sentence stands in a table."""

import io
import json

import polars as pl
import pytest

from tests import factories
from tests.systems.growth.items.conftest import (
    DAY,
    POINTS,
    WRONG_KEY,
    Sitting,
    analyse,
    analysis_for,
    teacher_of,
)
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.figures import Withheld
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Lead, Report, Steps
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.record.actions import read_inputs, read_run_file
from xuequ.record.choices import RunState
from xuequ.record.models import Paper, Result, Run, TaughtPoints
from xuequ.record.personal import rows_in_runs
from xuequ.systems.growth.items import actions, jobs, queries, reports

pytestmark = pytest.mark.django_db


def system() -> Actor:
    return Actor.system(DAY)


def all_reports(sitting: Sitting, run: Run) -> list[Report]:
    found = analysis_for(system(), run)
    return [
        reports.paper_report(found),
        reports.district_report(found),
        *(reports.school_report(found, school) for school in sitting.schools),
        *(reports.class_report(system(), found, group) for group in sitting.classes),
    ]


def steps_of(report: Report) -> list[str]:
    return [
        step.sentence.message for block in report.blocks if isinstance(block, Steps) for step in block.steps
    ]


def test_the_planted_wrong_key_is_found_and_drives_nothing(sitting: Sitting, run: Run) -> None:
    material = queries.material(analysis_for(system(), run))
    item = next(item for item in material.findings.items if item.number == WRONG_KEY)
    assert "key-suspected" in item.flags
    assert WRONG_KEY not in material.sound
    cells = {ref.row for ref in steps_cells(reports.paper_report(analysis_for(system(), run)))}
    assert f"{WRONG_KEY}-A" in cells
    needed = [need for group in sitting.classes for need in material.needs("class", str(group.uid))]
    assert needed and all(WRONG_KEY not in need.items for need in needed)


def steps_cells(report: Report):
    for block in report.blocks:
        if isinstance(block, Steps):
            for step in block.steps:
                yield from step.sentence.cells.values()


def test_no_cell_of_fewer_than_five_pupils_is_shown(sitting: Sitting, run: Run) -> None:
    figure = reports.district_report(analysis_for(system(), run)).figures()["by-place"]
    small = str(sitting.schools[-1].uid)
    cells = [figure.cell(row.key, "mean") for row in figure.rows if row.key.startswith(small)]
    assert cells and all(isinstance(cell, Withheld) for cell in cells)
    own = reports.school_report(analysis_for(system(), run), sitting.schools[-1]).figures()["points"]
    assert isinstance(own.cell(POINTS[0], "mean"), Withheld)


def test_the_class_that_lacks_a_point_is_told_so_first(sitting: Sitting, run: Run) -> None:
    found = analysis_for(system(), run)
    material = queries.material(found)
    first = material.needs("class", str(sitting.classes[0].uid))[0]
    assert (first.point, first.whom) == (POINTS[1], "class")
    report = reports.class_report(system(), found, sitting.classes[0])
    lead = next(block for block in report.blocks if isinstance(block, Lead))
    assert lead.sentence.cells["point"].row == POINTS[1]
    assert 1 <= len(steps_of(report)) <= 3


def test_every_number_in_a_sentence_stands_in_a_table(sitting: Sitting, run: Run) -> None:
    TaughtPoints.objects.create(
        assessment=sitting.assessment,
        school_class=sitting.classes[0],
        points=[POINTS[0], POINTS[1]],
        entered_at=run.created,
    )
    for report in all_reports(sitting, run):
        assert check_report(report) == []


def test_reports_of_a_paper_without_points_or_reliability_hold_too(sitting: Sitting) -> None:
    paper = sitting.paper
    paper.items = [{key: value for key, value in item.items() if key != "points"} for item in paper.items]
    paper.save()
    run = analyse(sitting)
    for report in all_reports(sitting, run):
        assert check_report(report) == []


def test_teaching_learning_and_testing_part_where_planted(sitting: Sitting, run: Run) -> None:
    material = queries.material(analysis_for(system(), run))
    rows = {
        row.point: row.codes
        for row in material.alignment("class", str(sitting.classes[0].uid), {POINTS[1]: 1.0})
    }
    assert "taught-not-mastered" in rows[POINTS[1]]
    assert "underweight" in rows["因式分解"]
    assert "overweight" in rows["数据的集中趋势"]


def test_the_same_results_give_the_same_bytes(sitting: Sitting, run: Run) -> None:
    again = analyse(sitting)
    assert again.inputs_sha256 == run.inputs_sha256
    for name in (jobs.FINDINGS, jobs.GROUPS, jobs.PUPILS):
        assert read_run_file(again, name) == read_run_file(run, name)


def test_files_hold_random_keys_only(sitting: Sitting, run: Run) -> None:
    names = {pupil.person.name for group in sitting.classes for pupil in sitting.pupils[group.pk]}
    inputs = read_inputs(run)
    assert set(inputs["pupil"]) == {str(p.uid) for group in sitting.classes for p in sitting.pupils[group.pk]}
    assert not names & set(inputs["pupil"])
    findings = json.loads(read_run_file(run, jobs.FINDINGS))
    assert set(findings) >= {"items", "options", "points", "reliability"}
    groups = pl.read_parquet(io.BytesIO(read_run_file(run, jobs.GROUPS)))
    assert set(groups["level"]) == {"all", "school", "class"}


def test_a_pupil_finds_the_own_rows_in_the_copy_of_personal_data(sitting: Sitting, run: Run) -> None:
    rows = list(rows_in_runs(sitting.pupil().person))
    assert {row["file"] for row in rows} >= {"inputs.parquet"}


def test_a_paper_of_too_few_pupils_is_refused_in_words(sitting: Sitting) -> None:
    kept = Result.objects.values_list("pk", flat=True)[:4]
    Result.objects.exclude(pk__in=list(kept)).update(is_current=False)
    run = analyse(sitting)
    assert run.state == RunState.REFUSED
    assert "学生" in run.refusal
    assert queries.analysis(system(), run.uid) is None


def test_an_assessment_without_items_is_refused(sitting: Sitting) -> None:
    Paper.objects.update(is_current=False)
    with pytest.raises(Refused):
        actions.start_analysis(actor=system(), assessment=sitting.assessment)


def test_a_stranger_starts_nothing_and_reports_nothing(sitting: Sitting) -> None:
    head = factories.make_actor(Role.HEAD, school=factories.make_school(), day=DAY)
    with pytest.raises(Forbidden):
        actions.start_analysis(actor=head, assessment=sitting.assessment)
    with pytest.raises(Forbidden):
        actions.report_taught(actor=head, assessment=sitting.assessment, group=sitting.classes[0], points=[])
    teacher = Actor.of(teacher_of(sitting.classes[0], sitting.subject), DAY)
    with pytest.raises(Forbidden):
        actions.report_taught(
            actor=teacher, assessment=sitting.assessment, group=sitting.classes[1], points=[]
        )


def test_an_external_study_has_no_pages(sitting: Sitting, run: Run) -> None:
    sitting.assessment.study = factories.make_study()
    sitting.assessment.save()
    assert queries.papers(factories.make_actor(Role.RESEARCHER, day=DAY)) == []
    assert queries.analysis(system(), run.uid) is None
