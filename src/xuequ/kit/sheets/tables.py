"""What every table of cells needs: rows that know their place, cells as text, merged cells spread."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from xuequ.kit.sheets.reading import Cell, Sheet


@dataclass(frozen=True, slots=True)
class DataRow:
    """A row of data: ``index`` is its 0-based place in the sheet."""

    index: int
    cells: Sequence[Cell]

    def at(self, column: int) -> Cell:
        """Return a cell, empty beyond the row's end."""
        return self.cells[column] if column < len(self.cells) else ""


def text_of(cell: Cell) -> str:
    """Return a cell as text: numbers without a needless ``.0``, full-width folded, no spaces at the ends."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFKC", str(cell)).strip()


def spread_down(sheet: Sheet, start: int) -> None:
    """Write the value of a merged data cell (a class over its pupils) into all rows that it spans."""
    for (top, left), (bottom, right) in sheet.merged:
        if top >= start and bottom > top and left == right:
            value = sheet.rows[top][left]
            for row in sheet.rows[top + 1 : bottom + 1]:
                if left < len(row):
                    row[left] = value
