"""The pages of replies, step by step as an officer takes them."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_account, make_class, make_pupil, make_pupils, make_school, make_year
from xuequ.core import clock
from xuequ.core.registry import indicator_definitions
from xuequ.core.search.finding import find
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolClass
from xuequ.district.people import Person, create_people
from xuequ.kit.documents import queries
from xuequ.kit.documents.models import Document
from xuequ.record.models import Indicator, Run

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


def published(school: School, low: float | None, high: float | None, value: float = 0.32) -> None:
    moment = clock.now()
    run = Run.objects.create(system="growth", kind="va", title="t", engine_version="1", created=moment)
    Indicator.objects.create(
        code="growth.effect.g9", school=school, value=value, low=low, high=high, n=60, run=run, published=moment,
        audience=indicator_definitions()["growth.effect.g9"].audience, period="2025-2026",
    )  # fmt: skip


def test_an_estimate_is_shown_and_quoted_with_its_range(
    officer: Client, document: Document, school_class: SchoolClass
) -> None:
    published(school_class.school, 0.1, 0.543)
    make_school("云下中学")
    asked = f"?at={clock.today()}&by=school"
    url = reverse("office:number", args=["growth.effect.g9"]) + asked
    response = officer.get(url)
    figure = response.context["figure"]
    assert figure.roles == {"label": "label", "value": "value", "low": "low", "high": "high"}
    assert figure.rows[0].cells == ("云上中学", 0.32, 0.1, 0.543)
    assert "没有合计" in response.content.decode()
    alone = officer.get(url.replace("by=school", f"school={school_class.school.uid}")).content.decode()
    assert "区间 0.10–0.54" in alone
    quoting = reverse("office:number-quote", args=["growth.effect.g9"]) + asked
    said = {"document": str(document.uid), "attached": "on", "line": str(school_class.school_id)}
    officer.post(quoting, said)
    assert "（区间 0.10–0.54）" in page(officer, "reply", document)
    for form in ("docx", "pdf"):
        assert officer.get(reverse("office:numbers-reply-file", args=[document.uid, form])).status_code == 200
    citation = queries.citations(document)[1]
    assert (citation.text, citation.range) == ("0.32", "0.10–0.54")
    assert citation.lines == [["云上中学", 0.32, "0.10–0.54"]]
    kept = officer.get(reverse("office:numbers-citation", args=[citation.uid])).content.decode()
    assert kept.count("0.10–0.54") == 2


def test_another_range_of_the_same_value_is_a_change(
    officer: Client, document: Document, school_class: SchoolClass
) -> None:
    published(school_class.school, 0.1, 0.54)
    code, asked = "growth.effect.g9", f"?at={clock.today()}&by=school"
    said = {"document": str(document.uid), "line": str(school_class.school_id)}
    officer.post(reverse("office:number-quote", args=[code]) + asked, said)
    Indicator.objects.update(high=0.6)
    url = reverse("office:numbers-reply-recount", args=[document.uid])
    assert [one.text for one in officer.get(url).context["changed"]] == ["0.32 (0.10–0.60)"]
    officer.post(url)
    assert queries.citations(document)[1].range == "0.10–0.60"


def test_what_was_counted_has_no_range_to_name(officer: Client, document: Document) -> None:
    url = reverse("office:numbers-reply", args=[document.uid])
    officer.post(url, SAID | {"body": "共[#1]人（[~1]）。", "seen": 2})
    assert officer.get(reverse("office:numbers-reply-file", args=[document.uid, "docx"])).status_code == 302
    assert "[~1]" in page(officer, "reply", document)


def test_whole_numbers_are_written_without_decimals(officer: Client, school_class: SchoolClass) -> None:
    published(school_class.school, None, None, value=3.0)
    url = reverse("office:number", args=["growth.effect.g9"]) + f"?at={clock.today()}&by=school"
    figure = officer.get(url).context["figure"]
    assert (figure.columns[1].decimals, len(figure.columns)) == (0, 2)


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


def test_versions_name_the_person_who_saved_them_and_else_the_account(
    officer: Client, document: Document, django_assert_max_num_queries: object
) -> None:
    saved = queries.current(document)
    assert saved.saved_by is not None and saved.saved_by.username in page(officer, "reply", document)
    (person,) = create_people([("虚构写手", "")])
    Person.objects.filter(pk=person.pk).update(account=saved.saved_by)
    fields = {
        "title": saved.title,
        "addressee": "",
        "issuer": saved.issuer,
        "dated": saved.dated,
        "typed": [],
    }
    for number in range(saved.number + 1, saved.number + 8):
        document.versions.create(
            **fields, body=f"第{number}稿", number=number, saved=saved.saved, saved_by=saved.saved_by
        )
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        shown = page(officer, "reply", document)
    assert shown.count("虚构写手") >= 7 + saved.number
    assert f'· <span translate="no">{saved.saved_by.username}' not in shown
