"""Charts as SVG, drawn in Python: the same text for the same figure, readable in colour, grey and by ear."""

import re
from collections.abc import Callable

from xuequ.core.figures import Figure, FigureKind
from xuequ.core.rendering.svg import bars, grids, interval, quadrant, tiles, trajectory
from xuequ.core.rendering.svg.canvas import FULL, PHONE, Size

__all__ = ["FULL", "PHONE", "Size", "aspect", "draw"]

_DRAW: dict[FigureKind, Callable[[Figure, Size], str]] = {
    FigureKind.INTERVAL: interval.draw,
    FigureKind.QUADRANT: quadrant.draw,
    FigureKind.TRAJECTORY: trajectory.draw,
    FigureKind.DISTRIBUTION: bars.draw_distribution,
    FigureKind.BARS: bars.draw_bars,
    FigureKind.MATRIX: grids.draw_matrix,
    FigureKind.TIMELINE: grids.draw_timeline,
    FigureKind.TILES: tiles.draw,
}


def draw(figure: Figure, size: Size = FULL) -> str:
    """Return the figure's picture in the current language; empty when it is a plain table or has no rows."""
    if figure.kind == FigureKind.TABLE or not figure.rows:
        return ""
    return _DRAW[figure.kind](figure, size)


def aspect(drawing: str) -> float:
    """Return height over width of a drawn picture."""
    width, height = re.findall(r' (?:width|height)="([\d.]+)"', drawing)[:2]
    return float(height) / float(width)
