"""The pages of accounts, roles and deputies: who opens them, what they do, what they say when something is wrong."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from xuequ.core import clock
from xuequ.core.models import Account, AuditEvent
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, School

pytestmark = pytest.mark.django_db
KEEPERS = {Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER}
LIST = "/office/access/"


@pytest.fixture
def school() -> School:
    return factories.make_school("虚构第一中学", code="9000001203")


def signed_in(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(factories.make_account(role, **place))
    client.cookies["xuequ_language"] = "en"
    return client


@pytest.mark.parametrize("role", list(Role))
def test_who_opens_the_pages(role: Role, school: School) -> None:
    own = factories.make_account(Role.TEACHER, school=school)
    foreign = factories.make_account(Role.TEACHER, school=factories.make_school())
    client = signed_in(role, school=school)
    opens = 200 if role in KEEPERS else 403
    assert client.get(LIST).status_code == opens
    assert client.get(f"{LIST}new/{school.uid}/").status_code == opens
    assert client.get(f"{LIST}deputies/").status_code == 200
    for page in ("", "roles/new/", "password/"):
        assert client.get(f"{LIST}accounts/{own.uid}/{page}").status_code == opens, page
        foreign_page = client.get(f"{LIST}accounts/{foreign.uid}/{page}").status_code
        assert foreign_page == (404 if role in KEEPERS else 403), page
    for step in ("close", "reopen", "factor", "log-ins", "unlock", "password"):
        answer = client.post(f"{LIST}accounts/{foreign.uid}/{step}/").status_code
        assert answer == (404 if role in KEEPERS else 403), step
    row = foreign.roles.get()
    assert client.post(f"{LIST}roles/{row.uid}/end/").status_code in {403, 404}
    row.refresh_from_db()
    assert row.end is None


def test_the_list_is_found_filtered_and_exported(school: School) -> None:
    for number in range(30):
        factories.make_account(Role.TEACHER, username=f"t-{number:02d}", school=school)
    client = signed_in(Role.HEAD, school=school)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(LIST).content.decode()
    assert len(asked) <= 12, [query["sql"] for query in asked]
    assert ("t-00" in page, "teacher · 虚构第一中学" in page) == (True, True)
    found = client.get(LIST, {"q": "t-07"}).content.decode()
    assert ("t-07" in found, "t-08" in found) == (True, False)
    assert "No account fits" in client.get(LIST, {"state": "locked"}).content.decode()
    exported = client.get(LIST, {"export": "csv"}).content.decode("utf-8-sig")
    assert exported.count("\n") == 32
    assert "teacher · 虚构第一中学" in exported


def test_one_account_with_everything_about_it(school: School) -> None:
    account = factories.make_account(Role.TEACHER, username="wang", school=school)
    factories.give_role(account, Role.CLASS_TEACHER, school=school, end=clock.today())
    client = signed_in(Role.HEAD, school=school)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"{LIST}accounts/{account.uid}/").content.decode()
    assert len(asked) <= 25, len(asked)
    assert "sees the classes taught now" in page
    assert "1 former role" in page
    assert AuditEvent.objects.filter(verb="account.seen", object_uid=account.uid).exists()
    head = factories.make_account(Role.HEAD, school=school)
    other = client.get(f"{LIST}accounts/{head.uid}/").content.decode()
    assert "only the data office above you" in other
    assert "New first password" not in other


def test_a_role_is_given_by_form(school: School) -> None:
    account = factories.make_account(Role.TEACHER, school=school)
    school_class = factories.make_class(school)
    factories.make_pupil(school_class)
    client = signed_in(Role.SCHOOL_ADMINISTRATOR, school=school)
    address = f"{LIST}accounts/{account.uid}/roles/new/"
    form = {"role": "class_teacher", "start": "2026-09-01"}
    foreign = factories.make_class()
    assert "Choose the class" in client.post(address, form).content.decode()
    assert (
        "Select a valid choice" in client.post(address, form | {"school_class": foreign.uid}).content.decode()
    )
    wrong = client.post(
        address, form | {"school_class": school_class.uid, "end": "2026-01-01"}
    ).content.decode()
    assert "must end after the day" in wrong
    for role in ("head", "bureau_leader", "system_administrator"):
        assert client.post(address, form | {"role": role}).status_code == 200
    assert account.roles.count() == 1
    assert client.post(address, form | {"school_class": school_class.uid}).status_code == 302
    assert account.roles.get(role=Role.CLASS_TEACHER).school_class == school_class


def test_the_district_chooses_the_place_first(school: School) -> None:
    account = factories.make_account()
    client = signed_in(Role.DATA_OFFICER)
    address = f"{LIST}accounts/{account.uid}/roles/new/"
    page = client.get(address).content.decode()
    assert ('value="supervisor"' in page, 'value="head"' in page) == (True, False)
    assert 'value="system_administrator"' not in page
    page = client.get(address, {"school": str(school.uid)}).content.decode()
    assert ('value="supervisor"' in page, 'value="head"' in page) == (False, True)
    assert (
        client.post(f"{address}?school={school.uid}", {"role": "head", "start": "2026-09-01"}).status_code
        == 302
    )
    assert account.roles.get().school == school


def test_slips_come_as_a_file_and_are_kept_nowhere(school: School) -> None:
    factories.make_pupils(factories.make_class(school), 2)
    client = signed_in(Role.HEAD, school=school)
    answer = client.post(f"{LIST}new/{school.uid}/", {"who": "pupils", "school_class": ""})
    assert (answer.headers["Content-Type"], answer.content[:4]) == ("application/pdf", b"%PDF")
    assert "no-store" in answer.headers["Cache-Control"]
    assert Account.objects.filter(username__startswith="xs1203-").count() == 2
    again = client.post(f"{LIST}new/{school.uid}/", {"who": "pupils", "school_class": ""})
    assert "nothing to print" in again.content.decode()


def test_a_new_first_password_is_asked_for_first(school: School) -> None:
    account = factories.make_account(Role.TEACHER, school=school)
    client = signed_in(Role.HEAD, school=school)
    address = f"{LIST}accounts/{account.uid}/password/"
    client.get(address)
    account.refresh_from_db()
    assert not account.must_change_password
    assert client.post(address).content[:4] == b"%PDF"
    account.refresh_from_db()
    assert account.must_change_password


def test_lending_by_form(school: School) -> None:
    colleague = factories.make_account(Role.TEACHER, username="colleague", school=school)
    client = signed_in(Role.HEAD, school=school)
    own = RoleAssignment.objects.get(role=Role.HEAD)
    today = clock.today()
    assert "colleague" in client.get(f"{LIST}deputies/{own.uid}/lend/").content.decode()
    form = {"borrower": str(colleague.uid), "start": f"{today}", "end": f"{today + dt.timedelta(days=100)}"}
    assert "at most 92 days" in client.post(f"{LIST}deputies/{own.uid}/lend/", form).content.decode()
    form["end"] = f"{today + dt.timedelta(days=10)}"
    assert client.post(f"{LIST}deputies/{own.uid}/lend/", form).status_code == 302
    assert "Lent by you" in client.get(f"{LIST}deputies/").content.decode()
    borrower = Client()
    borrower.force_login(colleague)
    borrower.cookies["xuequ_language"] = "en"
    assert "You act on behalf of" in borrower.get(f"{LIST}deputies/").content.decode()
    loan = RoleAssignment.objects.get(lent_from=own)
    assert signed_in(Role.HEAD, school=school).post(f"{LIST}deputies/{loan.uid}/end/").status_code == 404
    borrower.post(f"{LIST}deputies/{loan.uid}/end/")
    assert "You act on behalf of" not in borrower.get(f"{LIST}deputies/").content.decode()


def test_the_menu_names_deputies_only_for_those_who_have_them(school: School) -> None:
    assert f'href="{LIST}deputies/"' in signed_in(Role.HEAD, school=school).get("/").content.decode()
    assert f'href="{LIST}deputies/"' not in signed_in(Role.TEACHER, school=school).get("/").content.decode()
