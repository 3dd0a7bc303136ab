"""An answer as the page shows it: lists of cells, tables of cells, rows of a list; and back from what was sent."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.figures import Text
from xuequ.kit.collection.choices import Kind, Shape
from xuequ.kit.collection.content import Answer, Content, Known, Line, Suggestion
from xuequ.kit.collection.layout import Field, Layout
from xuequ.kit.collection.splitting import source_words
from xuequ.kit.collection.values import Breach

BLANK_LINES = 3
MORE_LINES = 10


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell: ``place`` counts the answer's fields, which names the input."""

    field: Field
    row: str
    place: int
    value: Answer | None
    known: Known | None = None
    suggestion: Suggestion | None = None
    reason: str = ""
    breaches: tuple[Breach, ...] = ()

    @property
    def name(self) -> str:
        """The input's name."""
        return f"c-{self.row}-{self.place}"

    @property
    def options(self) -> tuple[str, ...]:
        """What may be chosen; empty when something is typed."""
        if self.field.kind == Kind.YES_NO:
            return ("是", "否")
        return self.field.choices if self.field.kind == Kind.CHOICE else ()

    @property
    def foreign(self) -> bool:
        """Whether the stored value is none of the options."""
        return self.value is not None and self.value not in self.options

    @property
    def input_mode(self) -> str:
        """Which keyboard a phone shows."""
        return {Kind.INTEGER: "numeric", Kind.NUMBER: "decimal"}.get(self.field.kind, "text")

    @property
    def source(self) -> Text:
        """Where a known value comes from."""
        return source_words(self.known) if self.known is not None else ""

    @property
    def troubles(self) -> list[str]:
        """What is to be corrected in the cell."""
        return [text for text in (self.reason, *(breach.message for breach in self.breaches)) if text]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a table; ``None`` where the table asks nothing."""

    label: str
    row: str
    cells: tuple[GridCell | None, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """An answer's cells: single ones in ``cells``, those of a table in ``rows`` under ``heads``."""

    cells: tuple[GridCell, ...] = ()
    heads: tuple[Field, ...] = ()
    rows: tuple[GridRow, ...] = ()
    is_list: bool = False
    fields: tuple[Field, ...] = field(default=())


def build(layout: Layout, content: Content, found: Iterable[Breach] = (), *, blank: int = 0) -> Grid:
    """Return the answer as a grid; ``blank`` rows more are offered in a list of things."""
    at: dict[tuple[str, str], list[Breach]] = {}
    for breach in found:
        at.setdefault((breach.row, breach.key), []).append(breach)

    def cell(line: Line, place: int, item: Field) -> GridCell:
        return GridCell(
            item,
            line.row,
            place,
            content.value(line, item.key),
            content.known.get(item.key),
            content.suggested.get(item.key),
            content.reasons.get(f"{line.row}|{item.key}", ""),
            tuple(at.get((line.row, item.key), ())),
        )

    fields = layout.answers
    if layout.shape == Shape.ITEMS:
        lines = [*content.lines, *(Line(f"n{number}") for number in range(blank))]
        rows = [
            GridRow(
                str(number),
                line.row,
                tuple(cell(line, place, item) for place, item in enumerate(fields)),
                content.reasons.get(f"{line.row}|", ""),
            )
            for number, line in enumerate(lines, start=1)
        ]
        return Grid(heads=tuple(fields), rows=tuple(rows), is_list=True, fields=tuple(fields))
    cells = [cell(content.single, place, item) for place, item in enumerate(fields)]
    return _arranged(fields, cells)


def _arranged(fields: list[Field], cells: list[GridCell]) -> Grid:
    """Put cells with a row label into a table, the others into a list."""
    alone = tuple(cell for cell in cells if not cell.field.group)
    grouped = [cell for cell in cells if cell.field.group]
    heads = {cell.field.label: cell.field for cell in grouped}
    rows: dict[str, dict[str, GridCell]] = {}
    for cell in grouped:
        rows.setdefault(cell.field.group, {}).setdefault(cell.field.label, cell)
    return Grid(
        alone,
        tuple(heads.values()),
        tuple(
            GridRow(group, "1", tuple(members.get(label) for label in heads))
            for group, members in rows.items()
        ),
        fields=tuple(fields),
    )


def read_post(layout: Layout, post: QueryDict) -> list[Line]:
    """Return the rows that a browser sent: one JSON text from the script, or one field for each cell."""
    fields = layout.answers
    sent = _from_json(str(post["grid"])) if post.get("grid") else _from_fields(post)
    return [
        Line(row, {fields[place].key: value for place, value in cells.items() if place < len(fields)})
        for row, cells in sent.items()
    ]


def _from_fields(post: QueryDict) -> Mapping[str, Mapping[int, str]]:
    rows: dict[str, dict[int, str]] = {}
    for name, value in post.items():
        head, _dash, rest = name.partition("-")
        row, _dash, place = rest.rpartition("-")
        if head == "c" and row and place.isdecimal():
            rows.setdefault(row, {})[int(place)] = str(value)
    return rows


def _from_json(text: str) -> Mapping[str, Mapping[int, str]]:
    try:
        rows = json.loads(text)
        return {str(row): {int(place): str(value) for place, value in cells} for row, cells in rows}
    except (ValueError, TypeError) as error:
        raise Refused(_("The page could not be read; load it again.")) from error
