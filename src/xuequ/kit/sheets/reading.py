"""Files into cells: .xlsx, .xls, .ods and WPS workbooks, and text in the encodings that schools use."""

import codecs
import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import PurePath

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from xuequ.kit.sheets.problems import Problem, SheetRefused

Cell = str | int | float | bool | dt.date | dt.time | dt.timedelta
Range = tuple[tuple[int, int], tuple[int, int]]

ROW_LIMIT = 300_000
COLUMN_LIMIT = 200
ZIP = b"PK\x03\x04"
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = (",", "\t", ";", "，")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells of one sheet from A1 on, an empty cell as ``""``; ``merged`` holds 0-based corners."""

    name: str
    rows: list[list[Cell]]
    merged: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """The visible sheets of a file, and the names of the hidden ones."""

    sheets: tuple[Sheet, ...]
    hidden: tuple[str, ...] = ()


def cell_name(row: int, column: int) -> str:
    """Return the spreadsheet's name of a cell from 0-based places, as ``C17``.

    >>> cell_name(16, 2), cell_name(0, 26)
    ('C17', 'AA1')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def read_book(content: bytes, file_name: str) -> Book:
    """Return the cells of a file; ``SheetRefused`` says why it cannot be read."""
    if not content.strip(b"\x00 \t\r\n"):
        raise SheetRefused(Problem("empty"))
    if content.startswith((ZIP, OLE2)):
        return _workbook(content)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise SheetRefused(Problem("web-page"))
    return Book((Sheet(PurePath(file_name).stem, _text_rows(decode(content))),))


def _workbook(content: bytes) -> Book:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            pages = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
            hidden = tuple(meta.name for meta in pages if meta.visible != SheetVisibleEnum.Visible)
            sheets = tuple(
                _sheet(book.get_sheet_by_name(meta.name)) for meta in pages if meta.name not in hidden
            )
    except PasswordError as error:
        raise SheetRefused(Problem("protected")) from error
    except CalamineError as error:
        raise SheetRefused(Problem("unreadable")) from error
    return Book(sheets, hidden)


def _sheet(sheet: CalamineSheet) -> Sheet:
    check_size(sheet.name, sheet.total_height, sheet.total_width)
    rows: list[list[Cell]] = sheet.to_python(skip_empty_area=False)
    return Sheet(sheet.name, rows, tuple(sheet.merged_cell_ranges or ()))


def check_size(name: str, height: int, width: int) -> None:
    """Refuse a sheet that is larger than any list of results, before its cells are built."""
    if width > COLUMN_LIMIT:
        raise SheetRefused(Problem("too-wide", name, "", {"columns": str(width), "limit": str(COLUMN_LIMIT)}))
    if height > ROW_LIMIT:
        raise SheetRefused(Problem("too-long", name, "", {"rows": str(height), "limit": str(ROW_LIMIT)}))


def decode(content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or GB 18030 (which includes GBK and GB 2312).

    >>> decode("姓名,数学".encode("gbk"))
    '姓名,数学'
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return _decoded(content, encoding)
    if content[:200].count(0) > len(content[:200]) // 4:
        return _decoded(content, "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(content, "gb18030")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise SheetRefused(Problem("encoding")) from error
    # Binary files decode by luck now and then; control characters tell.
    if any(ord(char) < 9 for char in text[:4000]):
        raise SheetRefused(Problem("unreadable"))
    return text


def _text_rows(text: str) -> list[list[Cell]]:
    head = text[:20_000].splitlines()[:20]
    delimiter = max(DELIMITERS, key=lambda mark: sum(line.count(mark) for line in head))
    try:
        rows: list[list[Cell]] = [list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise SheetRefused(Problem("unreadable")) from error
    check_size("", len(rows), max((len(row) for row in rows), default=0))
    return rows
