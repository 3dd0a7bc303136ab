"""A sheet's body made longer or shorter: what stands below moves along, and formulas go on meaning the same."""

import copy
import re
from collections.abc import Iterable

from openpyxl.cell.cell import Cell
from openpyxl.formula import Tokenizer
from openpyxl.formula.translate import Translator
from openpyxl.workbook import Workbook
from openpyxl.worksheet.cell_range import CellRange, MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

REFERENCE = re.compile(r"(?<![A-Za-z0-9_.])(\$?[A-Z]{1,3})(\$?)(\d+)(?![A-Za-z0-9_(])")


def resize_body(book: Workbook, sheet: Worksheet, first: int, last: int, wanted: int) -> None:
    """Give the body, rows ``first`` to ``last``, the number of rows ``wanted`` (at least one).

    New rows look like the first one and carry its formulas; rows are taken away from the end. Merged areas, heights,
    choice lists, formats by rule and every formula of the workbook follow.
    """
    shift = max(wanted, 1) - (last - first + 1)
    if not shift:
        return
    bottom = max(sheet.max_row, last)
    for area in list(sheet.merged_cells.ranges):
        if area.min_row > last:
            sheet.merged_cells.remove(area)
            area.shift(row_shift=shift)
            sheet.merged_cells.add(area)
        elif shift < 0 and area.max_row > last + shift:
            sheet.unmerge_cells(area.coord)
    # Merged areas that moved leave covered places behind; the cells follow by themselves.
    _move_rows(sheet, last, bottom, shift)
    _rewrite_formulas(book, sheet, last, shift)
    if shift > 0:
        _fill_like_first(sheet, first, last, shift)
    _move_rules(sheet, last, shift)
    _move_print(sheet, last, shift)


def _move_rows(sheet: Worksheet, last: int, bottom: int, shift: int) -> None:
    cells = sheet._cells  # openpyxl's own move_range loses covered cells
    moved = {place: cells.pop(place) for place in [p for p in cells if p[0] > last]}
    for place in [p for p in cells if last + shift < p[0] <= last]:
        del cells[place]
    for (row, column), cell in moved.items():
        cell.row = row + shift
        cells[row + shift, column] = cell
    heights = {
        row: sheet.row_dimensions[row] for row in range(last + 1, bottom + 1) if row in sheet.row_dimensions
    }
    for row in heights:
        del sheet.row_dimensions[row]
    for row, dimension in heights.items():
        dimension.index = row + shift
        sheet.row_dimensions[row + shift] = dimension


def _fill_like_first(sheet: Worksheet, first: int, last: int, shift: int) -> None:
    height = sheet.row_dimensions[first].height
    spans = [area for area in sheet.merged_cells.ranges if area.min_row == area.max_row == first]
    columns = range(1, sheet.max_column + 1)  # openpyxl looks through all cells for it
    for row in range(last + 1, last + shift + 1):
        for column in columns:
            pattern = sheet._cells.get((first, column))
            if isinstance(pattern, Cell):
                _copy_cell(sheet, pattern, row)
        for area in spans:
            sheet.merge_cells(start_row=row, end_row=row, start_column=area.min_col, end_column=area.max_col)
        if height is not None:
            sheet.row_dimensions[row].height = height


def _copy_cell(sheet: Worksheet, pattern: Cell, row: int) -> None:
    cell = sheet.cell(row, pattern.column)
    assert isinstance(cell, Cell)
    cell._style = copy.copy(pattern._style)  # type: ignore[attr-defined]
    if pattern.data_type == "f" and isinstance(pattern.value, str):
        cell.value = Translator(pattern.value, origin=pattern.coordinate).translate_formula(cell.coordinate)


def _rewrite_formulas(book: Workbook, sheet: Worksheet, last: int, shift: int) -> None:
    for other in book.worksheets:
        for row in other.iter_rows():
            for cell in row:
                if isinstance(cell, Cell) and cell.data_type == "f" and isinstance(cell.value, str):
                    cell.value = rewritten(cell.value, last, shift, sheet.title, own=other is sheet)
    for name in book.defined_names.values():
        if name.attr_text and not name.attr_text.startswith("#"):
            name.attr_text = rewritten(f"={name.attr_text}", last, shift, sheet.title, own=False)[1:]


def rewritten(formula: str, last: int, shift: int, title: str, *, own: bool) -> str:
    """Return a formula after the rows below ``last`` have moved: what ended with the body ends with it still.

    >>> rewritten("=SUM(C5:C7)+C9*D6", 7, 2, "表1", own=True)
    '=SUM(C5:C9)+C11*D6'
    """
    tokens = Tokenizer(formula)
    for token in tokens.items:
        if token.subtype == "RANGE":
            token.value = _moved(token.value, last, shift, title, own)
    return "=" + "".join(token.value for token in tokens.items)


def _moved(value: str, last: int, shift: int, title: str, own: bool) -> str:
    page, mark, area = value.rpartition("!")
    if (page.strip("'").replace("''", "'") != title) if mark else not own:
        return value
    start, colon, end = area.partition(":")
    if not colon:
        return page + mark + _row_moved(area, last + 1, shift)
    # A range that reaches the body's last row grows or shrinks with the body.
    return f"{page}{mark}{_row_moved(start, last + 1, shift)}:{_row_moved(end, last, shift)}"


def _row_moved(place: str, from_row: int, shift: int) -> str:
    def moved(match: re.Match[str]) -> str:
        column, dollar, row = match.groups()
        return f"{column}{dollar}{int(row) + shift if int(row) >= from_row else int(row)}"

    return REFERENCE.sub(moved, place)


def _move_rules(sheet: Worksheet, last: int, shift: int) -> None:
    for rule in sheet.data_validations.dataValidation:
        rule.sqref = MultiCellRange([_grown(area, last, shift) for area in _ranges(rule)])
    formats = sheet.conditional_formatting
    for entry in list(formats):
        areas = MultiCellRange([_grown(area, last, shift) for area in entry.sqref.ranges])
        entry.sqref = areas


def _ranges(rule: DataValidation) -> Iterable[CellRange]:
    return list(rule.sqref.ranges)


def _grown(area: CellRange, last: int, shift: int) -> CellRange:
    top = area.min_row + shift if area.min_row > last else area.min_row
    end = area.max_row + shift if area.max_row >= last else area.max_row
    return CellRange(
        min_col=area.min_col, max_col=area.max_col, min_row=min(top, max(end, 1)), max_row=max(top, end, 1)
    )


def _move_print(sheet: Worksheet, last: int, shift: int) -> None:
    for pages in (sheet.row_breaks,):
        for page in pages.brk:
            page.id = page.id + shift if page.id > last else page.id
    if sheet.print_area:
        areas = [rewritten(f"={part}", last, shift, sheet.title, own=True)[1:] for part in _printed(sheet)]
        sheet.print_area = ",".join(areas)
    if sheet.auto_filter.ref:
        sheet.auto_filter.ref = rewritten(f"={sheet.auto_filter.ref}", last, shift, sheet.title, own=True)[1:]


def _printed(sheet: Worksheet) -> list[str]:
    return [part.rpartition("!")[2] for part in str(sheet.print_area).split(",")]


def clear_body(sheet: Worksheet, first: int, last: int) -> None:
    """Empty the body's cells, except for formulas."""
    for (row, _column), cell in list(sheet._cells.items()):
        if first <= row <= last and isinstance(cell, Cell) and cell.data_type != "f":
            cell.value = None
