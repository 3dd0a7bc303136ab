"""The questionnaires' pages: designing, sending out, answering, results, and who may open what."""

import datetime as dt
import io
import json
import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from tests import factories as make
from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.demo import DemoContext, Scale
from xuequ.kit.questionnaires import actions, queries
from xuequ.kit.questionnaires.actions import Plan
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Questionnaire, Round
from xuequ.systems.office.surveys import demo
from xuequ.systems.office.surveys import queries as pages

pytestmark = pytest.mark.django_db

SOURCE: dict[str, Any] = {
    "pages": [
        {
            "elements": [
                {"type": "radiogroup", "name": "way", "title": "方式", "isRequired": True,
                 "choices": [{"value": "w1", "text": "=工作坊"}, {"value": "w2", "text": "讲座"}]},
                {"type": "rating", "name": "mood", "title": "评价"},
                {"type": "comment", "name": "wish", "title": "希望", "visibleIf": "{way} = 'w1'"},
            ]
        }
    ]
}  # fmt: skip


def signed_in(role: Role, **place: Any) -> Client:
    """Return a browser in which somebody with this role is signed in."""
    account = make.make_account(role, **place)
    make.bind(make.create_people([("某人", "")])[0], account)
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(account)
    return client


@pytest.fixture
def school() -> School:
    make.make_district()
    return make.make_school("云汀一中")


@pytest.fixture
def asker() -> Actor:
    return make.make_actor(Role.DISTRICT_OFFICER)


@pytest.fixture
def office() -> Client:
    return signed_in(Role.DISTRICT_OFFICER)


def published(asker: Actor, source: Any = SOURCE) -> Questionnaire:
    made = actions.create(actor=asker, title="培训需求", school=None, source=source, at=clock.now())
    actions.publish(actor=asker, questionnaire=made, at=clock.now())
    return made


def sent(asker: Actor, school: School, **changes: Any) -> Round:
    values: dict[str, Any] = {
        "title": "培训需求",
        "audience": Audience.STAFF,
        "schools": [school],
        "opens": clock.now() - dt.timedelta(days=1),
        "closes": clock.now() + dt.timedelta(days=1),
        "purpose": "安排培训",
        "basis": "自愿",
        "roles": ["teacher"],
    }
    return actions.open_round(
        actor=asker, questionnaire=published(asker), plan=Plan(**values | changes), at=clock.now()
    )


def answers(wave: Round, school: School, number: int, data: dict[str, Any]) -> None:
    Answer.objects.bulk_create(
        Answer(round=wave, version=wave.version, data=data, school=school, sent=clock.now())
        for _n in range(number)
    )


def post(client: Client, wave: Round, data: Any, **changes: Any) -> dict[str, Any]:
    body = {"uid": str(uuid.uuid4()), "version": 1, "data": data, "seconds": 30} | changes
    address = reverse("office:surveys-send", args=[wave.uid])
    reply: dict[str, Any] = client.post(address, json.dumps(body), content_type="application/json").json()
    return reply


# Who may open what


def addresses(wave: Round, school: School) -> list[str]:
    draft = wave.questionnaire
    own = [
        "surveys-design",
        "surveys-json",
        "surveys-delete",
        "surveys-paper",
        "surveys-template",
        "surveys-round-new",
    ]
    rounds = ["surveys-round", "surveys-sheet", "surveys-results", "surveys-export"]
    return [
        *(reverse(f"office:{name}", args=[draft.uid]) for name in own),
        reverse("office:surveys-question", args=[draft.uid, "way"]),
        *(reverse(f"office:{name}", args=[wave.uid]) for name in rounds),
        reverse("office:surveys-missing", args=[wave.uid, school.uid]),
    ]


def test_each_page_opens_for_those_who_asked(asker: Actor, school: School, office: Client) -> None:
    wave = sent(asker, school, anonymous=False)
    for address in [reverse("office:surveys"), reverse("office:surveys-new"), *addresses(wave, school)]:
        assert office.get(address).status_code == 200, address


@pytest.mark.parametrize(
    "role", [Role.TEACHER, Role.GUARDIAN, Role.PUPIL, Role.SUPERVISOR, Role.BUREAU_LEADER]
)
def test_nobody_else_opens_them(asker: Actor, school: School, role: Role) -> None:
    wave = sent(asker, school, anonymous=False)
    client = signed_in(role, **({"school": school} if role == Role.TEACHER else {}))
    for address in [reverse("office:surveys"), *addresses(wave, school)]:
        assert client.get(address).status_code == 403, address
    assert Client().get(reverse("office:surveys")).status_code == 302


def test_a_school_sees_nothing_of_the_districts_and_of_others(asker: Actor, school: School) -> None:
    wave = sent(asker, school, anonymous=False)
    head = signed_in(Role.HEAD, school=school)
    assert head.get(reverse("office:surveys")).status_code == 200
    for address in addresses(wave, school):
        assert head.get(address).status_code == 404, address
    for name in ("surveys-publish", "surveys-change", "surveys-delete"):
        assert head.post(reverse(f"office:{name}", args=[wave.questionnaire.uid])).status_code == 404
    for name in ("surveys-close", "surveys-renew"):
        assert head.post(reverse(f"office:{name}", args=[wave.uid])).status_code == 404


def test_rounds_of_others_stay_hidden(asker: Actor, school: School) -> None:
    wave = sent(asker, school)
    stranger = signed_in(Role.TEACHER, school=make.make_school())
    for name in ("surveys-answer", "surveys-send"):
        method = stranger.get if name == "surveys-answer" else stranger.post
        assert method(reverse(f"office:{name}", args=[wave.uid])).status_code == 404
    assert stranger.get(reverse("office:surveys-answer", args=[uuid.uuid4()])).status_code == 404


def test_who_has_not_answered_is_never_shown_for_an_anonymous_round(
    asker: Actor, school: School, office: Client
) -> None:
    wave = sent(asker, school)
    assert office.get(reverse("office:surveys-missing", args=[wave.uid, school.uid])).status_code == 403


# Designing


def test_from_nothing_to_a_round(school: School, office: Client) -> None:
    response = office.post(reverse("office:surveys-new"), {"title": "新问卷"})
    draft = Questionnaire.objects.get()
    design = reverse("office:surveys-design", args=[draft.uid])
    assert response.headers["Location"] == design
    page = office.get(design)
    assert page.context["problems"]
    change = reverse("office:surveys-change", args=[draft.uid])
    assert office.post(change, {"what": "add", "type": "checkbox", "title": "内容"}).status_code == 302
    assert office.post(change, {"what": "add", "type": "rating", "title": "评价"}).status_code == 302
    settings = reverse("office:surveys-question", args=[draft.uid, "q2"])
    shown = [choice for choice, _label in office.get(settings).context["form"].fields["show"].choices]
    assert shown == ["", "内容"]
    said = {"title": "评价", "rateMin": 1, "rateMax": 4, "show": "{q1} contains 'a1'", "isRequired": "on"}
    assert office.post(settings, said).status_code == 302
    topics = {"title": "内容", "choices": "作业\n课堂", "most": 1, "show": ""}
    assert office.post(reverse("office:surveys-question", args=[draft.uid, "q1"]), topics).status_code == 302
    assert office.post(reverse("office:surveys-publish", args=[draft.uid])).status_code == 302
    form = queries.newest_version(draft).form  # type: ignore[union-attr]
    assert form.questions["q2"].required
    assert form.questions["q2"].visible_if is not None
    assert [choice.label.zh for choice in form.questions["q1"].choices] == ["作业", "课堂"]
    assert form.questions["q1"].validators[0].high == 1
    out = {
        "title": "新问卷", "audience": "staff", "roles": ["teacher"], "anonymous": "on",
        "opens": "2026-03-01T08:00", "closes": "2026-03-09T18:00", "purpose": "目的", "basis": "依据",
    }  # fmt: skip
    assert office.post(reverse("office:surveys-round-new", args=[draft.uid]), out).status_code == 302
    assert list(Round.objects.get().schools.all()) == [school]


def test_the_list_changes_by_buttons(asker: Actor, office: Client) -> None:
    draft = published(asker)
    change = reverse("office:surveys-change", args=[draft.uid])
    for what, name in [
        ("down", "way"),
        ("duplicate", "mood"),
        ("remove", "wish"),
        ("page", ""),
        ("nonsense", "way"),
    ]:
        assert office.post(change, {"what": what, "name": name}).status_code == 302
    draft.refresh_from_db()
    assert [one["name"] for one in draft.source["pages"][0]["elements"]] == ["mood", "mood1", "way"]
    assert len(draft.source["pages"]) == 2


def test_json_outside_the_subset_is_refused_with_its_place(asker: Actor, office: Client) -> None:
    draft = published(asker)
    address = reverse("office:surveys-json", args=[draft.uid])
    wrong = {"pages": [{"elements": [{"type": "html", "name": "a", "html": "<script>"}]}]}
    page = office.post(address, {"source": json.dumps(wrong)})
    assert "pages[0].elements[0].type" in str(page.context["form"].errors)
    draft.refresh_from_db()
    assert draft.source == SOURCE
    assert office.post(address, {"source": json.dumps(SOURCE)}).status_code == 302


def test_only_pages_with_the_form_allow_style_attributes(asker: Actor, office: Client) -> None:
    draft = published(asker)
    policies = {
        name: office.get(reverse(f"office:{name}", args=[draft.uid])).headers["Content-Security-Policy"]
        for name in ("surveys-design", "surveys-json")
    }
    assert "style-src-attr 'unsafe-inline'" in policies["surveys-design"]
    assert "style-src-attr" not in policies["surveys-json"]
    assert all("script-src 'self';" in policy for policy in policies.values())


def test_paper_and_template(asker: Actor, office: Client) -> None:
    draft = published(asker)
    with translation.override("zh-hans"):
        pdf = office.get(reverse("office:surveys-paper", args=[draft.uid]))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    for words in ("培训需求", "方式", "=工作坊", "讲座", "希望"):
        assert words in text
    again = office.get(reverse("office:surveys-paper", args=[draft.uid]))
    assert again.content == pdf.content
    sheet = load_workbook(
        io.BytesIO(office.get(reverse("office:surveys-template", args=[draft.uid])).content)
    )
    assert [cell.value for cell in sheet.worksheets[0][2]] == ["way", "mood", "wish"]


# Answering


def test_answering(asker: Actor, school: School) -> None:
    wave = sent(asker, school)
    teacher = signed_in(Role.TEACHER, school=school)
    assert "培训需求" in teacher.get(reverse("office:surveys-mine")).content.decode()
    page = teacher.get(reverse("office:surveys-answer", args=[wave.uid]))
    assert page.context["state"] == "open"
    assert page.context["setup"]["form"] == SOURCE
    key = page.context["setup"]["key"]
    assert key.startswith(pages.draft_owner(Actor.of(page.wsgi_request.user, clock.today())))
    uid = str(uuid.uuid4())
    assert post(teacher, wave, {"way": "w1", "mood": 4}, uid=uid) == {"state": "stored", "changed": []}
    assert post(teacher, wave, {"way": "w1", "mood": 4}, uid=uid)["state"] == "stored"
    assert post(teacher, wave, {"way": "w2"})["state"] == "refused"
    assert Answer.objects.count() == 1
    assert teacher.get(reverse("office:surveys-answer", args=[wave.uid])).context["state"] == "done"
    assert not teacher.get(reverse("office:surveys-mine")).context["waiting"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"uid": 5}',
        '{"uid": "x", "version": 1, "data": {}}',
        "[" * 5000,
        '{"uid": "' + "0" * 600_000,
    ],
)
def test_what_is_not_from_our_form_is_refused(asker: Actor, school: School, body: str) -> None:
    wave = sent(asker, school)
    teacher = signed_in(Role.TEACHER, school=school)
    reply = teacher.post(
        reverse("office:surveys-send", args=[wave.uid]), body, content_type="application/json"
    )
    assert reply.json()["state"] == "refused"
    assert not Answer.objects.exists()


def test_wrong_answers_come_back_with_the_reason(asker: Actor, school: School) -> None:
    wave = sent(asker, school)
    reply = post(signed_in(Role.TEACHER, school=school), wave, {"mood": 9})
    assert reply["state"] == "wrong"
    assert set(reply["errors"]) == {"way", "mood"}


def test_a_changed_form_comes_back(asker: Actor, school: School) -> None:
    wave = sent(asker, school)
    fewer = {"pages": [{"elements": [{**SOURCE["pages"][0]["elements"][1], "isRequired": True}]}]}
    actions.save_source(actor=asker, questionnaire=wave.questionnaire, source=fewer, at=clock.now())
    actions.publish(actor=asker, questionnaire=wave.questionnaire, at=clock.now())
    actions.renew_round(actor=asker, wave=wave)
    reply = post(signed_in(Role.TEACHER, school=school), wave, {"way": "w1"})
    assert (reply["state"], reply["version"], reply["form"]) == ("changed", 2, fewer)
    assert len(reply["changes"]) == 3


def test_cards_and_menu(asker: Actor, school: School, office: Client) -> None:
    sent(asker, school)
    teacher = signed_in(Role.TEACHER, school=school)
    found = queries.open_rounds(
        Actor.of(teacher.get("/feedback/").wsgi_request.user, clock.today()), clock.now()
    )
    assert len(found) == 1
    assert reverse("office:surveys") in office.get("/feedback/").content.decode()
    assert reverse("office:surveys") not in teacher.get("/feedback/").content.decode()


# Results


def results_of(client: Client, wave: Round, **said: Any) -> HttpResponse:
    return client.get(reverse("office:surveys-results", args=[wave.uid]), said)  # type: ignore[return-value]


def test_results(
    asker: Actor, school: School, office: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    wave = sent(asker, school)
    answers(wave, school, 9, {"way": "w1", "mood": 4, "wish": "多听课"})
    answers(wave, school, 6, {"way": "w2", "mood": 2})
    with django_assert_max_num_queries(24):
        page = results_of(office, wave, row="way", column="mood")
    shown = page.context["questions"]  # type: ignore[attr-defined]
    assert [(one.asked, one.answered) for one in shown] == [(15, 15), (15, 15), (9, 9)]
    assert shown[0].figure.cell("w1", "count") == 9
    assert shown[2].texts == ["多听课"] * 9
    assert page.context["crossing"].cell("w1|4", "count") == 9  # type: ignore[attr-defined]
    listed = load_workbook(io.BytesIO(results_of(office, wave, export="xlsx").content)).worksheets[0]
    assert [cell.value for cell in listed[2]][1:3] == ["'=工作坊", 9]


def test_few_answers_are_not_shown(asker: Actor, school: School, office: Client) -> None:
    wave = sent(asker, school)
    answers(wave, school, 4, {"way": "w1"})
    page = results_of(office, wave)
    assert page.context["few"]  # type: ignore[attr-defined]
    assert page.context["questions"] == []  # type: ignore[attr-defined]
    export = office.get(reverse("office:surveys-export", args=[wave.uid]), {"as": "csv"})
    assert export.content.decode("utf-8-sig").count("\n") == 1
    other = make.make_school()
    wave.schools.add(other)
    answers(wave, other, 20, {"way": "w2"})
    assert results_of(office, wave, school=school.uid).context["few"]  # type: ignore[attr-defined]
    assert not results_of(office, wave).context["few"]  # type: ignore[attr-defined]


def test_exports_run_no_formula_and_name_nobody_in_an_anonymous_round(
    asker: Actor, school: School, office: Client
) -> None:
    wave = sent(asker, school)
    answers(wave, school, 5, {"way": "w1", "wish": "=cmd()"})
    address = reverse("office:surveys-export", args=[wave.uid])
    rows = list(load_workbook(io.BytesIO(office.get(address).content)).worksheets[0].values)
    assert rows[1] == ("'=工作坊", None, "'=cmd()")
    text = office.get(address, {"as": "csv"}).content.decode("utf-8-sig")
    assert "云汀一中" not in text
    assert "'=cmd()" in text


def test_a_filled_sheet_is_brought_in(asker: Actor, school: School, office: Client) -> None:
    wave = sent(asker, school)
    address = reverse("office:surveys-sheet", args=[wave.uid])
    book = load_workbook(
        io.BytesIO(office.get(reverse("office:surveys-template", args=[wave.questionnaire.uid])).content)
    )

    def uploaded() -> Any:
        stream = io.BytesIO()
        book.save(stream)
        return office.post(
            address, {"school": school.uid, "file": ContentFile(stream.getvalue(), "答卷.xlsx")}
        )

    book.worksheets[0].cell(3, 2, 9)
    page = uploaded()
    assert {row.record.cell for row in page.context["table"].rows} == {"A3", "B3"}
    assert not Answer.objects.exists()
    book.worksheets[0].cell(3, 1, "讲座")
    book.worksheets[0].cell(3, 2, 5)
    assert uploaded().status_code == 302
    assert Answer.objects.get().data == {"way": "w2", "mood": 5}


# The demo


def test_the_demos_questionnaires_keep_their_own_rules(school: School) -> None:
    from xuequ.kit.questionnaires.validation import judge

    make.make_account(username="demo-data")
    for _n in range(12):
        account = make.make_account(Role.TEACHER, school=school)
        make.bind(make.create_people([("某人", "")])[0], account)
    demo.build(DemoContext(Scale.SMALL, 1, make.DAY))
    assert Questionnaire.objects.count() == 3
    assert Round.objects.count() == 2
    found = list(Answer.objects.select_related("version"))
    assert len(found) > 5
    for answer in found:
        verdict = judge(answer.version.form, answer.data)
        assert verdict.accepted, verdict.faults
        assert verdict.data == answer.data
