"""Sign-in with WeCom, DingTalk and Feishu: only for people known here, and never past what a password has to pass."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers import serialize
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests import factories
from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.approvals import actions as approvals
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import bindings, outside
from xuequ.kit.credentials.choices import App
from xuequ.kit.credentials.models import OutsideAccount
from xuequ.site import factors
from xuequ.site.outside import asking, wecom
from xuequ.site.outside.config import app_settings
from xuequ.systems.office.access import actions as access

from .outside_apps import MOBILE, NICK, PICTURE, SECRET, StandIn, slow, standing_in

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
LOGIN, CONNECT, SECURITY = "/accounts/login/", "/accounts/with/connect/", "/accounts/security/"
NAMES = {"wecom": "WeCom", "dingtalk": "DingTalk", "feishu": "Feishu"}
APPS = list(NAMES)
WHO = {"wecom": "/cgi-bin/auth/getuserinfo", "dingtalk": "/v1.0/contact/users/me",
       "feishu": "/open-apis/authen/v1/user_info"}  # fmt: skip
IN_WECOM = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Mobile wxwork/4.1.30 MicroMessenger/7.0.1"
SignIn = Callable[[str], Client]


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with standing_in() as apps:
        yield apps


@pytest.fixture
def apps(server: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """All three apps, configured and well."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    cache.clear()
    wecom._tokens.clear()
    server.signed_in, server.token_lasts = "userid:lin", 7200
    for kept in (server.codes, server.tokens, server.asked, server.faults):
        kept.clear()
    settings.XUEQU_APPS = server.settings()
    return server


@pytest.fixture
def teacher(db: None) -> Account:
    account = factories.make_account(Role.TEACHER, username="js1203-0001", school=factories.make_school())
    account.set_password(PASSWORD)
    account.save()
    return account


def english(**headers: str) -> Client:
    browser = Client(headers=headers)
    browser.cookies["xuequ_language"] = "en"
    return browser


def set_out(browser: Client, app: str, **query: str) -> dict[str, str]:
    """Follow the button and return what the app's page is asked."""
    answer = browser.get(f"/accounts/with/{app}/", query)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def come_back(browser: Client, app: str, asked: dict[str, str], code: str) -> HttpResponse:
    name = "authCode" if app == "dingtalk" else "code"
    return browser.get(f"/accounts/with/{app}/back/", {name: code, "state": asked["state"]})


def travel(
    browser: Client, apps: StandIn, app: str = "wecom", subject: str = "", **query: str
) -> HttpResponse:
    """Go to the app, say yes there, and come back."""
    asked = set_out(browser, app, **query)
    return come_back(browser, app, asked, apps.code(subject, asked.get("code_challenge", "")))


def travel_with(apps: StandIn, subject: str) -> Client:
    browser = Client()
    travel(browser, apps, subject=subject)
    return browser


def password(browser: Client, account: Account, **more: str) -> HttpResponse:
    return browser.post(LOGIN, {"login": account.username, "password": PASSWORD, **more})


def connected(apps: StandIn, account: Account, app: str = "wecom", subject: str = "") -> OutsideAccount:
    """Connect through the pages, as its owner does."""
    browser = Client()
    assert travel(browser, apps, app, subject).headers["Location"] == CONNECT
    assert password(browser, account, next=CONNECT).headers["Location"] == CONNECT
    assert browser.post(CONNECT, {"yes": "1"}).headers["Location"] == SECURITY
    return OutsideAccount.objects.get(account=account, app=app)


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


# --- where no app is configured --------------------------------------------------------------------------------


def test_an_app_that_is_not_configured_appears_nowhere(teacher: Account, settings: Settings) -> None:
    assert settings.XUEQU_APPS == {} and set(APPS) == set(App.values)
    browser = english()
    assert "/accounts/with/" not in browser.get(LOGIN).text
    for app in [*APPS, "github"]:
        assert browser.get(f"/accounts/with/{app}/").status_code == 404
        assert browser.get(f"/accounts/with/{app}/back/", {"code": "1", "state": "2"}).status_code == 404
    password(browser, teacher)
    assert "/accounts/with/" not in browser.get(SECURITY).text


def test_one_app_alone(apps: StandIn, teacher: Account, settings: Settings) -> None:
    settings.XUEQU_APPS = {"feishu": apps.settings()["feishu"]}
    page = english().get(LOGIN).text
    assert "Sign in with Feishu" in page and "WeCom" not in page and "DingTalk" not in page


# --- the way there ---------------------------------------------------------------------------------------------


def test_the_browser_is_sent_with_what_each_app_asks_for(apps: StandIn) -> None:
    callback = "http://testserver/accounts/with/{}/back/"
    asked = set_out(Client(), "wecom")
    assert {name: asked[name] for name in ("login_type", "appid", "agentid", "redirect_uri")} == {
        "login_type": "CorpApp", "appid": "key-wecom", "agentid": "1000002", "redirect_uri": callback.format("wecom")
    }  # fmt: skip
    assert asked["state"].isalnum() and 32 <= len(asked["state"]) <= 128
    asked = set_out(Client(), "dingtalk")
    assert (asked["client_id"], asked["scope"], asked["redirect_uri"]) == (
        "key-dingtalk", "openid", callback.format("dingtalk")
    )  # fmt: skip
    asked = set_out(Client(), "feishu")
    assert (asked["client_id"], asked["code_challenge_method"]) == ("key-feishu", "S256")
    assert len(asked["code_challenge"]) == 43 and "scope" not in asked
    assert set_out(Client(), "feishu")["state"] != asked["state"]


def test_inside_wecom_the_page_passes_by_unseen(apps: StandIn, teacher: Account) -> None:
    browser = english(**{"User-Agent": IN_WECOM})
    address = browser.get("/accounts/with/wecom/").headers["Location"]
    query = dict(parse_qsl(urlsplit(address).query))
    assert address.startswith(f"{apps.base}/silent/wecom?") and address.endswith("#wechat_redirect")
    assert (query["scope"], query["response_type"], query["agentid"]) == ("snsapi_base", "code", "1000002")
    page = browser.get(LOGIN).text
    assert page.index("Sign in with WeCom") < page.index("Sign in with DingTalk")


@pytest.mark.parametrize(
    ("agent", "first"), [("DingTalk/7.6", "DingTalk"), ("Lark/7.4 LarkLocale", "Feishu")]
)
def test_the_app_in_which_the_page_is_shown_comes_first(
    apps: StandIn, teacher: Account, agent: str, first: str
) -> None:
    page = english(**{"User-Agent": f"Mozilla/5.0 {agent}"}).get(LOGIN).text
    assert page.index(f"Sign in with {first}") < page.index("Sign in with WeCom")


def test_the_buttons_are_links_that_no_policy_holds_back(apps: StandIn, teacher: Account) -> None:
    """A form that ends elsewhere would need that place in ``form-action``; a link does not."""
    answer = Client().get(f"{LOGIN}?next=/feedback/")
    assert 'href="/accounts/with/wecom/?next=%2Ffeedback%2F"' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self'" in policy and apps.base not in policy


# --- connecting ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", APPS)
def test_connected_once_with_the_password_then_in_without(apps: StandIn, teacher: Account, app: str) -> None:
    accounts = Account.objects.count()
    browser = english()
    assert travel(browser, apps, app).headers["Location"] == CONNECT
    page = browser.get(CONNECT).text
    assert f"{NAMES[app]} account this is" in page and f"{LOGIN}?next=%2Faccounts%2Fwith%2Fconnect%2F" in page
    assert not is_in(browser) and not OutsideAccount.objects.exists()
    assert password(browser, teacher, next=CONNECT).headers["Location"] == CONNECT
    assert teacher.username in browser.get(CONNECT).text
    assert not OutsideAccount.objects.exists(), "only a question so far"
    assert browser.post(CONNECT, {"yes": "1"}).headers["Location"] == SECURITY
    row = OutsideAccount.objects.get()
    assert (row.account, row.app, row.last_used) == (teacher, app, None)
    assert "connected on" in browser.get(SECURITY).text

    later = english()
    later.get(LOGIN)
    asked = set_out(later, app)
    before = later.session.session_key
    answer = come_back(later, app, asked, apps.code(challenge=asked.get("code_challenge", "")))
    assert answer.headers["Location"] == reverse("home") and is_in(later)
    assert later.session.session_key != before, "a fresh token of the session"
    assert later.get(reverse("home")).status_code == 200
    row.refresh_from_db()
    assert row.last_used is not None
    verbs = list(AuditEvent.objects.filter(account=teacher).values_list("verb", "data"))
    assert ("account.app_connected", {"app": app}) in verbs
    assert verbs[-1] == ("account.signed_in", {"with": app})
    assert ("account.signed_in", {}) in verbs, "the first time came by the password"
    assert Account.objects.count() == accounts, "nobody signs up"


def test_the_page_that_was_wanted_is_reached_and_no_foreign_one(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    assert travel(Client(), apps, next="/feedback/").headers["Location"] == "/feedback/"
    assert travel(Client(), apps, next="https://evil.example/").headers["Location"] == "/"
    assert travel(Client(), apps, next="//evil.example/").headers["Location"] == "/"


def test_saying_no_connects_nothing(apps: StandIn, teacher: Account) -> None:
    browser = Client()
    travel(browser, apps)
    password(browser, teacher, next=CONNECT)
    assert browser.post(CONNECT, {}).headers["Location"] == reverse("home")
    assert browser.post(CONNECT, {"yes": "1"}).headers["Location"] == SECURITY, "and it is forgotten"
    assert not OutsideAccount.objects.exists()


def test_what_somebody_left_on_a_shared_computer_is_not_offered(apps: StandIn, teacher: Account) -> None:
    browser = english()
    travel(browser, apps)
    password(browser, teacher)
    assert "Connect WeCom" not in browser.get("/").text
    assert browser.post(CONNECT, {"yes": "1"}).headers["Location"] == SECURITY
    assert not OutsideAccount.objects.exists()


def test_the_question_runs_out_and_ends_with_the_log_in(apps: StandIn, teacher: Account, monkeypatch) -> None:
    browser = Client()
    travel(browser, apps)
    password(browser, teacher, next=CONNECT)
    browser.post("/accounts/logout/")
    assert browser.get(CONNECT).headers["Location"] == SECURITY
    travel(browser, apps)
    now = clock.now() + dt.timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert browser.get(CONNECT).headers["Location"] == SECURITY
    password(browser, teacher, next=CONNECT)
    browser.post(CONNECT, {"yes": "1"})
    assert not OutsideAccount.objects.exists()


def test_a_log_in_that_is_not_fresh_is_asked_for_the_password(apps: StandIn, teacher: Account) -> None:
    browser = Client()
    browser.force_login(teacher, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert travel(browser, apps, connect="1").headers["Location"] == CONNECT
    for answer in (browser.get(CONNECT), browser.post(CONNECT, {"yes": "1"})):
        assert answer.headers["Location"].startswith("/accounts/security/password/")
    assert not OutsideAccount.objects.exists()
    browser.post(f"/accounts/security/password/?next={CONNECT}", {"password": PASSWORD, "next": CONNECT})
    browser.post(CONNECT, {"yes": "1"})
    assert OutsideAccount.objects.filter(account=teacher).exists()


def test_connecting_needs_the_form_of_our_own_page(apps: StandIn, teacher: Account) -> None:
    browser = Client(enforce_csrf_checks=True)
    travel(browser, apps)
    browser.force_login(teacher, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.post(CONNECT, {"yes": "1"}).status_code == 403
    assert not OutsideAccount.objects.exists()


def test_whoever_had_to_choose_a_password_first_is_led_on(apps: StandIn, teacher: Account) -> None:
    teacher.must_change_password = True
    teacher.save()
    browser = english()
    travel(browser, apps)
    password(browser, teacher, next=CONNECT)
    assert browser.get(CONNECT).headers["Location"] == "/accounts/password/change/"
    new = {"oldpassword": PASSWORD, "password1": "another-long-one-7", "password2": "another-long-one-7"}
    browser.post("/accounts/password/change/", new)
    assert "Connect WeCom" in browser.get("/").text


def test_a_pupil_or_a_login_without_password_is_not_connected(
    apps: StandIn, accounts: dict[str, Account]
) -> None:
    pupil = accounts[Role.PUPIL]
    pupil.set_password(PASSWORD)
    pupil.save()
    without = accounts[Role.GUARDIAN]
    without.set_unusable_password()
    without.save()
    for account in (pupil, without):
        browser = english()
        browser.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert "Sign-in with other apps" not in browser.get(SECURITY).text
        travel(browser, apps, connect="1")
        assert browser.post(CONNECT, {"yes": "1"}).status_code == 403
    assert not OutsideAccount.objects.exists()


def test_one_outside_account_one_person(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    other = factories.make_account(Role.TEACHER, username="js1203-0002", school=factories.make_school())
    other.set_password(PASSWORD)
    other.save()
    browser = english()
    password(browser, other)
    answer = travel(browser, apps, connect="1")
    assert answer.status_code == 409 and "somebody else&#x27;s login" in answer.text
    assert browser.session["_auth_user_id"] == str(other.pk)
    outsider = outside.Outsider.of(App.WECOM, "key-wecom:userid:lin")
    with pytest.raises(Refused, match="别人"):  # two browsers at once: the table decides
        outside.connect(actor=Actor.of(other, clock.today()), account=other, outsider=outsider)
    with pytest.raises(Refused, match="另一个"):
        second = outside.Outsider.of(App.WECOM, "key-wecom:userid:wang")
        outside.connect(actor=Actor.of(teacher, clock.today()), account=teacher, outsider=second)
    assert OutsideAccount.objects.count() == 1


def test_the_same_id_in_two_apps_is_two_people(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher, "dingtalk", "same-id")
    assert travel(Client(), apps, "feishu", "same-id").headers["Location"] == CONNECT
    connected(apps, teacher, "feishu", "same-id")
    assert OutsideAccount.objects.filter(account=teacher).count() == 2


def test_a_guardian_in_wechat_who_is_no_member_has_an_id_of_another_kind(
    apps: StandIn, teacher: Account
) -> None:
    connected(apps, teacher, subject="openid:lin")
    assert is_in(travel_with(apps, "openid:lin"))
    assert not is_in(travel_with(apps, "userid:lin"))


# --- what a password has to pass, an app has to pass too -------------------------------------------------------


def test_a_closed_account_stays_out(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    teacher.is_active = False
    teacher.save()
    browser = Client()
    assert travel(browser, apps).headers["Location"] == "/accounts/inactive/"
    assert not is_in(browser)


def test_the_second_factor_is_asked_as_after_a_password(apps: StandIn, settings: Settings) -> None:
    settings.XUEQU_MFA = True
    officer = factories.make_account(Role.DISTRICT_OFFICER, username="officer")
    officer.set_password(PASSWORD)
    officer.save()
    outsider = outside.Outsider.of(App.WECOM, "key-wecom:userid:lin")
    outside.connect(actor=Actor.of(officer, clock.today()), account=officer, outsider=outsider)
    browser = Client()
    travel(browser, apps)
    assert is_in(browser) and browser.get("/").headers["Location"] == "/accounts/security/set-up/"

    secret = generate_totp_secret()
    TOTP.activate(officer, secret)
    browser = Client()
    assert travel(browser, apps, next="/feedback/").headers["Location"] == "/accounts/second-step/"
    assert not is_in(browser)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert browser.post("/accounts/second-step/", {"code": code}).headers["Location"] == "/feedback/"
    assert is_in(browser) and browser.get("/").status_code == 200


def test_connecting_takes_the_second_factor_too(apps: StandIn, settings: Settings, teacher: Account) -> None:
    settings.XUEQU_MFA = True
    secret = generate_totp_secret()
    TOTP.activate(teacher, secret)
    browser = Client()
    travel(browser, apps)
    assert password(browser, teacher, next=CONNECT).headers["Location"] == "/accounts/second-step/"
    browser.post(CONNECT, {"yes": "1"})
    assert not OutsideAccount.objects.exists(), "the password alone connects nothing"
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert browser.post("/accounts/second-step/", {"code": code}).headers["Location"] == CONNECT
    browser.post(CONNECT, {"yes": "1"})
    assert OutsideAccount.objects.get().account == teacher


def test_a_trusted_computer_is_known_on_the_way_back(apps: StandIn, settings: Settings) -> None:
    """Cookies with SameSite=Strict do not come along when another site leads here."""
    settings.XUEQU_MFA = True
    officer = factories.make_account(Role.DISTRICT_OFFICER, username="officer")
    officer.set_password(PASSWORD)
    officer.save()
    secret = generate_totp_secret()
    TOTP.activate(officer, secret)
    browser = Client()
    password(browser, officer)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    browser.post("/accounts/second-step/", {"code": code, "trust": "on"})
    assert browser.cookies[factors.COOKIE]["samesite"] == "Lax"
    outsider = outside.Outsider.of(App.WECOM, "key-wecom:userid:lin")
    outside.connect(actor=Actor.of(officer, clock.today()), account=officer, outsider=outsider)
    browser.post("/accounts/logout/")
    travel(browser, apps)
    assert browser.get("/").status_code == 200


def test_a_first_password_must_still_be_changed(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    teacher.must_change_password = True
    teacher.save()
    browser = Client()
    travel(browser, apps)
    assert browser.get("/").headers["Location"] == "/accounts/password/change/"


def test_wrong_passwords_and_apps_do_not_count_for_each_other(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    guesser = Client()
    for _try in range(6):
        guesser.post(LOGIN, {"login": teacher.username, "password": "wrong"}, REMOTE_ADDR="192.0.2.7")
    assert (
        guesser.post(
            LOGIN, {"login": teacher.username, "password": PASSWORD}, REMOTE_ADDR="192.0.2.7"
        ).status_code
        == 429
    )
    counted = AccessAttempt.objects.count()
    browser = Client()
    travel(browser, apps)
    assert is_in(browser), "the owner still comes in"
    for _try in range(6):
        asked = set_out(Client(), "wecom")
        come_back(Client(), "wecom", asked, "guessed")
    assert AccessAttempt.objects.count() == counted


def test_one_address_may_not_come_back_without_end(
    apps: StandIn, settings: Settings, teacher: Account
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "outside": "4/m/ip"}
    assert travel(Client(), apps).status_code == travel(Client(), apps).status_code == 302
    assert Client().get("/accounts/with/wecom/").status_code == 429
    assert Client().get("/accounts/with/wecom/back/", {"code": "1", "state": "2"}).status_code == 429
    assert password(Client(), teacher).status_code == 302


# --- answers that are refused ----------------------------------------------------------------------------------


def refused(answer: HttpResponse, status: int, words: str) -> None:
    """The page says why, and how to come in all the same."""
    assert answer.status_code == status
    assert words in answer.text and f'href="{LOGIN}"' in answer.text
    assert not OutsideAccount.objects.filter(last_used__isnull=False).exists()


def test_the_same_answer_twice(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    browser = english()
    asked = set_out(browser, "wecom")
    code = apps.code()
    assert come_back(browser, "wecom", asked, code).status_code == 302
    browser.post("/accounts/logout/")
    OutsideAccount.objects.update(last_used=None)
    count = len(apps.asked)
    refused(
        come_back(browser, "wecom", asked, code), 400, "was used before, is too old, or belongs to another"
    )
    assert len(apps.asked) == count, "the app is not even asked"


@pytest.mark.parametrize("app", APPS)
def test_an_answer_that_belongs_elsewhere(apps: StandIn, teacher: Account, app: str) -> None:
    """Somebody lays their own code under a victim's browser, or catches the victim's."""
    connected(apps, teacher, app)
    elsewhere = set_out(Client(), app)
    for asked in (elsewhere, {"state": ""}, {"state": "不是"}):
        victim = english()
        set_out(victim, app)
        refused(come_back(victim, app, asked, apps.code()), 400, "belongs to another browser")
        assert not is_in(victim)
    refused(come_back(english(), app, elsewhere, apps.code()), 400, "belongs to another browser")


def test_the_state_of_one_app_does_not_serve_another(apps: StandIn) -> None:
    browser = english()
    asked = set_out(browser, "wecom")
    refused(come_back(browser, "dingtalk", asked, apps.code()), 400, "belongs to another browser")


def test_an_answer_that_comes_too_late(apps: StandIn, monkeypatch) -> None:
    browser = english()
    asked = set_out(browser, "wecom")
    now = clock.now() + dt.timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: now)
    refused(come_back(browser, "wecom", asked, apps.code()), 400, "is too old")


@pytest.mark.parametrize("app", APPS)
def test_a_code_that_is_unknown_used_or_expired(apps: StandIn, teacher: Account, app: str) -> None:
    connected(apps, teacher, app)
    browser = english()
    asked = set_out(browser, app)
    used = apps.code(challenge=asked.get("code_challenge", ""))
    apps.spend(used)
    refused(come_back(browser, app, asked, used), 400, "has run out or was used before")
    asked = set_out(browser, app)
    expired = apps.code(challenge=asked.get("code_challenge", ""), expired=True)
    refused(come_back(browser, app, asked, expired), 400, "has run out or was used before")
    assert not is_in(browser)


def test_feishu_gives_a_code_only_to_the_browser_that_asked(apps: StandIn) -> None:
    browser = english()
    asked = set_out(browser, "feishu")
    other = set_out(english(), "feishu")
    refused(
        come_back(browser, "feishu", asked, apps.code(challenge=other["code_challenge"])), 400, "has run out"
    )


def test_permission_that_was_not_given(apps: StandIn) -> None:
    for app, query in (("feishu", {"error": "access_denied"}), ("wecom", {})):
        browser = english()
        state = set_out(browser, app)["state"]
        answer = browser.get(f"/accounts/with/{app}/back/", {**query, "state": state})
        refused(answer, 400, f"{NAMES[app]} was not given permission")


@pytest.mark.parametrize(
    ("app", "path", "answer", "error"),
    [
        ("wecom", "/cgi-bin/gettoken", {"errcode": 40001, "errmsg": "x"}, "40001"),
        ("wecom", "/cgi-bin/gettoken", {"errcode": 0}, "no access_token"),
        ("wecom", WHO["wecom"], {"errcode": 50001, "errmsg": "redirect_url"}, "50001"),
        ("wecom", WHO["wecom"], {"errcode": 0, "external_userid": "x"}, "no openid"),
        ("wecom", WHO["wecom"], {"errcode": 0, "userid": ["lin"]}, "no userid"),
        ("wecom", WHO["wecom"], {"errcode": 42001}, "42001"),
        ("wecom", WHO["wecom"], {"errcode": ["odd\n2026 ERROR forged line"]}, "odd n2026 ERROR forged line"),
        ("wecom", "/cgi-bin/gettoken", {"errcode": 0, "access_token": "x", "expires_in": "soon"}, "40014"),
        ("dingtalk", "/v1.0/oauth2/userAccessToken", {"code": "invalidClientIdOrSecret"}, "invalidClientIdOrSecret"),
        ("dingtalk", WHO["dingtalk"], {"code": "Forbidden.AccessDenied"}, "Forbidden.AccessDenied"),
        ("dingtalk", WHO["dingtalk"], {"openId": "x"}, "no unionId"),
        ("feishu", "/open-apis/authen/v2/oauth/token", {"code": 20010}, "20010"),
        ("feishu", WHO["feishu"], {"code": 20021}, "20021"),
        ("feishu", WHO["feishu"], {"code": 0, "data": None}, "no union_id"),
        ("feishu", WHO["feishu"], {"code": 0, "data": {"union_id": ""}}, "no union_id"),
    ],
)  # fmt: skip
def test_an_app_that_refuses(apps: StandIn, caplog, app: str, path: str, answer: dict, error: str) -> None:
    apps.faults[path] = lambda: (400 if app == "dingtalk" and "code" in answer else 200, answer)
    browser = english()
    asked = set_out(browser, app)
    code = apps.code(challenge=asked.get("code_challenge", ""))
    refused(come_back(browser, app, asked, code), 502, f"error {error}")
    assert f"sign-in with {app}: Declined {error}" in caplog.text
    assert code not in caplog.text and SECRET not in caplog.text and asked["state"] not in caplog.text


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize(
    "fault",
    [
        lambda: (500, {}),
        lambda: (302, ""),
        lambda: (200, "<html>"),
        lambda: (200, "[]"),
        lambda: (200, ""),
        slow(0.6),
    ],
    ids=["500", "redirect", "html", "list", "empty", "slow"],
)
def test_an_app_that_is_down(apps: StandIn, monkeypatch, teacher: Account, app: str, fault) -> None:
    monkeypatch.setattr(asking, "TIMEOUT", 0.2)
    apps.faults[WHO[app]] = fault
    browser = english()
    refused(travel(browser, apps, app), 503, f"{NAMES[app]} does not answer at present")
    assert password(browser, teacher).headers["Location"] == "/", "the password works all the same"


def test_nobody_listens(apps: StandIn, settings: Settings) -> None:
    with standing_in() as gone:
        settings.XUEQU_APPS = gone.settings()
    for app in APPS:
        refused(travel(english(), apps, app), 503, "does not answer at present")


# --- WeCom's token ---------------------------------------------------------------------------------------------


def tokens_fetched(apps: StandIn) -> int:
    return apps.asked.count("/cgi-bin/gettoken")


def test_the_token_is_fetched_once_and_again_before_it_runs_out(apps: StandIn, teacher, monkeypatch) -> None:
    connected(apps, teacher)
    assert is_in(travel_with(apps, "")) and is_in(travel_with(apps, ""))
    assert tokens_fetched(apps) == 1
    now = clock.now() + dt.timedelta(seconds=7200 - 299)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert is_in(travel_with(apps, ""))
    assert tokens_fetched(apps) == 2


def test_a_token_that_wecom_ended_early_is_replaced_once(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    apps.tokens.clear()
    assert is_in(travel_with(apps, ""))
    assert tokens_fetched(apps) == 2
    apps.faults[WHO["wecom"]] = lambda: (200, {"errcode": 42001})
    travel(Client(), apps)
    assert tokens_fetched(apps) == 3, "and not without end"


# --- what is fetched and kept ----------------------------------------------------------------------------------


def test_nothing_but_a_digest_of_the_id_is_kept(apps: StandIn, teacher: Account, caplog) -> None:
    for app in APPS:
        connected(apps, teacher, app, "userid:lin-secret-id" if app == "wecom" else "lin-secret-id")
    assert set(apps.asked) == {
        "/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo", "/v1.0/oauth2/userAccessToken",
        "/v1.0/contact/users/me", "/open-apis/authen/v2/oauth/token", "/open-apis/authen/v1/user_info",
    }  # fmt: skip
    kept = serialize("json", [*OutsideAccount.objects.all(), *AuditEvent.objects.all()]) + caplog.text
    kept += "".join(str(row.get_decoded()) for row in Session.objects.all())
    for word in ("lin-secret-id", NICK, MOBILE, PICTURE, SECRET, *apps.tokens):
        assert word not in kept


# --- disconnecting ---------------------------------------------------------------------------------------------


def test_disconnecting_leaves_the_password(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    browser = english()
    travel(browser, apps)
    assert browser.get("/accounts/with/wecom/end/").status_code == 405
    assert browser.post("/accounts/with/wecom/end/").headers["Location"] == SECURITY
    assert browser.post("/accounts/with/wecom/end/").status_code == 404
    assert AuditEvent.objects.filter(verb="account.app_disconnected", account=teacher).count() == 1
    assert travel(Client(), apps).headers["Location"] == CONNECT
    assert password(Client(), teacher).headers["Location"] == "/"


def test_nobody_disconnects_somebody_else(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    other = Client()
    other.force_login(factories.make_account(Role.TEACHER, school=factories.make_school()))
    assert other.post("/accounts/with/wecom/end/").status_code == 404
    assert OutsideAccount.objects.exists()


def test_the_data_office_disconnects_a_lost_telephone(apps: StandIn, teacher: Account) -> None:
    connected(apps, teacher)
    telephone = travel_with(apps, "")
    office = factories.make_account(Role.DATA_OFFICER)
    browser = english()
    browser.force_login(office)
    page = reverse("office:access-account", args=[teacher.uid])
    assert "Signs in with: WeCom" in browser.get(page).text
    browser.post(reverse("office:access-apps", args=[teacher.uid]))
    assert not OutsideAccount.objects.exists() and telephone.get("/").status_code == 302
    row = AuditEvent.objects.get(verb="account.app_disconnected")
    assert (row.account, row.object_uid) == (office, teacher.uid)
    answer = browser.post(reverse("office:access-apps", args=[teacher.uid]), follow=True)
    assert "not connected with another app" in answer.text
    assert "Disconnect other apps" not in browser.get(page).text


def test_a_new_first_password_ends_what_somebody_else_may_have_connected(
    apps: StandIn, teacher: Account
) -> None:
    connected(apps, teacher)
    access.reset_password(actor=factories.make_actor(Role.DATA_OFFICER), account=teacher)
    assert not OutsideAccount.objects.exists()


# --- a guardian with a letter ----------------------------------------------------------------------------------


def ask(browser: Client, accounts: dict[str, Account], **more: str) -> None:
    teacher = Actor.of(accounts[Role.CLASS_TEACHER], clock.today())
    school_class = teacher.assignments[0].school_class
    pupil = factories.make_pupil(school_class, name="陈小云")
    secret = bindings.issue(actor=teacher, school_class=school_class, pupils=[pupil])[0].secret
    said = {
        "code": secret, "child": "陈小云", "relation": "mother", "name": "陈某", "phone": "19900001111",
        "username": "chen-mama", "password1": "three-green-kettles", "password2": "three-green-kettles", **more,
    }  # fmt: skip
    assert browser.post(reverse("bind"), said).url == reverse("bind_sent")


def decide(accounts: dict[str, Account], *, approve: bool) -> None:
    actor = Actor.of(accounts[Role.CLASS_TEACHER], clock.today())
    if approve:
        approvals.approve(actor=actor, case=Case.objects.get())
    else:
        approvals.refuse(actor=actor, case=Case.objects.get(), words="不认识")


def test_the_letter_and_the_schools_word_connect_a_guardian(
    apps: StandIn, accounts: dict[str, Account]
) -> None:
    browser = english()
    assert "my WeCom account" not in browser.get(reverse("bind")).text
    travel(browser, apps, subject="openid:mama")
    assert "Sign in with my WeCom account from then on" in browser.get(reverse("bind")).text
    ask(browser, accounts, connect="on")
    assert travel(Client(), apps, subject="openid:mama").headers["Location"] == "/accounts/inactive/"
    decide(accounts, approve=True)
    assert is_in(travel_with(apps, "openid:mama"))
    row = AuditEvent.objects.get(verb="account.app_connected")
    assert row.account is None and row.object_uid == Account.objects.get(username="chen-mama").uid


def test_a_guardian_whom_the_school_refuses_leaves_no_connection(
    apps: StandIn, accounts: dict[str, Account]
) -> None:
    browser = english()
    travel(browser, apps)
    ask(browser, accounts, connect="on")
    decide(accounts, approve=False)
    assert not OutsideAccount.objects.exists()


def test_a_guardian_who_does_not_tick_it_is_not_connected(
    apps: StandIn, accounts: dict[str, Account]
) -> None:
    browser = english()
    travel(browser, apps)
    ask(browser, accounts)
    assert not OutsideAccount.objects.exists()


# --- what the operator enters ----------------------------------------------------------------------------------


def test_the_entries_of_the_operator(monkeypatch, tmp_path) -> None:
    assert app_settings() == {}
    (tmp_path / "secret").write_text("sealed\n", "utf-8")
    for name, value in {
        "WECOM_CORP_ID": "ww1", "WECOM_AGENT_ID": "1000002", "WECOM_SECRET_FILE": str(tmp_path / "secret"),
        "WECOM_API": "https://wecom.intranet.example/", "FEISHU_APP_ID": "cli_1", "FEISHU_SECRET": "s",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"XUEQU_{name}", value)
    found = app_settings()
    assert sorted(found) == ["feishu", "wecom"]
    assert (found["wecom"].secret, found["wecom"].api) == ("sealed", "https://wecom.intranet.example")
    assert found["feishu"].page == "https://accounts.feishu.cn/open-apis/authen/v1/authorize"
    assert "sealed" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "DINGTALK_CLIENT_ID",
            "ding1",
            "XUEQU_DINGTALK_CLIENT_ID, XUEQU_DINGTALK_SECRET: these are needed together",
        ),
        (
            "WECOM_SECRET",
            "s",
            "XUEQU_WECOM_CORP_ID, XUEQU_WECOM_AGENT_ID, XUEQU_WECOM_SECRET: these are needed",
        ),
        ("FEISHU_API", "http://feishu.example", "XUEQU_FEISHU_API: expected an address with https://"),
        ("FEISHU_LOGIN", "feishu.example", "XUEQU_FEISHU_LOGIN: expected an address with https://"),
    ],
)
def test_entries_that_are_refused(monkeypatch, name: str, value: str, words: str) -> None:
    if name.startswith("FEISHU"):
        monkeypatch.setenv("XUEQU_FEISHU_APP_ID", "cli_1")
        monkeypatch.setenv("XUEQU_FEISHU_SECRET", "s")
    monkeypatch.setenv(f"XUEQU_{name}", value)
    with pytest.raises(ImproperlyConfigured, match=words):
        app_settings()


def test_the_file_by_which_wecom_knows_the_server(settings: Settings) -> None:
    assert Client().get("/WW_verify_abc123.txt").status_code == 404
    settings.XUEQU_WECOM_VERIFY = "abc123"
    answer = Client().get("/WW_verify_abc123.txt")
    assert (answer.text, answer.headers["Content-Type"]) == ("abc123", "text/plain")
    assert Client().get("/WW_verify_other.txt").status_code == 404
