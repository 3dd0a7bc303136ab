"""How a cell is written: the same characters on the page, in the PDF, in Word and in a sentence.

A sentence writes the number alone; its unit belongs to the message. Tables write the unit in the heading.
"""

import datetime as dt
import math
import re
import unicodedata
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from django.utils import dateformat
from django.utils.translation import get_language, gettext, ngettext

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, Withheld

MINUS = "\N{MINUS SIGN}"
MISSING = "\N{EM DASH}"
WITHHELD = "*"
# Marks that turn the reading direction: a name that holds one could rewrite its neighbours.
_DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def plain(value: object) -> str:
    """Return text on one line, without control characters, direction marks and broken code points."""
    text = str(value)
    if not text.isprintable():
        text = "".join(_kept(character) for character in _DIRECTION.sub("", text))
    return " ".join(text.split())


def _kept(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs" or character in "\ufffe\uffff":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category == "Cc" else character


def number(cell: Cell) -> float | None:
    """Return a finite number for drawing, or None when the cell holds none."""
    if isinstance(cell, int | float) and math.isfinite(cell):
        return float(cell)
    return None


def moment(cell: Cell) -> dt.date | None:
    """Return the date of a cell, or None."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    return cell if isinstance(cell, dt.date) else None


def is_missing(cell: Cell) -> bool:
    """Tell whether there is nothing to show: no value, or a number that is not finite."""
    return cell is None or (isinstance(cell, float) and not math.isfinite(cell))


def rounded(value: int | float, decimals: int) -> Decimal:
    """Round half up on the shortest decimal form of ``value``; a result of zero has no sign."""
    result = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return abs(result) if result == 0 else result


def format_number(value: int | float, decimals: int, *, signed: bool = False) -> str:
    """Write a number with U+2212 as its minus sign and, from five digits on, groups of three."""
    exact = rounded(value, decimals)
    digits = f"{abs(exact):,f}" if abs(exact) >= 10_000 else f"{abs(exact):f}"
    if exact < 0:
        return MINUS + digits
    return "+" + digits if signed and exact > 0 else digits


def format_date(value: dt.date) -> str:
    """Write a date as people of the current language do."""
    if (get_language() or "zh-hans").startswith("zh"):
        return f"{value.year}年{value.month}月{value.day}日"
    return dateformat.format(value, "j F Y")


def format_cell(column: Column, cell: Cell, *, absolute: bool = False) -> str:
    """Write a cell without its unit; ``absolute`` leaves the sign of a number away."""
    if isinstance(cell, Withheld):
        return WITHHELD
    if is_missing(cell):
        return MISSING
    if isinstance(cell, dt.date):
        return format_date(cell)
    if isinstance(cell, int | float):
        return _format_figure(column, abs(cell) if absolute else cell, signed=not absolute)
    return plain(cell)


def _format_figure(column: Column, value: int | float, *, signed: bool) -> str:
    match column.kind:
        case ColumnKind.PERCENT:
            return format_number(float(Decimal(repr(value)) * 100), column.decimals) + "%"
        case ColumnKind.SIGNED:
            return format_number(value, column.decimals, signed=signed)
        case ColumnKind.NUMBER:
            return format_number(value, column.decimals)
        case ColumnKind.INTEGER:
            return format_number(value, 0)
        case _:
            return str(value)


def with_unit(column: Column, cell: Cell, *, absolute: bool = False) -> str:
    """Write a cell followed by its unit, as for labels in charts; Chinese units follow without a space."""
    text = format_cell(column, cell, absolute=absolute)
    unit = plain(column.unit)
    if not unit or number(cell) is None or (unit == "%" and text.endswith("%")):
        return text
    return text + unit if ord(unit[0]) > 0x2E7F else f"{text} {unit}"


def heading(column: Column) -> str:
    """Write the heading of a column with its unit."""
    return headed(plain(column.label), plain(column.unit))


def headed(label: str, unit: str) -> str:
    """Write a heading from a label and its unit."""
    return gettext("%(label)s (%(unit)s)") % {"label": label, "unit": unit} if unit else label


def meaning(cell: Cell) -> str:
    """Say in words why a cell shows no value; empty when it shows one."""
    if isinstance(cell, Withheld):
        return withheld_note(cell.minimum)
    return gettext("no value") if is_missing(cell) else ""


def withheld_note(minimum: int) -> str:
    """Say what the withheld mark means."""
    return ngettext(
        "%(mark)s not shown: fewer than %(minimum)d person",
        "%(mark)s not shown: fewer than %(minimum)d people",
        minimum,
    ) % {"mark": WITHHELD, "minimum": minimum}


def notes(figure: Figure) -> list[str]:
    """Return the lines that explain the marks used in a figure's cells."""
    held = {cell.minimum for row in figure.rows for cell in row.cells if isinstance(cell, Withheld)}
    return [withheld_note(minimum) for minimum in sorted(held)]


def is_numeric(column: Column) -> bool:
    """Tell whether the cells of a column are numbers, which stand to the right."""
    return column.kind not in (ColumnKind.TEXT, ColumnKind.DATE)


def suppress_small(figure: Figure, n_column: str, minimum: int = 5, total: str = "") -> Figure:
    """Withhold the numbers of rows that stand for fewer than ``minimum`` people, or for an unknown number.

    ``total`` is the key of a row that adds up the others. When it is given and only one row is withheld, the
    next smallest is withheld as well, or a subtraction would give the first away. Empty groups stay.
    """
    place = figure.columns.index(figure.column(n_column))
    sizes = {row.key: number(row.cells[place]) for row in figure.rows if row.key != total}
    small = {key for key, size in sizes.items() if size is None or 0 < size < minimum}
    if total and len(small) == 1:
        others = [(size, key) for key, size in sizes.items() if key not in small and size]
        small |= {key for _, key in sorted(others)[:1]}
    numeric = [is_numeric(column) for column in figure.columns]
    rows = tuple(
        replace(row, cells=_withhold(row.cells, numeric, minimum)) if row.key in small else row
        for row in figure.rows
    )
    return replace(figure, rows=rows)


def _withhold(cells: tuple[Cell, ...], numeric: list[bool], minimum: int) -> tuple[Cell, ...]:
    return tuple(
        Withheld(minimum) if hide and cell is not None else cell
        for cell, hide in zip(cells, numeric, strict=True)
    )
