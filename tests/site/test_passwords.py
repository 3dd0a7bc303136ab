"""The two password profiles, and the passwords that must be changed."""

import datetime as dt
from itertools import pairwise

import pytest
from django.contrib.auth.password_validation import get_password_validators, validate_password
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from tests import factories
from xuequ.core import clock
from xuequ.core.models import Account
from xuequ.site.passwords import PROFILES, KindsValidator, profile_named

OLD, NEW = "Alte-Weide-17", "neue Weide am Fluss 18"


def accepted(code: str, password: str, account: Account | None = None) -> bool:
    try:
        validate_password(password, account, get_password_validators(PROFILES[code].validators))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("password", "asvs", "dengbao"),
    [
        ("short-1", False, False),
        ("password12", False, False),
        ("correct horse battery", True, False),
        ("Correct horse battery", True, True),
        ("abcdefghqx", True, False),
        ("Abcdefgh12", True, True),
        ("1234567890", False, False),
        ("沙洲上的白鹭飞过水田", True, False),
    ],
)
def test_what_each_profile_takes(password: str, asvs: bool, dengbao: bool) -> None:
    assert (accepted("asvs", password), accepted("dengbao", password)) == (asvs, dengbao)


@given(st.text(min_size=1, max_size=20))
def test_kinds_never_break(password: str) -> None:
    kinds = [any(t(c) for c in password) for t in (str.isupper, str.islower, str.isdigit)]
    kinds.append(any(not c.isalnum() for c in password))
    try:
        KindsValidator(3).validate(password)
        assert sum(kinds) >= 3
    except ValidationError:
        assert sum(kinds) < 3


def test_an_unknown_profile_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="expected asvs or dengbao, got 'none'"):
        profile_named("none")


@pytest.fixture
def account(db: None) -> Account:
    account = factories.make_account(username="someone")
    account.set_password(OLD)
    account.save()
    return account


@pytest.fixture
def dengbao(settings: Settings) -> None:
    settings.XUEQU_PASSWORD_PROFILE = "dengbao"
    settings.AUTH_PASSWORD_VALIDATORS = PROFILES["dengbao"].validators


def change(client: Client, new: str, old: str = OLD) -> str:
    form = {"oldpassword": old, "password1": new, "password2": new}
    return client.post("/accounts/password/change/", form).headers.get("Location", "")


def test_the_last_five_are_not_taken_again(account: Account, dengbao: None) -> None:
    chosen = [OLD, *(f"Weide-{name}-2026" for name in ("eins", "zwei", "drei", "vier", "fuenf", "sechs"))]
    for old, new in pairwise(chosen):
        cache.clear()  # five changes a minute are the limit
        client = Client()
        client.force_login(account)
        assert change(client, new, old) == "/"
        account.refresh_from_db()
        assert not accepted("dengbao", new, account)
    assert [accepted("dengbao", password, account) for password in chosen] == [True, True] + [False] * 5


def test_after_ninety_days_everything_else_waits(account: Account, dengbao: None) -> None:
    client = Client()
    client.force_login(account)
    for days, sent_to in ((89, None), (90, "/accounts/password/change/")):
        Account.objects.update(password_changed=clock.now() - dt.timedelta(days=days))
        assert client.get("/").headers.get("Location") == sent_to


def test_asvs_asks_for_no_change_by_the_calendar(account: Account) -> None:
    Account.objects.update(password_changed=clock.now() - dt.timedelta(days=4000))
    client = Client()
    client.force_login(account)
    assert client.get("/").status_code == 200


def test_a_printed_password_opens_one_page(account: Account) -> None:
    Account.objects.update(must_change_password=True)
    client = Client()
    client.force_login(account)
    for page in ("/", "/accounts/security/", "/jobs/"):
        assert client.get(page).headers["Location"] == "/accounts/password/change/"
    assert client.get("/api/v1/openapi.json").status_code == 403
    assert (
        client.get("/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/accounts/password/change/"
    )
    assert client.get("/accounts/password/change/").status_code == 200
    assert change(client, NEW) == "/"
    assert client.get("/").status_code == 200
    account.refresh_from_db()
    assert (account.must_change_password, account.password_changed is not None) == (False, True)
