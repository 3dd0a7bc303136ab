"""What is wrong with a roster is said by cell; nothing is stored."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile

from tests.factories import (
    make_actor,
    make_class,
    make_district,
    make_pupils,
    make_school,
    make_subject,
    make_year,
)
from tests.kit.roster_files import YEAR, book, checked, codes, pupils
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import Enrolment, Pupil
from xuequ.kit.roster import actions
from xuequ.kit.roster.problems import Problem
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.record.models import ImportBatch

pytestmark = pytest.mark.django_db

S, C = "云上中学", "八年级1班"
WITH_BIRTHDAY = ("学校", "班级", "姓名", "学籍号", "出生日期", "性别")


@pytest.fixture
def office() -> Actor:
    make_district()
    make_year()
    make_subject("mathematics")
    make_school(S)
    make_school("云下中学")
    return make_actor(Role.DATA_OFFICER)


@pytest.mark.parametrize(
    ("rows", "code", "cell"),
    [
        ([[S, C, "甲一", "G1"], [S, C, "甲二", "G1"]], "number-twice", "D3"),
        ([[S, C, "甲一", "G1"], [S, C, "甲一", "G1"]], "duplicate-row", "C3"),
        ([[S, C, "甲一", "G1"], ["云下中学", C, "甲一", "G1"]], "two-schools", "A3"),
        ([[S, C, "甲一", "G1"], [S, "八年级2班", "甲一", "G1"]], "two-classes", "B3"),
        ([["云外中学", C, "甲一", "G1"]], "unknown-school", "A2"),
        ([["", C, "甲一", "G1"]], "no-school", "A2"),
        ([[S, "启航", "甲一", "G1"]], "bad-class", "B2"),
        ([[S, "2班", "甲一", "G1"]], "no-grade", "B2"),
        ([[S, "三年级1班", "甲一", "G1"]], "grade-not-taught", "B2"),
        ([[S, C, "", "G1"]], "no-name", "C2"),
        ([[S, C, 12, "G1"]], "bad-name", "C2"),
        ([[S, C, "甲一", "G1*"]], "bad-number", "D2"),
        ([[S, C, "甲一", 3.50200201509e17]], "rounded-number", "D2"),
    ],
)
def test_problems_name_their_cell(office: Actor, rows: list[list[object]], code: str, cell: str) -> None:
    batch = checked(office, pupils(*rows))
    assert codes(batch) == {code: f"学生!{cell}"}
    assert Problem.from_json(batch.problems[0]).message
    assert not actions.may_be_confirmed(batch)
    with pytest.raises(Refused):
        actions.confirm(actor=office, batch=batch)
    assert not Pupil.objects.exists()


@pytest.mark.parametrize(
    ("born", "code"),
    [
        ("2015-02-30", "bad-date"),
        ("十岁", "bad-date"),
        ("2031-01-01", "impossible-birthday"),
        ("1915-01-01", "impossible-birthday"),
        ("2012-05-06", None),
        ("2012年5月6日", None),
        ("20120506", None),
        (20120506, None),
        ("2012/5/6", None),
        (41035, None),
    ],
)
def test_birthdays(office: Actor, born: object, code: str | None) -> None:
    batch = checked(office, pupils([S, C, "甲一", "G1", born, "男"], headings=WITH_BIRTHDAY))
    assert codes(batch) == ({code: "学生!E2"} if code else {})


def test_a_sex_is_a_sex(office: Actor) -> None:
    batch = checked(office, pupils([S, C, "甲一", "G1", "", "甲"], headings=WITH_BIRTHDAY))
    assert codes(batch) == {"bad-sex": "学生!F2"}


def test_a_title_of_another_year(office: Actor) -> None:
    rows = [["2024—2025学年学生名册"], ["学校", "班级", "姓名", "学籍号"], [S, C, "甲一", "G1"]]
    assert "other-year" in codes(checked(office, book({"学生": rows})))


def test_a_sheet_of_last_year_is_seen_by_its_grades(office: Actor) -> None:
    school_class = make_class(make_school("云边中学"), number=1)
    made = make_pupils(school_class, 6)
    rows = [["云边中学", "七年级1班", p.person.name, p.person.identity.fields["number"]] for p in made]
    assert "last-year" in codes(checked(office, pupils(*rows)))
    assert Enrolment.objects.filter(end=None).count() == 6


def test_a_sheet_of_last_year_is_seen_by_its_entry_years(office: Actor) -> None:
    make_school("云边小学", stage=Stage.PRIMARY)
    rows = [["云边小学", "三年级1班", f"甲{i}", f"G{i}", "2022-09-01"] for i in range(6)]
    batch = checked(office, pupils(*rows, headings=("学校", "班级", "姓名", "学籍号", "入学年月")))
    assert codes(batch) == {"last-year": "学生!"}


def test_a_class_in_two_schools(office: Actor) -> None:
    rows = [["学校", "班级", "班级编号"], [S, C, "B1"], ["云下中学", C, "B1"]]
    assert codes(checked(office, book({"班级": rows}))) == {"class-two-schools": "班级!C3"}


def test_three_hundred_columns(office: Actor) -> None:
    with pytest.raises(SheetRefused) as refused:
        actions.upload(
            actor=office,
            file=pupils([str(i) for i in range(300)], headings=[f"列{i}" for i in range(300)]),
            options=YEAR,
        )
    assert refused.value.problem.code == "too-wide"
    assert not ImportBatch.objects.exists()


def test_a_score_book_is_sent_to_the_other_import(office: Actor) -> None:
    rows = [["班级", "姓名", "语文", "数学"], [C, "甲一", 90, 80]]
    with pytest.raises(Refused, match="score book"):
        actions.upload(actor=office, file=book({"成绩": rows}), options=YEAR)


@pytest.mark.parametrize(
    "file",
    [
        ContentFile(b"", name="a.xlsx"),
        ContentFile(b"PK\x03\x04 broken", name="a.xlsx"),
        ContentFile(b"PK\x03\x04 broken", name="a.zip"),
        ContentFile(b"a,b\n1,2\n", name="a.csv"),
        ContentFile(b"MZ", name="a.exe"),
    ],
)
def test_files_that_are_no_roster(office: Actor, file: ContentFile) -> None:
    with pytest.raises(Refused):
        actions.upload(actor=office, file=file, options=YEAR)
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("sheet", "rows", "code"),
    [
        ("教师", [["学校", "姓名", "工号"], [S, "甲", "T1"], [S, "乙", "T1"]], "number-twice"),
        ("教师", [["学校", "姓名", "工号"], [S, "甲", "T1"], ["云下中学", "甲", "T1"]], "two-schools"),
        ("教师", [["学校", "姓名", "工号", "手机"], [S, "甲", "T1", "无人"]], "bad-phone"),
        ("任教", [["学校", "班级", "学科", "教师"], [S, C, "数学", "无名"]], "unknown-class"),
        ("任教", [["学校", "班级", "学科", "教师"], [S, C, "炼丹", "无名"]], "unknown-subject"),
        ("任教", [["学校", "班级", "学科", "教师"], [S, C, "", "无名"]], "nothing-taught"),
        ("家长", [["学籍号", "家长姓名", "关系"], ["G404", "丁", "父亲"]], "unknown-pupil"),
        ("学校", [["学校名称", "学校标识码", "学段"], ["新", "", "小学"]], "school-code"),
        ("学校", [["学校名称", "学校标识码", "学段"], ["新", "95", ""]], "school-stage"),
        ("学校", [["学校名称", "学校标识码", "学段"], ["新", "95", "大学"]], "bad-stage"),
    ],
)
def test_other_tables(office: Actor, sheet: str, rows: list[list[object]], code: str) -> None:
    assert code in codes(checked(office, book({sheet: rows})))


def test_two_class_teachers(office: Actor) -> None:
    rows = {
        "教师": [["学校", "姓名", "工号"], [S, "甲", "T1"], [S, "乙", "T2"]],
        "班级": [["学校", "班级", "班主任"], [S, C, "甲"]],
        "任教": [["学校", "班级", "学科", "教师"], [S, C, "班主任", "乙"]],
    }
    assert "two-class-teachers" in codes(checked(office, book(rows)))


def test_a_file_that_no_longer_fits_is_not_stored(office: Actor) -> None:
    first, second = (pupils([S, C, name, "G1"]) for name in ("甲一", "乙一"))
    waiting = checked(office, first)
    actions.confirm(actor=office, batch=checked(office, second))
    with pytest.raises(Refused, match="no longer fits"):
        actions.confirm(actor=office, batch=waiting)
    assert Pupil.objects.count() == 1


def test_the_effective_day_lies_in_the_year() -> None:
    from xuequ.kit.roster.options import options_for

    with pytest.raises(Refused):
        options_for(YEAR.day, "2025-2026", "2027-01-01")
    with pytest.raises(Refused):
        options_for(YEAR.day, "2025-2027")
    assert options_for(YEAR.day, "2026-2027") == replace(
        YEAR, school_year="2026-2027", effective="2026-09-01"
    )
