"""A figure is one frozen object; tables, charts, spreadsheets and print are all made from it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Withheld:
    """Stands for a value that is not shown, because fewer than ``minimum`` people stand behind it."""

    minimum: int = 5


Cell = str | int | float | dt.date | Promise | Withheld | None


class FigureKind(StrEnum):
    """How the rows want to be seen; each kind names the column roles that it needs.

    A row with any text in its ``highlight`` column is emphasised, and the text is shown in the table (such as
    "this school"), so leave the other rows' cells empty. Whether an interval lies above, below or across the
    reference line is read from ``low`` and ``high``; no column is needed for it.
    """

    TABLE = "table"
    INTERVAL = "interval"  # label, value, low, high [, highlight]
    QUADRANT = "quadrant"  # label, x, y [, size, highlight]
    TRAJECTORY = "trajectory"  # x, value [, low, high, expected, label]
    DISTRIBUTION = "distribution"  # label (band), value (share or count) [, group]
    MATRIX = "matrix"  # label (row), column, value
    BARS = "bars"  # label, value [, group, low, high]
    TIMELINE = "timeline"  # label, start, end [, group]
    TILES = (
        "tiles"  # label, column, row (places from 0), value, shade (0 to 3), group (its word) [, highlight]
    )


class ColumnKind(StrEnum):
    """How a cell is written."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    SIGNED = "signed"  # always with its sign, for effects and differences
    PERCENT = "percent"  # stored as a share 0..1
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``key`` is stable and cited by sentences, ``label`` and ``unit`` are for people."""

    key: str
    label: Text
    kind: ColumnKind = ColumnKind.TEXT
    decimals: int = 2
    unit: Text = ""
    help: Text = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``key`` is stable within the figure, ``cells`` stand in column order, ``url`` leads to it."""

    key: str
    cells: tuple[Cell, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference line: ``axis`` is ``"x"`` or ``"y"``."""

    axis: str
    value: float
    label: Text = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """Columns and rows with their meaning.

    ``roles`` maps a role of the kind (``"label"``, ``"value"``, ``"low"``, …) to a column key. ``caption``
    says what is counted and how, ``alt`` what the picture shows, in words, and ``run`` whose they are.
    """

    code: str
    kind: FigureKind
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    caption: Text = ""
    alt: Text = ""
    run: UUID | None = None
    references: tuple[Reference, ...] = ()

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.code}: two columns share a key")
        if unknown := set(self.roles.values()) - set(keys):
            raise ValueError(f"{self.code}: roles name unknown columns {sorted(unknown)}")
        if any(len(row.cells) != len(keys) for row in self.rows):
            raise ValueError(f"{self.code}: a row has not as many cells as there are columns")
        if len({row.key for row in self.rows}) != len(self.rows):
            raise ValueError(f"{self.code}: two rows share a key")

    def column(self, key: str) -> Column:
        """Return the column called ``key``; KeyError when there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(f"{self.code}: no column {key!r}")

    def index(self, role: str) -> int | None:
        """Return the place of the column that plays ``role``; None when the figure has no such role."""
        key = self.roles.get(role)
        return None if key is None else [column.key for column in self.columns].index(key)

    def cell(self, row: str, column: str) -> Cell:
        """Return the cell at ``row`` and ``column`` (both keys); KeyError when there is none."""
        index = self.columns.index(self.column(column))
        for candidate in self.rows:
            if candidate.key == row:
                return candidate.cells[index]
        raise KeyError(f"{self.code}: no row {row!r}")
