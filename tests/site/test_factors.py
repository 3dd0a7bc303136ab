"""The second factor: who needs one, one-time and recovery codes, trusted office computers."""

import datetime as dt
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import Settings

from tests import factories
from xuequ.core import clock
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.roles import lend
from xuequ.site import factors
from xuequ.site.models import TrustedMachine

PASSWORD = "a-long-password-1"
SET_UP = "/accounts/security/set-up/"
SECOND_STEP = "/accounts/second-step/"
BUREAU = {
    Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.FINANCE,
    Role.DATA_OFFICER, Role.SYSTEM_ADMINISTRATOR,
}  # fmt: skip


@pytest.fixture(autouse=True)
def switched_on(settings: Settings, db: None) -> None:
    cache.clear()
    settings.XUEQU_MFA = True


@pytest.fixture
def officer() -> Account:
    account = factories.make_account(Role.DISTRICT_OFFICER, username="officer")
    account.set_password(PASSWORD)
    account.save()
    return account


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def secret(officer: Account) -> str:
    """The key of the officer's one-time codes, which are set up."""
    secret = generate_totp_secret()
    TOTP.activate(officer, secret)
    return secret


def password_step(client: Client) -> str:
    answer = client.post("/accounts/login/", {"login": "officer", "password": PASSWORD})
    return answer.headers["Location"]


@pytest.mark.parametrize("role", list(Role))
def test_who_needs_one(role: Role) -> None:
    school = factories.make_school()
    assert factors.needs_factor(factories.make_actor(role)) == (role in BUREAU)
    in_school = factors.needs_factor(factories.make_actor(role, school=school))
    assert in_school == (role in BUREAU - {Role.DATA_OFFICER})


def test_whoever_borrows_a_bureau_role_needs_one_too(officer: Account) -> None:
    expert = factories.make_account(Role.EXPERT)
    factories.give_role(expert, Role.FINANCE, end=clock.today() + dt.timedelta(days=1))
    Actor.of(expert, clock.today())
    actor = Actor.of(officer, clock.today())
    today = clock.today()
    lend(
        actor=actor, row=actor.assignments[0], borrower=expert, start=today, end=today + dt.timedelta(days=5)
    )
    assert factors.needs_factor(Actor.of(expert, today + dt.timedelta(days=2)))


def test_an_unknown_role_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="unknown role 'wizard'"):
        factors.required_roles(("wizard",))


def test_without_one_nothing_else_opens(officer: Account) -> None:
    client = Client()
    assert password_step(client) == "/"
    for page in ("/", "/office/", "/growth/", "/accounts/security/", "/backoffice/"):
        assert client.get(page).headers["Location"] == SET_UP, page
    assert client.get("/api/v1/openapi.json").status_code == 403
    for page in (SET_UP, "/accounts/security/codes/", "/accounts/security/passkeys/new/", "/feedback/"):
        assert client.get(page).status_code == 200, page


def test_teachers_are_asked_only_when_they_chose_it() -> None:
    client = Client()
    client.force_login(factories.make_account(Role.TEACHER))
    assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_setting_up_codes_opens_the_pages(officer: Account) -> None:
    client = Client()
    password_step(client)
    client.get("/accounts/security/codes/")
    key = client.session["mfa.totp.secret"]
    assert client.post("/accounts/security/codes/", {"code": "000000"}).status_code == 200
    answer = client.post("/accounts/security/codes/", {"code": code(key)})
    assert answer.headers["Location"] == "/accounts/security/recovery/"
    assert client.get("/accounts/security/recovery/").content.decode().count("<code>") == 10
    assert client.get("/").status_code == 200
    assert AuditEvent.objects.filter(verb="account.factor_added").count() == 2
    stored = Authenticator.objects.get(type=Authenticator.Type.TOTP).data["secret"]
    assert key not in stored


def test_the_second_step_asks_for_a_code_that_counts_once(officer: Account, secret: str) -> None:
    client = Client()
    assert password_step(client) == SECOND_STEP
    assert client.get("/").status_code == 302
    assert client.post(SECOND_STEP, {"code": "123456"}).status_code == 200
    right = code(secret)
    assert client.post(SECOND_STEP, {"code": right}).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    other = Client()
    password_step(other)
    assert other.post(SECOND_STEP, {"code": right}).status_code == 200
    assert other.get("/").status_code == 302


def test_codes_are_not_guessed(officer: Account, secret: str) -> None:
    client = Client()
    password_step(client)
    for number in range(5):
        client.post(SECOND_STEP, {"code": f"{number:06d}"})
    assert client.post(SECOND_STEP, {"code": code(secret)}).status_code == 200
    assert client.get("/").status_code == 302


def test_a_recovery_code_opens_once(officer: Account, secret: str) -> None:
    codes = RecoveryCodes.activate(officer).get_unused_codes()
    for expected in (302, 200):
        client = Client()
        password_step(client)
        assert client.post(SECOND_STEP, {"code": codes[0]}).status_code == expected


def test_an_entrance_without_the_second_step_asks_for_it_then(officer: Account, secret: str) -> None:
    client = Client()
    client.force_login(officer)
    assert client.get("/", follow=True).redirect_chain == [(SET_UP, 302), ("/accounts/security/code/", 302)]
    client.post("/accounts/security/password/", {"password": PASSWORD})
    assert client.get("/").status_code == 302  # the password alone does not do
    client.post("/accounts/security/code/", {"code": code(secret)})
    assert client.get("/").status_code == 200


def test_the_pages_that_ask_again(officer: Account, secret: str) -> None:
    client = Client()
    client.force_login(officer)
    client.cookies["xuequ_language"] = "en"
    assert "Your password, please" in client.get("/accounts/security/password/").content.decode()
    assert "Your code, please" in client.get("/accounts/security/code/").content.decode()
    assert client.get("/accounts/security/codes/end/").headers["Location"] == SET_UP
    client.post("/accounts/security/code/", {"code": code(secret)})
    for page, words in (
        ("passkeys/new/", "What you call it"),
        ("codes/end/", "Remove one-time codes?"),
        ("recovery/new/", "Make new recovery codes?"),
    ):
        assert words in client.get(f"/accounts/security/{page}").content.decode(), page
    client.post("/accounts/security/recovery/new/")
    assert "As a text file" in client.get("/accounts/security/recovery/").content.decode()
    assert client.get("/accounts/security/recovery/file/").headers["Content-Type"].startswith("text/plain")


def test_a_trusted_office_computer_is_asked_once_a_month(officer: Account, secret: str) -> None:
    client = Client(HTTP_USER_AGENT="Firefox Windows")
    password_step(client)
    client.post(SECOND_STEP, {"code": code(secret), "trust": "on"})
    client.post("/accounts/logout/")
    assert password_step(client) == "/"
    assert client.get("/").status_code == 200
    page = client.get("/accounts/security/").content.decode()
    assert page.count("Firefox · Windows") >= 1
    row = TrustedMachine.objects.get()
    assert row.expires - row.created == dt.timedelta(days=30)
    client.post("/accounts/logout/")
    TrustedMachine.objects.update(expires=clock.now())
    assert password_step(client) == SECOND_STEP


def test_trust_can_be_taken_back(officer: Account, secret: str) -> None:
    client = Client()
    password_step(client)
    client.post(SECOND_STEP, {"code": code(secret), "trust": "on"})
    stranger = Client()
    stranger.force_login(factories.make_account(Role.TEACHER))
    end = f"/accounts/security/computers/{TrustedMachine.objects.get().uid}/end/"
    assert stranger.post(end).status_code == 404
    client.post(end)
    client.post("/accounts/logout/")
    assert password_step(client) == SECOND_STEP


def test_trust_is_bound_to_browser_account_and_password(officer: Account, secret: str) -> None:
    client = Client()
    password_step(client)
    client.post(SECOND_STEP, {"code": code(secret), "trust": "on"})
    assert password_step(Client()) == SECOND_STEP
    stolen = Client()
    stolen.cookies[factors.COOKIE] = "x" + client.cookies[factors.COOKIE].value
    assert password_step(stolen) == SECOND_STEP
    client.post("/accounts/logout/")
    officer.refresh_from_db()
    officer.set_password(PASSWORD)  # a new hash of the same password is a new set-up
    officer.save()
    assert password_step(client) == SECOND_STEP


def test_the_system_administrator_trusts_no_computer(officer: Account, secret: str) -> None:
    factories.give_role(officer, Role.SYSTEM_ADMINISTRATOR)
    client = Client()
    password_step(client)
    assert 'name="trust"' not in client.get(SECOND_STEP).content.decode()
    client.post(SECOND_STEP, {"code": code(secret), "trust": "on"})
    assert client.get("/").status_code == 200
    assert not TrustedMachine.objects.exists()


def test_whoever_becomes_system_administrator_loses_the_trust(officer: Account, secret: str) -> None:
    client = Client()
    password_step(client)
    client.post(SECOND_STEP, {"code": code(secret), "trust": "on"})
    factories.give_role(officer, Role.SYSTEM_ADMINISTRATOR)
    client.post("/accounts/logout/")
    assert password_step(client) == SECOND_STEP


def test_removing_the_last_one_leads_to_setting_up_again(officer: Account, secret: str) -> None:
    client = Client()
    password_step(client)
    client.post(SECOND_STEP, {"code": code(secret)})
    client.post("/accounts/security/codes/end/")
    assert not Authenticator.objects.exists()
    assert client.get("/").headers["Location"] == SET_UP
