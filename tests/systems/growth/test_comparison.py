"""Two evaluations side by side: what differs, and what holds in both."""

import datetime as dt

import pytest

from tests.standing import built, copied
from tests.systems.growth.conftest import World, build_world, client_as, evaluate
from tests.systems.growth.test_pages import text
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.growth import queries
from xuequ.systems.growth.comparison import Compared, comparison_blocks
from xuequ.systems.growth.models import Evaluation, SchoolGrowth

OFFICE = Actor.system(dt.date(2026, 6, 1))


def two(world: World) -> tuple[Evaluation, Evaluation]:
    """The same design twice, the second time not published."""
    return evaluate(world), evaluate(world, published=False)


built_world = built(build_world)
built_pair = built(two, "built_world")
world = copied("built_world")
pair = copied("built_pair")


def test_the_same_design_agrees_with_itself(pair: tuple[Evaluation, Evaluation]) -> None:
    compared = Compared.of(*(queries.district_material(OFFICE, one) for one in pair))
    assert (len(compared.both), compared.changed) == (12, ())
    assert compared.correlation == pytest.approx(1.0)


def test_schools_judged_differently_stand_first(pair: tuple[Evaluation, Evaluation], world: World) -> None:
    SchoolGrowth.objects.filter(evaluation=pair[1], school=world.schools[5]).update(verdict="above")
    blocks = comparison_blocks(*(queries.district_material(OFFICE, one) for one in pair))
    figures = Report("", "", "", "2026-06-30T08:00:00+08:00", None, blocks).figures()
    assert figures["compared"].cell("all", "changed") == 1
    assert figures["compared-schools"].rows[0].cells[0] == world.schools[5].name


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_is_a_cited_cell(pair: tuple[Evaluation, Evaluation], language: str) -> None:
    first, second = (queries.district_material(OFFICE, one) for one in pair)
    few = [comparison_blocks(first, second)]
    SchoolGrowth.objects.filter(evaluation=pair[1]).update(effect=None)
    few.append(comparison_blocks(first, queries.district_material(OFFICE, pair[1])))
    for blocks in few:
        report = Report("t", "", "", "2026-06-30T08:00:00+08:00", None, blocks)
        assert list(check_report(report, [language])) == []


def test_the_page(pair: tuple[Evaluation, Evaluation], world: World) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    first, second = (one.run.uid for one in pair)
    page = text(client, "/growth/compare/", data={"first": first, "second": second})
    assert world.schools[0].name in page
    assert "invalid-feedback" in text(client, "/growth/compare/", data={"first": first, "second": first})
    assert "compared" not in text(client, "/growth/compare/")
    assert client_as(Role.HEAD, school=world.schools[0]).get("/growth/compare/").status_code == 403
