"""One school's own Excel: the same sheet with its rows only, what is known filled in, the rest locked; and back."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.core.errors import Refused
from xuequ.kit.collection.choices import Kind, Shape, Use
from xuequ.kit.collection.content import SINGLE, Content, Known, Line
from xuequ.kit.collection.filling import (
    Mark,
    Place,
    cell_of,
    lines_of,
    sheet_of,
    write_line,
    write_mark,
)
from xuequ.kit.collection.layout import Layout
from xuequ.kit.collection.sources import origin_of
from xuequ.kit.collection.stretching import clear_body, resize_body
from xuequ.kit.collection.values import NO, YES, read
from xuequ.kit.collection.workbook import filled_cells, load, saved, text_of

SPARE_LINES = 20
FEWEST_LINES = 50
TO_FILL = PatternFill("solid", fgColor="FFF8DC")
OPEN = Protection(locked=False)


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a school's Excel says: its rows, and the cells of known values that it writes otherwise."""

    lines: list[Line]
    disputed: tuple[str, ...]


def rows_given(layout: Layout, content: Content) -> int:
    """Return how many rows of the body a school's file has."""
    if layout.shape != Shape.ITEMS:
        return 1
    return max(len(content.lines) + SPARE_LINES, FEWEST_LINES)


def school_book(original: bytes, layout: Layout, mark: Mark, place: Place, content: Content) -> bytes:
    """Return the workbook for one school; ``mark`` says how many rows it has."""
    book = load(original)
    sheet = sheet_of(book, layout)
    if not layout.by_cell:
        resize_body(book, sheet, layout.first_row, layout.last_row, mark.rows)
        clear_body(sheet, layout.first_row, layout.first_row + mark.rows - 1)
    for number, line in enumerate(lines_of(layout, content), start=1):
        write_line(sheet, layout, place, content, line, layout.first_row + number - 1, number)
    _lock(sheet, layout, mark.rows, content)
    _offer_choices(sheet, layout, mark.rows)
    write_mark(book, mark)
    return saved(book)


def _lock(sheet: Worksheet, layout: Layout, rows: int, content: Content) -> None:
    for row in range(layout.first_row, layout.first_row + rows):
        for item in layout.of_use(Use.ASKED):
            cell = cell_of(sheet, item, row)
            cell.protection = OPEN
            cell.fill = TO_FILL
    for item in layout.of_use(Use.KNOWN):
        cell = cell_of(sheet, item, layout.first_row)
        if (known := content.known.get(item.key)) is not None:
            cell.comment = Comment(source_words(known), "xuequ", height=60, width=240)
        else:
            cell.protection = OPEN
            cell.fill = TO_FILL
    sheet.protection.enable()
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def source_words(known: Known) -> str:
    """Say where a known value comes from and of which day it is."""
    if known.settled == "adopted":
        return _("as the school says; taken over by the district")
    return _("from %(origin)s, %(day)s") % {"origin": origin_of(known.source), "day": known.day}


def _offer_choices(sheet: Worksheet, layout: Layout, rows: int) -> None:
    """Add lists to choose from where the upper unit gave none."""
    for item in layout.of_use(Use.ASKED):
        choices = item.choices if item.kind == Kind.CHOICE else (YES, NO) if item.kind == Kind.YES_NO else ()
        joined = ",".join(choices)
        first, last = (item.row, item.row) if item.row else (layout.first_row, layout.first_row + rows - 1)
        area = f"{item.place.rstrip('0123456789')}{first}:{item.place.rstrip('0123456789')}{last}"
        if choices and len(joined) < 250 and '"' not in joined and not _has_list(sheet, area):
            rule = DataValidation(type="list", formula1=f'"{joined}"', allow_blank=True)
            rule.add(area)
            sheet.add_data_validation(rule)


def _has_list(sheet: Worksheet, area: str) -> bool:
    corner = area.split(":")[0]
    return any(corner in rule.sqref for rule in sheet.data_validations.dataValidation)


def read_school_book(
    original: bytes, uploaded: bytes, layout: Layout, mark: Mark, content: Content
) -> ReadBack:
    """Return what a school's file says; ``Refused`` names the first cell where its layout was changed."""
    book = load(uploaded, computed=True)
    sheet = sheet_of(book, layout)
    _check_layout(sheet_of(load(original), layout), sheet, layout)
    lines = list(_lines(sheet, layout, mark, content))
    disputed = tuple(
        item.name
        for item in layout.of_use(Use.KNOWN)
        if (known := content.known.get(item.key)) is not None
        and read(item, cell_of(sheet, item, layout.first_row).value) not in {known.standing, None}
    )
    return ReadBack(lines, disputed)


def _check_layout(given: Worksheet, sheet: Worksheet, layout: Layout) -> None:
    filled = {cell_of(given, item, item.row).coordinate for item in layout.fields if item.row}
    rows = layout.last_row if layout.by_cell else layout.header_last
    for cell in filled_cells(given):
        wanted, found = text_of(cell.value), text_of(sheet.cell(cell.row, cell.column).value)
        is_label = cell.row <= rows and cell.coordinate not in filled and not wanted.startswith("=")
        if is_label and wanted != found:
            raise Refused(
                _(
                    "The layout was changed: cell %(cell)s should read “%(wanted)s” but reads “%(found)s”. "
                    "Nothing was taken over. Download the file again and fill only the marked cells."
                )
                % {"cell": cell.coordinate, "wanted": wanted[:40], "found": found[:40]}
            )


def _lines(sheet: Worksheet, layout: Layout, mark: Mark, content: Content) -> Iterator[Line]:
    """Yield the file's rows; an empty cell is an empty text, since it empties what was filled in before."""
    fields = [item for item in layout.answers if item.key not in content.known]
    for place in range(mark.rows if layout.shape == Shape.ITEMS else 1):
        values = {
            item.key: read(item, cell_of(sheet, item, layout.first_row + place).value) for item in fields
        }
        if layout.shape != Shape.ITEMS or any(value is not None for value in values.values()):
            name = str(place + 1) if layout.shape == Shape.ITEMS else SINGLE
            yield Line(name, {key: "" if value is None else value for key, value in values.items()})
