"""The JSON that the chart island draws from: values for the axes, and labels as written elsewhere."""

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

from xuequ.core.figures import Cell, Figure, FigureKind, Row
from xuequ.core.rendering.cells import format_cell, heading, moment, number, plain
from xuequ.core.rendering.svg.parts import tone_words

STILL = frozenset({FigureKind.TABLE, FigureKind.TILES})
"""Kinds that the island does not draw: a tile map answers no pointer, and the table beside it leads to its places."""


def figure_id(figure: Figure) -> str:
    """Return an id for the page made from the figure's code."""
    return "figure-" + re.sub(r"[^A-Za-z0-9_-]+", "-", figure.code)


def figure_payload(figure: Figure) -> dict[str, Any]:
    """Return what ``frontend/src/charts`` draws; a value that is missing or withheld is null."""
    return {
        "kind": figure.kind.value,
        "title": plain(figure.title),
        "alt": plain(figure.alt),
        "roles": {role: figure.index(role) for role in sorted(figure.roles)},
        "words": {**tone_words(), "uncertainty": gettext("uncertainty")},
        "columns": [
            {"label": plain(column.label), "heading": heading(column), "kind": column.kind.value}
            for column in figure.columns
        ],
        "rows": [_row(figure, row) for row in figure.rows],
        "references": [
            {"axis": line.axis, "value": line.value, "label": plain(line.label)} for line in figure.references
        ],
    }


def _row(figure: Figure, row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "url": row.url,
        "values": [_value(cell) for cell in row.cells],
        "texts": [format_cell(column, cell) for column, cell in zip(figure.columns, row.cells, strict=True)],
    }


def _value(cell: Cell) -> str | float | None:
    """Return a finite number, an ISO date or a text; texts name categories."""
    if (date := moment(cell)) is not None:
        return date.isoformat()
    if isinstance(cell, int | float):
        return number(cell)
    return plain(cell) if isinstance(cell, str | Promise) else None
