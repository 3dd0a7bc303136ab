"""A course over time: the value with its band of uncertainty, beside what was to be expected."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from django.utils.translation import gettext

from xuequ.core.figures import Figure
from xuequ.core.rendering.cells import format_cell, moment, plain
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import INK, MUTED, PAPER, Canvas, Scale, Size, fitted, text_width

Points = list[tuple[float, float]]
_SIGN = 46.0
"""The width of a legend's sign with the gaps about its name."""


def draw(figure: Figure, size: Size) -> str:
    """Draw value, band and expectation over the rows' order, dates or numbers."""
    reader = parts.Reader(figure)
    entries = _entries(reader)
    head = 18.0 * parts.lines_needed([name for _sign, name in entries], size, _SIGN)
    height = head + (282.0 if size.narrow else 322.0)
    canvas = Canvas(size.width, height, title=plain(figure.title), desc=plain(figure.alt), font=size.font)
    column = reader.column("value")
    lines = reader.reference("y")
    values = reader.numbers("value", "low", "high", "expected") + [value for value, _ in lines]
    marks = parts.domain(values, 5, column=column)
    left, right = parts.axis_room(column, marks, size.font), size.width - 26
    top, bottom = head + 46, height - 46
    y = Scale(marks[0], marks[-1], bottom, top)
    places = _places(reader, left + 24, right - 10)
    parts.y_axis(canvas, y, marks, column, left, right, top)
    parts.reference_y(canvas, y, lines, left, right)
    _legend(canvas, entries)
    _band(canvas, reader, places, y)
    for run in _runs(reader, "expected", places, y):
        canvas.path(run, fill="none", stroke=parts.BELOW, stroke_width=1.8, stroke_dasharray="6 4")
    for run in _runs(reader, "value", places, y):
        canvas.path(run, fill="none", stroke=parts.ABOVE, stroke_width=2.4)
    _marks(canvas, reader, places, y)
    _below(canvas, reader, places, bottom)
    return canvas.render()


def _places(reader: parts.Reader, left: float, right: float) -> list[float]:
    """Return the x of each row: by its date or number, or evenly when the column holds names."""
    cells = [reader.cell(row, "x") for row in reader.figure.rows]
    days = [float(day.toordinal()) if (day := moment(cell)) else None for cell in cells]
    numbers = days if any(days) else [reader.number(row, "x") for row in reader.figure.rows]
    known = [value for value in numbers if value is not None]
    if len(known) == len(cells) and len(set(known)) == len(known) > 1:
        scale = Scale(min(known), max(known), left, right)
        return [scale(value) for value in known]
    step = (right - left) / max(len(cells) - 1, 1)
    start = (left + right) / 2 if len(cells) == 1 else left
    return [start + step * place for place in range(len(cells))]


def _runs(
    reader: parts.Reader, role: str, places: Sequence[float], y: Callable[[float], float]
) -> list[Points]:
    """Return the stretches without a gap; a missing value breaks the line."""
    runs: list[Points] = [[]]
    for x, row in zip(places, reader.figure.rows, strict=True):
        value = reader.number(row, role)
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x, y(value)))
    return [run for run in runs if run]


def _band(canvas: Canvas, reader: parts.Reader, places: Sequence[float], y: Scale) -> None:
    stretch: list[tuple[float, float, float]] = []
    for x, row in [*zip(places, reader.figure.rows, strict=True), (0.0, None)]:
        low = reader.number(row, "low") if row else None
        high = reader.number(row, "high") if row else None
        if low is not None and high is not None:
            stretch.append((x, y(low), y(high)))
            continue
        outline = [(at, up) for at, _, up in stretch] + [(at, down) for at, down, _ in reversed(stretch)]
        canvas.path(outline, closed=True, fill=parts.BAND, fill_opacity="0.8")
        for at, down, up in stretch:
            canvas.line(at, down, at, up, stroke=parts.ABOVE, stroke_width=1, stroke_opacity="0.5")
        stretch = []


def _marks(canvas: Canvas, reader: parts.Reader, places: Sequence[float], y: Scale) -> None:
    """Draw the points with their values; expectations are hollow diamonds, so that print tells them apart."""
    column = reader.column("value")
    for x, row in zip(places, reader.figure.rows, strict=True):
        expected, value = reader.number(row, "expected"), reader.number(row, "value")
        if expected is not None:
            _diamond(canvas, x, y(expected))
        if value is None:
            continue
        canvas.add("circle", cx=x, cy=y(value), r=4.5, fill=parts.ABOVE, stroke=PAPER, stroke_width=1)
        beneath = expected is not None and expected > value
        offset = 20.0 if beneath else -10.0
        # The unit stands at the axis; beside every point it would crowd the picture.
        _beside(canvas, x, y(value) + offset, format_cell(column, reader.cell(row, "value")), weight="bold")
        if reader.cell(row, "label"):
            further = y(value) + offset + (14 if beneath else -14)
            _beside(canvas, x, further, reader.label(row, "label"), fill=MUTED)


def _beside(
    canvas: Canvas, x: float, y: float, text: str, *, weight: str = "normal", fill: str = INK
) -> None:
    """Write a text around x, moved where it would leave the paper."""
    half = text_width(text, canvas.font) / 2 + 2
    middle = min(max(x, half), canvas.width - half)
    canvas.halo(middle, y, text, text_anchor="middle", font_weight=weight, fill=fill)


def _below(canvas: Canvas, reader: parts.Reader, places: Sequence[float], bottom: float) -> None:
    column = reader.column("x")
    room = min((b - a for a, b in pairwise(places)), default=canvas.width)
    every = max(1, round(34 / room + 0.49)) if room < 34 else 1
    room *= every
    for place, (x, row) in enumerate(zip(places, reader.figure.rows, strict=True)):
        if place % every:
            continue
        label = fitted(format_cell(column, reader.cell(row, "x")), canvas.font - 1, max(room - 6, 40))
        half = text_width(label, canvas.font - 1) / 2
        canvas.line(x, bottom, x, bottom + 4, stroke=MUTED)
        canvas.text(
            min(max(x, half + 2), canvas.width - half - 2),
            bottom + 18,
            label,
            text_anchor="middle",
            fill=MUTED,
            font_size=canvas.font - 1,
        )
    canvas.text(canvas.width / 2, bottom + 36, plain(column.label), text_anchor="middle", fill=MUTED)


Sign = Callable[[Canvas, float, float], None]


def _entries(reader: parts.Reader) -> list[tuple[Sign, str]]:
    """Return the legend's signs with their names."""
    found: list[tuple[Sign, str]] = [(_value_sign, plain(reader.column("value").label))]
    if reader.numbers("expected"):
        found.append((_expected_sign, plain(reader.column("expected").label)))
    if reader.numbers("low"):
        found.append((_band_sign, gettext("uncertainty")))
    return found


def _legend(canvas: Canvas, entries: Sequence[tuple[Sign, str]]) -> None:
    """Draw the signs with their names, wrapped to the paper."""
    x, y = 8.0, 18.0
    for sign, name in entries:
        wide = text_width(name, canvas.font) + _SIGN
        if x > 8 and x + wide > canvas.width:
            x, y = 8.0, y + 18
        sign(canvas, x, y)
        canvas.text(x + 28, y, fitted(name, canvas.font, canvas.width - x - 34))
        x += wide


def _value_sign(canvas: Canvas, x: float, y: float) -> None:
    canvas.line(x, y - 4, x + 22, y - 4, stroke=parts.ABOVE, stroke_width=2.4)
    canvas.add("circle", cx=x + 11, cy=y - 4, r=4, fill=parts.ABOVE)


def _expected_sign(canvas: Canvas, x: float, y: float) -> None:
    canvas.line(x, y - 4, x + 22, y - 4, stroke=parts.BELOW, stroke_width=1.8, stroke_dasharray="6 4")
    _diamond(canvas, x + 11, y - 4)


def _band_sign(canvas: Canvas, x: float, y: float) -> None:
    canvas.add("rect", x=x, y=y - 9, width=22, height=11, fill=parts.BAND, stroke=INK, stroke_width=0.3)


def _diamond(canvas: Canvas, x: float, y: float) -> None:
    corners = [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
    canvas.path(corners, closed=True, fill=PAPER, stroke=parts.BELOW, stroke_width=1.5)
