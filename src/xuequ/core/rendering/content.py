"""What a figure or block shows, in the current language: page, print and Word lay out the same content."""

from collections.abc import Mapping
from typing import Any

from xuequ.core.figures import Cell, Column, Figure, Row
from xuequ.core.rendering import cells, svg
from xuequ.core.rendering.sentences import joined, sentence_text
from xuequ.core.rendering.svg.canvas import text_width
from xuequ.core.reports import Block, FigureBlock, Heading, Lead, Note, Paragraph, Step, Steps

Content = dict[str, Any]


def figure_content(
    figure: Figure, *, chart: bool = True, table: bool = True, phone: bool = False, links: bool = False
) -> Content:
    """Return a figure's words, its picture as SVG ("" when it has none) and its table or None."""
    picture = svg.draw(figure, svg.PHONE if phone else svg.FULL) if chart else ""
    return {
        "code": figure.code,
        "title": cells.plain(figure.title),
        "alt": cells.plain(figure.alt) or cells.plain(figure.title),
        "caption": cells.plain(figure.caption),
        "notes": cells.notes(figure),
        "run": str(figure.run or ""),
        "picture": picture,
        "aspect": svg.aspect(picture) if picture else 0.0,
        "table": table_content(figure, links=links) if table or not picture else None,
    }


def table_content(figure: Figure, *, links: bool) -> Content:
    """Return a table as people read it: crossed figures as a cross table, all others row by row."""
    across = figure.roles.get("column") or figure.roles.get("group")
    crossed = set(figure.roles) >= {"label", "value"} and len(figure.columns) == 3
    table = _cross_table(figure, across) if across and crossed else _plain_table(figure, links=links)
    return {**table, "shares": _shares(table)}


def _shares(table: Content) -> list[float]:
    """Return how wide a table's columns want to be, in characters; headings may wrap, numbers may not."""
    lines = [[cell["text"] for cell in row["cells"]] for row in table["rows"]]
    longest = [max(map(_width, texts)) for texts in zip(*lines, strict=True)] or [0.0] * len(table["columns"])
    heads = (min(_width(column["heading"]), 6.0) for column in table["columns"])
    return [min(max(need, head), 16.0) + 2.2 for need, head in zip(longest, heads, strict=True)]


def _width(text: str) -> float:
    return text_width(text, 1)


def _cross_table(figure: Figure, across: str) -> Content:
    """Return one row per label and one column per text of ``across``."""
    label, value = figure.column(figure.roles["label"]), figure.column(figure.roles["value"])
    found: dict[str, dict[str, Cell]] = {}
    heads: dict[str, None] = {}
    for row in figure.rows:
        line, head = (
            cells.format_cell(figure.column(key), figure.cell(row.key, key)) for key in (label.key, across)
        )
        found.setdefault(line, {})[head] = figure.cell(row.key, value.key)
        heads[head] = None
    unit = cells.plain(value.unit)
    return {
        "title": cells.plain(figure.title),
        "columns": [
            {"heading": cells.heading(label), "help": "", "number": False},
            *(
                {
                    "heading": cells.headed(head, unit),
                    "help": cells.plain(value.help),
                    "number": cells.is_numeric(value),
                }
                for head in heads
            ),
        ],
        "rows": [
            {
                "url": "",
                "marked": False,
                "cells": [_cell(label, line, header=True)]
                + [_cell(value, members.get(head), header=False) for head in heads],
            }
            for line, members in found.items()
        ],
    }


def _text(figure: Figure, row: str, column: str) -> str:
    return cells.format_cell(figure.column(column), figure.cell(row, column))


def _plain_table(figure: Figure, *, links: bool) -> Content:
    """Return a table's headings and rows; a row's name is its heading and, when ``links``, leads to it."""
    name = header_index(figure)
    return {
        "title": cells.plain(figure.title),
        "columns": [
            {
                "heading": cells.heading(column),
                "help": cells.plain(column.help),
                "number": cells.is_numeric(column),
            }
            for column in figure.columns
        ],
        "rows": [
            {
                "url": row.url if links and safe_url(row.url) else "",
                "marked": _marked(figure, row),
                "cells": [
                    _cell(column, cell, header=place == name)
                    for place, (column, cell) in enumerate(zip(figure.columns, row.cells, strict=True))
                ],
            }
            for row in figure.rows
        ],
    }


def header_index(figure: Figure) -> int:
    """Return the place of the column that names the rows."""
    for role in ("label", "x"):
        if (place := figure.index(role)) is not None:
            return place
    return 0


def safe_url(url: str) -> bool:
    """Tell whether a link stays on the site or leads to a web page; nothing that runs script."""
    return (url.startswith("/") and not url.startswith("//")) or url.startswith(("https://", "http://"))


def _marked(figure: Figure, row: Row) -> bool:
    place = figure.index("highlight")
    return place is not None and bool(row.cells[place]) and bool(cells.plain(row.cells[place]))


def _cell(column: Column, cell: Cell, *, header: bool) -> Content:
    return {
        "text": cells.format_cell(column, cell),
        "meaning": cells.meaning(cell),
        "number": cells.is_numeric(column),
        "header": header,
    }


def block_content(
    block: Block, figures: Mapping[str, Figure], *, phone: bool = False, links: bool = False
) -> Content:
    """Return what a block shows; ``kind`` names its layout."""
    match block:
        case Heading(text, level):
            return {"kind": "heading", "text": cells.plain(text), "level": level}
        case Paragraph(sentences):
            return {"kind": "paragraph", "text": joined(sentences, figures)}
        case Lead(sentence):
            return {"kind": "lead", "text": sentence_text(sentence, figures)}
        case Note(sentences):
            return {"kind": "note", "text": joined(sentences, figures)}
        case Steps(title, steps):
            done = [_step(step, figures, links=links) for step in steps]
            return {"kind": "steps", "title": cells.plain(title), "steps": done}
        case FigureBlock(figure, folded, chart, table):
            shown = figure_content(figure, chart=chart, table=table, phone=phone, links=links)
            return {"kind": "figure", "figure": {**shown, "folded": folded}}


def _step(step: Step, figures: Mapping[str, Figure], *, links: bool) -> Content:
    return {
        "text": sentence_text(step.sentence, figures),
        "reason": sentence_text(step.reason, figures) if step.reason else "",
        "url": step.url if links and safe_url(step.url) else "",
    }
