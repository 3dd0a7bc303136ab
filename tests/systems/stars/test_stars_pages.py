"""Pages of stars by role: who gets 200, 403 and 404, in how many queries, and what raters do not see."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.standing import built, copied
from tests.systems.growth.conftest import client_as, signed_in
from tests.systems.stars.conftest import MIDDLE, World, build_world
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.choices import Role
from xuequ.kit.demo.plan import Scale, plan_schools
from xuequ.record.models import Indicator
from xuequ.systems.stars.awards import actions as awards
from xuequ.systems.stars.demo import stars_of
from xuequ.systems.stars.models import Award, SecondRater
from xuequ.systems.stars.outlook import actions as outlook
from xuequ.systems.stars.rounds import appeals
from xuequ.systems.stars.second import actions as second

MOST_QUERIES = 12
DISTRICT = [Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER]


def text(client: Client, url: str) -> str:
    """Open a page that must work, in few queries, in Chinese."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url, headers={"accept-language": "zh"})
    assert response.status_code == 200, (url, response.status_code)
    reads = [q for q in queries.captured_queries if q["sql"].startswith("SELECT")]
    assert len(reads) <= MOST_QUERIES, (url, len(reads), "\n".join(q["sql"][:220] for q in reads))
    return response.content.decode()


def second_rating(world: World) -> World:
    """Every school handed in, was drawn and rated twice; the first is settled and appeals; the rest wait."""
    world.all_handed_in()
    world.drawn()
    for at in range(4):
        world.rate(at, 0)
        world.rate(at, 1, {**MIDDLE, "B1": 4.0, "B2": 1.5} if at == 1 else {**MIDDLE, "B2": 1.5})
    world.rate(4, 2, hand_in=False)
    second.settle(actor=world.manager, application=world.application())
    appeals.file_appeal(actor=world.head(), application=world.application(), code="A1", text="应得满分")
    outlook.start(actor=world.manager, found=world.round)
    run_pending()
    awards.record_awards(
        actor=world.manager, year=world.round.year, stars={world.schools[0]: 3, world.schools[1]: 4},
        document="虚构〔2026〕1号", day=factories.DAY,
    )  # fmt: skip
    return world


built_world = built(build_world)
built_rated = built(second_rating, "built_world")
rated = copied("built_rated")


def school_pages(world: World, at: int = 0) -> list[str]:
    found = world.application(at)
    return [
        *[reverse(f"stars:{name}", args=[found.uid]) for name in ("application", "next-star", "history")],
        reverse("stars:item", args=[found.uid, "A1"]),
        reverse("stars:school-years", args=[world.schools[at].uid]),
    ]


def district_pages(world: World) -> list[str]:
    args = [world.round.uid]
    return [
        reverse("stars:rounds"), reverse("stars:round", args=args), reverse("stars:outlook", args=args),
        reverse("stars:awards"), reverse("stars:awards-compare"),
    ]  # fmt: skip


def test_a_head_sees_the_own_school_and_no_other(rated: World) -> None:
    client = signed_in(rated.heads[0])
    for url in school_pages(rated):
        page = text(client, url)
        for other in rated.schools[1:]:
            assert other.name not in page, url
    for url in school_pages(rated, 1):
        assert client.get(url).status_code == 404, url
    for url in district_pages(rated):
        assert client.get(url).status_code in (403, 404), url
    text(client, reverse("stars:index"))
    text(client, reverse("stars:schemes"))
    assert client.get(reverse("stars:mine")).url == school_pages(rated)[0]


def test_before_the_result_is_settled_the_school_sees_neither_raters_nor_what_is_foreseen(
    rated: World,
) -> None:
    client = signed_in(rated.heads[1])
    for url in school_pages(rated, 1):
        page = text(client, url)
        assert "内部预评估" not in page
        assert "复评员" not in page
    assert "内部预评估" in text(signed_in(rated.heads[0]), school_pages(rated)[1])


@pytest.mark.parametrize("role", DISTRICT)
def test_the_district_sees_all(rated: World, role: Role) -> None:
    client = client_as(role)
    for url in (*district_pages(rated), *school_pages(rated)[:3], school_pages(rated)[4]):
        text(client, url)
    assert client.get(school_pages(rated)[3]).status_code == 404, "an item is filled in by the school alone"


@pytest.mark.parametrize("role", [Role.CLASS_TEACHER, Role.TEACHER, Role.GUARDIAN, Role.PUPIL, Role.FINANCE])
def test_nobody_else_sees_stars(rated: World, role: Role) -> None:
    client = client_as(role, school=rated.schools[0])
    assert client.get(reverse("stars:index")).status_code == 403
    for url in (*district_pages(rated), *school_pages(rated)):
        assert client.get(url).status_code in (403, 404), url


def test_a_rater_sees_no_rating_but_the_own(rated: World) -> None:
    """The researcher rates the fifth school and sees the district: what was given to that school stays hidden."""
    client = signed_in(rated.raters[2])
    found = rated.application(4)
    row = SecondRater.objects.get(application=found)
    assert "由您复评" in text(client, reverse("stars:application", args=[found.uid]))
    for name in ("next-star", "history"):
        assert client.get(reverse(f"stars:{name}", args=[found.uid])).status_code == 404
    assert client.get(reverse("stars:school-report", args=[found.uid, "xlsx"])).status_code == 404
    assert found.round.title not in text(client, reverse("stars:school-years", args=[rated.schools[4].uid]))
    line = re.search(
        rf"{rated.schools[4]}.*?</tr>", text(client, reverse("stars:round", args=[rated.round.uid])), re.S
    )
    assert line is not None
    assert "7.0" not in line.group()
    assert rated.schools[4].name not in text(client, reverse("stars:outlook", args=[rated.round.uid]))
    for url in ("seconds", "second", "second-part"):
        args = {"seconds": [], "second": [row.uid], "second-part": [row.uid, "A"]}[url]
        text(client, reverse(f"stars:{url}", args=args))
    assert signed_in(rated.raters[0]).get(reverse("stars:second", args=[row.uid])).status_code == 404


def test_an_expert_sees_assignments_and_nothing_else(rated: World) -> None:
    client = signed_in(rated.raters[0])
    text(client, reverse("stars:seconds"))
    for url in (*district_pages(rated), *school_pages(rated)):
        assert client.get(url).status_code in (403, 404), url


def test_a_rater_fills_in_a_part_on_a_phone(rated: World) -> None:
    client = signed_in(rated.raters[2])
    row = SecondRater.objects.get(application=rated.application(4))
    url = reverse("stars:second-part", args=[row.uid, "A"])
    response = client.post(url, {"points-0": "3", "note-0": "现场看过", "points-1": "0.5"})
    assert response.url == reverse("stars:second-part", args=[row.uid, "B"])
    given = {one.item: (float(one.points), one.note) for one in row.ratings.all()}
    assert given["A1"] == (3, "现场看过")
    assert given["A2"] == (0.5, "")
    response = client.post(url, {"points-0": "2.7"})
    assert response.status_code == 200, "points that cannot be given"


def test_the_officer_decides_settles_and_answers_on_the_page(rated: World) -> None:
    client = signed_in(rated.officer)
    found = rated.application(1)
    page = text(client, reverse("stars:application", args=[found.uid]))
    assert "待裁定" in page
    data = {"B1-points": "3.5", "B1-note": "看了记录"}
    client.post(reverse("stars:application-decide", args=[found.uid, "B1"]), data)
    client.post(reverse("stars:application-settle", args=[found.uid]))
    assert rated.application(1).settled is not None
    appeal = rated.application().appeals.get()
    data = {f"{appeal.uid}-points": "", f"{appeal.uid}-text": "材料不足，维持原分。"}
    client.post(reverse("stars:appeal-answer", args=[rated.application().uid, appeal.uid]), data)
    appeal.refresh_from_db()
    assert (appeal.state, appeal.answer) == ("rejected", "材料不足，维持原分。")
    assert "材料不足" in text(
        signed_in(rated.heads[0]), reverse("stars:application", args=[rated.application().uid])
    )


@pytest.mark.parametrize("form", ["pdf", "docx", "xlsx", "html"])
def test_reports_leave_in_every_form(rated: World, form: str) -> None:
    officer = signed_in(rated.officer)
    for name, key in (("round-report", rated.round.uid), ("school-report", rated.application().uid)):
        response = officer.get(reverse(f"stars:{name}", args=[key, form]))
        assert response.status_code == 200
        assert len(response.content) > 1000


def test_awards_are_recorded_corrected_and_published(rated: World) -> None:
    client = signed_in(rated.officer)
    first = {
        row.school_id: row.value for row in Indicator.objects.filter(code="stars.award", superseded=None)
    }
    assert first[rated.schools[0].pk] == 3
    assert first[rated.schools[2].pk] == 0
    year = rated.round.year
    data = {
        "year": year.pk,
        "document": "虚构〔2026〕2号",
        "day": "2026-03-05",
        f"star-{rated.schools[0].pk}": "4",
    }
    assert client.post(reverse("stars:awards-record"), data).status_code == 302
    rows = Award.objects.filter(school=rated.schools[0]).order_by("pk")
    assert [(row.star, row.is_current) for row in rows] == [(3, False), (4, True)]
    now = Indicator.objects.get(code="stars.award", superseded=None, school=rated.schools[0])
    assert now.value == 4
    assert client.post(reverse("stars:awards-record"), {**data, "document": ""}).status_code == 200
    assert client_as(Role.BUREAU_LEADER).get(reverse("stars:awards-record")).status_code == 403


def test_forms_for_managers_open_in_few_queries(rated: World) -> None:
    client = signed_in(rated.officer)
    for url in (
        reverse("stars:round-new"), reverse("stars:round-raters", args=[rated.round.uid]), reverse("stars:scheme-new"),
        reverse("stars:awards-record"), reverse("stars:scheme", args=[rated.version.uid]),
        reverse("stars:item", args=[rated.application().uid, "A1"]),
    )[:5]:  # fmt: skip
        text(client, url)
        assert client_as(Role.SUPERVISOR).get(url).status_code in (200, 403)


def test_home_cards_take_one_query_and_name_what_waits(rated: World) -> None:
    from xuequ.core.home import home_cards
    from xuequ.district.actors import Actor

    for account, words in (
        (rated.heads[0], "最省路径"),
        (rated.raters[2], "待您复评"),
        (rated.officer, "申诉"),
    ):
        actor = Actor.of(account, factories.DAY)
        with CaptureQueriesContext(connection) as queries:
            cards = home_cards(actor, "stars")
        assert len(queries) <= 1, [q["sql"][:120] for q in queries.captured_queries]
        assert any(words in f"{card.title}{card.text}" for card in cards), [str(card.text) for card in cards]


def test_at_the_scale_of_a_district_34_schools_hold_a_star_and_one_holds_five() -> None:
    import numpy as np

    plans = plan_schools(np.random.default_rng(1), Scale.DISTRICT)
    held = [star for star in stars_of(plans).values() if star]
    assert len(held) == 34
    assert held.count(5) == 1
