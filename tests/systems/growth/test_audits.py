"""The audits of an evaluation: stored with the run, shown to the district, told in sentences that cite their cells."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from tests import factories
from tests.standing import built, copied
from tests.systems.growth.conftest import World, build_world, client_as, evaluate
from tests.systems.growth.test_pages import text
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditVerdict
from xuequ.systems.growth import queries
from xuequ.systems.growth.audit_pictures import AuditLine, Names
from xuequ.systems.growth.audit_sections import audit_blocks
from xuequ.systems.growth.audit_wording import TEXTS
from xuequ.systems.growth.models import Evaluation
from xuequ.systems.growth.storing import stored_audits

OFFICE = Actor.system(dt.date(2026, 6, 1))


built_world = built(build_world)
built_evaluation = built(evaluate, "built_world")
world = copied("built_world")
evaluation = copied("built_evaluation")


def address(evaluation: Evaluation) -> str:
    return f"/growth/runs/{evaluation.run.uid}/audits/"


def test_every_audit_is_stored_with_its_table(evaluation: Evaluation) -> None:
    found = {one.code: one for one in stored_audits(evaluation)}
    assert list(found) == list(AuditCode)
    assert found[AuditCode.FORMS].missing == "forms"
    assert found[AuditCode.MULTIPLICITY].evidence.height == 12
    assert found[AuditCode.PERSISTENCE].missing == "followup"


def test_a_later_test_of_the_same_pupils_lets_growth_be_followed_up(world: World) -> None:
    later = factories.make_assessment(
        "九年级毕业水平",
        subject=factories.make_subject("chinese"),
        term=factories.make_term("2026-2027-2"),
        grade=9,
        held_on=dt.date(2027, 5, 20),
        scale="chinese",
    )
    rng = np.random.default_rng(1)
    everyone = [pupil for pupils in world.pupils.values() for pupil in pupils]
    factories.give_results(later, {pupil: float(rng.normal(60, 10)) for pupil in everyone})
    found = {one.code: one for one in stored_audits(evaluate(world))}
    assert found[AuditCode.PERSISTENCE].evidence.height == 12
    assert found[AuditCode.FALSIFICATION].missing == "earlier"


def test_a_result_from_before_counts_only_from_another_school(world: World) -> None:
    before = factories.make_assessment(
        "六年级抽样监测",
        subject=factories.make_subject("chinese"),
        term=factories.make_term("2023-2024-2"),
        grade=6,
        held_on=dt.date(2024, 5, 20),
        scale="chinese",
    )
    rng = np.random.default_rng(1)
    everyone = [pupil for pupils in world.pupils.values() for pupil in pupils]
    factories.give_results(before, {pupil: float(rng.normal(60, 10)) for pupil in everyone})
    same_school = {one.code: one for one in stored_audits(evaluate(world, published=False))}
    assert same_school[AuditCode.FALSIFICATION].missing == "earlier"
    primary = factories.make_school("测试中心小学")
    before.results.update(school=primary)
    found = {one.code: one for one in stored_audits(evaluate(world, published=False))}
    assert found[AuditCode.FALSIFICATION].evidence.height == 12


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_of_the_page_is_a_cited_cell(evaluation: Evaluation, language: str) -> None:
    names = queries.audit_names(OFFICE, evaluation)
    assert problems(stored_audits(evaluation), names, language) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("verdict", list(AuditVerdict))
def test_every_verdict_of_every_audit_can_be_said(verdict: AuditVerdict, language: str) -> None:
    numbers = {"flagged": 5.0, "chance": 1.2}
    missing = "groups" if verdict is AuditVerdict.NOT_POSSIBLE else ""
    lines = [
        AuditLine(code, verdict, 0.234, 0.001, numbers, ("a", "b"), missing, pl.DataFrame())
        for code in AuditCode
    ]
    for chosen in (lines, *([line] for line in lines)):
        assert problems(chosen, Names({}, {}), language) == []


def problems(lines: list[AuditLine], names: Names, language: str) -> list[object]:
    blocks = audit_blocks(lines, names)
    return list(check_report(Report("t", "", "", "2026-06-30T08:00:00+08:00", None, blocks), [language]))


def test_the_district_reads_the_audits_and_a_school_does_not(evaluation: Evaluation, world: World) -> None:
    page = text(client_as(Role.DISTRICT_OFFICER), address(evaluation))
    assert all(str(words.title) in page for words in TEXTS.values())
    assert world.schools[0].name in page
    assert client_as(Role.HEAD, school=world.schools[0]).get(address(evaluation)).status_code == 404


def test_an_evaluation_from_before_audits_says_so(evaluation: Evaluation) -> None:
    Evaluation.objects.update(audits=[])
    assert "/growth/design/" in text(client_as(Role.RESEARCHER), address(evaluation))
