"""Reports as Excel: a cover sheet and one sheet of typed cells per figure; figures as CSV."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable

from django.utils.translation import gettext
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, Withheld
from xuequ.core.formulas import FORMULA_STARTS, guard_formula
from xuequ.core.rendering.archive import settled
from xuequ.core.rendering.cells import (
    WITHHELD,
    format_cell,
    heading,
    is_numeric,
    moment,
    notes,
    number,
    plain,
    rounded,
)
from xuequ.core.rendering.sentences import joined, sentences_of, speaking, stamp, stamp_text
from xuequ.core.rendering.svg.canvas import text_width
from xuequ.core.reports import Report

_BOLD = Font(bold=True)
_HEAD = PatternFill("solid", fgColor="DCE6F1")
_MARK = PatternFill("solid", fgColor="FFF3D6")
_RULE = Border(bottom=Side(style="thin", color="475467"))
_TOP = Alignment(vertical="top", wrap_text=True)
_FIRST_ROW = 4


def render_xlsx(report: Report, language: str | None = None) -> bytes:
    """Return the report's figures as one workbook, the same bytes for the same report."""
    with speaking(language):
        book = Workbook()
        cover = book.worksheets[0]
        names = _sheet_names(report.figures().values())
        for figure in report.figures().values():
            _fill(book.create_sheet(names[figure.code]), figure)
        _cover(cover, report, names)
        utc = stamp(report).astimezone(dt.UTC)
        book.properties.title, book.properties.creator = plain(report.title), plain(report.issuer)
        file = io.BytesIO()
        book.save(file)
    return settled(file.getvalue(), utc.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _sheet_names(figures: Iterable[Figure]) -> dict[str, str]:
    """Return names that Excel accepts (31 characters, some forbidden), numbered so that none repeats."""
    names = {}
    for place, figure in enumerate(figures, 1):
        title = re.sub(r"[\[\]:*?/\\']", " ", plain(figure.title)).strip()
        names[figure.code] = f"{place} {title}"[:31].strip()
    return names


def _cover(sheet: Worksheet, report: Report, names: dict[str, str]) -> None:
    sheet.title = gettext("About this file")
    sheet.sheet_view.showGridLines = False
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 18, 90
    _text(_at(sheet, 1, 1), plain(report.title)).font = Font(bold=True, size=16)
    lines = [
        ("", plain(report.subtitle)),
        (gettext("Issued by"), plain(report.issuer)),
        (gettext("As of"), stamp_text(report)),
        (gettext("Run number"), str(report.run or "")),
        (
            gettext("How to read"),
            gettext("Each sheet holds one figure: headings in row 4, then the rows, then notes."),
        ),
        (
            "",
            gettext(
                "An empty cell means that there is no value; “*” means that it is not shown, to protect people."
            ),
        ),
        ("", gettext("Cells hold the full value and show it rounded; percentages are stored as shares.")),
    ]
    lines += [
        ("", text) for block in report.blocks if (text := joined(sentences_of(block), report.figures()))
    ]
    row = 2
    for label, text in lines:
        if text:
            _text(_at(sheet, row, 1), label).font = _BOLD
            _text(_at(sheet, row, 2), text).alignment = _TOP
            row += 1
    _text(_at(sheet, row + 1, 1), gettext("List of figures")).font = _BOLD
    for place, (code, name) in enumerate(names.items()):
        cell = _text(_at(sheet, row + 1 + place, 2), plain(report.figures()[code].title))
        cell.hyperlink = f"#'{name}'!A1"
        cell.font = Font(color="005A9C", underline="single")


def _fill(sheet: Worksheet, figure: Figure) -> None:
    """Write title, caption, headings, rows and notes of a figure."""
    _text(_at(sheet, 1, 1), plain(figure.title)).font = Font(bold=True, size=13)
    _text(_at(sheet, 2, 1), plain(figure.caption)).font = Font(color="475467")
    for place, column in enumerate(figure.columns, 1):
        head = _text(_at(sheet, _FIRST_ROW, place), heading(column))
        head.font, head.fill, head.border = _BOLD, _HEAD, _RULE
        head.alignment = Alignment(horizontal="right" if is_numeric(column) else "left", wrap_text=True)
        sheet.column_dimensions[get_column_letter(place)].width = _width(figure, place - 1)
    marked = figure.index("highlight")
    for line, row in enumerate(figure.rows, _FIRST_ROW + 1):
        emphasis = marked is not None and bool(row.cells[marked])
        for place, (column, value) in enumerate(zip(figure.columns, row.cells, strict=True), 1):
            written = _value(_at(sheet, line, place), column, value)
            if emphasis:
                written.fill, written.font = _MARK, _BOLD
    last = _FIRST_ROW + len(figure.rows)
    lines = [*notes(figure), gettext("Run %(run)s") % {"run": figure.run} if figure.run else ""]
    for place, note in enumerate((line for line in lines if line), last + 2):
        _text(_at(sheet, place, 1), note).font = Font(color="475467", size=9)
    sheet.freeze_panes = f"B{_FIRST_ROW + 1}"
    sheet.auto_filter.ref = f"A{_FIRST_ROW}:{get_column_letter(len(figure.columns))}{last}"
    sheet.print_title_rows = f"{_FIRST_ROW}:{_FIRST_ROW}"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]


def _width(figure: Figure, place: int) -> float:
    column = figure.columns[place]
    texts = [heading(column), *(format_cell(column, row.cells[place]) for row in figure.rows)]
    return min(max(text_width(text, 1.9) for text in texts) + 4, 48)


def _at(sheet: Worksheet, row: int, column: int) -> SheetCell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, SheetCell)
    return cell


def _text(cell: SheetCell, text: str) -> SheetCell:
    """Write a text that stays a text: a leading ``=`` starts no formula."""
    cell.value = text or None
    if text:
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(FORMULA_STARTS)
    return cell


def _value(cell: SheetCell, column: Column, value: Cell) -> SheetCell:
    """Write a typed cell with its number format; a missing value stays empty."""
    if isinstance(value, Withheld):
        cell = _text(cell, WITHHELD)
        cell.alignment = Alignment(horizontal="right")
    elif (day := moment(value)) is not None:
        cell.value, cell.number_format = day, "yyyy-mm-dd"
    elif (exact := number(value)) is not None:
        cell.value = int(rounded(exact, 0)) if column.kind == ColumnKind.INTEGER else exact
        cell.number_format = number_format(column)
    elif value is not None and not isinstance(value, float):
        _text(cell, plain(value))
    return cell


def number_format(column: Column) -> str:
    """Return Excel's format for a column of numbers."""
    places = "0." + "0" * column.decimals if column.decimals else "0"
    match column.kind:
        case ColumnKind.INTEGER:
            return "[>=10000]#,##0;0"
        case ColumnKind.NUMBER:
            return places
        case ColumnKind.SIGNED:
            return f"+{places};\N{MINUS SIGN}{places};{places}"
        case ColumnKind.PERCENT:
            return places + "%"
        case _:
            return "General"


def render_csv(figure: Figure, language: str | None = None) -> bytes:
    """Return a figure as CSV that Excel opens in Chinese: UTF-8 with BOM, full values, no live formulas."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    with speaking(language):
        writer.writerow([guard_formula(heading(column)) for column in figure.columns])
        for row in figure.rows:
            writer.writerow(
                [_csv_value(column, cell) for column, cell in zip(figure.columns, row.cells, strict=True)]
            )
    return file.getvalue().encode("utf-8-sig")


def _csv_value(column: Column, cell: Cell) -> str:
    if isinstance(cell, Withheld):
        return WITHHELD
    if (day := moment(cell)) is not None:
        return day.isoformat()
    if (exact := number(cell)) is not None:
        return str(int(rounded(exact, 0))) if column.kind == ColumnKind.INTEGER else repr(exact)
    return "" if cell is None or isinstance(cell, float) else guard_formula(plain(cell))
