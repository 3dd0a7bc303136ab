"""What pages of balance say as long as nothing is judged or published."""

from django.urls import reverse

from tests import factories as make
from tests.systems.balance.conftest import World, client_as, give
from tests.systems.balance.test_pages import YEAR, text
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.balance import actions


def test_a_school_sees_nothing_that_is_not_published(world: World, officer: Actor) -> None:
    give(world.year, {(world.first, "", "multimedia_rooms"): 0})
    actions.judge_year(actor=officer, year=world.year)
    page = text(
        client_as(Role.HEAD, school=world.first), reverse("balance:school", args=[YEAR, world.first.uid])
    )
    assert "尚未发布本学年结果" in page
    leader = text(client_as(Role.BUREAU_LEADER), reverse("balance:year", args=[YEAR]))
    assert "本学年尚未测算" in leader
    assert "未发布" in text(client_as(Role.DISTRICT_OFFICER), reverse("balance:year", args=[YEAR]))


def test_an_area_sees_nothing_that_is_not_published(world: World, officer: Actor) -> None:
    give(world.year, {(world.first, "", "multimedia_rooms"): 0})
    actions.judge_year(actor=officer, year=world.year)
    assert world.first.area is not None
    url = reverse("balance:area", args=[YEAR, world.first.area.uid])
    page = text(client_as(Role.DATA_OFFICER, area=world.first.area), url)
    assert "尚未发布本学年结果" in page
    assert world.first.name in page
    assert "尚未发布" not in text(client_as(Role.DISTRICT_OFFICER), url)


def test_a_year_without_a_judgement_says_what_to_do(db: None) -> None:
    make.make_district()
    make.make_year(2025)
    client = client_as(Role.DISTRICT_OFFICER)
    page = text(client, reverse("balance:year", args=[YEAR]))
    assert "本学年尚未测算" in page
    for name in ("brief", "report", "tables"):
        args = [YEAR, "pdf"] if name == "report" else [YEAR]
        assert client.get(reverse(f"balance:{name}", args=args)).status_code == 404
    assert client.post(reverse("balance:judge", args=[YEAR]), follow=True).status_code == 200
    assert client.get(reverse("balance:cost", args=[YEAR])).status_code == 200
