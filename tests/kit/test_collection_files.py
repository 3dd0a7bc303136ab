"""From the upper unit's file to the schools' and back: cell by cell."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.kit import collection_books as books
from xuequ.core.errors import Refused
from xuequ.kit.collection.choices import Kind, Shape, Use
from xuequ.kit.collection.content import Answer, Content, Known, Line
from xuequ.kit.collection.filling import Mark, Place, read_mark
from xuequ.kit.collection.layout import Field, Layout
from xuequ.kit.collection.merging import Answered, merged_book
from xuequ.kit.collection.proposal import propose
from xuequ.kit.collection.splitting import read_school_book, rows_given, school_book
from xuequ.kit.collection.values import breaches


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Read refusals as they are written in the source."""
    with translation.override("en"):
        yield


PLACES = tuple(Place(f"虚构第{number}小学", f"90000{number}", f"{number}小") for number in range(1, 6))


def layout_of(book: Workbook) -> tuple[bytes, Layout]:
    content = books.saved(book)
    return content, propose(books.opened(content))


def key_of(layout: Layout, place: str) -> str:
    return next(item.key for item in layout.fields if item.place == place)


def one(layout: Layout, **cells: Answer) -> Content:
    return Content(lines=[Line("1", {key_of(layout, place): value for place, value in cells.items()})])


def mark_of(layout: Layout, content: Content) -> Mark:
    return Mark("collection", "sheet", 1, rows_given(layout, content))


def test_rows_are_merged_into_the_units_own_layout() -> None:
    original, layout = layout_of(books.funding())
    answers = [
        Answered(place, one(layout, D=10 + n, E=20 + n, F=n, G=1.5 + n, H="否"))
        for n, place in enumerate(PLACES, start=1)
    ]
    book = books.opened(merged_book(original, layout, answers))
    sheet = book["表1"]
    assert [cell.value for cell in sheet[5]] == [1, "虚构第1小学", "=D5+E5", 11, 21, 1, 2.5, "否", None]
    assert [cell.value for cell in sheet[9]] == [5, "虚构第5小学", "=D9+E9", 15, 25, 5, 6.5, "否", None]
    assert [cell.value for cell in sheet[10]][:4] == ["合计", None, "=SUM(C5:C9)", "=SUM(D5:D9)"]
    assert sheet["A11"].value.startswith("注：")
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"A10:B10", "A11:I11", "C3:E3", "A1:I1"}
    assert [str(rule.sqref) for rule in sheet.data_validations.dataValidation] == ["H5:H9"]
    assert sheet.row_dimensions[10].height == 33
    assert sheet.row_dimensions[8].height is None
    assert sheet.column_dimensions["B"].width == 31
    assert sheet["A1"].font.size == 16
    assert all(sheet[f"{letter}9"].border.bottom.style == "thin" for letter in "ABCDEFGHI")
    assert book["汇总"]["A1"].value == "=表1!G10"
    assert book["汇总"]["A2"].value == "=SUM(表1!D5:D9)"
    assert book["代码"].sheet_state == "hidden"


def test_fewer_schools_than_rows() -> None:
    original, layout = layout_of(books.funding())
    sheet = books.opened(merged_book(original, layout, [Answered(PLACES[0], one(layout, D=1, E=2))]))["表1"]
    assert [cell.value for cell in sheet[6]][:4] == ["合计", None, "=SUM(C5:C5)", "=SUM(D5:D5)"]
    assert sheet["A7"].value.startswith("注：")
    assert {str(area) for area in sheet.merged_cells.ranges} >= {"A6:B6", "A7:I7"}


def test_the_units_own_list_keeps_its_order() -> None:
    original, layout = layout_of(books.funding(("3小", "不属本区的学校", "虚构第1小学")))
    answers = [Answered(place, one(layout, G=float(n))) for n, place in enumerate(PLACES[:4], start=1)]
    sheet = books.opened(merged_book(original, layout, answers))["表1"]
    rows = [(sheet[f"B{row}"].value, sheet[f"G{row}"].value) for row in range(5, 10)]
    assert rows == [
        ("虚构第3小学", 3),
        ("不属本区的学校", None),
        ("虚构第1小学", 1),
        ("虚构第2小学", 2),
        ("虚构第4小学", 4),
    ]
    assert sheet["G10"].value == "=SUM(G5:G9)"


def test_totals_without_formulas_are_summed() -> None:
    book = books.funding()
    book["表1"]["G8"] = None
    original, layout = layout_of(book)
    answers = [Answered(place, one(layout, G=0.1)) for place in PLACES[:3]]
    assert books.opened(merged_book(original, layout, answers))["表1"]["G8"].value == 0.3


def test_a_total_table_adds_the_schools_up() -> None:
    original, layout = layout_of(books.eyesight())
    answers = [Answered(place, one(layout, B3=10, C3=n)) for n, place in enumerate(PLACES[:3], start=1)]
    sheet = books.opened(merged_book(original, layout, answers)).worksheets[0]
    assert [cell.value for cell in sheet[3]] == ["七年级", 30, 6, "=C3/B3"]
    assert [cell.value for cell in sheet[6]] == ["合计", "=SUM(B3:B5)", "=SUM(C3:C5)", "=C6/B6"]


def test_a_form_is_copied_for_each_school() -> None:
    original, layout = layout_of(books.checklist())
    answers = [Answered(place, one(layout, D2="2026-03-02", B4=n)) for n, place in enumerate(PLACES[:2])]
    book = books.opened(merged_book(original, layout, answers))
    assert book.sheetnames == ["1小", "2小"]
    assert book["2小"]["B2"].value == "虚构第2小学"
    assert book["2小"]["B4"].value == 1
    assert book["2小"]["D2"].value == dt.datetime(2026, 3, 2)
    assert "B5:D5" in {str(area) for area in book["2小"].merged_cells.ranges}


def test_a_schools_file_has_its_row_only_and_locks_the_rest() -> None:
    original, layout = layout_of(books.funding(("3小", "虚构第1小学")))
    content = one(layout, G=2.5)
    content.known[key_of(layout, "D")] = Known(321, "boys", "2026-03-02")
    mark = mark_of(layout, content)
    book = books.opened(school_book(original, layout, mark, PLACES[0], content))
    sheet = book["表1"]
    assert sheet["B5"].value == "虚构第1小学"
    assert sheet["A6"].value == "合计"
    assert (sheet["D5"].value, sheet["D5"].protection.locked) == (321, True)
    assert "2026-03-02" in sheet["D5"].comment.text
    assert sheet["E5"].protection.locked is False  # not known of this school: it fills it in
    assert sheet["G5"].protection.locked is False
    assert sheet.protection.sheet
    assert book["_xuequ"].sheet_state == "veryHidden"
    assert read_mark(book) == mark


def test_what_a_school_fills_in_offline_comes_back() -> None:
    original, layout = layout_of(books.projects())
    content = Content()
    mark = mark_of(layout, content)
    book = books.opened(school_book(original, layout, mark, PLACES[0], content))
    sheet = book.worksheets[0]
    sheet["C3"], sheet["D3"], sheet["E3"], sheet["F3"], sheet["G3"] = (
        "读写结合",
        "某某",
        "2026年3月2日",
        "重点",
        "１,２００元",
    )
    sheet["C6"] = "=1+1"  # a formula that no program has computed has no value
    sheet["D6"] = " 空格 "
    back = read_school_book(original, books.saved(book), layout, mark, content)
    keys = [item.key for item in layout.answers]
    assert [line.cells for line in back.lines] == [
        dict(zip(keys, ["读写结合", "某某", "2026-03-02", "重点", 1200], strict=True)),
        dict(zip(keys, ["", "空格", "", "", ""], strict=True)),
    ]


def test_a_changed_layout_is_refused_with_its_cell() -> None:
    original, layout = layout_of(books.funding())
    mark = mark_of(layout, Content())
    book = books.opened(school_book(original, layout, mark, PLACES[0], Content()))
    book["表1"].insert_cols(4)
    with pytest.raises(Refused, match="H2"):
        read_school_book(original, books.saved(book), layout, mark, Content())


def test_a_file_without_the_mark_is_refused() -> None:
    with pytest.raises(Refused, match="not downloaded"):
        read_mark(books.funding())
    book = books.funding()
    book.create_sheet("_xuequ")["A1"] = "forged"
    with pytest.raises(Refused, match="not downloaded"):
        read_mark(book)


def test_known_values_that_were_overwritten_are_named_and_not_taken() -> None:
    original, layout = layout_of(books.funding())
    content = one(layout, G=1)
    content.known[key_of(layout, "F")] = Known(12, "classes", "2026-03-02")
    mark = mark_of(layout, content)
    book = books.opened(school_book(original, layout, mark, PLACES[0], content))
    book["表1"]["F5"] = 99
    back = read_school_book(original, books.saved(book), layout, mark, content)
    assert back.disputed == ("班级数",)
    assert key_of(layout, "F") not in back.lines[0].cells


def test_text_never_becomes_a_formula() -> None:
    original, layout = layout_of(books.funding())
    answers = [Answered(PLACES[0], one(layout, I="=HYPERLINK(1)"))]
    cell = books.opened(merged_book(original, layout, answers))["表1"]["I5"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=HYPERLINK(1)", "s", True)


# What is filled in comes out again, and nothing else changes.

TEXT = st.text(st.characters(codec="gb18030", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
VALUES = {
    Kind.INTEGER: st.integers(0, 10**9),
    Kind.NUMBER: st.one_of(st.integers(0, 10**6), st.decimals(0, 10**6, places=2).map(float)),
    Kind.TEXT: TEXT,
    Kind.DATE: st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31)).map(dt.date.isoformat),
    Kind.YES_NO: st.sampled_from(["是", "否"]),
}


def value_of(item: Field) -> st.SearchStrategy[Answer]:
    return st.sampled_from(item.choices) if item.kind == Kind.CHOICE else VALUES[item.kind]


@st.composite
def answered(draw: st.DrawFn, layout: Layout) -> Content:
    count = draw(st.integers(1, 4)) if layout.shape == Shape.ITEMS else 1
    return Content(
        lines=[
            Line(str(number), {item.key: draw(value_of(item)) for item in layout.answers})
            for number in range(1, count + 1)
        ]
    )


BOOKS = {name: layout_of(made()) for name, made in {
    "funding": books.funding, "checklist": books.checklist, "eyesight": books.eyesight, "projects": books.projects
}.items()}  # fmt: skip


def same(value: object, wanted: object) -> bool:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" == wanted
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return float(value) == float(wanted)
    return value == wanted


@pytest.mark.parametrize("name", list(BOOKS))
@settings(max_examples=6)
@given(data=st.data())
def test_split_fill_merge_gives_back_what_was_filled(name: str, data: st.DataObject) -> None:
    original, layout = BOOKS[name]
    contents = data.draw(st.lists(answered(layout), min_size=1, max_size=4))
    answers = []
    for place, content in zip(PLACES, contents, strict=False):
        mark = mark_of(layout, content)
        file = school_book(original, layout, mark, place, content)
        back = read_school_book(original, file, layout, mark, Content())
        assert back.lines == content.lines
        answers.append(Answered(place, Content(lines=back.lines)))
    assert not [b for a in answers for b in breaches(replace(layout, checks=()), a.content) if not b.is_soft]
    book = books.opened(merged_book(original, layout, answers))
    if layout.shape == Shape.FORM:
        for page, answer in zip(book.worksheets, answers, strict=True):
            check_form(original, layout, page, answer)
    elif layout.shape == Shape.TOTAL:
        check_total(original, layout, book.worksheets[0], answers)
    else:
        check_rows(original, layout, book.worksheets[0], answers)


def check_rows(original: bytes, layout: Layout, sheet: Worksheet, answers: list[Answered]) -> None:
    lines = [(answer.place, line) for answer in answers for line in answer.content.lines]
    school = layout.of_use(Use.SCHOOL)[0].column
    for row, (place, line) in enumerate(lines, start=layout.first_row):
        assert sheet.cell(row, school).value == place.name
        for item in layout.answers:
            assert same(sheet.cell(row, item.column).value, line.cells[item.key]), (row, item)
    before = books.grid_of(books.opened(original)[layout.sheet])
    after = books.grid_of(sheet)
    assert after[: layout.first_row - 1] == before[: layout.first_row - 1]
    below = before[layout.last_row :]
    shown = after[layout.first_row - 1 + len(lines) :]
    assert [[is_formula(c) or c for c in row] for row in shown] == [
        [is_formula(c) or c for c in row] for row in below
    ]


def is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def check_form(original: bytes, layout: Layout, sheet: Worksheet, answer: Answered) -> None:
    cells = {item.place: answer.content.single.cells.get(item.key) for item in layout.answers}
    cells |= {item.place: answer.place.name for item in layout.of_use(Use.SCHOOL)}
    for row in books.opened(original)[layout.sheet].iter_rows():
        for cell in row:
            wanted = cells.get(cell.coordinate, cell.value)
            assert same(sheet[cell.coordinate].value, wanted), cell.coordinate


def check_total(original: bytes, layout: Layout, sheet: Worksheet, answers: list[Answered]) -> None:
    sums = {
        item.place: sum(answer.content.single.cells[item.key] for answer in answers)  # type: ignore[misc]
        for item in layout.answers
    }
    for row in books.opened(original)[layout.sheet].iter_rows():
        for cell in row:
            assert same(sheet[cell.coordinate].value, sums.get(cell.coordinate, cell.value)), cell.coordinate
