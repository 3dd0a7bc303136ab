"""Log-ins: how long they last, the list of them, and what ends them."""

import datetime as dt

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from xuequ.core import clock
from xuequ.core.models import Account, AuditEvent
from xuequ.district.choices import Role
from xuequ.site.sessions import KEY, LASTING
from xuequ.systems.office.access.log_ins import device_words

HOUR = 3600


@pytest.fixture
def account(db: None) -> Account:
    return factories.make_account(Role.TEACHER, school=factories.make_school())


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account)
    return client


def move(client: Client, **seconds: float) -> None:
    """Set the session's times into the past."""
    session = client.session
    session[KEY] = session[KEY] | {key: clock.now().timestamp() - value for key, value in seconds.items()}
    session.save()


@pytest.mark.parametrize(
    ("seconds", "holds"),
    [
        ({"seen": 1.9 * HOUR}, True),
        ({"seen": 2.1 * HOUR}, False),
        ({"since": 11.9 * HOUR}, True),
        ({"since": 12.1 * HOUR}, False),
    ],
)
def test_staff_are_signed_in_for_a_working_day(
    account: Account, seconds: dict[str, float], holds: bool
) -> None:
    client = signed_in(account)
    move(client, **seconds)
    assert (client.get("/").status_code == 200) == holds
    assert ("_auth_user_id" in client.session) == holds
    assert UserSession.objects.exists() == holds


def test_families_stay_longer(db: None) -> None:
    parent, child = factories.make_account(Role.GUARDIAN), factories.make_account(Role.PUPIL)
    for account, kind in ((parent, "guardian"), (child, "pupil")):
        client = signed_in(account)
        assert client.session[KEY]["kind"] == kind
        move(client, seen=LASTING[kind].idle.total_seconds() - 60)
        assert client.get("/").status_code == 200
        assert client.session.get_expire_at_browser_close() == (kind == "pupil")


def test_whoever_has_a_staff_role_too_is_staff(account: Account) -> None:
    factories.give_role(account, Role.GUARDIAN)
    assert signed_in(account).session[KEY]["kind"] == "staff"


def test_a_session_from_before_the_upgrade_signs_in_again(account: Account) -> None:
    client = signed_in(account)
    session = client.session
    del session[KEY]
    session.save()
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


def test_a_page_writes_nothing_within_five_minutes(account: Account) -> None:
    client = signed_in(account)
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert not [q["sql"] for q in queries if q["sql"].startswith(("UPDATE", "INSERT", "DELETE"))]
    move(client, seen=301)
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert [q["sql"].split('"')[1] for q in queries if q["sql"].startswith("UPDATE")] == [
        "usersessions_usersession",
        "django_session",
    ]


def test_one_sees_and_ends_ones_own(account: Account) -> None:
    here, there = signed_in(account), signed_in(account)
    stranger = signed_in(factories.make_account(Role.TEACHER))
    UserSession.objects.update(user_agent="Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Edg/140.0")
    assert here.get("/accounts/security/").content.decode().count("Edge · Windows</span>") == 2
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert stranger.post(f"/accounts/security/log-ins/{row.pk}/end/").status_code == 404
    assert there.get("/").status_code == 200
    here.post(f"/accounts/security/log-ins/{row.pk}/end/")
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200


def test_all_others_at_once(account: Account) -> None:
    clients = [signed_in(account) for _browser in range(3)]
    clients[0].post("/accounts/security/log-ins/others/end/")
    assert [client.get("/").status_code for client in clients] == [200, 302, 302]


def test_a_new_password_ends_the_others(account: Account) -> None:
    account.set_password("an-old-password")
    account.save()
    here, there = signed_in(account), signed_in(account)
    new = "another-long-password"
    here.post(
        "/accounts/password/change/", {"oldpassword": "an-old-password", "password1": new, "password2": new}
    )
    assert [here.get("/").status_code, there.get("/").status_code] == [200, 302]
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/605 MicroMessenger/8.0", "微信 · iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Firefox · Linux"),
        ("curl/8", ""),
    ],
)
def test_devices_in_words(told: str, words: str) -> None:
    assert device_words(told) == words


def test_signing_in_and_a_change_of_password_are_written_down(account: Account) -> None:
    signed_in(account)
    event = AuditEvent.objects.get(verb="account.signed_in")
    assert (event.account, event.roles, event.data) == (account, "teacher", {})


def test_signing_out_takes_it_from_the_list(account: Account) -> None:
    client = signed_in(account)
    client.post("/accounts/logout/")
    assert not UserSession.objects.exists()


def test_old_rows_go_with_the_next_log_in(account: Account) -> None:
    signed_in(account)
    UserSession.objects.update(last_seen_at=clock.now() - dt.timedelta(days=31))
    signed_in(account)
    assert UserSession.objects.count() == 1
