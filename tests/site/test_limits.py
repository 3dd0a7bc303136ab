"""How often a password may be tried: for one name from one address, for one name from anywhere, from one address."""

import pytest
from axes.models import AccessAttempt
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


def sign_in(password: str, username: str = "li-demo", address: str = "10.0.0.1") -> tuple[int, bool]:
    """Return the status and whether the browser is signed in."""
    client = Client(REMOTE_ADDR=address)
    answer = client.post("/accounts/login/", {"login": username, "password": password})
    return answer.status_code, "_auth_user_id" in client.session


def test_five_wrong_passwords_close_the_name_for_this_address(account: Account) -> None:
    assert [sign_in("wrong")[0] for _try in range(5)] == [200, 200, 200, 200, 429]
    assert sign_in(PASSWORD) == (429, False)
    assert sign_in(PASSWORD, address="10.0.0.2") == (302, True)  # the owner still comes in from elsewhere


def test_the_page_says_so(account: Account) -> None:
    for _try in range(5):
        answer = Client().post("/accounts/login/", {"login": "li-demo", "password": "wrong"})
    assert "尝试次数过多" in answer.content.decode()


def test_capitals_do_not_make_another_name(account: Account) -> None:
    for name in ("li-demo", "LI-demo", "li-DEMO", "Li-Demo", "LI-DEMO"):
        sign_in("wrong", name)
    assert sign_in(PASSWORD) == (429, False)


def test_thirty_wrong_passwords_from_many_addresses_close_the_name_everywhere(account: Account) -> None:
    for number in range(30):
        sign_in("wrong", address=f"10.0.1.{number}")
    assert sign_in(PASSWORD, address="10.0.2.1") == (429, False)


def test_a_computer_room_signs_in_from_one_address(account: Account) -> None:
    """Fifty pupils, each wrong once and then right, and one who is wrong five times."""
    for number in range(50):
        pupil = Account.objects.create(username=f"xs-{number}")
        pupil.set_password(PASSWORD)
        pupil.save()
        assert sign_in("wrong", f"xs-{number}") == (200, False)
    for _try in range(5):
        sign_in("wrong")
    assert {sign_in(PASSWORD, f"xs-{number}") for number in range(0, 50, 5)} == {(302, True)}


def test_a_right_password_forgets_the_wrong_ones(account: Account) -> None:
    for _round in range(3):
        for _try in range(4):
            assert sign_in("wrong")[0] == 200
        assert sign_in(PASSWORD) == (302, True)


def test_a_try_while_closed_does_not_prolong_it_and_keeps_no_password(account: Account) -> None:
    for _try in range(8):
        sign_in("wrong-secret")
    row = AccessAttempt.objects.get()
    assert row.failures_since_start == 5
    assert "wrong-secret" not in row.post_data + row.get_data


def test_one_address_cannot_try_one_password_on_every_name(account: Account, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"wrong_passwords": "12/m/ip"}
    answers = [sign_in("wrong", f"name-{number}")[0] for number in range(13)]
    assert answers == [200] * 12 + [429]
