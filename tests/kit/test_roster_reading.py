"""Cells, headings and classes as people write them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.kit.roster import values
from xuequ.kit.roster.fields import Use
from xuequ.kit.roster.grades import entry_grade_of, in_time
from xuequ.kit.roster.layout import find_headings, propose
from xuequ.kit.roster.mappings import SHIPPED, shipped
from xuequ.kit.roster.options import Options, SheetUse
from xuequ.kit.sheets.reading import Sheet


def sheet(*rows: list[object], name: str = "表") -> Sheet:
    return Sheet(name, [list(row) for row in rows])


DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2050, 12, 31))


@given(DAYS)
def test_a_day_is_read_however_it_is_written(day: dt.date) -> None:
    serial = (day - dt.date(1899, 12, 30)).days
    written = [
        f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}.{day.month}.{day.day}", f"{day:%Y-%m-%d} 00:00:00", serial, float(serial), str(serial),
        int(f"{day:%Y%m%d}"), day, dt.datetime.combine(day, dt.time()),
    ]  # fmt: skip
    assert {values.date_of(cell) for cell in written} == {day}


NAMES = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=6)


@given(NAMES)
def test_names_stay_as_they_are(name: str) -> None:
    assert values.name_of(name) == name
    assert values.name_of(f"　{'　'.join(name)} ") == name


@pytest.mark.parametrize("name", ["𠮷田", "阿依古丽·买买提", "\ue863", "Ａ李", "O'Neil", "张㛃"])
def test_rare_characters_survive(name: str) -> None:
    assert values.name_of(name) == name.replace("Ａ", "A")


@given(st.text(max_size=40))
def test_no_cell_breaks_the_reading(text: str) -> None:
    for read in (
        values.name_of, values.number_of, values.date_of, values.sex_of, values.phone_of, values.year_of,
        values.stage_of, values.relation_of, values.is_rounded, values.is_identity_card, values.is_yes,
    ):  # fmt: skip
        read(text)


@given(
    st.sampled_from(["primary", "junior", "nine_year", "senior", "complete"]),
    st.sampled_from(["6-3", "5-4"]),
    st.integers(1, 12),
)
def test_a_class_in_a_grade_was_formed_in_time(stage: str, system: str, grade: int) -> None:
    entry = entry_grade_of(stage, system, grade)
    if entry is not None:
        assert entry <= grade
        assert entry in in_time(stage, system, 2025 - (grade - entry), 2025)


@pytest.mark.parametrize("item", SHIPPED, ids=lambda item: item.code)
def test_shipped_mappings_are_marked_and_stable(item) -> None:
    assert item.as_mapping().unverified and item.as_mapping().is_built_in
    assert item.as_mapping().uid == item.as_mapping().uid


def test_an_export_of_the_pupils_register_is_recognised() -> None:
    rows = sheet(
        [
            "学校名称",
            "年级",
            "班级",
            "姓名",
            "性别",
            "出生日期",
            "身份证件号",
            "全国学籍号",
            "民族",
            "政治面貌",
            "国籍/地区",
        ],
        ["云上小学", "三年级", "2班", "甲", "男", "20160901", "x", "G1", "汉族", "", ""],
    )
    use, _scores = propose(rows, shipped())
    assert (use.use, bool(use.mapping)) == (Use.PUPILS, True)
    assert use.fields()["number"] == 7 and use.columns[6].field == "identity_card"


@pytest.mark.parametrize(
    ("headings", "use"),
    [
        (["单位名称", "姓名", "教师编号", "任教学科", "手机号码"], Use.TEACHERS),
        (["班级", "任课教师", "科目"], Use.TEACHING),
        (["学籍号", "学生姓名", "家长姓名", "关系", "电话"], Use.GUARDIANS),
        (["班级", "班主任"], Use.CLASSES),
        (["学校名称", "学校标识码", "办学类型"], Use.SCHOOLS),
        (["班级", "语文", "数学", "英语"], Use.GRID),
        (["甲", "乙"], Use.NOTHING),
    ],
)
def test_sheets_are_recognised(headings: list[str], use: Use) -> None:
    rows = sheet(headings, ["某"] * len(headings))
    assert propose(rows, shipped())[0].use == use


def test_a_title_row_is_not_the_heading() -> None:
    found = find_headings(sheet(["某校学生名册", "", ""], ["姓名", "学籍号", "班级"], ["甲", "G1", "1班"]))
    assert found is not None and (found.last, found.titles) == (1, ("某校学生名册",))


def test_options_survive_the_database() -> None:
    options = Options("2025-2026", "2026-03-02", sheets=(SheetUse("表", Use.GRID, complete=True),))
    assert Options.from_json(options.as_json()) == options
