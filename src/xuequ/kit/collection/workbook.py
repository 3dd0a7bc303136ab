"""The upper unit's workbook: opened with care, never run, and changed in the answers' cells only."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Border, Side
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.core.errors import Refused
from xuequ.core.files import FileKind, check_upload
from xuequ.core.formulas import FORMULA_STARTS

ACCEPTED = frozenset({FileKind.XLSX, FileKind.XLS})
MOST_COLUMNS = 200
MOST_ROWS = 5_000
MOST_BYTES = 60 * 1024 * 1024
LOST_PARTS = {"xl/charts/": "charts", "xl/media/": "pictures", "xl/pivotTables/": "pivots"}
_THIN = Side(style="thin", color="808080")


@dataclass(frozen=True, slots=True)
class Opened:
    """An accepted file: its bytes as .xlsx, and codes of what the officer should know about it."""

    content: bytes
    remarks: tuple[str, ...]


def take(file: File[bytes]) -> Opened:
    """Check an uploaded workbook; ``Refused`` says why it is not taken. Old formats are rebuilt as .xlsx."""
    kind = check_upload(file, ACCEPTED)
    file.seek(0)
    content = file.read()
    if kind == FileKind.XLS:
        return Opened(_rebuilt(content), ("rebuilt",))
    return Opened(content, _remarks(content))


def _remarks(content: bytes) -> tuple[str, ...]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        size = sum(entry.file_size for entry in archive.infolist())
    if any(PurePath(name).name.lower().startswith("vbaproject") for name in names):
        raise Refused(
            _(
                "The file holds macros, which are never run here; save it as .xlsx without them and upload that."
            )
        )
    if size > MOST_BYTES:
        raise Refused(
            _("Unpacked, the file is far larger than a real one; copy its cells into a new workbook.")
        )
    book = load(content)
    found = [code for prefix, code in LOST_PARTS.items() if any(name.startswith(prefix) for name in names)]
    if any(sheet.sheet_state != "visible" for sheet in book.worksheets):
        found.append("hidden")
    return tuple(found)


def load(content: bytes, *, computed: bool = False) -> Workbook:
    """Return the workbook with its formulas, or with their results when ``computed``; ``Refused`` when damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions that openpyxl leaves out
            book = load_workbook(io.BytesIO(content), data_only=computed)
    except Exception as error:
        raise Refused(
            _("The file is damaged and cannot be opened; save it again in Excel or WPS.")
        ) from error
    for sheet in book.worksheets:
        _check_size(sheet)
    if not book.worksheets:
        raise Refused(_("The file has no sheet of cells."))
    return book


def _check_size(sheet: Worksheet) -> None:
    height, width = extent(sheet)
    if width > MOST_COLUMNS:
        raise Refused(
            _(
                "The sheet “%(sheet)s” has %(columns)d columns; %(limit)d at most are read. Delete those not asked."
            )
            % {"sheet": sheet.title, "columns": width, "limit": MOST_COLUMNS}
        )
    if height > MOST_ROWS:
        raise Refused(
            _(
                "The sheet “%(sheet)s” has %(rows)d rows; %(limit)d at most are read. Delete empty rows at the end."
            )
            % {"sheet": sheet.title, "rows": height, "limit": MOST_ROWS}
        )


def extent(sheet: Worksheet) -> tuple[int, int]:
    """Return the last row and column that hold a value; formats alone do not count."""
    filled = [(cell.row, cell.column) for cell in filled_cells(sheet)]
    return max((row for row, _c in filled), default=0), max((column for _r, column in filled), default=0)


def filled_cells(sheet: Worksheet) -> Iterator[Cell]:
    """Yield the cells that hold a value."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell, Cell) and cell.value not in (None, ""):
                yield cell


def saved(book: Workbook) -> bytes:
    """Return the workbook's bytes; whoever opens it has the formulas computed anew."""
    if book.calculation is not None:
        book.calculation.fullCalcOnLoad = True
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def at(sheet: Worksheet, row: int, column: int) -> Cell:
    """Return the cell, or the one that holds the value of the merged area it lies in."""
    cell = sheet.cell(row, column)
    if isinstance(cell, MergedCell):
        area = area_of(sheet, row, column)
        assert area is not None
        cell = sheet.cell(area.min_row, area.min_col)
    assert isinstance(cell, Cell)
    return cell


def area_of(sheet: Worksheet, row: int, column: int) -> CellRange | None:
    """Return the merged area that the cell lies in, if any."""
    for area in sheet.merged_cells.ranges:
        if area.min_row <= row <= area.max_row and area.min_col <= column <= area.max_col:
            return area
    return None


def text_of(value: object) -> str:
    """Return a cell's value as people read it."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d}"
    return " ".join(str(value).split())


def put(cell: Cell, value: Any) -> None:
    """Write an answer; a text stays a text, so that nothing is ever run from it."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)


def _rebuilt(content: bytes) -> bytes:
    """Return an old workbook's cells and merged areas as .xlsx; its formats are not kept."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as old:
            book = Workbook()
            book.remove(book.worksheets[0])
            for meta in old.sheets_metadata:
                page = old.get_sheet_by_name(meta.name)
                if page.total_width > MOST_COLUMNS or page.total_height > MOST_ROWS:
                    raise Refused(
                        _("The sheet “%(sheet)s” is too large; delete empty rows and columns at its end.")
                        % {"sheet": meta.name}
                    )
                sheet = book.create_sheet(meta.name)
                sheet.sheet_state = "visible" if meta.visible == SheetVisibleEnum.Visible else "hidden"
                _copy_page(sheet, page.to_python(skip_empty_area=False), page.merged_cell_ranges or ())
    except CalamineError as error:
        raise Refused(
            _("The file is damaged or protected by a password; save it again in Excel or WPS.")
        ) from error
    if not book.worksheets:
        raise Refused(_("The file has no sheet of cells."))
    return saved(book)


def _copy_page(sheet: Worksheet, rows: list[list[Any]], merged: Any) -> None:
    frame = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    for r, row in enumerate(rows, start=1):
        for c, value in enumerate(row, start=1):
            cell = at(sheet, r, c)
            if value != "":
                put(cell, int(value) if isinstance(value, float) and value.is_integer() else value)
            if r > 1:
                cell.border = frame
    for (top, left), (bottom, right) in merged:
        sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
