"""The frame of every page: menu, role in words, language, security headers, home."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.core.registry import NavItem
from xuequ.district.actors import DISTRICT_READERS, SCHOOL_LEADERS
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.record.models import Run
from xuequ.site import shell
from xuequ.site.models import Feedback
from xuequ.systems.growth.models import Evaluation, SchoolGrowth

from .conftest import SignIn

COUNTS = {"schools": 8, "below": 1, "above": 0, "cannot_tell": 7}


def test_home_asks_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"


def something_to_show() -> None:
    """A complaint, an evaluation that the schools may see, and one that waits to be shown."""
    Feedback.objects.create(kind="complaint", text="虚构", page="/", at=clock.now())
    school = School.objects.get()
    for published in (clock.now(), None):
        run = Run.objects.create(system="growth", state="done", created=clock.now())
        found = Evaluation.objects.create(
            run=run, outcome_label="虚构监测", findings={"distinguishability": COUNTS}, published=published
        )
        counts = dict.fromkeys(("enrolled", "with_prior", "with_outcome", "n", "coverage"), 9)
        SchoolGrowth.objects.create(evaluation=found, school=school, verdict="below", **counts)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home_within_its_queries(sign_in: SignIn, role: Role) -> None:
    """The first page after signing in, with a card from every part that has one."""
    client = sign_in(role)
    something_to_show()
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/").content.decode()
    assert str(role.label) in page
    assert "意见与投诉" in page
    assert ("虚构监测" in page) == (role in DISTRICT_READERS | SCHOOL_LEADERS)
    asked = [query["sql"] for query in queries]
    # The first page gathers what eleven parts of the office have to say; all other pages keep to 12.
    assert len(asked) <= 20, asked
    assert len(set(asked)) == len(asked), "the same is asked for twice"


def test_place_stands_beside_the_role(sign_in: SignIn) -> None:
    page = sign_in(Role.HEAD).get("/").content.decode()
    assert "校长 · 虚构第一中学" in page


def test_role_words_follow_the_roles(sign_in: SignIn, accounts: dict[str, Account]) -> None:
    client = sign_in(Role.HEAD)
    assert "校长" in client.get("/").content.decode()
    accounts[Role.HEAD].roles.all().delete()
    page = client.get("/").content.decode()
    assert "校长 ·" not in page
    assert "尚未分配角色" in page


def test_longest_match_is_current() -> None:
    items = [NavItem("a", "/growth/", ""), NavItem("b", "/growth/runs/", ""), NavItem("c", "/", "")]
    assert shell._current(items, "/growth/runs/1/") is items[1]
    assert shell._current(items, "/growth/") is items[0]
    assert shell._current(items, "/") is items[2]
    assert shell._current(items, "/elsewhere/") is None


def test_language_is_chosen_by_post_and_kept(sign_in: SignIn) -> None:
    client = sign_in(Role.HEAD)
    assert '<html lang="zh-CN"' in client.get("/", headers={"accept-language": "en"}).content.decode()
    client.post("/language/", {"language": "en", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="en"' in page
    assert "Skip to the content" in page
    assert client.cookies["xuequ_language"]["max-age"] == 365 * 86400


def test_policy_allows_no_inline_code(client: Client, db: None) -> None:
    policy = client.get("/accounts/login/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_personal_pages_are_not_cached(sign_in: SignIn) -> None:
    headers = sign_in(Role.HEAD).get("/").headers
    assert headers["Cache-Control"] == "private, no-store"
    assert "HX-Request" in headers["Vary"]


def test_fragment_after_the_end_of_the_session_loads_the_sign_in_page(client: Client, db: None) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/feedback/received/"}
    answer = client.get("/feedback/received/", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=%2Ffeedback%2Freceived%2F"


@pytest.mark.parametrize("role", [Role.DISTRICT_OFFICER, Role.SYSTEM_ADMINISTRATOR])
def test_back_office_is_for_superusers(sign_in: SignIn, accounts: dict[str, Account], role: Role) -> None:
    client = sign_in(role)
    Account.objects.filter(pk=accounts[role].pk).update(is_staff=True)
    assert client.get("/backoffice/").status_code == 302
    Account.objects.filter(pk=accounts[role].pk).update(is_superuser=True)
    for page in ("", "core/account/", "core/account/add/", "district/roleassignment/", "core/auditevent/"):
        assert client.get(f"/backoffice/{page}").status_code == 200, page


def test_api_is_described_to_those_signed_in(client: Client, sign_in: SignIn) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 302
    assert sign_in(Role.TEACHER).get("/api/v1/openapi.json").json()["info"]["title"] == "xuequ"
