"""Results as a table, factors, runs and indicators."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from django.core.files.storage import default_storage

from tests.factories import (
    DAY,
    give_results,
    make_actor,
    make_assessment,
    make_class,
    make_pupil,
    make_pupils,
    make_school,
    make_study,
)
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.figures import Text
from xuequ.core.registry import IndicatorDefinition
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.record import actions, queries
from xuequ.record.actions import IndicatorValue
from xuequ.record.choices import Basis, IndicatorAudience, RunState
from xuequ.record.models import Assessment, Factor, FactorKind, Indicator, Result, Run

pytestmark = pytest.mark.django_db


def test_current_results_come_as_one_sorted_table() -> None:
    pupils = make_pupils(make_class(), 3)
    first, second = make_assessment(), make_assessment()
    give_results(second, {pupils[1]: 70.0})
    rows = give_results(first, {pupils[2]: 60.0, pupils[0]: None, pupils[1]: "A"})
    Result.objects.filter(pk=rows[0].pk).update(is_current=False)
    table = queries.results_frame([first, second.pk])
    assert table.select("assessment", "pupil", "status", "score", "level").rows() == [
        (first.pk, pupils[0].pk, "absent", None, ""),
        (first.pk, pupils[1].pk, "scored", None, "A"),
        (second.pk, pupils[1].pk, "scored", 70.0, ""),
    ]
    assert table.schema == queries.RESULT_COLUMNS


def test_no_results_are_an_empty_table_with_its_columns() -> None:
    assert queries.results_frame([make_assessment()]).schema == queries.RESULT_COLUMNS


def test_results_are_limited_to_the_schools_that_may_be_seen() -> None:
    own, foreign = make_pupil(), make_pupil()
    assessment = make_assessment()
    give_results(assessment, {own: 60.0, foreign: 70.0})
    school = own.enrolments.get().school
    head = make_actor(Role.HEAD, school=school)
    table = queries.results_frame([assessment], schools=School.objects.visible_to(head))
    assert table["pupil"].to_list() == [own.pk]
    row = queries.with_coverage(queries.assessments(head), head).get()
    assert (row.pupils, row.scored) == (1, 1)


def test_factors_that_hold_on_the_day_are_columns() -> None:
    one, two = make_pupils(make_class(), 2)
    sex = FactorKind.objects.create(code="sex", name="性别", name_en="sex")
    band = FactorKind.objects.create(code="band", name="入学档", name_en="intake band", is_numeric=True)
    long_ago = dt.date(2020, 1, 1)
    for pupil, kind, value in (
        (one, sex, {"text": "F"}),
        (one, band, {"number": 2.0}),
        (two, sex, {"text": "M"}),
    ):
        Factor.objects.create(kind=kind, pupil=pupil, start=long_ago, **value)
    Factor.objects.create(kind=band, pupil=one, start=DAY, number=3.0)
    Factor.objects.create(kind=band, pupil=two, start=long_ago, end=DAY, number=9.0)
    table = queries.factors_frame([sex, band], DAY)
    assert table.columns == ["pupil", "band", "sex"]
    assert table.rows() == [(one.pk, 3.0, "F"), (two.pk, None, "M")]


def test_school_factors() -> None:
    school = make_school()
    kind = FactorKind.objects.create(code="size", name="规模", name_en="size", is_numeric=True)
    for number, start in ((1.0, dt.date(2020, 1, 1)), (2.0, DAY)):
        Factor.objects.create(kind=kind, school=school, start=start, number=number)
    assert queries.school_factors_frame([kind], DAY).rows() == [(school.pk, "size", "", 2.0)]


def test_an_assessment_is_stored_when_the_rules_and_the_role_allow_it() -> None:
    officer, school = make_actor(Role.DISTRICT_OFFICER), make_school()
    fields = {"name": "x", "basis": Basis.SCHOOL_FINAL, "grade": 8}
    with pytest.raises(Refused):
        actions.create_assessment(actor=officer, **fields)
    assert actions.create_assessment(actor=officer, **fields, school=school).pk
    with pytest.raises(Forbidden):
        actions.create_assessment(actor=make_actor(Role.HEAD, school=school), **fields, school=school)
    assert Assessment.objects.count() == 1


@pytest.fixture
def run() -> Run:
    return actions.create_run(
        actor=make_actor(Role.RESEARCHER),
        system="growth",
        kind="growth",
        title="一次",
        engine_version="1",
        parameters={"b": [1, 2.5], "a": "值"},
    )


TABLE = pl.DataFrame({"pupil": [1, 2], "score": [0.1, None]})


def test_a_run_keeps_its_inputs_and_their_hash(run: Run) -> None:
    actions.start_run(run, TABLE)
    first = run.inputs_sha256
    assert actions.read_inputs(run).equals(TABLE)
    actions.start_run(run, TABLE)
    assert run.inputs_sha256 == first
    actions.start_run(run, TABLE.with_columns(pl.lit(1).alias("x")))
    assert run.inputs_sha256 != first


def test_altered_inputs_are_noticed(run: Run) -> None:
    actions.start_run(run, TABLE)
    actions.save_run_file(run, "inputs.parquet", actions.parquet_bytes(TABLE.head(1)))
    with pytest.raises(Refused):
        actions.read_inputs(run)
    assert default_storage.exists(run.snapshot)


def test_parameters_are_canonical() -> None:
    assert actions.canonical_json({"b": 1, "a": "值"}) == '{"a":"值","b":1}'
    with pytest.raises(ValueError):
        actions.canonical_json({"a": float("nan")})


@pytest.fixture
def catalogue(monkeypatch) -> None:
    text: Text = "x"
    known = {"x": IndicatorDefinition("x", text, text, text, text, IndicatorAudience.SCHOOL)}
    monkeypatch.setattr(actions, "indicator_definitions", lambda: known)


def publish(run: Run, *values: IndicatorValue) -> list[Indicator]:
    return actions.publish_indicators(
        actor=make_actor(Role.RESEARCHER), run=run, period="2025-2026", values=values
    )


def test_publishing_supersedes_the_same_place_only(run: Run, catalogue: None) -> None:
    one, two = make_school(), make_school()
    actions.finish_run(run, actor=make_actor(Role.RESEARCHER))
    publish(run, IndicatorValue("x", 1.0, school_id=one.pk), IndicatorValue("x", 2.0, school_id=two.pk))
    assert (
        len(publish(run, IndicatorValue("x", 9.0, school_id=one.pk))) == 2
    )  # the same run again changes nothing

    other = actions.create_run(
        actor=make_actor(Role.RESEARCHER),
        system="growth",
        kind="growth",
        title="二",
        engine_version="1",
        parameters={},
    )
    actions.finish_run(other, actor=make_actor(Role.RESEARCHER))
    publish(other, IndicatorValue("x", 3.0, school_id=one.pk))
    in_force = Indicator.objects.filter(superseded=None)
    assert dict(in_force.values_list("school", "value")) == {one.pk: 3.0, two.pk: 2.0}

    newer = actions.create_run(
        actor=make_actor(Role.RESEARCHER), system="growth", kind="growth", title="三", engine_version="1",
        parameters={}, supersedes=run,
    )  # fmt: skip
    actions.finish_run(newer, actor=make_actor(Role.RESEARCHER))
    publish(newer, IndicatorValue("x", 4.0, school_id=one.pk))
    assert dict(in_force.all().values_list("school", "value")) == {one.pk: 4.0}

    head = make_actor(Role.HEAD, school=two)
    assert list(queries.indicators(head, "x")) == []
    assert [row.value for row in queries.indicators(make_actor(Role.HEAD, school=one), "x")] == [4.0]


def test_what_may_not_be_published(run: Run, catalogue: None) -> None:
    with pytest.raises(Refused, match=r".+"):
        publish(run, IndicatorValue("x", 1.0))
    actions.finish_run(run, actor=make_actor(Role.RESEARCHER))
    with pytest.raises(Refused):
        publish(run, replace(IndicatorValue("x", 1.0), code="unknown"))
    Run.objects.filter(pk=run.pk).update(study=make_study())
    run.refresh_from_db()
    with pytest.raises(Refused):
        publish(run, IndicatorValue("x", 1.0))
    assert run.state == RunState.DONE
