"""Reports: every number of a sentence stands in a cell, in both languages; home pages say what needs whom."""

import datetime as dt
import re

import pytest
from django.utils import translation

from tests import factories
from tests.standing import built, copied
from tests.systems.growth.conftest import World, build_world, evaluate
from xuequ.core.home import home_cards as cards_of
from xuequ.core.ordering import natural_key
from xuequ.core.registry import Card
from xuequ.core.rendering.checker import check_report
from xuequ.core.rendering.sentences import sentence_text
from xuequ.core.reports import Lead, Steps
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.growth import queries, reports
from xuequ.systems.growth.models import Evaluation, TrendAlert
from xuequ.systems.growth.wording import term_text

SYSTEM = Actor.system(dt.date(2026, 6, 1))


built_world = built(build_world)
built_evaluation = built(evaluate, "built_world")
world = copied("built_world")
evaluation = copied("built_evaluation")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_of_the_reports_is_a_cited_cell(evaluation: Evaluation, language: str) -> None:
    with translation.override(language):
        assert check_report(reports.district_report(SYSTEM, evaluation)) == []
        for own in evaluation.schools.select_related("school"):
            assert check_report(reports.school_report(SYSTEM, evaluation, own)) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("counts", [(1, 2), (1, 0), (0, 2), (0, 0)])
def test_no_school_below_or_above_is_said_in_words(
    evaluation: Evaluation, counts: tuple[int, int], language: str
) -> None:
    below, above = counts
    told = evaluation.findings["distinguishability"]
    told |= {"schools": 13, "below": below, "above": above, "cannot_tell": 13 - below - above}
    evaluation.save(update_fields=["findings"])
    card = next(iter(home_cards(factories.make_actor(Role.BUREAU_LEADER))))
    with translation.override(language):
        report = reports.district_report(SYSTEM, evaluation)
        assert check_report(report, [language]) == []
        lead = report.blocks[0]
        assert isinstance(lead, Lead)
        said = sentence_text(lead.sentence, report.figures())
    for text in (said, str(card.text)):
        assert "13" in text
        assert not re.search(r"(?<!\d)0", text)


def test_a_report_opens_with_one_sentence_and_at_most_three_things_to_do(evaluation: Evaluation) -> None:
    lead, steps, *_rest = reports.district_report(SYSTEM, evaluation).blocks
    assert isinstance(lead, Lead)
    assert isinstance(steps, Steps)
    assert 1 <= len(steps.steps) <= 3
    assert all(step.url for step in steps.steps)


def test_figures_stand_by_need_and_then_by_name(evaluation: Evaluation) -> None:
    lines = queries.district_material(SYSTEM, evaluation).schools
    needed = [need["school"] for need in evaluation.findings["needs"]]
    assert [line.key for line in lines[: len(needed)]] == needed
    rest = [line.name for line in lines[len(needed) :]]
    assert rest == sorted(rest, key=natural_key)


def home_cards(actor: Actor) -> list[Card]:
    """The cards of growth itself, without those of item results."""
    return [card for card in cards_of(actor, "growth") if card.icon != "list-check"]


def test_home_cards_say_what_needs_whom(evaluation: Evaluation, world: World) -> None:
    assert [card.tone for card in home_cards(factories.make_actor(Role.BUREAU_LEADER))] == ["attention"]
    head = list(home_cards(factories.make_actor(Role.HEAD, school=world.schools[0])))
    assert [card.tone for card in head] == ["attention"]
    assert world.schools[0].name in str(head[0].title)
    group = world.classes[0]
    teacher = factories.make_actor(Role.CLASS_TEACHER, school=group.school, school_class=group)
    assert len(list(home_cards(teacher))) == 1
    account = factories.make_account()
    factories.make_guardian(world.pupil(), account=account)
    assert len(list(home_cards(Actor.of(account, factories.DAY)))) == 1
    assert list(home_cards(factories.make_actor(Role.FINANCE))) == []


@pytest.mark.parametrize(
    ("name", "chinese"),
    [
        ("(Intercept)", "平均学生"),
        ("prior:formenglish", "起点 × 英语"),
        ("formchinese>mathematics", "语文 → 数学"),
        ("formhandicraft", "handicraft"),
    ],
)
def test_predictors_are_named_in_words(name: str, chinese: str) -> None:
    with translation.override("zh-hans"):
        assert term_text(name) == chinese


def test_an_evaluation_without_a_past_raises_no_alert(evaluation: Evaluation) -> None:
    assert TrendAlert.objects.count() == 0
