"""Bars: one per row lying down (bars), or bands side by side standing up (distribution)."""

from collections.abc import Sequence

from xuequ.core.figures import Figure, Row
from xuequ.core.rendering.cells import plain, with_unit
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import INK, MUTED, Canvas, Scale, Size, fitted, text_width, wrapped

Groups = dict[str, dict[str, Row]]

_LINE = 14.0
_NARROW = 44.0
"""Bars below this width have no room for their names beside one another."""


def _by_label(reader: parts.Reader) -> Groups:
    """Return the rows by label and group, both in order of first appearance."""
    found: Groups = {}
    for row in reader.figure.rows:
        found.setdefault(reader.label(row), {})[reader.label(row, "group")] = row
    return found


def _fills(reader: parts.Reader) -> dict[str, str]:
    names = parts.groups(reader, "group")
    return {name: parts.SERIES[place % len(parts.SERIES)] for place, name in enumerate(names)}


def _head(reader: parts.Reader, size: Size) -> tuple[list[tuple[str, str]], float]:
    """Return the legend's entries and the room above the plot."""
    fills = _fills(reader)
    entries = [(fill, name) for name, fill in fills.items() if name]
    return entries, 18.0 * parts.lines_needed([name for _, name in entries], size) + 10 if entries else 10.0


def draw_bars(figure: Figure, size: Size) -> str:
    """Draw lying bars with their values, whiskers where an interval is given, and reference lines."""
    reader = parts.Reader(figure)
    rows, fills = _by_label(reader), _fills(reader)
    entries, head = _head(reader, size)
    column = reader.column("value")
    lines = reader.reference("x")
    values = reader.numbers("value", "low", "high") + [value for value, _ in lines]
    marks = parts.domain(values, 4 if size.narrow else 7, zero=True, column=column)
    names = max((text_width(label, size.font) for label in rows), default=0.0) + 14
    left = min(names, size.width * 0.36)
    written = [text_width(with_unit(column, reader.cell(row, "value")), size.font) for row in figure.rows]
    scale = Scale(marks[0], marks[-1], left, size.width - max(written, default=0) - 18)
    uprights = parts.uprights(lines, scale, size)
    thick = 17.0 if len(fills) == 1 else 13.0
    step = max(thick * len(fills) + 9, 32.0 if names > left else 0.0)
    top = head + (parts.LEVEL + 3) * parts.levels(uprights)
    bottom = top + step * len(rows) + 4
    canvas = Canvas(
        size.width, bottom + 44, title=plain(figure.title), desc=plain(figure.alt), font=size.font
    )
    parts.legend(canvas, entries, 8, 16)
    parts.x_axis(canvas, scale, marks, column, top, bottom)
    parts.reference_x(canvas, uprights, top, bottom)
    for place, (label, members) in enumerate(rows.items()):
        middle = top + step * (place + 0.5) + 2
        marked = any(reader.highlighted(row) for row in members.values())
        weight = "bold" if marked else "normal"
        parts.name_beside(canvas, label, left - 8, middle, 2, font=size.font, weight=weight)
        for index, name in enumerate(fills):
            if name in members:
                y = middle + thick * (index - len(fills) / 2)
                _lying(canvas, reader, members[name], scale, y, thick, fills[name])
    return canvas.render()


def _lying(
    canvas: Canvas, reader: parts.Reader, row: Row, scale: Scale, y: float, thick: float, fill: str
) -> None:
    value, low, high = (reader.number(row, role) for role in ("value", "low", "high"))
    text = with_unit(reader.column("value"), reader.cell(row, "value"))
    zero, middle = scale(0), y + thick / 2
    if value is None:
        canvas.text(zero + 6, middle + 4, text, fill=MUTED)
        return
    start, end = sorted((zero, scale(value)))
    canvas.add("rect", x=start, y=y + 1, width=max(end - start, 0.5), height=thick - 2, fill=fill)
    edge = end
    if low is not None and high is not None:
        canvas.line(scale(low), middle, scale(high), middle, stroke=INK, stroke_width=1.2)
        for at in (scale(low), scale(high)):
            canvas.line(at, middle - 4, at, middle + 4, stroke=INK, stroke_width=1.2)
        edge = max(end, scale(high))
    canvas.halo(edge + 6, middle + 4, text)


def draw_distribution(figure: Figure, size: Size) -> str:
    """Draw standing bars by band with their values on top."""
    reader = parts.Reader(figure)
    rows, fills = _by_label(reader), _fills(reader)
    entries, head = _head(reader, size)
    column = reader.column("value")
    height = head + (294.0 if size.narrow else 314.0)
    canvas = Canvas(size.width, height, title=plain(figure.title), desc=plain(figure.alt), font=size.font)
    marks = parts.domain(reader.numbers("value"), 5, zero=True, column=column)
    left, right = parts.axis_room(column, marks, size.font), size.width - 10
    top, bottom = head + 34, height - 58
    y = Scale(marks[0], marks[-1], bottom, top)
    parts.legend(canvas, entries, 8, 16)
    parts.y_axis(canvas, y, marks, column, left, right, top)
    step = (right - left) / max(len(rows), 1)
    wide = min(step * 0.8 / len(fills), 64.0)
    _band_names(canvas, list(rows), left, step, bottom)
    for place, members in enumerate(rows.values()):
        middle = left + step * (place + 0.5)
        for index, name in enumerate(fills):
            if name in members:
                x = middle + (index - len(fills) / 2) * wide
                _standing(canvas, reader, members[name], x, wide, y, fills[name])
    canvas.line(left, y(0), right, y(0), stroke=MUTED)
    canvas.text(
        (left + right) / 2, height - 8, plain(reader.column("label").label), text_anchor="middle", fill=MUTED
    )
    return canvas.render()


def _band_names(canvas: Canvas, labels: Sequence[str], left: float, step: float, bottom: float) -> None:
    """Write the bands' names: on lines of their bar's width, or by turns on two lines where bars are narrow."""
    font = canvas.font - 1
    narrow = any(text_width(label, font) > step - 3 for label in labels) and step < _NARROW
    for place, label in enumerate(labels):
        middle = left + step * (place + 0.5)
        if narrow:
            shown = [
                fitted(label, font, min(2 * step - 4, 2 * (middle - 2), 2 * (canvas.width - middle - 2)))
            ]
        else:
            shown = wrapped(label, font, step - 3, most=2)
        first = bottom + 17 + (_LINE * (place % 2) if narrow else 0)
        for line, text in enumerate(shown):
            canvas.text(middle, first + _LINE * line, text, text_anchor="middle", font_size=font)


def _standing(
    canvas: Canvas, reader: parts.Reader, row: Row, x: float, wide: float, y: Scale, fill: str
) -> None:
    value = reader.number(row, "value")
    text = with_unit(reader.column("value"), reader.cell(row, "value"))
    height = 0.0 if value is None else y(0) - y(value)
    if value is not None:
        canvas.add(
            "rect", x=x + 1, y=min(y(value), y(0)), width=max(wide - 2, 1), height=abs(height), fill=fill
        )
    font = canvas.font - 1
    while font > 7 and text_width(text, font) > wide:
        font -= 1
    if text_width(text, font) <= wide + 2:
        canvas.halo(x + wide / 2, y(max(value or 0.0, 0.0)) - 5, text, text_anchor="middle", font_size=font)
