"""Two measures against each other with the names beside the points and no two names on top of one another."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from xuequ.core.figures import Figure, Row
from xuequ.core.rendering.cells import plain
from xuequ.core.rendering.svg import parts
from xuequ.core.rendering.svg.canvas import MUTED, PAPER, Canvas, Scale, Size, fitted, text_width

# Strips at the top and bottom that hold the names of the corners, so that no point lies on them.
_STRIP = 22.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that is taken."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: "Box") -> float:
        """Return the shared area."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def within(self, other: "Box") -> bool:
        """Tell whether this lies wholly inside the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.top >= other.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True)
class Point:
    """A row's place on the paper."""

    row: Row
    x: float
    y: float
    radius: float
    marked: bool


def draw(figure: Figure, size: Size) -> str:
    """Draw the points, the reference lines with what lies in each corner, and names where there is room."""
    reader = parts.Reader(figure)
    height = size.width * (1.05 if size.narrow else 0.78)
    canvas = Canvas(size.width, height, title=plain(figure.title), desc=plain(figure.alt), font=size.font)
    across, upward = reader.column("x"), reader.column("y")
    xs = parts.domain(
        reader.numbers("x") + [v for v, _ in reader.reference("x")], 4 if size.narrow else 8, column=across
    )
    ys = parts.domain(reader.numbers("y") + [v for v, _ in reader.reference("y")], 6, column=upward)
    left, right, top, bottom = parts.axis_room(upward, ys, size.font), size.width - 14, 40.0, height - 46
    x, y = Scale(xs[0], xs[-1], left, right), Scale(ys[0], ys[-1], bottom - _STRIP, top + _STRIP)
    parts.x_axis(canvas, x, xs, across, top, bottom)
    parts.y_axis(canvas, y, ys, upward, left, right, top)
    parts.reference_x(canvas, parts.uprights(reader.reference("x"), x, size), top, bottom)
    parts.reference_y(canvas, y, reader.reference("y"), left, right)
    paper = Box(left, top, right, bottom)
    taken = _corners(canvas, reader, paper, y)
    points = _points(reader, x, y)
    for point in points:
        _dot(canvas, point)
    _names(canvas, reader, points, taken, paper)
    return canvas.render()


def _points(reader: parts.Reader, x: Scale, y: Scale) -> list[Point]:
    largest = max(reader.numbers("size"), default=0.0)
    found = []
    for row in reader.figure.rows:
        across, up, size = reader.number(row, "x"), reader.number(row, "y"), reader.number(row, "size")
        if across is None or up is None:
            continue
        radius = 4.0 if not largest or size is None else 2.5 + 5.5 * math.sqrt(max(size, 0) / largest)
        found.append(Point(row, x(across), y(up), radius, reader.highlighted(row)))
    return found


def _dot(canvas: Canvas, point: Point) -> None:
    fill = parts.BELOW if point.marked else parts.ABOVE
    if point.marked:
        side = point.radius + 2
        corners = [(0.0, -side), (side, 0.0), (0.0, side), (-side, 0.0)]
        path = [(point.x + dx, point.y + dy) for dx, dy in corners]
        canvas.path(path, closed=True, fill=fill, stroke=PAPER, stroke_width=1)
        return
    canvas.add(
        "circle",
        cx=point.x,
        cy=point.y,
        r=point.radius,
        fill=fill,
        fill_opacity="0.75",
        stroke=PAPER,
        stroke_width=1,
    )


def _corners(canvas: Canvas, reader: parts.Reader, paper: Box, y: Scale) -> list[Box]:
    """Name the four corners when both reference lines are there; return the room that the names take."""
    if not (reader.reference("x") and reader.reference("y")):
        return []
    places = {"x": plain(reader.column("x").label), "y": plain(reader.column("y").label)}
    font, taken = canvas.font - 1, []
    for value, label in reader.reference("y"):
        up, width = y(value) - 5, text_width(label, font)
        taken.append(Box(paper.right - width, up - font, paper.right, up + 3))
    for text, anchor, low in (
        (gettext("%(y)s higher, %(x)s lower"), "start", False),
        (gettext("%(y)s higher, %(x)s higher"), "end", False),
        (gettext("%(y)s lower, %(x)s lower"), "start", True),
        (gettext("%(y)s lower, %(x)s higher"), "end", True),
    ):
        label = text % places
        if text_width(label, font) > (paper.right - paper.left) / 2 - 12:
            continue
        x = paper.left + 6 if anchor == "start" else paper.right - 6
        baseline = paper.bottom - 7 if low else paper.top + 15
        canvas.text(x, baseline, label, text_anchor=anchor, fill=MUTED, font_size=font)
        width = text_width(label, font)
        start = x if anchor == "start" else x - width
        taken.append(Box(start, baseline - font, start + width, baseline + 3))
    return taken


def _names(
    canvas: Canvas, reader: parts.Reader, points: Sequence[Point], taken: list[Box], paper: Box
) -> None:
    """Write names greedily, emphasised and remote points first; what fits nowhere is left to the table."""
    dots = [Box(p.x - p.radius, p.y - p.radius, p.x + p.radius, p.y + p.radius) for p in points]
    font = canvas.font - (2 if len(points) > 25 else 1)
    middle = ((paper.left + paper.right) / 2, (paper.top + paper.bottom) / 2)
    order = sorted(
        points, key=lambda p: (not p.marked, -math.hypot(p.x - middle[0], p.y - middle[1]), p.row.key)
    )
    for point in order:
        label = fitted(reader.label(point.row), font, (paper.right - paper.left) * 0.34)
        for box, anchor, far in _places(point, text_width(label, font), font):
            if not box.within(paper) or any(box.overlap(other) for other in [*taken, *dots]):
                continue
            if far:
                _leader(canvas, point, box)
            x = {"start": box.left, "end": box.right}.get(anchor, (box.left + box.right) / 2)
            weight = "bold" if point.marked else "normal"
            canvas.halo(
                x, box.bottom - font * 0.2, label, text_anchor=anchor, font_size=font, font_weight=weight
            )
            taken.append(box)
            break


def _places(point: Point, width: float, font: float) -> Iterator[tuple[Box, str, bool]]:
    """Yield where a name could stand: beside the point first, then further away with a line to it."""
    for gap in (3.0, 14.0, 26.0):
        reach, far = point.radius + gap, gap > 3
        for dx, dy in ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)):
            diagonal = 0.72 if dx and dy else 1.0
            x, y = point.x + dx * reach * diagonal, point.y + dy * reach * diagonal
            left = x if dx > 0 else x - width if dx < 0 else x - width / 2
            top = y - font * 0.55 if not dy else (y - font * 1.1 if dy < 0 else y)
            yield (
                Box(left, top, left + width, top + font * 1.1),
                {1: "start", -1: "end"}.get(dx, "middle"),
                far,
            )


def _leader(canvas: Canvas, point: Point, box: Box) -> None:
    x = min(max(point.x, box.left), box.right)
    y = min(max(point.y, box.top), box.bottom)
    canvas.line(point.x, point.y, x, y, stroke="#98a2b3", stroke_width=0.7)
