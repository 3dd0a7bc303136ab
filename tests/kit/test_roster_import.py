"""A roster comes in, changes as dated history, and goes out again as a whole."""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.factories import (
    DAY,
    give_results,
    give_role,
    make_account,
    make_actor,
    make_area,
    make_assessment,
    make_class,
    make_district,
    make_pupil,
    make_pupils,
    make_school,
    make_subject,
    make_teacher,
    make_year,
)
from tests.kit.roster_files import YEAR, book, checked, codes, counts, pupils, stored
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import EmploymentEnd, EnrolmentEnd, Role, Stage
from xuequ.district.models import (
    ClassTeaching,
    Employment,
    Enrolment,
    Guardianship,
    Person,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.kit.roster import actions
from xuequ.record.choices import BatchState
from xuequ.record.models import Factor, FactorKind, ImportBatch

pytestmark = pytest.mark.django_db

WHOLE = {
    "学校": [
        ["学校名称", "学校标识码", "学段"],
        ["云上小学", "9100000001", "小学"],
        ["云下学校", "9100000002", "九年一贯制"],
    ],
    "班级": [["学校", "班级", "班主任工号"], ["云上小学", "三年级2班", "T1"]],
    "学生": [
        ["学校", "班级", "姓名", "学籍号", "性别", "出生日期"],
        ["云上小学", "三年级2班", "𠮷小满", "G1", "女", "2016-09-01"],
        ["云上小学", "三(2)班", "阿依古丽·买买提", "G2", "男", "2016年9月1日"],
        ["云下学校", "八年级1班", "丙一", "G3", "", 42614],
    ],
    "教师": [["学校", "姓名", "工号", "手机", "任教学科"], ["云上小学", "甲老师", "T1", "13900000000", "数学"]],
    "任教": [["学校", "班级", "学科", "教师"], ["云上小学", "2023级2班", "数学", "甲老师"]],
    "家长": [
        ["学籍号", "家长姓名", "关系", "电话"],
        ["G1", "丁一", "母亲", "138 0000 0000"],
        ["G2", "丁一", "母亲", "13800000000"],
    ],
}  # fmt: skip


@pytest.fixture
def office() -> Actor:
    make_district()
    make_year()
    make_subject("mathematics")
    return make_actor(Role.DATA_OFFICER)


def dump() -> str:
    """Return all rows of the roster."""
    models = (
        School, SchoolClass, Person, Pupil, Enrolment, Teacher, Employment, ClassTeaching, TeachingAssignment,
        Guardianship, RoleAssignment, Factor,
    )  # fmt: skip
    rows = [row for model in models for row in model.objects.order_by("pk")]
    return serializers.serialize("json", rows)


def test_a_whole_district_comes_in(office: Actor) -> None:
    FactorKind.objects.create(code="sex", name="性别", name_en="Sex")
    batch = stored(office, book(WHOLE))
    assert counts(batch)["added"] == {
        "schools": 2, "classes": 2, "pupils": 3, "teachers": 1, "teaching": 2, "guardians": 2,
    }  # fmt: skip
    assert School.objects.get(code="9100000002").stage == Stage.NINE_YEAR
    places = {(c.school.name, c.entry_year, c.entry_grade, c.number) for c in SchoolClass.objects.all()}
    assert places == {("云上小学", 2023, 1, 2), ("云下学校", 2024, 7, 1)}
    first = Pupil.objects.order_by("pk").first()
    assert first is not None
    assert first.person.identity.fields == {
        "name": "𠮷小满", "number": "G1", "sex": "female", "born": "2016-09-01",
    }  # fmt: skip
    assert {p.person.name for p in Pupil.objects.all()} == {"𠮷小满", "阿依古丽·买买提", "丙一"}
    assert {p.person.identity.fields["born"] for p in Pupil.objects.all()} == {"2016-09-01"}
    assert {e.start for e in Enrolment.objects.all()} == {DAY}
    assert set(Factor.objects.values_list("text", flat=True)) == {"男", "女"}
    assert Person.objects.filter(wards__isnull=False).distinct().count() == 1
    assert Employment.objects.get().start == DAY
    assert TeachingAssignment.objects.get().school_class == ClassTeaching.objects.get().school_class
    assert Person.objects.filter(account__isnull=False).count() == 0


def test_what_is_stored_keeps_no_names(
    office: Actor, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        batch = stored(office, book(WHOLE))
    assert batch.stored_file == "" and not batch.examples and not batch.questions
    assert not default_storage.exists(f"imports/{batch.uid}.xlsx")
    for event in AuditEvent.objects.all():
        assert "小满" not in str(event.data) and "G1" not in str(event.data)


def test_the_same_file_again_changes_nothing(office: Actor) -> None:
    stored(office, book(WHOLE))
    before = dump()
    again = checked(office, book(WHOLE))
    assert counts(again) == {"added": {}, "changed": {}, "removed": {}}
    assert not actions.may_be_confirmed(again)
    with pytest.raises(Refused, match="already in the roster"):
        actions.confirm(actor=office, batch=again)
    assert dump() == before


def test_confirming_twice_stores_once(office: Actor) -> None:
    batch = checked(office, book(WHOLE))
    for _twice in range(2):
        actions.confirm(actor=office, batch=batch)
    assert Pupil.objects.count() == 3


def test_undo_gives_back_the_very_same_rows(office: Actor) -> None:
    school_class = make_class(
        make_school("云上小学", code="9100000001", stage=Stage.PRIMARY), entry_year=2022, entry_grade=1
    )
    make_pupil(school_class, name="丙一", number="G3")
    make_teacher(school_class)
    before = dump()
    batch = stored(office, book(WHOLE))
    assert dump() != before
    undone = actions.undo(actor=office, batch=batch)
    assert undone.state == BatchState.UNDONE
    assert dump() == before


def test_undo_is_refused_once_results_rest_on_it(office: Actor) -> None:
    batch = stored(office, book(WHOLE))
    give_results(make_assessment(), {Pupil.objects.order_by("pk").first(): 60})
    with pytest.raises(Refused):
        actions.undo(actor=office, batch=batch)
    assert Pupil.objects.count() == 3


def test_a_transfer_is_dated_history(office: Actor) -> None:
    old = make_class(make_school("云上中学"), number=1)
    new = make_class(make_school("云下中学"), number=4)
    pupil = make_pupil(old, name="甲一", number="G1")
    batch = stored(office, pupils(["云下中学", "八年级4班", "甲一", "G1"]))
    assert counts(batch)["changed"] == {"pupils": 1}
    first, second = pupil.enrolments.order_by("start")
    assert (first.end, first.ended) == (DAY, EnrolmentEnd.TRANSFER)
    assert (second.school_class, second.start, second.end) == (new, DAY, None)


@pytest.mark.parametrize(
    ("text", "why"), [("八年级2班", EnrolmentEnd.CLASS_CHANGE), ("七年级1班", EnrolmentEnd.REPEATING)]
)
def test_another_class_and_a_repeated_year(office: Actor, text: str, why: EnrolmentEnd) -> None:
    school = make_school("云上中学")
    pupil = make_pupil(make_class(school, number=1), name="甲一", number="G1")
    stored(office, pupils(["云上中学", text, "甲一", "G1"]))
    first, second = pupil.enrolments.order_by("start")
    assert (first.end, first.ended, second.start) == (DAY, why, DAY)


def test_a_stay_that_began_the_same_day_is_corrected(office: Actor) -> None:
    make_school("云上中学")
    stored(office, pupils(["云上中学", "八年级1班", "甲一", "G1"]))
    stored(office, pupils(["云上中学", "八年级2班", "甲一", "G1"]))
    stay = Enrolment.objects.get()
    assert stay.school_class is not None and stay.school_class.number == 2


def test_whole_lists_mark_as_left_and_others_never(office: Actor) -> None:
    school_class = make_class(make_school("云上中学"))
    stays, leaves = make_pupils(school_class, names=["甲一", "甲二"], numbers=["G1", "G2"])
    rows = pupils(["云上中学", "八年级1班", "甲一", "G1"])
    assert counts(checked(office, rows))["removed"] == {}
    rows.seek(0)
    batch = checked(office, rows, replace(YEAR, complete=True))
    assert counts(batch)["removed"] == {"pupils": 1}
    assert batch.examples["pupils"]["removed"][0]["text"] == "甲二"
    assert batch.summary["much_removed"] == ["pupils"]
    with pytest.raises(Refused, match="tenth"):
        actions.confirm(actor=office, batch=batch)
    actions.confirm(actor=office, batch=batch, agreed=True)
    gone = leaves.enrolments.get()
    assert (gone.end, gone.ended) == (DAY, EnrolmentEnd.LEFT)
    assert stays.enrolments.get().end is None


def test_a_pupil_who_left_comes_back(office: Actor) -> None:
    pupil = make_pupil(make_class(make_school("云上中学")), name="甲一", number="G1")
    pupil.enrolments.update(end=dt.date(2025, 9, 1), ended=EnrolmentEnd.LEFT)
    stored(office, pupils(["云上中学", "八年级1班", "甲一", "G1"]))
    assert Pupil.objects.count() == 1
    assert pupil.enrolments.filter(end=None, start=DAY).count() == 1


def test_without_numbers_name_school_and_class_decide(office: Actor) -> None:
    pupil = make_pupil(make_class(make_school("云上中学")), name="甲一", number="")
    rows = book({"学生": [["班级", "姓名", "性别"], ["八年级1班", "甲 一", "男"]]})
    batch = stored(office, rows)
    assert counts(batch) == {"added": {}, "changed": {"pupils": 1}, "removed": {}}
    pupil.person.identity.refresh_from_db()
    assert pupil.person.identity.fields["sex"] == "male"


def test_a_namesake_without_a_number_gets_it(office: Actor) -> None:
    pupil = make_pupil(make_class(make_school("云上中学")), name="甲一")
    identity = pupil.person.identity
    identity.delete()
    type(identity).of(pupil.person, name="甲一").save()
    stored(office, pupils(["云上中学", "八年级1班", "甲一", "G77"]))
    assert Pupil.objects.get().person.identity.fields["number"] == "G77"


def test_uncertain_rows_are_asked_about(office: Actor) -> None:
    school_class = make_class(make_school("云上中学"))
    pupil = make_pupil(school_class, name="甲一", number="G1")
    renamed = pupils(["云上中学", "八年级1班", "甲乙", "G1"])
    batch = checked(office, renamed)
    assert [(q["reason"], q["candidates"]) for q in batch.questions] == [("name-differs", [pupil.pk])]
    assert not actions.may_be_confirmed(batch)
    actions.answer(actor=office, batch=batch, choices={"学生!C2": str(pupil.pk)})
    batch = actions.check(actor=office, batch=batch)
    actions.confirm(actor=office, batch=batch)
    assert Pupil.objects.get().person.name == "甲乙"


@pytest.mark.parametrize(("said", "number"), [("new", 2), ("skip", 1)])
def test_an_answer_may_be_a_new_person_or_nobody(office: Actor, said: str, number: int) -> None:
    make_pupil(make_class(make_school("云上中学")), name="甲一", number="G1")
    rows = pupils(["云上中学", "八年级1班", "甲一", "G9"], ["云上中学", "八年级1班", "乙一", "G5"])
    batch = checked(office, rows, YEAR, **{"学生!C2": said})
    actions.confirm(actor=office, batch=batch)
    assert Pupil.objects.filter(enrolments__end=None).count() == number + 1


def test_two_who_share_a_name_in_one_file_are_two(office: Actor) -> None:
    make_school("云上中学")
    stored(office, pupils(["云上中学", "八年级1班", "甲一", "G1"], ["云上中学", "八年级1班", "甲一", "G2"]))
    assert Pupil.objects.count() == 2


def test_a_teacher_changes_school_and_the_roles_follow(office: Actor) -> None:
    school_class = make_class(make_school("云上中学"))
    make_school("云下中学")
    account = make_account()
    teacher = make_teacher(school_class, account=account)
    fields = teacher.person.identity.fields
    Employment.objects.create(teacher=teacher, school=school_class.school, start=dt.date(2020, 9, 1))
    ClassTeaching.objects.create(teacher=teacher, school_class=school_class, start=dt.date(2024, 9, 1))
    give_role(account, Role.CLASS_TEACHER, school=school_class.school, school_class=school_class)
    rows = [["学校", "姓名", "工号"], ["云下中学", fields["name"], fields["number"]]]
    stored(office, book({"教师": rows}))
    old, new = teacher.employments.order_by("start")
    assert (old.end, old.ended, new.school.name, new.start) == (DAY, EmploymentEnd.TRANSFER, "云下中学", DAY)
    teacher.refresh_from_db()
    assert teacher.school.name == "云下中学"
    assert teacher.assignments.get().end == teacher.classes_in_charge.get().end == DAY
    held = Actor.of(account, DAY)
    assert [(g.role, g.school_id) for g in held.grants] == [(Role.TEACHER, teacher.school_id)]


def test_a_new_class_teacher_takes_over_the_role(office: Actor) -> None:
    school_class = make_class(make_school("云上中学"))
    before, after = make_account(), make_account()
    give_role(before, Role.CLASS_TEACHER, school=school_class.school, school_class=school_class)
    teacher = make_teacher(school_class, account=after)
    rows = [["班级", "班主任"], ["八年级1班", teacher.person.name]]
    stored(office, book({"班级": rows}))
    assert ClassTeaching.objects.get().teacher == teacher
    assert not Actor.of(before, DAY).has(Role.CLASS_TEACHER)
    assert Actor.of(after, DAY).has(Role.CLASS_TEACHER)


def test_a_timetable_is_read_and_teachers_are_replaced(office: Actor) -> None:
    school_class = make_class(make_school("云上中学"))
    old = make_teacher(school_class)
    new = make_teacher(make_class(school_class.school, number=2), make_subject("english"))
    grid = [
        ["班级", "班主任", "数学", "英语"],
        ["八年级1班", new.person.name, new.person.name, new.person.name],
    ]
    batch = stored(office, book({"课程表": grid}))
    assert counts(batch) == {"added": {"teaching": 2}, "changed": {"teaching": 1}, "removed": {}}
    assert old.assignments.get().end == DAY
    assert new.assignments.filter(school_class=school_class, end=None).count() == 2


def test_a_school_brings_in_its_own_people_only(office: Actor) -> None:
    own, other = make_school("云上中学"), make_school("云下中学")
    make_pupil(make_class(other), name="乙一", number="G1")
    keeper = make_actor(Role.DATA_OFFICER, school=own)
    assert codes(checked(keeper, pupils(["云下中学", "八年级1班", "甲一", "G5"]))) == {
        "other-school": "学生!A2"
    }
    assert codes(checked(keeper, pupils(["云上中学", "八年级1班", "乙一", "G1"]))) == {"elsewhere": "学生!D2"}
    assert codes(checked(keeper, book({"学校": WHOLE["学校"]}))) == {"district-only": "学校!2"}
    stored(keeper, book({"学生": [["班级", "姓名", "学籍号"], ["八年级1班", "甲一", "G8"]]}))
    assert Enrolment.objects.get(pupil__enrolments__school=own).school == own


@pytest.mark.parametrize(
    "role", [Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.HEAD, Role.TEACHER, Role.GUARDIAN]
)
def test_others_bring_in_nothing(office: Actor, role: Role) -> None:
    place = {} if role in {Role.DISTRICT_OFFICER, Role.RESEARCHER} else {"school": make_school()}
    with pytest.raises(Forbidden):
        actions.upload(actor=make_actor(role, **place), file=book(WHOLE), options=YEAR)
    assert not ImportBatch.objects.exists()


def test_csv_in_gbk_with_a_title_and_spare_columns(office: Actor) -> None:
    make_school("云上中学")
    text = (
        "云上中学2025—2026学年学生名册,,,\r\n备注,姓名,学 籍 号,班级\r\nx,甲一,Ｇ１,八（1）班\r\n合计,1,,\r\n"
    )
    file = ContentFile(text.encode("gbk"), name="a.csv")
    batch = stored(office, file)
    assert counts(batch)["added"] == {"classes": 1, "pupils": 1}
    assert Pupil.objects.get().person.identity.fields["number"] == "G1"


def test_columns_of_identity_cards_are_left_out(office: Actor) -> None:
    make_school("云上中学")
    rows = pupils(
        ["八年级1班", "甲一", "G1", "000000201209011234"], headings=("班级", "姓名", "学籍号", "身份证件号")
    )
    batch = checked(office, rows)
    assert "identity-card" in {remark["code"] for remark in batch.summary["remarks"]}
    actions.confirm(actor=office, batch=batch)
    assert "1234" not in str(Pupil.objects.get().person.identity.fields)


def test_two_rows_of_headings_are_joined(office: Actor) -> None:
    make_school("云上中学")
    rows = [
        ["班级", "姓名", "学籍号", "监护人", "", ""],
        ["", "", "", "姓名", "关系", "电话"],
        ["八年级1班", "甲一", "G1", "丁一", "父亲", "13800000000"],
    ]
    batch = stored(office, book({"学生": rows}, merged=["D1:F1", "A1:A2", "B1:B2", "C1:C2"]))
    assert counts(batch)["added"] == {"classes": 1, "pupils": 1, "guardians": 1}
    assert Guardianship.objects.get().relation == "father"


def test_the_template_is_read_back_and_holds_nothing(office: Actor) -> None:
    from xuequ.kit.roster.template import template_bytes

    batch = checked(office, ContentFile(template_bytes(), name="t.xlsx"))
    assert batch.summary["rows"] == 0 and not batch.problems
    assert io.BytesIO(template_bytes()).getvalue()[:2] == b"PK"


def test_an_area_is_made_for_a_new_school(office: Actor) -> None:
    make_area("东片")
    rows = [
        ["学校名称", "学校标识码", "学段", "片区"],
        ["云上小学", "91", "小学", "东片"],
        ["云下小学", "92", "小学", "西片"],
    ]
    stored(office, book({"学校": rows}))
    assert {school.area.name for school in School.objects.all() if school.area} == {"东片", "西片"}
