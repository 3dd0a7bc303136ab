"""A sheet as the eye sees it: merged areas show their value everywhere, formats say what is a body row."""

import re
from functools import cached_property

from openpyxl.cell.cell import Cell
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.kit.collection.choices import Kind
from xuequ.kit.collection.workbook import MOST_COLUMNS, at, extent, text_of

COLON = re.compile(r"[:：]")
LISTED = re.compile(r'^"(.*)"$')


class Sight:
    """What is seen at each place of a sheet; rows and columns count from 1."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.height, filled = extent(sheet)
        self.width = min(max(filled, self._drawn()), MOST_COLUMNS)
        self.areas: dict[tuple[int, int], CellRange] = {}
        for area in sheet.merged_cells.ranges:
            for row in range(area.min_row, min(area.max_row, self.height + 200) + 1):
                for column in range(area.min_col, min(area.max_col, self.width + 50) + 1):
                    self.areas[row, column] = area

    def _drawn(self) -> int:
        """Return the last column of a merged area or a ruled cell: forms end in blanks."""
        rows = self.sheet.iter_rows(max_row=max(self.height, 1))
        drawn = [c.column or 0 for row in rows for c in row if c.border.bottom.style or c.border.top.style]
        drawn += [area.max_col or 0 for area in self.sheet.merged_cells.ranges]
        return max(drawn, default=0)

    def text(self, row: int, column: int) -> str:
        """Return what is read at a place; a merged area's value stands on all of it."""
        return (
            text_of(at(self.sheet, row, column).value)
            if (row, column) in self.areas
            else self.own(row, column)
        )

    def own(self, row: int, column: int) -> str:
        """Return the value that is written at the very place."""
        return text_of(self.sheet.cell(row, column).value)

    def value(self, row: int, column: int) -> object:
        """Return the raw value seen at a place."""
        return at(self.sheet, row, column).value

    def anchored(self, row: int, column: int) -> bool:
        """Whether the place is no covered part of a merged area."""
        area = self.areas.get((row, column))
        return area is None or (area.min_row, area.min_col) == (row, column)

    def is_formula(self, row: int, column: int) -> bool:
        """Whether a formula stands there."""
        value = self.value(row, column)
        return isinstance(value, str) and value.startswith("=") and len(value) > 1

    def groups(self, row: int) -> list[tuple[int, int, str]]:
        """Return the texts of a row with the columns they span, each merged area once."""
        found, column = [], 1
        while column <= self.width:
            area = self.areas.get((row, column))
            last = min(area.max_col, self.width) if area is not None else column
            if text := self.text(row, column):
                found.append((column, last, text))
            column = last + 1
        return found

    def is_ruled(self, row: int) -> bool:
        """Whether most cells of a row have a border, as empty rows to be filled have."""
        cells = [self.sheet.cell(row, column) for column in range(1, self.width + 1)]
        return sum(bool(cell.border.bottom.style or cell.border.top.style) for cell in cells) * 2 > len(cells)

    def unit_note(self, before: int) -> str:
        """Return the unit named above the table (单位：万元), if any."""
        for row in range(1, min(before, self.height) + 1):
            for _first, _last, text in self.groups(row):
                match = re.search(r"单位\s*[:：]\s*([^\s,，;；）)]{1,6})", text)
                if match and re.search(r"元|人|个|册|平方|㎡|台|亩", match.group(1)):
                    return match.group(1)
        return ""

    @cached_property
    def lists(self) -> list[tuple[list[tuple[int, int, int, int]], tuple[str, ...]]]:
        """The areas where Excel offers a list, with its choices."""
        found = []
        for rule in self.sheet.data_validations.dataValidation:
            if rule.type == "list" and (choices := self._choices(str(rule.formula1 or ""))):
                areas = [range_boundaries(str(area)) for area in rule.sqref.ranges]
                found.append(([(c1, r1, c2, r2) for c1, r1, c2, r2 in areas], choices))
        return found  # type: ignore[return-value]

    def choices(self, row: int, column: int) -> tuple[str, ...]:
        """Return the choices that Excel offers at a place."""
        for areas, choices in self.lists:
            if any(c1 <= column <= c2 and r1 <= row <= r2 for c1, r1, c2, r2 in areas):
                return choices
        return ()

    def _choices(self, formula: str) -> tuple[str, ...]:
        if match := LISTED.match(formula):
            return tuple(part.strip() for part in re.split("[,，]", match.group(1)) if part.strip())
        name, _sign, area = formula.removeprefix("=").rpartition("!")
        book, title = self.sheet.parent, name.strip("'") or self.sheet.title
        if book is None or title not in book.sheetnames or not re.fullmatch(r"[$A-Z0-9:]+", area):
            return ()
        rows = book[title][area.replace("$", "")]
        cells = [rows] if isinstance(rows, Cell) else [cell for row in rows for cell in row]
        return tuple(text for cell in cells[:200] if (text := text_of(cell.value)))

    def format_kind(self, row: int, column: int) -> Kind | None:
        """Return what the cell's number format speaks for, if anything."""
        code = str(self.sheet.cell(row, column).number_format or "General")
        if code in {"General", "@"}:
            return Kind.TEXT if code == "@" else None
        if re.search(r"[ymd年月日]", code, re.IGNORECASE):
            return Kind.DATE
        if "0" in code:
            return Kind.NUMBER if "." in code or "%" in code else Kind.INTEGER
        return None
