"""The API of balance gives each caller what the pages give, in pages of rows, each number with its run."""

from uuid import uuid4

import pytest
from django.test import Client

from tests.systems.balance.conftest import World, client_as, give
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.balance import actions
from xuequ.systems.balance.models import Judgement

BASE = "/api/v1/balance/judgements"
YEAR = "2025-2026"


def of_run() -> str:
    return f"{BASE}/{Judgement.objects.get().run.uid}"


@pytest.fixture
def judged(world: World, officer: Actor) -> Judgement:
    give(world.year, {(world.first, "", "multimedia_rooms"): 0})
    return actions.judge_year(actor=officer, year=world.year)


@pytest.fixture
def published(judged: Judgement, officer: Actor) -> Judgement:
    return actions.publish(actor=officer, judgement=judged)


def test_only_keepers_read_what_is_not_published(judged: Judgement) -> None:
    (row,) = client_as(Role.DISTRICT_OFFICER).get(BASE).json()
    assert (row["year"], row["published"], row["schools"], row["complying"]) == (YEAR, None, 7, 6)
    assert row["run"] == str(judged.run.uid)
    leader = client_as(Role.BUREAU_LEADER)
    assert leader.get(BASE).json() == []
    for name in ("coefficients", "schools", "items"):
        assert leader.get(f"{of_run()}/{name}").status_code == 404


def test_the_district_reads_the_numbers_of_the_judgement(published: Judgement, world: World) -> None:
    client = client_as(Role.SUPERVISOR)
    rows = {(r["stage"], r["code"]): r for r in client.get(f"{of_run()}/coefficients").json()}
    for one in published.findings["coefficients"]:
        found = rows[one["stage"], one["code"]]
        assert (found["coefficient"], found["limit"], found["met"]) == (one["cv"], one["limit"], one["met"])
        assert found["without_lowest"] <= found["without_highest"]
    schools = client.get(f"{of_run()}/schools").json()
    assert [one["name"] for one in schools] == [str(s) for s in sorted(world.schools, key=lambda s: s.code)]
    assert {one["run"] for one in schools} == {str(published.run.uid)}
    items = client.get(f"{of_run()}/items", {"limit": 500}).json()
    rooms = next(i for i in items if (i["school"], i["code"]) == (str(world.first.uid), "R7"))
    assert (rooms["value"], rooms["state"], rooms["amount"]) == (0, "missed", pytest.approx(0.368))


def test_lists_come_in_pages(published: Judgement) -> None:
    client = client_as(Role.RESEARCHER)
    for name, count in (("schools", 7), ("items", 56)):
        url = f"{of_run()}/{name}"
        whole = client.get(url, {"limit": 500}).json()
        assert len(whole) == count
        first, rest = (
            client.get(url, {"limit": 3}).json(),
            client.get(url, {"offset": 3, "limit": 500}).json(),
        )
        assert [*first, *rest] == whole
        for edge in ({"offset": -5, "limit": 0}, {"offset": 0, "limit": 1}):
            assert client.get(url, edge).json() == whole[:1]
        assert client.get(url, {"offset": 10**30}).json() == []


def names(client: Client) -> set[str]:
    return {one["name"] for one in client.get(f"{of_run()}/schools").json()}


def test_a_school_reads_its_own_and_an_area_its_schools(published: Judgement, world: World) -> None:
    head = client_as(Role.HEAD, school=world.first)
    assert names(head) == {str(world.first)}
    assert {i["school"] for i in head.get(f"{of_run()}/items").json()} == {str(world.first.uid)}
    assert head.get(f"{of_run()}/coefficients").status_code == 404
    assert head.get(BASE).json() == []
    area = client_as(Role.DATA_OFFICER, area=world.first.area)
    assert names(area) == {str(s) for s in world.schools if s.area_id == world.first.area_id}
    assert len(area.get(f"{of_run()}/coefficients").json()) == 14


@pytest.mark.parametrize(
    "role", [Role.CLASS_TEACHER, Role.TEACHER, Role.FINANCE, Role.GUARDIAN, Role.YEAR_HEAD]
)
def test_others_read_nothing(published: Judgement, world: World, role: Role) -> None:
    client = client_as(role, school=world.first)
    for name in ("coefficients", "schools", "items"):
        assert client.get(f"{of_run()}/{name}").status_code == 404
    assert client.get(BASE).json() == []


def test_a_run_that_is_not_there(published: Judgement) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    assert client.get(f"{BASE}/{uuid4()}/schools").status_code == 404
    assert client.get(f"{BASE}/nonsense/schools").status_code == 422
