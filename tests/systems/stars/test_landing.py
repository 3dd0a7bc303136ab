"""The first page of stars: a sentence with its source, at most three things to do, each a link, for every role."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import factories
from tests.systems.growth.conftest import client_as, signed_in
from tests.systems.stars.conftest import FULL, MIDDLE, World
from tests.systems.stars.test_stars_pages import text
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report, Steps
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.stars import landing
from xuequ.systems.stars.models import ANSWER_WITHIN, Appeal, Round, SecondRater
from xuequ.systems.stars.rounds import actions as rounds
from xuequ.systems.stars.rounds import appeals
from xuequ.systems.stars.second import actions as second

LATER = factories.DAY + dt.timedelta(days=400)


def steps(client: Client) -> list[tuple[str, str]]:
    """Return the links of what to do first, with their words."""
    page = text(client, reverse("stars:index"))
    listed = re.search(r'<ol class="list-group list-group-flush list-group-numbered">.*?</ol>', page, re.S)
    found = re.findall(r'<a href="([^"]+)">(.*?)</a>', listed.group(), re.S) if listed else []
    assert len(found) <= 3
    return found


def lead(client: Client) -> str:
    found = re.search(r'class="report-lead lead">(.*?)</p>', text(client, reverse("stars:index")), re.S)
    assert found is not None
    return found.group(1)


def check(actor: Actor) -> None:
    """Every number of every sentence is a cell that stands on the page."""
    blocks = landing.blocks(actor)
    report = Report("x", "", "", "2026-01-01T00:00:00+08:00", None, blocks)
    with translation.override("zh-hans"):
        assert check_report(report) == []
    assert all(step.url for block in blocks if isinstance(block, Steps) for step in block.steps)


def test_before_any_round_the_district_is_told_to_open_one(db: None) -> None:
    factories.make_district()
    officer = client_as(Role.DISTRICT_OFFICER)
    assert steps(officer)[0][0] == reverse("stars:round-new")
    assert steps(client_as(Role.BUREAU_LEADER)) == [], "who does not run rounds opens none"


def test_the_officer_is_led_from_calling_schools_to_settling(world: World) -> None:
    client = signed_in(world.officer)
    world.hand_in(0)
    assert "已上报 1 所" in lead(client) or "1" in lead(client)
    assert "4" in steps(client)[0][1]
    for at in range(1, 5):
        world.hand_in(at)
    world.drawn()
    asked = steps(client)[0]
    assert asked[0] == reverse("stars:round-raters", args=[world.round.uid])
    assert "5" in asked[1]
    for at in range(5):
        world.rate(at, 0)
    assert steps(client)[0][0] == reverse("stars:application", args=[world.application(0).uid])
    check(world.manager)


def test_ratings_past_their_day_are_named(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    world.rate(0, 0, hand_in=False)
    Round.objects.update(second_until=factories.DAY - dt.timedelta(days=1))
    words = [one for _url, one in steps(signed_in(world.officer))]
    assert any("1 份复评已过" in one for one in words), words
    check(world.manager)


def test_an_appeal_past_its_day_comes_first(world: World) -> None:
    world.all_handed_in()
    world.drawn(share=0.0)
    for at in (0, 1):
        second.settle(actor=world.manager, application=world.application(at))
    appeals.file_appeal(actor=world.head(), application=world.application(), code="A1", text="应得满分")
    assert "超过" not in steps(signed_in(world.officer))[0][1]
    late = Appeal.objects.get()
    late.filed -= ANSWER_WITHIN + dt.timedelta(days=1)
    Appeal.objects.filter(pk=late.pk).update(filed=late.filed)
    url, words = steps(signed_in(world.officer))[0]
    assert url == reverse("stars:application", args=[world.application().uid])
    assert "超过" in words
    check(world.manager)


def test_who_is_close_and_where_evidence_lacks_comes_with_its_source(world: World) -> None:
    world.hand_in(0)
    world.hand_in(1, FULL)
    world.hand_in(2)
    world.drawn(share=0.0)
    client = client_as(Role.BUREAU_LEADER)
    urls = [url for url, _words in steps(client)]
    assert urls[0] == reverse("stars:next-star", args=[world.application(0).uid])
    assert "学校自己" in text(client, reverse("stars:index")), "whose points they are"
    check(Actor.of(factories.make_account(Role.BUREAU_LEADER), factories.DAY))


def test_a_closed_round_leads_to_the_next(world: World) -> None:
    world.hand_in(0, FULL)
    world.drawn(share=0.0)
    second.settle(actor=world.manager, application=world.application(0))
    rounds.close_round(actor=world.manager, found=world.round)
    assert "结束" in lead(signed_in(world.officer))
    factories.make_year(2026)
    actor = Actor.of(world.officer, LATER)
    [first, *_rest] = next(block for block in landing.blocks(actor) if isinstance(block, Steps)).steps
    assert first.url == reverse("stars:round-new")
    check(actor)


def test_what_a_rater_still_rates_stays_hidden_from_the_own_first_page(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    world.rate(4, 2, hand_in=False)
    client = signed_in(world.raters[2])
    assert steps(client)[0][0] == reverse("stars:seconds")
    assert world.schools[4].name not in text(client, reverse("stars:index"))


def test_a_head_is_led_from_rating_to_the_next_star(world: World) -> None:
    client = signed_in(world.heads[0])
    assert steps(client)[0][0] == reverse("stars:item", args=[world.application().uid, "A1"])
    check(world.head())
    world.fill(0)
    assert steps(client)[0][0] == reverse("stars:application", args=[world.application().uid])
    check(world.head())
    world.all_handed_in()
    assert "尚未核定" in lead(client)
    check(world.head())
    world.drawn()
    world.rate(0, 0)
    world.rate(0, 1, {**MIDDLE, "B2": 1.5})
    second.settle(actor=world.manager, application=world.application())
    assert steps(client)[0][0] == reverse("stars:next-star", args=[world.application().uid])
    assert "之间" in lead(client), "the raters' range stands beside the points"
    check(world.head())
    for other in world.schools[1:]:
        assert other.name not in text(client, reverse("stars:index"))


def test_a_school_that_is_late_is_told_what_follows(world: World) -> None:
    world.hand_in(1)
    world.drawn()
    assert "逾期" in lead(signed_in(world.heads[0]))
    check(world.head())


def test_who_cannot_hand_in_is_told_who_does(world: World) -> None:
    world.fill(0)
    clerk = client_as(Role.SCHOOL_ADMINISTRATOR, school=world.schools[0])
    assert "校长" in steps(clerk)[0][1]


def test_a_school_without_a_round_still_has_a_first_page(db: None) -> None:
    factories.make_district()
    client = client_as(Role.HEAD, school=factories.make_school("虚构无轮次学校"))
    assert steps(client)[0][0] == reverse("stars:plans")


def test_an_expert_sees_what_waits_the_first_due_at_the_top(world: World) -> None:
    client = signed_in(world.raters[0])
    assert "没有" in lead(client)
    world.all_handed_in()
    world.drawn()
    for at in range(4):
        world.rate(at, 0, {"A1": 3.0}, hand_in=False)
    found = steps(client)
    assert len(found) == 3
    row = SecondRater.objects.get(application=world.application(0))
    assert found[0][0] == reverse("stars:second", args=[row.uid])
    assert "1" in found[0][1]
    check(world.rater(0))


@pytest.mark.parametrize("role", [Role.TEACHER, Role.GUARDIAN, Role.PUPIL, Role.FINANCE])
def test_nobody_else_has_a_first_page(world: World, role: Role) -> None:
    assert client_as(role, school=world.schools[0]).get(reverse("stars:index")).status_code == 403
