"""A tile map: one square for each place on a grid, so that small and large places weigh the same."""

from xuequ.core.figures import Figure, Row
from xuequ.core.rendering.cells import format_cell, plain
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import INK, MUTED, PAPER, Canvas, Size, text_width, wrapped

# Fill, ink and mark by the number in the role ``shade``: told apart without colour by mark and lightness.
_TONES = (("#0b5394", PAPER, "●"), ("#a9cce8", INK, "◐"), ("#f8ddc8", INK, "○"), ("#f2f4f7", INK, "?"))
_GAP, _LEGEND = 4.0, 26.0


def draw(figure: Figure, size: Size) -> str:
    """Draw each row at its column and row of the grid, shaded by its group, with its name and value."""
    reader = parts.Reader(figure)
    cells = [
        (row, int(reader.number(row, "column") or 0), int(reader.number(row, "row") or 0))
        for row in figure.rows
    ]
    wide, high = max(c for _, c, _ in cells) + 1, max(r for _, _, r in cells) + 1
    side = (size.width - _GAP) / wide - _GAP
    tall = min(side, 74.0)
    words = {_shade(reader, row): reader.label(row, "group") for row in figure.rows}
    top = 8 + _LEGEND * (1 + (size.narrow and len(words) > 2))
    height = top + high * (tall + _GAP) + _GAP
    canvas = Canvas(size.width, height, title=plain(figure.title), desc=plain(figure.alt), font=size.font)
    _legend(canvas, {words[shade]: _TONES[shade] for shade in sorted(words)}, size)
    for row, column, line in cells:
        x, y = _GAP + column * (side + _GAP), top + line * (tall + _GAP)
        _tile(canvas, reader, row, _TONES[_shade(reader, row)], (x, y, side, tall))
    return canvas.render()


def _shade(reader: parts.Reader, row: Row) -> int:
    return min(int(reader.number(row, "shade") or 0), len(_TONES) - 1)


def _legend(canvas: Canvas, tones: "dict[str, tuple[str, str, str]]", size: Size) -> None:
    x, y = 8.0, 18.0
    for word, (fill, _ink, mark) in tones.items():
        width = text_width(word, canvas.font) + 44
        if x > 8 and x + width > size.width:
            x, y = 8.0, y + _LEGEND
        canvas.add("rect", x=x, y=y - 12, width=16, height=16, fill=fill, stroke=MUTED, stroke_width=0.7)
        canvas.text(x + 22, y + 1, f"{mark} {word}", font_size=canvas.font)
        x += width + canvas.font


def _tile(
    canvas: Canvas,
    reader: parts.Reader,
    row: Row,
    tone: "tuple[str, str, str]",
    box: "tuple[float, float, float, float]",
) -> None:
    fill, ink, mark = tone
    x, y, wide, tall = box
    marked = reader.highlighted(row)
    canvas.add(
        "rect", x=x, y=y, width=wide, height=tall, rx=4, fill=fill, stroke=INK if marked else MUTED,
        stroke_width=2.5 if marked else 0.6,
    )  # fmt: skip
    font = canvas.font - (2 if wide < 70 else 1)
    value = f"{mark} {format_cell(reader.column('value'), reader.cell(row, 'value'))}"
    lines = wrapped(reader.label(row), font, wide - 6, most=2)
    first = y + tall / 2 - (len(lines) * (font + 2)) / 2 + font / 2 - 3
    for place, text in enumerate([*lines, value]):
        canvas.text(
            x + wide / 2, first + place * (font + 3), text, text_anchor="middle", font_size=font, fill=ink
        )
