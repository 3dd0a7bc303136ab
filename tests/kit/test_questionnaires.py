"""Questionnaires: publishing, sending out, answering once, results that show nobody."""

import datetime as dt
import io
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests import factories as make
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.questionnaires import actions, drafting, parsing, queries, results, sheets
from xuequ.kit.questionnaires.actions import Plan, Sending
from xuequ.kit.questionnaires.carefulness import signs
from xuequ.kit.questionnaires.changes import ChangeKind
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Questionnaire, Receipt, Round
from xuequ.kit.questionnaires.parsing import SchemaError
from xuequ.kit.questionnaires.queries import Place
from xuequ.kit.questionnaires.results import Given

AT = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)
SOURCE: dict[str, Any] = {
    "pages": [
        {
            "elements": [
                {"type": "radiogroup", "name": "way", "title": "方式", "isRequired": True,
                 "showOtherItem": True,
                 "choices": [{"value": "w1", "text": "工作坊"}, {"value": "w2", "text": "讲座"}]},
                {"type": "text", "name": "years", "title": "教龄", "inputType": "number", "min": 0, "max": 45},
                {"type": "checkbox", "name": "topics", "title": "内容", "choices": ["a", "b", "c"],
                 "visibleIf": "{way} = 'w1'"},
                {"type": "matrix", "name": "views", "title": "看法", "columns": [1, 2, 3],
                 "rows": ["r1", "r2", "r3", "r4"]},
                {"type": "text", "name": "day", "title": "日期", "inputType": "date"},
            ]
        }
    ]
}  # fmt: skip
FORM = parsing.read(SOURCE)


@pytest.fixture
def school(db: None) -> School:
    return make.make_school("云汀一中")


@pytest.fixture
def asker(db: None) -> Actor:
    return make.make_actor(Role.DISTRICT_OFFICER)


def person(role: Role, **place: Any) -> Actor:
    """Return the actor of an account that belongs to somebody."""
    account = make.make_account(role, **place)
    make.bind(make.create_people([("某人", "")])[0], account)
    return Actor.of(account, make.DAY)


def drafted(asker: Actor, source: Any = SOURCE, school: School | None = None) -> Questionnaire:
    made = actions.create(actor=asker, title="需求", school=school, source=source, at=AT)
    actions.publish(actor=asker, questionnaire=made, at=AT)
    return made


def plan(*schools: School, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "title": "需求",
        "audience": Audience.STAFF,
        "schools": schools,
        "opens": AT - dt.timedelta(days=1),
        "closes": AT + dt.timedelta(days=7),
        "purpose": "安排培训",
        "basis": "自愿",
        "roles": ["teacher"],
    }
    return Plan(**values | changes)


def opened(asker: Actor, *schools: School, **changes: Any) -> Round:
    return actions.open_round(
        actor=asker, questionnaire=drafted(asker), plan=plan(*schools, **changes), at=AT
    )


def sending(data: dict[str, Any] | None = None, **changes: Any) -> Sending:
    values: dict[str, Any] = {"uid": uuid.uuid4(), "version": 1, "data": data or {"way": "w1"}, "seconds": 60}
    return Sending(**values | changes)


def send(actor: Actor, wave: Round, school: School, one: Sending, at: dt.datetime = AT) -> actions.Outcome:
    return actions.send(actor=actor, wave=wave, place=Place(school.pk), sending=one, at=at)


# Making and sending out


def test_who_may_ask(school: School) -> None:
    assert queries.may_ask(make.make_actor(Role.DATA_OFFICER))
    assert queries.may_ask(make.make_actor(Role.HEAD, school=school))
    for role, place in [(Role.TEACHER, {"school": school}), (Role.GUARDIAN, {}), (Role.SUPERVISOR, {})]:
        actor = make.make_actor(role, **place)
        assert not queries.may_ask(actor)
        with pytest.raises(Forbidden):
            actions.create(actor=actor, title="x", school=None, source=None, at=AT)


def test_a_school_asks_its_own_only(school: School, asker: Actor) -> None:
    head, other = make.make_actor(Role.HEAD, school=school), make.make_school()
    own = drafted(head, school=school)
    districts = drafted(asker)
    assert list(queries.questionnaires(head)) == [own]
    assert list(queries.questionnaires(asker)) == [districts]
    with pytest.raises(Forbidden):
        actions.open_round(actor=head, questionnaire=own, plan=plan(school, other), at=AT)
    for call in (actions.publish, actions.save_source):
        with pytest.raises(Forbidden):
            call(
                actor=head,
                questionnaire=districts,
                at=AT,
                **({"source": {}} if call is actions.save_source else {}),
            )
    with pytest.raises(Forbidden):
        actions.create(actor=head, title="x", school=other, source=None, at=AT)


def test_published_versions_stay_as_they_are(asker: Actor) -> None:
    draft = drafted(asker)
    assert actions.publish(actor=asker, questionnaire=draft, at=AT).number == 1  # the same again
    actions.save_source(actor=asker, questionnaire=draft, source=drafting.remove(SOURCE, "day"), at=AT)
    second = actions.publish(actor=asker, questionnaire=draft, at=AT)
    assert second.number == 2
    assert [one.number for one in draft.versions.all()] == [2, 1]
    assert "day" in draft.versions.get(number=1).form.questions
    actions.save_source(actor=asker, questionnaire=draft, source={"pages": []}, at=AT)
    with pytest.raises(SchemaError):
        actions.publish(actor=asker, questionnaire=draft, at=AT)


def test_plans_that_make_no_sense(asker: Actor, school: School) -> None:
    draft = drafted(asker)
    for wrong in (
        {"closes": AT - dt.timedelta(days=2)},
        {"roles": []},
        {"contradiction": "{nothing} = 1"},
    ):
        with pytest.raises(Refused):
            actions.open_round(actor=asker, questionnaire=draft, plan=plan(school, **wrong), at=AT)
    unpublished = actions.create(actor=asker, title="x", school=None, source=None, at=AT)
    with pytest.raises(Refused):
        actions.open_round(actor=asker, questionnaire=unpublished, plan=plan(school), at=AT)
    assert not Round.objects.exists()


def test_what_was_sent_out_is_not_deleted(asker: Actor, school: School) -> None:
    wave = opened(asker, school)
    with pytest.raises(Refused):
        actions.delete(actor=asker, questionnaire=wave.questionnaire)
    spare = drafted(asker)
    actions.delete(actor=asker, questionnaire=spare)
    assert not Questionnaire.objects.filter(pk=spare.pk).exists()


# Who is asked


def test_each_audience_is_found(asker: Actor, school: School) -> None:
    school_class = make.make_class(school)  # grade 8
    pupil = make.make_pupil(school_class)
    guardian = make.make_account()
    make.make_guardian(pupil, account=guardian)
    child = make.make_account(Role.PUPIL)
    make.bind(pupil.person, child)
    actors = {
        Audience.STAFF: person(Role.TEACHER, school=school),
        Audience.SCHOOLS: person(Role.SCHOOL_ADMINISTRATOR, school=school),
        Audience.GUARDIANS: Actor.of(guardian, make.DAY),
        Audience.PUPILS: Actor.of(child, make.DAY),
    }
    waves = {audience: opened(asker, school, audience=audience) for audience in Audience}
    for audience, actor in actors.items():
        assert [one.wave for one in queries.open_rounds(actor, AT)] == [waves[audience]]
    make.make_year()
    other_grade = opened(asker, school, audience=Audience.PUPILS, grades=[7])
    assert other_grade not in [one.wave for one in queries.open_rounds(actors[Audience.PUPILS], AT)]
    elsewhere = person(Role.TEACHER, school=make.make_school())
    assert queries.open_rounds(elsewhere, AT) == []
    assert queries.open_rounds(actors[Audience.STAFF], AT + dt.timedelta(days=8)) == []
    counts = {audience: queries.responses(wave, make.DAY)[0].asked for audience, wave in waves.items()}
    assert counts == dict.fromkeys(Audience, 1)


# Answering


def test_an_anonymous_answer_leads_to_nobody(asker: Actor, school: School) -> None:
    wave, teacher = opened(asker, school), person(Role.TEACHER, school=school)
    assert send(teacher, wave, school, sending({"way": "other", "way-Comment": "跟岗", "years": 3})).stored
    answer, receipt = Answer.objects.get(), Receipt.objects.get()
    assert (answer.person, receipt.person_id) == (None, teacher.person_id)
    assert answer.sent == AT.replace(hour=0, minute=0)
    assert answer.data == {"way": "other", "way-Comment": "跟岗", "years": 3}
    event = AuditEvent.objects.filter(verb="questionnaire.answered").get()
    assert event.object_uid == wave.uid
    assert event.data == {}
    assert queries.open_rounds(teacher, AT) == []
    assert queries.missing_staff(wave, school, make.DAY) == []


def test_sent_twice_is_sent_once(asker: Actor, school: School) -> None:
    wave, teacher = opened(asker, school), person(Role.TEACHER, school=school)
    one = sending()
    assert send(teacher, wave, school, one).stored
    assert send(teacher, wave, school, one).stored
    with pytest.raises(Refused):
        send(teacher, wave, school, sending())
    assert (Answer.objects.count(), Receipt.objects.count()) == (1, 1)


def test_an_office_answers_once_for_each_school(asker: Actor, school: School) -> None:
    wave = opened(asker, school, audience=Audience.SCHOOLS)
    assert not wave.anonymous
    head, deputy = person(Role.HEAD, school=school), person(Role.SCHOOL_ADMINISTRATOR, school=school)
    assert send(head, wave, school, sending()).stored
    with pytest.raises(Refused):
        send(deputy, wave, school, sending())
    assert queries.open_rounds(deputy, AT) == []


def test_wrong_answers_store_nothing(asker: Actor, school: School) -> None:
    wave, teacher = opened(asker, school), person(Role.TEACHER, school=school)
    outcome = send(teacher, wave, school, sending({"years": 99}))
    assert not outcome.stored
    assert outcome.verdict is not None
    assert set(outcome.verdict.faults) == {"way", "years"}
    assert not send(teacher, wave, school, sending({"way": "w1", "more": 1})).stored
    for at in (AT - dt.timedelta(days=2), AT + dt.timedelta(days=8)):
        with pytest.raises(Refused):
            send(teacher, wave, school, sending(), at)
    with pytest.raises(Refused):
        send(teacher, wave, school, sending(version=7))
    with pytest.raises(Forbidden):
        send(make.make_actor(Role.TEACHER, school=school), wave, school, sending())
    assert not Answer.objects.exists()
    assert not Receipt.objects.exists()


def test_hidden_answers_are_not_stored(asker: Actor, school: School) -> None:
    wave, teacher = opened(asker, school), person(Role.TEACHER, school=school)
    assert send(teacher, wave, school, sending({"way": "w2", "topics": ["a"], "way-Comment": "x"})).stored
    assert Answer.objects.get().data == {"way": "w2"}


def renewed(asker: Actor, wave: Round, source: Any) -> None:
    actions.save_source(actor=asker, questionnaire=wave.questionnaire, source=source, at=AT)
    actions.publish(actor=asker, questionnaire=wave.questionnaire, at=AT)
    actions.renew_round(actor=asker, wave=wave)


def test_a_form_changed_while_it_is_filled_in(asker: Actor, school: School) -> None:
    wave, teacher = opened(asker, school), person(Role.TEACHER, school=school)
    with pytest.raises(Refused):
        actions.renew_round(actor=asker, wave=wave)
    stricter = drafting.replace(SOURCE, "years", {**SOURCE["pages"][0]["elements"][1], "isRequired": True})
    renewed(asker, wave, drafting.remove(stricter, "day"))
    outcome = send(teacher, wave, school, sending({"way": "w1"}))
    assert not outcome.stored
    assert [(one.kind, one.question) for one in outcome.changed] == [
        (ChangeKind.RULES, "years"),
        (ChangeKind.REMOVED, "day"),
    ]
    fits = send(teacher, wave, school, sending({"way": "w1", "years": 5, "topics": ["a"]}))
    assert fits.stored
    assert fits.changed
    assert Answer.objects.get().version.number == 1  # against the version it was given on


def test_closing(asker: Actor, school: School) -> None:
    wave = opened(asker, school)
    actions.close_round(actor=asker, wave=wave, at=AT)
    with pytest.raises(Refused):
        send(person(Role.TEACHER, school=school), wave, school, sending())


def test_who_is_missing_is_known_for_staff_by_name_only(asker: Actor, school: School) -> None:
    wave = opened(asker, school, anonymous=False)
    first, _second = person(Role.TEACHER, school=school), person(Role.TEACHER, school=school)
    send(first, wave, school, sending())
    assert Answer.objects.get().person_id == first.person_id
    assert len(queries.missing_staff(wave, school, make.DAY)) == 1
    response = queries.responses(wave, make.DAY)[0]
    assert (response.asked, response.answered, response.share) == (2, 1, 0.5)


# Excel


def filled(rows: list[dict[str, Any]]) -> bytes:
    book = load_workbook(io.BytesIO(sheets.template(FORM, "需求")))
    sheet = book.worksheets[0]
    places = {sheet.cell(2, place).value: place for place in range(1, sheet.max_column + 1)}
    for number, row in enumerate(rows, start=sheets.FIRST_ROW):
        for key, value in row.items():
            sheet.cell(number, places[key], value)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_filled_sheet_is_read() -> None:
    read = sheets.read(
        FORM,
        filled(
            [
                {"way": "工作坊", "years": "１２", "topics=a": "√", "topics=c": 1, "topics=b": "否", "views=r1": 2,
                 "day": dt.date(2026, 3, 1)},
                {"way": "其他", "way-Comment": "跟岗", "day": "2026年3月9日"},
            ]
        ),
    )  # fmt: skip
    assert read.problems == ()
    assert read.answers == (
        {"way": "w1", "years": 12, "topics": ["a", "c"], "views": {"r1": 2}, "day": "2026-03-01"},
        {"way": "other", "way-Comment": "跟岗", "day": "2026-03-09"},
    )


def test_errors_stand_at_their_cells() -> None:
    read = sheets.read(
        FORM,
        filled(
            [
                {"way": "不知道", "years": "很多", "topics=a": "可能", "day": "2026-13-01"},
                {"years": 99},
                {"way": "讲座", "topics=b": "√"},
            ]
        ),
    )
    assert {problem.cell for problem in read.problems} == {"A3", "C3", "D3", "K3", "A4", "C4", "D5"}


def test_another_sheet_is_refused() -> None:
    other = parsing.read({"pages": [{"elements": [{"type": "text", "name": "x"}]}]})
    for content in (sheets.template(other, "x"), b"no workbook", sheets.template(FORM, "empty")):
        with pytest.raises(Refused):
            sheets.read(FORM, content)


def test_sheets_are_brought_in_whole(asker: Actor, school: School) -> None:
    wave = opened(asker, school)
    with pytest.raises(Refused):
        actions.bring_in(actor=asker, wave=wave, school=school, answers=[{"way": "w1"}, {}], at=AT)
    with pytest.raises(Forbidden):
        actions.bring_in(actor=asker, wave=wave, school=make.make_school(), answers=[{"way": "w1"}], at=AT)
    assert not Answer.objects.exists()
    assert actions.bring_in(actor=asker, wave=wave, school=school, answers=[{"way": "w1"}] * 2, at=AT) == 2
    assert Answer.objects.filter(on_paper=True, person=None).count() == 2


# Results


def given_all(*answers: dict[str, Any], seconds: int | None = None) -> list[Given]:
    return [Given(data, seconds, 1, None) for data in answers]


def test_counting() -> None:
    rows = given_all(
        *[{"way": "w1", "years": 4, "topics": ["a", "b"], "views": {"r1": 1}}] * 3, {"way": "w2", "years": 1}
    )
    found = results.count(FORM, rows)
    assert found.total == 4
    assert found.tallies["way"].counts == {"w1": 3, "w2": 1}
    assert found.tallies["topics"].asked == 3  # the others never saw it
    assert found.tallies["topics"].counts == {"a": 3, "b": 3}
    assert found.tallies["views"].counts == {"r1.1": 3}
    assert (found.tallies["years"].mean, found.tallies["years"].middle) == (3.25, 4)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=6))
def test_no_hidden_part_can_be_computed(counts: list[int]) -> None:
    shown = results.hidden(counts, parts=True)
    assert all(one is None or one == 0 or one >= results.SMALLEST for one in shown)
    assert shown.count(None) != 1


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["w1", "w2", "other"]), st.sampled_from([1, 2, 3])), max_size=60))
def test_no_hidden_cell_of_a_crossing_can_be_computed(pairs: list[tuple[str, int]]) -> None:
    rating = {"type": "rating", "name": "r", "rateMin": 1, "rateMax": 3}
    form = parsing.read({"pages": [{"elements": [SOURCE["pages"][0]["elements"][0], rating]}]})
    rows = given_all(*({"way": way, "r": mood} for way, mood in pairs))
    crossed = results.cross(form, rows, "way", "r")
    assert crossed.counted == len(pairs)
    for line, total in zip(crossed.cells, crossed.totals, strict=True):
        assert all(one is None or one == 0 or one >= results.SMALLEST for one in line)
        assert total is None or line.count(None) != 1
    for place in range(3):
        assert [line[place] for line in crossed.cells].count(None) != 1


def test_signs_of_carelessness_are_shares() -> None:
    careful = {"way": "w1", "years": 30, "views": {"r1": 1, "r2": 2, "r3": 3, "r4": 1}}
    straight = {"way": "w1", "years": 1, "views": dict.fromkeys(("r1", "r2", "r3", "r4"), 2)}
    rows = [Given(careful, 100, 1, None)] * 18 + [Given(straight, 100, 1, None), Given(careful, 20, 1, None)]
    found = results.count(FORM, rows, "{years} > 20 and {way} = 'w2'")
    assert (found.care.fast, found.care.straight, found.care.contradicting, found.care.any) == (1, 1, 0, 2)
    assert results.count(FORM, rows, careful=True).total == 18
    few, _flags = signs(FORM, [careful], [1])
    assert few.fast == 0  # too few times to judge by


def test_answers_in_words() -> None:
    data = {"way": "other", "way-Comment": "跟岗", "topics": ["a", "c"], "views": {"r1": 2}}
    texts = [results.text_of(question, data, "zh-hans") for question in FORM.questions.values()]
    assert texts == ["其他: 跟岗", "", "a; c", "r1: 2", ""]


# Drafting


def test_drafting() -> None:
    source, name = drafting.add({"pages": []}, drafting.QuestionType.RADIO, "一")
    source, other = drafting.add(drafting.add_page(source), drafting.QuestionType.TEXT, "二")
    assert (name, other) == ("q1", "q2")
    assert parsing.read(source).questions.keys() == {"q1", "q2"}
    moved = drafting.move(source, "q2", -1)
    assert [(entry.page, entry.name) for entry in drafting.entries(moved)] == [(0, "q1"), (0, "q2")]
    twice = drafting.duplicate(moved, "q1")
    assert [entry.name for entry in drafting.entries(twice)] == ["q1", "q3", "q2"]
    assert [entry.name for entry in drafting.entries(drafting.remove(twice, "q3"))] == ["q1", "q2"]
    assert drafting.move(moved, "q1", -1) == moved  # nothing above the first


def test_choices_keep_their_values() -> None:
    before = [{"value": "a1", "text": "甲"}, {"value": "a2", "text": "乙"}]
    after = drafting.choices_from("乙\n丙\n5 = 丁\n\n", "a", before)
    assert after == [{"value": "a2", "text": "乙"}, {"value": "a1", "text": "丙"}, {"value": 5, "text": "丁"}]
    assert drafting.lines_of(after).splitlines()[0] == "a2 = 乙"
