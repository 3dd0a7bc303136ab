"""The first start: only whoever started the server makes the first account; the rest can be left and gone on with."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from xuequ.core.models import Account
from xuequ.district.choices import Role, Stage
from xuequ.district.models import District, RoleAssignment, SchoolYear, Subject, Term
from xuequ.systems.office.start import actions, queries

pytestmark = pytest.mark.django_db
FIRST = {"username": "first", "password": "correct horse battery", "again": "correct horse battery"}


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def create(client: Client, **fields: str):
    return client.post(
        reverse("office:start-administrator"), {**FIRST, "code": actions.start_code(), **fields}
    )


def begun(client: Client) -> Client:
    client.force_login(factories.make_account(Role.SYSTEM_ADMINISTRATOR))
    return client


def test_the_code_makes_the_first_account(client: Client, home: Path):
    assert create(client).status_code == 302
    account = Account.objects.get()
    assert account.check_password(FIRST["password"])
    assert set(RoleAssignment.objects.values_list("role", flat=True)) == {
        "system_administrator",
        "data_officer",
    }
    assert not (home / "start.code").exists()
    assert client.get(reverse("office:start")).status_code in {200, 302}


def test_the_code_is_kept_from_others_and_stays_the_same(home: Path):
    assert actions.start_code() == actions.start_code()
    assert (home / "start.code").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"code": "0000-0000-0000-000"},
        {"again": "different"},
        {"password": "short", "again": "short"},
        {"username": "a b"},
    ],
)
def test_what_does_not_fit_makes_no_account(client: Client, fields: dict[str, str]):
    assert create(client, **fields).status_code == 200
    assert not Account.objects.exists()


def test_a_second_first_account_is_not_made(client: Client):
    code = actions.start_code()
    factories.make_account()
    assert create(client, code=code).status_code == 302
    assert Account.objects.count() == 1


@pytest.mark.parametrize("role", [Role.DISTRICT_OFFICER, Role.HEAD, Role.TEACHER, None])
def test_others_do_not_set_up(client: Client, role: Role | None):
    client.force_login(factories.make_account(role))
    for name in ("start", "start-district", "start-year"):
        assert client.get(reverse(f"office:{name}")).status_code == 403


def describe(client: Client, **fields: object):
    data = {
        "name": "虚构区", "bureau": "虚构区教育局", "stages": [Stage.PRIMARY, Stage.JUNIOR], "year_system": "6-3",
        **fields,
    }  # fmt: skip
    return client.post(reverse("office:start-district"), data)


def test_the_district_is_entered_once_and_corrected(client: Client):
    begun(client)
    assert describe(client).status_code == 302
    assert describe(client, name="虚构新区", code="350100").status_code == 302
    found = District.objects.get()
    assert (found.name, found.code, found.stages) == ("虚构新区", "350100", ["primary", "junior"])
    assert Subject.objects.filter(code="mathematics").exists()
    assert describe(client, code="35").status_code == 200


def year(client: Client, start: str, second: str, end: str):
    return client.post(reverse("office:start-year"), {"start": start, "second": second, "end": end})


def test_a_year_comes_with_its_terms(client: Client):
    begun(client)
    assert year(client, "2026-09-01", "2027-02-20", "2027-09-01").status_code == 302
    assert year(client, "2026-08-31", "2027-02-21", "2027-09-01").status_code == 302
    found = SchoolYear.objects.get()
    assert (found.code, found.start) == ("2026-2027", dt.date(2026, 8, 31))
    assert list(Term.objects.values_list("code", "end")) == [
        ("2026-2027-1", dt.date(2027, 2, 21)),
        ("2026-2027-2", dt.date(2027, 9, 1)),
    ]


@pytest.mark.parametrize(
    "dates",
    [
        ("2026-09-01", "2026-08-01", "2027-09-01"),
        ("2026-09-01", "2027-02-01", "2028-09-01"),
        ("2025-09-01", "2026-02-01", "2026-09-02"),
    ],
)
def test_years_that_do_not_fit_are_refused(client: Client, dates: tuple[str, str, str]):
    begun(client)
    year(client, "2026-09-01", "2027-02-20", "2027-09-01")
    assert year(client, *dates).status_code == 200
    assert SchoolYear.objects.count() == 1


def test_the_steps_tell_what_is_there(client: Client):
    begun(client)
    actor = factories.make_actor(Role.SYSTEM_ADMINISTRATOR)
    assert [step.done for step in queries.steps(actor)] == [False, False, False, False, True]
    describe(client)
    factories.make_year(2025)
    factories.make_pupil()
    assert all(step.done for step in queries.steps(actor))
    page = client.get(reverse("office:start")).content.decode()
    assert reverse("office:start-finish") in page
    client.post(reverse("office:start-finish"))
    assert queries.is_finished()
    assert reverse("office:start-finish") not in client.get(reverse("office:start")).content.decode()
