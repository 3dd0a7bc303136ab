"""Parts that several charts share: symbols, colours, axes, legends and reading of a figure's rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, Row
from xuequ.core.rendering.cells import format_cell, format_number, heading, number, plain
from xuequ.core.rendering.svg.canvas import (
    INK,
    MUTED,
    PAPER,
    Canvas,
    Scale,
    Size,
    text_width,
    tick_decimals,
    ticks,
    wrapped,
)

ABOVE = "#005a9c"
BELOW = "#c4450c"
NEUTRAL = "#667085"
LEVEL = 15.0
"""The height of one line of labels above a plot."""
BAND = "#cfe0f1"
# Neighbours in this list differ in lightness, so that they stay apart in greyscale print.
SERIES = ("#005a9c", "#e69f00", "#7a3b69", "#7cc4e8", "#00664e", "#d98cb3")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a figure's cells by role."""

    figure: Figure

    def column(self, role: str) -> Column:
        """Return the column that plays a role."""
        return self.figure.column(self.figure.roles[role])

    def cell(self, row: Row, role: str) -> Cell:
        """Return a row's cell by role; None when the figure has no such role."""
        place = self.figure.index(role)
        return None if place is None else row.cells[place]

    def number(self, row: Row, role: str) -> float | None:
        """Return a row's number by role."""
        return number(self.cell(row, role))

    def label(self, row: Row, role: str = "label") -> str:
        """Return a row's text by role."""
        place = self.figure.index(role)
        return "" if place is None else format_cell(self.figure.columns[place], row.cells[place])

    def highlighted(self, row: Row) -> bool:
        """Tell whether the row is emphasised."""
        cell = self.cell(row, "highlight")
        return bool(cell) and bool(plain(cell))

    def numbers(self, *roles: str) -> list[float]:
        """Return all numbers of some roles."""
        found = (self.number(row, role) for row in self.figure.rows for role in roles)
        return [value for value in found if value is not None]

    def reference(self, axis: str) -> list[tuple[float, str]]:
        """Return the reference lines of an axis."""
        return [(line.value, plain(line.label)) for line in self.figure.references if line.axis == axis]


def groups(reader: Reader, role: str) -> list[str]:
    """Return the different texts of a role in order of first appearance."""
    return list(dict.fromkeys(reader.label(row, role) for row in reader.figure.rows))


def axis_label(column: Column, values: Sequence[float]) -> list[str]:
    """Write the labels of ticks as the column writes its cells."""
    if column.kind == ColumnKind.PERCENT:
        percent = [value * 100 for value in values]
        places = tick_decimals([round(value, 6) for value in percent])
        return [format_number(round(value, 6), places) + "%" for value in percent]
    places = tick_decimals(values)
    return [format_number(value, places, signed=column.kind == ColumnKind.SIGNED) for value in values]


def domain(
    values: Iterable[float], about: int, *, zero: bool = False, column: Column | None = None
) -> list[float]:
    """Return ticks that cover the values; whole numbers only for a column of whole numbers."""
    numbers = [*values, *([0.0] if zero else [])] or [0.0, 1.0]
    low, high = min(numbers), max(numbers)
    if low == high:
        low, high = low - 1, high + 1
    found = ticks(low, high, about)
    if column is not None and column.kind == ColumnKind.INTEGER and any(value % 1 for value in found):
        return ticks(low, high, max(1, round(high - low)))
    return found


def x_axis(
    canvas: Canvas, scale: Scale, values: Sequence[float], column: Column, top: float, bottom: float
) -> None:
    """Draw vertical grid lines with labels below and the column's heading under them."""
    for value, label in zip(values, axis_label(column, values), strict=True):
        canvas.line(scale(value), top, scale(value), bottom)
        canvas.text(
            scale(value), bottom + 16, label, text_anchor="middle", fill=MUTED, font_size=canvas.font - 1
        )
    canvas.line(scale.start, bottom, scale.end, bottom, stroke=MUTED)
    middle = (scale.start + scale.end) / 2
    canvas.text(middle, bottom + 34, heading(column), text_anchor="middle", fill=MUTED)


def y_axis(
    canvas: Canvas,
    scale: Scale,
    values: Sequence[float],
    column: Column,
    left: float,
    right: float,
    top: float,
) -> None:
    """Draw horizontal grid lines with labels at the left and the column's heading above ``top``."""
    for value, label in zip(values, axis_label(column, values), strict=True):
        canvas.line(left, scale(value), right, scale(value))
        canvas.text(
            left - 6, scale(value) + 4, label, text_anchor="end", fill=MUTED, font_size=canvas.font - 1
        )
    canvas.text(8, top - 12, heading(column), fill=MUTED)


def name_beside(
    canvas: Canvas, name: str, right: float, middle: float, most: int, *, font: float, weight: str = "normal"
) -> None:
    """Write a row's name at the left of the plot, around its middle, on at most so many lines."""
    lines = wrapped(name, font, right - 4, most)
    first = middle + font * 0.36 - (len(lines) - 1) * (font + 1) / 2
    for place, text in enumerate(lines):
        y = first + place * (font + 1)
        canvas.text(right, y, text, text_anchor="end", font_size=font, font_weight=weight)


def axis_room(column: Column, values: Sequence[float], font: float) -> float:
    """Return the width that the labels of a vertical axis need."""
    return max(text_width(label, font - 1) for label in axis_label(column, values)) + 14


@dataclass(frozen=True, slots=True)
class Upright:
    """A reference line of the x axis: where its label stands, and on which line above the plot (from 0)."""

    at: float
    label: str
    middle: float
    level: int


def uprights(lines: Iterable[tuple[float, str]], scale: Scale, size: Size) -> list[Upright]:
    """Place the labels of reference lines so that none lies on another."""
    found: list[Upright] = []
    ends: list[float] = []
    for value, label in sorted(lines):
        half = text_width(label, size.font - 1) / 2
        middle = min(max(scale(value), half + 4), size.width - half - 4)
        level = next((place for place, end in enumerate(ends) if end < middle - half), len(ends))
        ends[level : level + 1] = [middle + half + 6]
        found.append(Upright(scale(value), label, middle, level))
    return found


def levels(found: Sequence[Upright]) -> int:
    """Return how many lines of labels stand above the plot."""
    return max((line.level + 1 for line in found), default=0)


def reference_x(canvas: Canvas, found: Sequence[Upright], top: float, bottom: float) -> None:
    """Draw reference lines across the x axis with their labels on top."""
    for line in found:
        up = top - LEVEL * line.level
        canvas.line(line.at, up, line.at, bottom, stroke=INK, stroke_dasharray="5 3")
    for line in found:
        up = top - LEVEL * line.level - 5
        canvas.halo(line.middle, up, line.label, text_anchor="middle", font_size=canvas.font - 1)


def reference_y(
    canvas: Canvas, scale: Scale, lines: Iterable[tuple[float, str]], left: float, right: float
) -> None:
    """Draw reference lines across the y axis with their labels at the right end."""
    for value, label in lines:
        canvas.line(left, scale(value), right, scale(value), stroke=INK, stroke_dasharray="5 3")
        canvas.halo(right, scale(value) - 5, label, text_anchor="end", font_size=canvas.font - 1)


def symbol(canvas: Canvas, tone: str, x: float, y: float, size: float = 4.5) -> None:
    """Draw the sign of a tone: a triangle up (above) or down (below), a hollow circle (across), a dot (plain)."""
    if tone == "above":
        points = [(x, y - size), (x + size, y + size * 0.8), (x - size, y + size * 0.8)]
        canvas.path(points, closed=True, fill=ABOVE)
    elif tone == "below":
        points = [(x, y + size), (x + size, y - size * 0.8), (x - size, y - size * 0.8)]
        canvas.path(points, closed=True, fill=BELOW)
    elif tone == "across":
        canvas.add("circle", cx=x, cy=y, r=size * 0.85, fill=PAPER, stroke=NEUTRAL, stroke_width=1.6)
    else:
        canvas.add("circle", cx=x, cy=y, r=size * 0.85, fill=NEUTRAL)


def colour(tone: str) -> str:
    """Return the colour of a tone."""
    return {"above": ABOVE, "below": BELOW}.get(tone, NEUTRAL)


def tone(low: float | None, high: float | None, lines: Sequence[tuple[float, str]]) -> str:
    """Tell where an interval lies beside the only reference line; ``plain`` where that has no meaning."""
    if len(lines) != 1 or low is None or high is None:
        return "plain"
    line = lines[0][0]
    if low > line:
        return "above"
    return "below" if high < line else "across"


def tone_words() -> dict[str, str]:
    """Return what the symbols of an interval mean; a plain dot means nothing beyond its value."""
    return {
        "above": gettext("whole interval above the line"),
        "across": gettext("interval includes the line: cannot be told apart"),
        "below": gettext("whole interval below the line"),
    }


def legend(canvas: Canvas, entries: Sequence[tuple[str, str]], x: float, y: float) -> float:
    """Draw coloured squares with their names, wrapped to the paper; return the y below the last line."""
    at = x
    for fill, name in entries:
        width = text_width(name, canvas.font) + 32
        if at > x and at + width > canvas.width:
            at, y = x, y + 18
        canvas.add("rect", x=at, y=y - 9, width=11, height=11, fill=fill, stroke=INK, stroke_width=0.5)
        canvas.text(at + 16, y, name)
        at += width
    return y + 18


def tone_legend(canvas: Canvas, tones: Iterable[str], x: float, y: float) -> float:
    """Draw the symbols that occur with their meaning, wrapping; return the y below the last line."""
    words, at = tone_words(), x
    shown = [name for name in words if name in set(tones)]
    for name in shown:
        width = text_width(words[name], canvas.font) + 34
        if at > x and at + width > canvas.width:
            at, y = x, y + 18
        symbol(canvas, name, at + 6, y - 4, 5)
        canvas.text(at + 16, y, words[name])
        at += width
    return y + 18 if shown else y


def lines_needed(names: Iterable[str], size: Size, sign: float = 34) -> int:
    """Return how many lines a legend takes on a paper of this size; ``sign`` is what each entry has beside its name."""
    lines, at = 1, 8.0
    for name in names:
        width = text_width(name, size.font) + sign
        if at > 8 and at + width > size.width:
            lines, at = lines + 1, 8.0
        at += width
    return lines
