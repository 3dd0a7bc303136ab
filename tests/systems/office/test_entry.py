"""Typing results in: whose sheets, which cells, what is refused."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from xuequ.core.models import Account, AuditEvent
from xuequ.district.choices import Role, Stage
from xuequ.district.models import SchoolClass
from xuequ.record.choices import Basis, Form
from xuequ.record.models import Assessment, Result

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xuequ.core.clock.today", lambda: factories.DAY)


@pytest.fixture
def school_class() -> SchoolClass:
    return factories.make_class()


def signed_in(client: Client, account: Account) -> Client:
    client.force_login(account)
    return client


def teacher_of(school_class: SchoolClass) -> Account:
    account = factories.make_account()
    factories.make_teacher(school_class, factories.make_subject(), account=account)
    return account


def exam(school_class: SchoolClass, **fields: object) -> Assessment:
    return factories.make_assessment(basis=Basis.SCHOOL_MIDTERM, school=school_class.school, **fields)


def address(name: str, assessment: Assessment, school_class: SchoolClass) -> str:
    return reverse(f"office:{name}", args=[assessment.uid, school_class.uid])


def send(client: Client, assessment: Assessment, school_class: SchoolClass, *cells: dict[str, str]):
    where = address("entry-cells", assessment, school_class)
    return client.post(where, json.dumps({"cells": cells}), content_type="application/json")


def test_a_teacher_sees_the_sheets_of_own_lessons_only(client: Client, school_class: SchoolClass):
    own = exam(school_class)
    other_subject = exam(school_class, subject=factories.make_subject("chinese"))
    other_class = factories.make_class(school_class.school, number=2)
    factories.make_pupils(other_class)
    factories.make_pupils(school_class)
    signed_in(client, teacher_of(school_class))
    page = client.get(reverse("office:entry")).content.decode()
    assert address("entry-sheet", own, school_class) in page
    assert address("entry-sheet", other_subject, school_class) not in page
    assert client.get(address("entry-sheet", own, other_class)).status_code == 404


def test_a_school_administrator_fills_every_sheet_of_the_school(client: Client, school_class: SchoolClass):
    factories.make_pupils(school_class)
    found = exam(school_class)
    signed_in(client, factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=school_class.school))
    assert client.get(address("entry-sheet", found, school_class)).status_code == 200


@pytest.mark.parametrize("role", [Role.HEAD, Role.DISTRICT_OFFICER, Role.GUARDIAN, Role.PUPIL])
def test_others_have_no_sheets(client: Client, school_class: SchoolClass, role: Role):
    factories.make_pupils(school_class)
    place = {"school": school_class.school} if role == Role.HEAD else {}
    signed_in(client, factories.make_account(role, **place))
    assert client.get(reverse("office:entry")).status_code == 403


def test_a_foreign_schools_sheet_does_not_exist(client: Client, school_class: SchoolClass):
    factories.make_pupils(school_class)
    found = exam(school_class)
    signed_in(client, factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=factories.make_school()))
    assert client.get(address("entry-sheet", found, school_class)).status_code == 404
    assert send(client, found, school_class).status_code == 404


def test_cells_are_answered_one_by_one(client: Client, school_class: SchoolClass):
    first, second, third = factories.make_pupils(school_class, 3)
    stranger = factories.make_pupil(factories.make_class(school_class.school, number=2))
    found = exam(school_class)
    signed_in(client, teacher_of(school_class))
    response = send(
        client,
        found,
        school_class,
        {"pupil": str(first.uid), "text": "９５.５分", "was": ""},
        {"pupil": str(second.uid), "text": "105", "was": ""},
        {"pupil": str(third.uid), "text": "缺考", "was": ""},
        {"pupil": str(stranger.uid), "text": "50", "was": ""},
    )
    cells = {cell["pupil"]: cell for cell in response.json()["cells"]}
    assert cells[str(first.uid)]["state"] == "saved"
    assert cells[str(second.uid)]["state"] == "refused" and "100" in cells[str(second.uid)]["message"]
    assert cells[str(third.uid)]["token"] == "absent"
    assert cells[str(stranger.uid)]["state"] == "refused"
    assert sorted(Result.objects.values_list("status", "score")) == [("absent", None), ("scored", 95.5)]
    assert AuditEvent.objects.get(verb="results.entered").data == {"cells": 2}


def test_levels_are_those_of_the_assessment(client: Client, school_class: SchoolClass):
    pupil = factories.make_pupil(school_class)
    found = exam(school_class, form=Form.LEVEL, levels=["A", "B", "C"])
    signed_in(client, teacher_of(school_class))
    good = send(client, found, school_class, {"pupil": str(pupil.uid), "text": "ａ", "was": ""}).json()[
        "cells"
    ][0]
    assert (good["state"], good["text"]) == ("saved", "A")
    wrong = send(client, found, school_class, {"pupil": str(pupil.uid), "text": "E", "was": "=A"}).json()[
        "cells"
    ][0]
    assert wrong["state"] == "refused" and "A、B、C" in wrong["message"]


def test_a_conflict_shows_what_stands_there(client: Client, school_class: SchoolClass):
    pupil = factories.make_pupil(school_class)
    found = exam(school_class)
    signed_in(client, teacher_of(school_class))
    send(client, found, school_class, {"pupil": str(pupil.uid), "text": "60", "was": ""})
    again = send(client, found, school_class, {"pupil": str(pupil.uid), "text": "70", "was": ""}).json()[
        "cells"
    ][0]
    assert (again["state"], again["text"], again["token"]) == ("conflict", "60", "60.0")


@pytest.mark.parametrize("body", ["", "[]", '{"cells": [{"pupil": 1}]}', '{"cells": 3}'])
def test_a_broken_request_stores_nothing(client: Client, school_class: SchoolClass, body: str):
    factories.make_pupils(school_class)
    found = exam(school_class)
    signed_in(client, teacher_of(school_class))
    where = address("entry-cells", found, school_class)
    assert client.post(where, body, content_type="application/json").status_code == 400


def test_without_scripts_the_whole_sheet_is_sent(client: Client, school_class: SchoolClass):
    first, second = factories.make_pupils(school_class, 2)
    found = exam(school_class)
    signed_in(client, teacher_of(school_class))
    where = address("entry-sheet", found, school_class)
    wrong = client.post(where, {f"v-{first.uid}": "80", f"v-{second.uid}": "abc", f"w-{first.uid}": ""})
    assert wrong.status_code == 200 and "abc" in wrong.content.decode()
    assert Result.objects.get().score == 80
    right = client.post(where, {f"v-{first.uid}": "80", f"v-{second.uid}": "81", f"w-{first.uid}": "80.0"})
    assert right.status_code == 302
    assert Result.objects.count() == 2


def plan(client: Client, school_class: SchoolClass, **fields: object):
    factories.make_term()
    data = {
        "school": school_class.school.uid, "term": "2025-2026-2", "basis": Basis.SCHOOL_FINAL, "grade": 8,
        "subjects": ["mathematics", "chinese"], "form": Form.SCORE, "full_mark": 120, "levels": "A/B/C/D",
        "held_on": "2026-06-20", **fields,
    }  # fmt: skip
    return client.post(reverse("office:entry-plan"), data)


def test_a_school_plans_its_examination(client: Client, school_class: SchoolClass):
    factories.make_subject("mathematics"), factories.make_subject("chinese")
    signed_in(client, factories.make_account(Role.DATA_OFFICER, school=school_class.school))
    assert plan(client, school_class).status_code == 302
    assert {a.subject.code for a in Assessment.objects.all()} == {"mathematics", "chinese"}
    second = plan(client, school_class)
    assert second.status_code == 200 and Assessment.objects.count() == 2


@pytest.mark.parametrize("fields", [{"grade": 2}, {"grade": 5, "basis": Basis.SCHOOL_MIDTERM}])
def test_the_exam_rules_stop_a_plan(client: Client, fields: dict[str, object]):
    school_class = factories.make_class(
        factories.make_school(stage=Stage.PRIMARY), entry_year=2021, entry_grade=1
    )
    factories.make_subject("mathematics"), factories.make_subject("chinese")
    signed_in(client, factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=school_class.school))
    assert plan(client, school_class, **fields).status_code == 200
    assert not Assessment.objects.exists()


def test_a_teacher_plans_nothing(client: Client, school_class: SchoolClass):
    signed_in(client, teacher_of(school_class))
    assert client.get(reverse("office:entry-plan")).status_code == 403
