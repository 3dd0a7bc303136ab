"""Grids: a matrix of shaded cells, and a timeline of spans."""

import datetime as dt

from xuequ.core.figures import Cell, ColumnKind, Figure, Row
from xuequ.core.rendering.cells import format_cell, format_date, moment, number, plain
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import (
    GRID,
    INK,
    MUTED,
    PAPER,
    Canvas,
    Scale,
    Size,
    fitted,
    text_width,
    wrapped,
)

_BLUES = ("#f2f7fc", "#d6e6f4", "#a9cce8", "#6aaad6", "#2f7fbd", "#0b5394")
_DIVERGING = ("#b3470f", "#e38b4f", "#f8ddc8", "#f7f7f7", "#cfe2f2", "#6aaad6", "#0b5394")


def draw_matrix(figure: Figure, size: Size) -> str:
    """Draw one shaded cell per row label and column label, each with its value."""
    reader = parts.Reader(figure)
    across, down = parts.groups(reader, "column"), parts.groups(reader, "label")
    cells = {(reader.label(row), reader.label(row, "column")): row for row in figure.rows}
    names = max((text_width(label, size.font) for label in down), default=0.0) + 14
    left = min(names, size.width * 0.3)
    wide, high = (size.width - left - 8) / max(len(across), 1), 27.0
    heads = {name: wrapped(name, size.font - 1, wide - 6) for name in across}
    top = 20.0 + 14 * max((len(lines) for lines in heads.values()), default=1)
    height = top + high * len(down) + 12
    canvas = Canvas(size.width, height, title=plain(figure.title), desc=plain(figure.alt), font=size.font)
    shade = _shades(reader)
    for place, lines in enumerate(heads.values()):
        for line, text in enumerate(reversed(lines)):
            x, y = left + wide * (place + 0.5), top - 8 - 14 * line
            canvas.text(x, y, text, text_anchor="middle", font_size=size.font - 1)
    for line, label in enumerate(down):
        y = top + high * line
        canvas.text(left - 8, y + high / 2 + 4, fitted(label, size.font, left - 12), text_anchor="end")
        for place, name in enumerate(across):
            _shaded(canvas, reader, cells.get((label, name)), shade, (left + wide * place, y, wide, high))
    return canvas.render()


Shades = tuple[float, float, tuple[str, ...]]


def _shades(reader: parts.Reader) -> Shades:
    values = reader.numbers("value") or [0.0]
    if reader.column("value").kind == ColumnKind.SIGNED:
        reach = max(abs(min(values)), abs(max(values))) or 1.0
        return -reach, reach, _DIVERGING
    low, high = min(values), max(values)
    return low, high if high > low else low + 1, _BLUES


def _shaded(
    canvas: Canvas,
    reader: parts.Reader,
    row: Row | None,
    shade: Shades,
    box: tuple[float, float, float, float],
) -> None:
    x, y, wide, high = box
    cell: Cell = reader.cell(row, "value") if row else None
    value, (low, top, colours) = number(cell), shade
    place = 0 if value is None else min(int((value - low) / (top - low) * len(colours)), len(colours) - 1)
    fill = PAPER if value is None else colours[place]
    canvas.add(
        "rect",
        x=x,
        y=y,
        width=wide,
        height=high,
        fill=fill,
        stroke=PAPER if value is not None else GRID,
        stroke_width=1.5,
    )
    dark = value is not None and (place >= len(colours) - 2 or (colours is _DIVERGING and place == 0))
    text = format_cell(reader.column("value"), cell)
    font = canvas.font
    while font > 7 and text_width(text, font) > wide - 4:
        font -= 1
    canvas.text(
        x + wide / 2,
        y + high / 2 + 4,
        text,
        text_anchor="middle",
        font_size=font,
        fill=PAPER if dark else INK,
    )


def draw_timeline(figure: Figure, size: Size) -> str:
    """Draw one span per row from start to end; a row without an end is one moment."""
    reader = parts.Reader(figure)
    top, high = 30.0 + 18 * (len(parts.groups(reader, "group")) > 1), 26.0
    bottom = top + high * len(figure.rows) + 4
    canvas = Canvas(
        size.width, bottom + 26, title=plain(figure.title), desc=plain(figure.alt), font=size.font
    )
    names = max((text_width(reader.label(row), size.font) for row in figure.rows), default=0.0) + 14
    left = min(names, size.width * 0.36)
    times = [
        time
        for row in figure.rows
        for role in ("start", "end")
        if (time := _time(reader.cell(row, role))) is not None
    ]
    low, high_end = min(times, default=0.0), max(times, default=1.0)
    scale = Scale(low, high_end if high_end > low else low + 1, left + 4, size.width - 24)
    _calendar(canvas, reader, scale, top, bottom)
    fills = {
        name: parts.SERIES[place % len(parts.SERIES)]
        for place, name in enumerate(parts.groups(reader, "group"))
    }
    parts.legend(canvas, [(fill, name) for name, fill in fills.items() if name], 8, 16)
    for place, row in enumerate(figure.rows):
        y = top + high * place + 4
        canvas.text(left - 8, y + 14, fitted(reader.label(row), size.font, left - 12), text_anchor="end")
        _span(canvas, reader, row, scale, y, fills[reader.label(row, "group")])
    return canvas.render()


def _time(cell: Cell) -> float | None:
    if (day := moment(cell)) is not None:
        return float(day.toordinal())
    return number(cell)


def _span(canvas: Canvas, reader: parts.Reader, row: Row, scale: Scale, y: float, fill: str) -> None:
    start, end = _time(reader.cell(row, "start")), _time(reader.cell(row, "end"))
    if start is None:
        return
    if end is None or end == start:
        x = scale(start)
        canvas.path([(x, y), (x + 9, y + 9), (x, y + 18), (x - 9, y + 9)], closed=True, fill=fill)
        return
    canvas.add("rect", x=scale(start), y=y + 1, width=scale(end) - scale(start), height=16, rx=3, fill=fill)


def _calendar(canvas: Canvas, reader: parts.Reader, scale: Scale, top: float, bottom: float) -> None:
    """Draw the ends and up to three moments between, as dates when the rows hold dates."""
    dated = any(moment(reader.cell(row, "start")) for row in reader.figure.rows)
    column = reader.column("start")
    steps = 2 if canvas.width < 500 else 4
    for part in range(steps + 1):
        at = scale.low + (scale.high - scale.low) * part / steps
        value = round(at) if dated else at
        label = format_date(dt.date.fromordinal(int(value))) if dated else format_cell(column, value)
        half = text_width(label, canvas.font - 1) / 2
        canvas.line(scale(value), top, scale(value), bottom)
        x = min(max(scale(value), half + 2), canvas.width - half - 2)
        canvas.text(x, bottom + 17, label, text_anchor="middle", fill=MUTED, font_size=canvas.font - 1)
