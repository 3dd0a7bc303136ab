"""The upper unit's sheet as a table on the page, coloured by what each cell is for."""

from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from xuequ.kit.collection.choices import Use
from xuequ.kit.collection.filling import sheet_of
from xuequ.kit.collection.layout import Layout
from xuequ.kit.collection.sight import Sight
from xuequ.kit.collection.workbook import load

MOST_ROWS = 30
MOST_COLUMNS = 40
MARKS = {Use.ASKED: "asked", Use.KNOWN: "known"} | dict.fromkeys(
    (Use.SCHOOL, Use.CODE, Use.NUMBER, Use.CONSTANT), "fixed"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell of the preview with the rows and columns it spans."""

    text: str
    mark: str
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a sheet."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Shown, ...]], ...]
    cut: bool


def preview(workbook: bytes, layout: Layout) -> Preview:
    """Return the beginning of the asked sheet."""
    sheet = sheet_of(load(workbook), layout)
    sight = Sight(sheet)
    height = min(max(sight.height, layout.last_row), MOST_ROWS)
    width = min(sight.width, MOST_COLUMNS)
    places = [[c for c in range(1, width + 1) if sight.anchored(row, c)] for row in range(1, height + 1)]
    rows = tuple(
        (row, tuple(_shown(sight, layout, row, column, height, width) for column in columns))
        for row, columns in enumerate(places, start=1)
    )
    letters = tuple(get_column_letter(column) for column in range(1, width + 1))
    return Preview(letters, rows, sight.height > height or sight.width > width)


def _shown(sight: Sight, layout: Layout, row: int, column: int, height: int, width: int) -> Shown:
    area = sight.areas.get((row, column))
    text = sight.text(row, column)
    rows = min(area.max_row, height) - row + 1 if area is not None else 1
    columns = min(area.max_col, width) - column + 1 if area is not None else 1
    return Shown(text, _mark(layout, row, column), rows, columns)


def _mark(layout: Layout, row: int, column: int) -> str:
    if layout.by_cell:
        item = next((f for f in layout.fields if (f.row, f.column) == (row, column)), None)
        return MARKS.get(item.use, "") if item is not None else ""
    if layout.header_first <= row <= layout.header_last:
        return "head"
    if layout.first_row <= row <= layout.last_row:
        item = next((f for f in layout.fields if f.column == column), None)
        return MARKS.get(item.use, "") if item is not None else ""
    return ""


def sheet_names(workbook: bytes) -> list[str]:
    """Return the names of a workbook's sheets, those that can be seen."""
    pages = load(workbook).worksheets
    return [page.title for page in pages if page.sheet_state == "visible"] or [page.title for page in pages]
