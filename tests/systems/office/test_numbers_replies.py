"""The pages of replies, step by step as an officer takes them."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_account, make_class, make_pupil, make_pupils, make_school, make_year
from xuequ.core.search.finding import find
from xuequ.district.choices import Role
from xuequ.district.models import SchoolClass
from xuequ.kit.documents import queries
from xuequ.kit.documents.models import Document

pytestmark = pytest.mark.django_db

SAID = {
    "title": "关于班级规模的答复",
    "addressee": "区政协提案委员会",
    "body": "现将有关情况答复如下。",
    "issuer": "虚构教育局",
    "dated": "2026-03-02",
}


@pytest.fixture
def school_class() -> SchoolClass:
    make_year()
    found = make_class(make_school("云上中学"))
    make_pupils(found, 6)
    return found


def client_of(role: Role, **place: object) -> Client:
    client = Client()
    client.force_login(make_account(role, **place))
    return client


@pytest.fixture
def officer(school_class: SchoolClass) -> Client:
    return client_of(Role.DISTRICT_OFFICER)


@pytest.fixture
def document(officer: Client) -> Document:
    officer.post(reverse("office:numbers-reply-new"), SAID)
    found = Document.objects.get()
    said = {"document": str(found.uid), "attached": "on", "line": ""}
    officer.post(reverse("office:number-quote", args=["pupils"]) + "?at=2026-03-02&by=school", said)
    return found


def page(client: Client, name: str, document: Document, *more: object) -> str:
    return client.get(reverse(f"office:numbers-{name}", args=[document.uid, *more])).content.decode()


def test_from_nothing_to_the_word_file(officer: Client, document: Document) -> None:
    shown = page(officer, "reply", document)
    assert "[#1]" in shown
    for form in ("docx", "pdf"):
        response = officer.get(reverse("office:numbers-reply-file", args=[document.uid, form]))
        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment")
    assert officer.get(reverse("office:numbers-replies")).status_code == 200
    assert page(officer, "reply-version", document, 1)


def test_nothing_leaves_with_an_unproven_number(officer: Client, document: Document) -> None:
    url = reverse("office:numbers-reply", args=[document.uid])
    officer.post(url, SAID | {"body": "共[#1]人，另有37人。", "seen": 2})
    file = reverse("office:numbers-reply-file", args=[document.uid, "docx"])
    assert officer.get(file).status_code == 302
    assert 'value="37"' in page(officer, "reply", document)
    officer.post(reverse("office:numbers-reply-vouch", args=[document.uid]), {"digits": ["37", "999"]})
    assert queries.current(document).typed == ["37"]
    assert officer.get(file).status_code == 200


def test_a_stale_form_keeps_what_was_typed(officer: Client, document: Document) -> None:
    url = reverse("office:numbers-reply", args=[document.uid])
    response = officer.post(url, SAID | {"body": "我的文字。", "seen": 1})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()
    assert "我的文字。" in response.content.decode()


def test_changed_numbers_are_shown_before_they_are_taken_over(
    officer: Client, document: Document, school_class: SchoolClass
) -> None:
    url = reverse("office:numbers-reply-recount", args=[document.uid])
    assert officer.get(url).context["changed"] == []
    make_pupil(school_class)
    assert len(officer.get(url).context["changed"]) == 1
    officer.post(url)
    assert queries.citations(document)[0].text == "7"


def test_a_reply_is_found_by_its_title(
    officer: Client, document: Document, school_class: SchoolClass
) -> None:
    shown = officer.post(reverse("office:search"), {"words": "规模"}).content.decode()
    assert reverse("office:numbers-reply", args=[document.uid]) in shown
    from tests.factories import make_actor

    assert find(make_actor(Role.HEAD, school=school_class.school), "规模的答复") == []


def test_others_replies_do_not_exist(document: Document, school_class: SchoolClass) -> None:
    head = client_of(Role.HEAD, school=school_class.school)
    for name, more in (
        ("reply", ()),
        ("reply-recount", ()),
        ("reply-discard", ()),
        ("reply-version", (1,)),
        ("reply-file", ("docx",)),
    ):
        assert head.get(reverse(f"office:numbers-{name}", args=[document.uid, *more])).status_code == 404
    assert (
        client_of(Role.TEACHER, school=school_class.school).get(reverse("office:numbers-replies")).status_code
        == 403
    )


def test_a_reply_is_deleted_only_after_asking(officer: Client, document: Document) -> None:
    url = reverse("office:numbers-reply-discard", args=[document.uid])
    assert officer.get(url).status_code == 200
    assert Document.objects.exists()
    officer.post(url)
    assert not Document.objects.exists()


def test_an_odd_place_to_quote_in_is_refused(officer: Client, document: Document) -> None:
    quote = reverse("office:number-quote", args=["pupils"]) + "?at=2026-03-02"
    response = officer.post(quote, {"document": "00000000-0000-4000-8000-000000000000"})
    assert response.status_code == 302
    assert len(queries.citations(document)) == 1
    assert officer.post(quote.replace("2026-03-02", "soon"), {"document": ""}).status_code == 404
