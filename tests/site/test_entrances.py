"""The pages of cards and letters, from knocking to coming in."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from xuequ.core import clock
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Guardianship, Pupil, SchoolClass
from xuequ.kit.approvals import actions as approvals
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import bindings, cards, codes
from xuequ.kit.credentials.models import Knock

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def class_teacher(accounts: dict[str, Account]) -> Actor:
    return Actor.of(accounts[Role.CLASS_TEACHER], clock.today())


@pytest.fixture
def school_class(class_teacher: Actor) -> SchoolClass:
    return SchoolClass.objects.get(pk=class_teacher.grants[0].class_id)


@pytest.fixture
def pupil(school_class: SchoolClass) -> Pupil:
    return factories.make_pupil(school_class, name="陈小云")


def english() -> Client:
    browser = Client(headers={"Accept-Language": "en"})
    browser.cookies["xuequ_language"] = "en"
    return browser


def test_from_the_card_to_the_home_page(sign_in: SignIn, class_teacher, school_class, pupil) -> None:
    secret = cards.issue(actor=class_teacher, school_class=school_class, pupils=[pupil])[0].secret
    browser = english()
    answer = browser.post(reverse("card"), {"secret": codes.grouped(secret).lower()})
    assert answer.url == reverse("card_wait")
    assert "Your teacher has been asked" in browser.get(answer.url).text
    waiting = browser.post(reverse("card_enter"), headers=HTMX)
    assert waiting.status_code == 200 and "every 2s" in waiting.text
    assert "_auth_user_id" not in browser.session

    teacher = sign_in(Role.CLASS_TEACHER)
    door = reverse("office:approvals-door", args=[school_class.uid])
    assert "陈小云" in teacher.get(door).text
    knock = Knock.objects.get()
    assert teacher.post(door, {"all": [str(knock.uid)]}).status_code == 302
    done = browser.post(reverse("card_enter"), headers=HTMX)
    assert done.headers["HX-Redirect"] == reverse("home")
    assert browser.session["way_in"] == "card"
    assert 590 <= browser.session.get_expiry_age() <= 4 * 3600
    assert browser.get(reverse("home")).status_code == 200
    assert browser.get(reverse("card")).status_code == 200, "somebody is signed in: sign out first"
    assert browser.post(reverse("card_enter")).url == reverse("home")
    assert secret not in str(list(AuditEvent.objects.values()))


def test_another_browser_cannot_use_the_wish(class_teacher, school_class, pupil) -> None:
    secret = cards.issue(actor=class_teacher, school_class=school_class, pupils=[pupil])[0].secret
    Client().post(reverse("card"), {"secret": secret})
    assert Client().post(reverse("card_enter")).url == reverse("card")
    assert Client().get(reverse("card_wait")).url == reverse("card")


def test_a_wish_that_is_over_leads_back(class_teacher, school_class, pupil, monkeypatch) -> None:
    secret = cards.issue(actor=class_teacher, school_class=school_class, pupils=[pupil])[0].secret
    browser = english()
    browser.post(reverse("card"), {"secret": secret})
    Knock.objects.update(until=clock.now())
    assert browser.post(reverse("card_enter"), headers=HTMX).headers["HX-Redirect"] == reverse("card")
    assert "Nobody let you in" in browser.get(reverse("card")).text


@pytest.mark.parametrize("secret", ["", "x", "A" * 16, "#" * 300, "码" * 16])
def test_a_wrong_card_gets_one_sentence(db, secret: str) -> None:
    answer = english().post(reverse("card"), {"secret": secret})
    assert answer.status_code == 200 and 'aria-invalid="true"' in answer.text
    assert not Knock.objects.exists()


def said(letter: str, **more: str) -> dict[str, str]:
    return {
        "code": letter,
        "child": "陈小云",
        "name": "陈大山",
        "relation": "father",
        "phone": "138 0000 0000",
        "username": "chen.dashan",
        "password1": "晴天的操场很大 77",
        "password2": "晴天的操场很大 77",
        **more,
    }


@pytest.fixture
def code(class_teacher, school_class, pupil) -> str:
    return bindings.issue(actor=class_teacher, school_class=school_class, pupils=[pupil])[0].secret


def test_a_guardian_asks_waits_and_signs_in(class_teacher, code, pupil) -> None:
    browser = english()
    assert browser.post(reverse("bind"), said(code)).url == reverse("bind_sent")
    assert browser.get(reverse("bind_sent")).status_code == 200
    form = {"login": "chen.dashan", "password": "晴天的操场很大 77"}
    browser.post(reverse("account_login"), form)
    assert "_auth_user_id" not in browser.session, "closed until the school has said so"
    approvals.approve(actor=class_teacher, case=Case.objects.get())
    browser.post(reverse("account_login"), form)
    assert browser.session["_auth_user_id"]
    page = browser.get(reverse("bind")).text
    assert "陈小云" in page and "End the tie" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("code", "AAAAAAAA", "mistyped"),
        ("child", "陈大云", "do not belong together"),
        ("phone", "abc", "telephone number"),
        ("username", "a b", "letters"),
        ("password1", "kurz", "too short"),
        ("password2", "anders", "differ"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(code, field: str, value: str, sentence: str) -> None:
    answer = english().post(reverse("bind"), said(code, **{field: value}))
    assert answer.status_code == 200 and sentence in answer.text
    assert not Account.objects.filter(username="chen.dashan").exists()


def test_a_guardian_adds_and_ends(sign_in: SignIn, accounts, class_teacher, code, pupil) -> None:
    browser = sign_in(Role.GUARDIAN)
    browser.cookies["xuequ_language"] = "en"
    answer = browser.post(
        reverse("bind"), {"code": code, "child": "陈小云", "relation": "mother"}, follow=True
    )
    assert "waits for the school" in answer.text
    approvals.approve(actor=class_teacher, case=Case.objects.get())
    binding = bindings.of_guardian(Actor.of(accounts[Role.GUARDIAN], clock.today())).get()
    end = reverse("bind_end", args=[binding.uid])
    assert "陈小云" in browser.get(end).text
    browser.post(end)
    assert not Guardianship.objects.filter(pupil=pupil, end=None).exists()
    assert browser.get(end).status_code == 404


def test_pupils_do_not_bind_and_strangers_do_not_end(sign_in: SignIn, accounts, class_teacher, code) -> None:
    assert sign_in(Role.PUPIL).get(reverse("bind")).status_code == 403
    english().post(reverse("bind"), said(code))
    approvals.approve(actor=class_teacher, case=Case.objects.get())
    binding = bindings.Binding.objects.get()
    for role in (Role.GUARDIAN, Role.CLASS_TEACHER):
        assert sign_in(role).post(reverse("bind_end", args=[binding.uid])).status_code == 404


def test_secrets_come_after_the_hash_of_an_address(db) -> None:
    assert 'data-fragment="send"' in english().get(reverse("card")).text
    assert 'data-fragment="fill"' in english().get(reverse("bind")).text
    assert english().get(reverse("card") + "?secret=ABCD").status_code == 200


def test_the_day_of_a_session_is_that_of_the_district() -> None:
    late = dt.datetime(2026, 3, 2, 9, 55, tzinfo=dt.UTC)  # 17:55 in the district
    assert cards.seconds_of_session(late, 4, dt.time(18)) == 600
