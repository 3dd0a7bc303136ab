"""Bars: one per row lying down (bars), or bands side by side standing up (distribution)."""

from xuequ.core.figures import Figure, Row
from xuequ.core.rendering.cells import plain, with_unit
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import INK, MUTED, Canvas, Scale, Size, fitted, text_width

Groups = dict[str, dict[str, Row]]


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
    lines = reader.reference("x")
    thick = 17.0 if len(fills) == 1 else 13.0
    step = thick * len(fills) + 9
    top = head + 18 * bool(lines)
    bottom = top + step * len(rows) + 4
    canvas = Canvas(
        size.width, bottom + 44, title=plain(figure.title), desc=plain(figure.alt), font=size.font
    )
    column = reader.column("value")
    values = reader.numbers("value", "low", "high") + [value for value, _ in lines]
    marks = parts.domain(values, 4 if size.narrow else 7, zero=True, column=column)
    names = max((text_width(label, size.font) for label in rows), default=0.0) + 14
    left = min(names, size.width * 0.36)
    written = [text_width(with_unit(column, reader.cell(row, "value")), size.font) for row in figure.rows]
    scale = Scale(marks[0], marks[-1], left, size.width - max(written, default=0) - 18)
    parts.legend(canvas, entries, 8, 16)
    parts.x_axis(canvas, scale, marks, column, top, bottom)
    parts.reference_x(canvas, scale, lines, top, bottom)
    for place, (label, members) in enumerate(rows.items()):
        y = top + step * place + 6
        marked = any(reader.highlighted(row) for row in members.values())
        shown = fitted(label, size.font, left - 12)
        canvas.text(
            left - 8,
            y + (step - 9) / 2 + 4,
            shown,
            text_anchor="end",
            font_weight="bold" if marked else "normal",
        )
        for index, name in enumerate(fills):
            if name in members:
                _lying(canvas, reader, members[name], scale, y + thick * index, thick, fills[name])
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
    height = head + (280.0 if size.narrow else 300.0)
    canvas = Canvas(size.width, height, title=plain(figure.title), desc=plain(figure.alt), font=size.font)
    marks = parts.domain(reader.numbers("value"), 5, zero=True, column=column)
    left, right = parts.axis_room(column, marks, size.font), size.width - 10
    top, bottom = head + 34, height - 44
    y = Scale(marks[0], marks[-1], bottom, top)
    parts.legend(canvas, entries, 8, 16)
    parts.y_axis(canvas, y, marks, column, left, right, top)
    step = (right - left) / max(len(rows), 1)
    wide = min(step * 0.8 / len(fills), 64.0)
    for place, (label, members) in enumerate(rows.items()):
        middle = left + step * (place + 0.5)
        _band_name(canvas, label, middle, bottom, step)
        for index, name in enumerate(fills):
            if name in members:
                x = middle + (index - len(fills) / 2) * wide
                _standing(canvas, reader, members[name], x, wide, y, fills[name])
    canvas.line(left, y(0), right, y(0), stroke=MUTED)
    canvas.text(
        (left + right) / 2, height - 8, plain(reader.column("label").label), text_anchor="middle", fill=MUTED
    )
    return canvas.render()


def _band_name(canvas: Canvas, label: str, middle: float, bottom: float, step: float) -> None:
    font = canvas.font - 1 if step > 44 else max(canvas.font - 3, 8)
    canvas.text(middle, bottom + 17, fitted(label, font, step - 3), text_anchor="middle", font_size=font)


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
