"""Intervals by row (a caterpillar plot): who lies surely above, surely below, or cannot be told apart."""

from xuequ.core.figures import Figure, Row
from xuequ.core.rendering.cells import format_cell, plain
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import INK, Canvas, Scale, Size, text_width

_TALLEST = 900.0
_TWO_LINES = 32.0


def draw(figure: Figure, size: Size) -> str:
    """Draw one line per row with its interval, a symbol for the value, and the value in figures."""
    reader = parts.Reader(figure)
    lines = reader.reference("x")
    tones = [parts.tone(reader.number(row, "low"), reader.number(row, "high"), lines) for row in figure.rows]
    words = [word for name, word in parts.tone_words().items() if name in tones]
    column = reader.column("value")
    values = reader.numbers("value", "low", "high") + [value for value, _ in lines]
    marks = parts.domain(values, 4 if size.narrow else 8)
    names = max((text_width(reader.label(row), size.font) for row in figure.rows), default=0) + 14
    left = min(names, size.width * 0.36)
    figures = max(
        (text_width(format_cell(column, reader.cell(row, "value")), size.font) for row in figure.rows),
        default=0,
    )
    scale = Scale(marks[0], marks[-1], left + 6, size.width - figures - 26)
    uprights = parts.uprights(lines, scale, size)
    top = 18 + 18 * parts.lines_needed(words, size) * bool(words) + (parts.LEVEL + 1) * parts.levels(uprights)
    tall = _TWO_LINES if names > left else 24.0
    step = min(tall, max(6.0, _TALLEST / max(len(figure.rows), 1)))
    bottom = top + step * len(figure.rows) + 4
    canvas = Canvas(
        size.width, bottom + 44, title=plain(figure.title), desc=plain(figure.alt), font=size.font
    )
    parts.tone_legend(canvas, tones, 8, 18)
    parts.x_axis(canvas, scale, marks, column, top, bottom)
    parts.reference_x(canvas, uprights, top, bottom)
    for place, row in enumerate(figure.rows):
        _row(canvas, reader, row, tones[place], scale, top + step * (place + 0.5) + 2, step)
    return canvas.render()


def _row(
    canvas: Canvas, reader: parts.Reader, row: Row, tone: str, scale: Scale, y: float, step: float
) -> None:
    marked = reader.highlighted(row)
    font = min(canvas.font, max(step - 1.5, 9.0))
    if marked:
        canvas.add("rect", x=2, y=y - step / 2, width=canvas.width - 4, height=step, fill="#fff3d6")
    low, high = reader.number(row, "low"), reader.number(row, "high")
    value = reader.number(row, "value")
    if low is not None and high is not None:
        width = min(2.4, step / 5)
        canvas.line(scale(low), y, scale(high), y, stroke=parts.colour(tone), stroke_width=width)
    if value is not None:
        parts.symbol(canvas, tone, scale(value), y, min(5.0, step / 2.6))
    if step < 10 and not marked:
        return
    weight = "bold" if marked else "normal"
    most = 2 if step >= _TWO_LINES else 1
    parts.name_beside(canvas, reader.label(row), scale.start - 10, y, most, font=font, weight=weight)
    written = format_cell(reader.column("value"), reader.cell(row, "value"))
    canvas.text(
        canvas.width - 8,
        y + font * 0.36,
        written,
        text_anchor="end",
        font_size=font,
        fill=INK,
        font_weight=weight,
    )
