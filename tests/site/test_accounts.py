"""Signing in and out, the limit on wrong passwords, and the demo's buttons."""

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests import factories
from xuequ.core.models import Account
from xuequ.district.choices import Role

PASSWORD = "a-long-password-1"


@pytest.fixture
def account(db: None) -> Account:
    cache.clear()
    account = factories.make_account(Role.TEACHER, username="li-demo")
    account.set_password(PASSWORD)
    account.save()
    return account


def sign_in(client: Client, password: str, username: str = "li-demo") -> str:
    answer = client.post("/accounts/login/", {"login": username, "password": password}, follow=True)
    return answer.content.decode()


def test_sign_in_and_out(client: Client, account: Account) -> None:
    assert "退出登录" in sign_in(client, PASSWORD)
    assert client.get("/accounts/logout/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_wrong_password_is_said_without_saying_which(client: Client, account: Account) -> None:
    for username in ("li-demo", "nobody"):
        assert "登录名或密码不正确" in sign_in(client, "wrong", username)


def test_five_wrong_passwords_close_the_name_for_a_while(client: Client, account: Account) -> None:
    for _attempt in range(5):
        sign_in(client, "wrong")
    page = sign_in(Client(), PASSWORD)  # another browser, another process: the count is shared
    assert "尝试次数过多" in page
    assert "退出登录" not in page
    other = factories.make_account(Role.TEACHER, username="wang-demo")
    other.set_password(PASSWORD)
    other.save()
    assert "退出登录" in sign_in(
        Client(), PASSWORD, "wang-demo"
    )  # the rest of the computer room is not shut out


def test_closed_account(client: Client, account: Account) -> None:
    Account.objects.update(is_active=False)
    assert "账号未开通" in sign_in(client, PASSWORD)
    assert client.get("/").status_code == 302


def test_nothing_else_of_allauth_is_reachable(client: Client, db: None) -> None:
    for page in ("signup", "email", "password/reset", "password/set", "confirm-email", "reauthenticate"):
        assert client.get(f"/accounts/{page}/").status_code == 404, page


def test_change_of_password(client: Client, account: Account) -> None:
    client.force_login(account)
    new = "another-long-password-2"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", form).headers["Location"] == "/"
    assert account.__class__.objects.get().check_password(new)


def test_account_without_password_is_sent_home(client: Client, account: Account) -> None:
    account.set_unusable_password()
    account.save()
    client.force_login(account)
    assert client.get("/accounts/password/change/", follow=True).redirect_chain == [("/", 302)]


def test_demo_buttons(client: Client, settings: Settings, accounts: dict[str, Account]) -> None:
    settings.DEMO = True
    Account.objects.filter(pk=accounts[Role.HEAD].pk).update(username="demo-head")
    page = client.get("/accounts/login/").content.decode()
    assert 'value="demo-head"' in page
    assert "虚构第一中学" in page
    assert "这是虚构的学区" in page
    assert client.post("/accounts/demo/", {"username": "demo-head"}).headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_demo_sign_in_is_shut_in_a_real_district(
    client: Client, settings: Settings, accounts: dict[str, Account]
) -> None:
    Account.objects.filter(pk=accounts[Role.HEAD].pk).update(username="demo-head")
    assert client.post("/accounts/demo/", {"username": "demo-head"}).status_code == 404
    settings.DEMO = True
    assert client.post("/accounts/demo/", {"username": "root"}).status_code == 404
    assert client.get("/").status_code == 302
