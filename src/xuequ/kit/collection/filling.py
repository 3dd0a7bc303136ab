"""Answers written into a sheet's cells, and the hidden mark by which a file is known again."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.core import signing
from django.utils.translation import gettext as _
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.core.errors import Refused
from xuequ.kit.collection.choices import Kind, Use
from xuequ.kit.collection.content import Answer, Content, Line
from xuequ.kit.collection.layout import Field, Layout
from xuequ.kit.collection.workbook import at, put, text_of

MARK_SHEET = "_xuequ"
SALT = "xuequ.collection.file"
ANSWERED = (Use.ASKED, Use.KNOWN)


@dataclass(frozen=True, slots=True)
class Place:
    """A school as it is written into a sheet."""

    name: str
    code: str
    short: str = ""

    @property
    def names(self) -> frozenset[str]:
        """All by which the unit's list may call it."""
        return frozenset("".join(text.split()) for text in (self.name, self.code, self.short) if text)


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose file it is: uids of the collection and of the school's answer, the layout's version, rows given."""

    collection: str
    sheet: str
    version: int
    rows: int


def write_mark(book: Workbook, mark: Mark) -> None:
    """Put the signed mark on a sheet that no program shows."""
    page = book.create_sheet(MARK_SHEET)
    page.sheet_state = "veryHidden"
    at(page, 1, 1).value = signing.dumps([mark.collection, mark.sheet, mark.version, mark.rows], salt=SALT)


def read_mark(book: Workbook) -> Mark:
    """Return the file's mark; ``Refused`` when the file did not come from here."""
    foreign = Refused(
        _(
            "This file was not downloaded from this page. Download the Excel of your school, fill it in, upload that."
        )
    )
    if MARK_SHEET not in book.sheetnames:
        raise foreign
    try:
        collection, sheet, version, rows = signing.loads(text_of(at(book[MARK_SHEET], 1, 1).value), salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise foreign from error
    return Mark(collection, sheet, version, rows)


def sheet_of(book: Workbook, layout: Layout) -> Worksheet:
    """Return the asked sheet; ``Refused`` when the workbook has none of its name."""
    if layout.sheet not in book.sheetnames:
        raise Refused(_("The workbook has no sheet called “%(sheet)s”.") % {"sheet": layout.sheet})
    found = book[layout.sheet]
    assert isinstance(found, Worksheet)
    return found


def cell_of(sheet: Worksheet, item: Field, row: int) -> Cell:
    """Return the cell of a field: its own, or the one in ``row`` of its column."""
    return at(sheet, item.row or row, item.column)


def write_answer(cell: Cell, item: Field, value: Answer | None) -> None:
    """Write one value, typed; nothing leaves the cell empty."""
    if value is None:
        cell.value = None
        return
    if item.kind == Kind.DATE and isinstance(value, str):
        try:
            cell.value = dt.date.fromisoformat(value)
        except ValueError:
            put(cell, value)
            return
        if cell.number_format in {"General", "@"}:
            cell.number_format = "yyyy-mm-dd"
        return
    put(cell, value)


def write_line(
    sheet: Worksheet, layout: Layout, place: Place, content: Content, line: Line, row: int, number: int
) -> None:
    """Write one row of an answer, or the single cells of a form."""
    for item in layout.fields:
        cell = cell_of(sheet, item, row)
        if item.use in ANSWERED:
            write_answer(cell, item, content.value(line, item.key))
        elif (text := _fixed(item, place, number)) is not None:
            put(cell, text)


def _fixed(item: Field, place: Place, number: int) -> str | int | None:
    match item.use:
        case Use.SCHOOL:
            return place.name
        case Use.CODE:
            return place.code
        case Use.NUMBER:
            return number
        case Use.CONSTANT:
            return item.constant
        case _:
            return None


def lines_of(layout: Layout, content: Content) -> Sequence[Line]:
    """Return the rows of an answer as they are written: at least one where single cells are asked."""
    return content.lines or [Line()]
