"""How an upper unit's workbook is understood, and what is refused."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from openpyxl import Workbook

from tests.kit import collection_books as books
from xuequ.core.errors import Refused
from xuequ.kit.collection import workbook
from xuequ.kit.collection.choices import CheckKind, Kind, Shape, Use
from xuequ.kit.collection.layout import Check, Layout, difference, read_rules, rules_text
from xuequ.kit.collection.proposal import Where, propose


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Read refusals as they are written in the source."""
    with translation.override("en"):
        yield


def uses(layout: Layout) -> dict[str, Use]:
    return {item.place: item.use for item in layout.fields}


def test_merged_headings_totals_and_notes() -> None:
    layout = propose(books.funding())
    assert (layout.shape, layout.title) == (Shape.ROWS, "2026年义务教育学校基本情况统计表")
    assert (layout.header_first, layout.header_last) == (3, 4)
    assert (layout.first_row, layout.last_row, layout.total_row) == (5, 7, 8)
    assert uses(layout) == {
        "A": Use.NUMBER,
        "B": Use.SCHOOL,
        "C": Use.FORMULA,
        "D": Use.KNOWN,
        "E": Use.KNOWN,
        "F": Use.KNOWN,
        "G": Use.ASKED,
        "H": Use.ASKED,
        "I": Use.ASKED,
    }
    by_place = {item.place: item for item in layout.fields}
    assert [by_place[place].source for place in "DEF"] == ["boys", "girls", "classes"]
    assert (by_place["G"].kind, by_place["G"].unit) == (Kind.NUMBER, "万元")
    assert (by_place["H"].kind, by_place["H"].choices) == (Kind.CHOICE, ("是", "否"))
    assert not by_place["I"].required


def test_a_form_of_labels_and_blanks() -> None:
    layout = propose(books.checklist())
    assert layout.shape == Shape.FORM
    assert uses(layout)["B2"] == Use.SCHOOL
    kinds = {item.place: (item.kind, item.unit) for item in layout.answers}
    assert kinds["B4"] == (Kind.INTEGER, "次")
    assert kinds["D4"] == (Kind.YES_NO, "")
    assert {item.place for item in layout.of_use(Use.KNOWN)} == {"B3", "D3"}


def test_a_total_table_and_a_list_of_things() -> None:
    total = propose(books.eyesight())
    assert (total.shape, total.total_row) == (Shape.TOTAL, 6)
    assert {item.place for item in total.of_use(Use.ASKED)} == {"B3", "C3", "B4", "C4", "B5", "C5"}
    assert total.fields[0].key == "七年级|检测人数"
    things = propose(books.projects())
    assert things.shape == Shape.ITEMS
    assert [item.kind for item in things.answers] == [
        Kind.TEXT,
        Kind.TEXT,
        Kind.DATE,
        Kind.CHOICE,
        Kind.NUMBER,
    ]


def test_the_officer_says_where_the_table_is() -> None:
    book = books.funding()
    where = Where(sheet="表1", shape=Shape.ITEMS, header_first=3, header_last=4, first_row=5, last_row=6)
    layout = propose(book, where=where)
    assert (layout.shape, layout.last_row) == (Shape.ITEMS, 6)


def test_layouts_survive_the_database() -> None:
    for book in (books.funding(), books.checklist(), books.eyesight(), books.projects()):
        layout = propose(book)
        assert Layout.from_json(layout.as_json()) == layout


def test_rules_are_read_and_written() -> None:
    fields = propose(books.funding()).fields
    checks = read_rules("c = D + E\nE <= D\n", fields)
    keys = {item.place: item.key for item in fields}
    assert checks[0] == Check(CheckKind.SUM, keys["C"], (keys["D"], keys["E"]))
    assert checks[1] == Check(CheckKind.PART, keys["D"], (keys["E"],))
    layout = Layout("x", Shape.ROWS, fields=fields, checks=checks)
    assert rules_text(layout) == "C = D + E\nE <= D"


@pytest.mark.parametrize("line", ["C is D", "C = Z", "C + D = E", "D <= C + E", "A = D"])
def test_a_rule_that_cannot_be_read_names_its_line(line: str) -> None:
    with pytest.raises(Refused, match="2"):
        read_rules(f"C = D + E\n{line}", propose(books.funding()).fields)


def test_what_a_new_version_changes() -> None:
    old = propose(books.funding())
    book = books.funding()
    book["表1"]["H3"] = "是否住宿"
    found = difference(old, propose(book))
    assert found.as_json() == {"added": ["是否住宿"], "removed": ["是否寄宿制"], "changed": []}
    assert found.asks_more
    assert not difference(old, old)


def taken(content: bytes, name: str = "a.xlsx") -> workbook.Opened:
    return workbook.take(ContentFile(content, name=name))


def test_hidden_sheets_are_remarked() -> None:
    assert taken(books.saved(books.funding())).remarks == ("hidden",)


def test_macros_are_refused() -> None:
    stream = io.BytesIO(books.saved(books.checklist()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(Refused, match="macros"):
        taken(stream.getvalue())
    with pytest.raises(Refused):
        taken(books.saved(books.checklist()), "a.xlsm")


def test_a_workbook_with_300_columns_names_its_sheet() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "宽表"
    for column in range(1, 301):
        sheet.cell(1, column).value = column
    with pytest.raises(Refused, match=r"宽表.*300"):
        taken(books.saved(book))


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"not a workbook", b""])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        taken(content)


def test_a_zip_without_a_workbook_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<broken")
    with pytest.raises(Refused, match="damaged"):
        taken(stream.getvalue())


def test_an_old_workbook_is_rebuilt_with_a_remark() -> None:
    old = (Path(__file__).parent / "files" / "scores.xls").read_bytes()
    opened = taken(old, "统计.et")
    assert opened.remarks == ("rebuilt",)
    assert workbook.extent(workbook.load(opened.content).worksheets[0]) > (1, 1)
