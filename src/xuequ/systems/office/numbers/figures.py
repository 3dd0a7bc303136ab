"""A number as figures: its split, the comparison of two days, what it means; and all of it as one workbook."""

import datetime as dt
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xuequ.core.clock import SHANGHAI
from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row, Withheld
from xuequ.core.rendering.cells import format_date, plain
from xuequ.core.reports import CellRef, FigureBlock, Lead, Report, Sentence
from xuequ.kit.documents.counting import CountDefinition, Line
from xuequ.systems.office.numbers.queries import Answer
from xuequ.systems.office.numbers.scope import narrowing_words

CHARTED = 45
"""More bars than this are read better as a table."""


def cell(line: Line | None) -> Cell:
    """Return a line's value as a cell."""
    if line is None:
        return None
    return Withheld() if line.withheld else line.value


def value_column(found: CountDefinition, key: str = "value", label: str = "") -> Column:
    """Return the column of the number."""
    unit = "" if found.kind == ColumnKind.PERCENT else found.unit
    return Column(key, label or found.title, found.kind, found.decimals, unit)


def split(answer: Answer) -> Figure | None:
    """Return the split as bars (or a long table); None when none was asked for."""
    found, lines = answer.definition, answer.counted.lines
    if not lines:
        return None
    if answer.before is not None:
        return _compared(answer)
    ranged = any(found.range_of(line) for line in lines)
    value = value_column(found)
    if all(line.value is None or float(line.value).is_integer() for line in lines) and not ranged:
        value = replace(value, decimals=0)
    ends = [
        Column(key, label, found.kind, found.decimals)
        for key, label in (("low", _("lower end")), ("high", _("upper end")))
        if ranged
    ]
    return Figure(
        code="split",
        kind=FigureKind.BARS if len(lines) <= CHARTED else FigureKind.TABLE,
        title=_("%(number)s by %(part)s")
        % {"number": found.title, "part": found.dimensions[answer.question.by]},
        columns=(Column("label", found.dimensions[answer.question.by]), value, *ends),
        rows=tuple(
            Row(
                line.key or "-",
                (line.label, cell(line), *((line.low, line.high) if ranged else ())),
                line.url,
            )
            for line in lines
        ),
        roles={"label": "label", "value": "value"} | ({"low": "low", "high": "high"} if ranged else {}),
        caption=found.definition,
        alt=_("Bars show the number for each part; the line across the end of a bar shows its range.")
        if ranged
        else _("Bars show the number for each part."),
    )


def _compared(answer: Answer) -> Figure:
    assert answer.before is not None
    assert answer.compared is not None
    found = answer.definition
    then = {line.key: line for line in answer.before.lines}
    now = {line.key: line for line in answer.counted.lines}
    rows = []
    for key in [*now, *(key for key in then if key not in now)]:
        first, second = then.get(key), now.get(key)
        label = (second or first).label  # type: ignore[union-attr]
        rows.append(Row(key or "-", (label, cell(first), cell(second), change(first, second))))
    return Figure(
        code="split",
        kind=FigureKind.TABLE,
        title=_("%(number)s by %(part)s")
        % {"number": found.title, "part": found.dimensions[answer.question.by]},
        columns=(
            Column("label", found.dimensions[answer.question.by]),
            value_column(found, "then", format_date(answer.compared.at)),
            value_column(found, "now", format_date(answer.question.at)),
            Column("change", pgettext("between two days", "Change"), ColumnKind.SIGNED, _places(found)),
        ),
        rows=tuple(rows),
        roles={"label": "label"},
        caption=found.definition,
    )


def _places(found: CountDefinition) -> int:
    return found.decimals + 2 if found.kind == ColumnKind.PERCENT else found.decimals


def change(first: Line | None, second: Line | None) -> Cell:
    """Return the difference; withheld when one of the two is, and a part that is missing counts as zero."""
    if (first and first.withheld) or (second and second.withheld):
        return Withheld()
    before, after = (line.value if line else 0.0 for line in (first, second))
    return None if before is None or after is None else after - before


def meaning(answer: Answer, counted_at: dt.datetime) -> Figure:
    """Return what the number means, as a table of its own."""
    found, question = answer.definition, answer.question
    lines: list[tuple[str, str, object]] = [
        ("code", _("Code"), found.code),
        ("title", _("Number"), found.title),
        ("value", _("Value"), f"{found.write(answer.counted.value)} {unit_of(found)}".strip()),
        ("range", pgettext("of a number", "Range"), found.range_of(answer.counted.as_line)),
        ("definition", pgettext("number", "Definition"), found.definition),
        ("source", pgettext("number", "Source"), found.source),
        ("at", _("As of"), format_date(question.at)),
        ("since", pgettext("date", "Since"), format_date(question.since) if question.since else ""),
        ("where", _("Narrowed to"), "、".join(narrowing_words(question))),
        ("counted", _("Counted"), f"{counted_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"),
    ]
    if answer.before is not None and answer.compared is not None:
        words = f"{found.write(answer.before.value)} {unit_of(found)} ({format_date(answer.compared.at)})"
        lines.insert(4, ("before", _("Compared with"), words))
    return Figure(
        code="meaning",
        kind=FigureKind.TABLE,
        title=_("What the number means"),
        columns=(Column("what", _("Item")), Column("text", _("Content"))),
        rows=tuple(Row(key, (label, plain(text))) for key, label, text in lines if text),
    )


def unit_of(found: CountDefinition) -> str:
    """Return the unit as it stands behind the number; a percentage carries its own."""
    return "" if found.kind == ColumnKind.PERCENT else str(found.unit)


def workbook(answer: Answer, which: Figure | None, *, issuer: str, counted_at: dt.datetime) -> Report:
    """Return the number as a report for Excel: meaning, split, and which ones."""
    figures = [meaning(answer, counted_at), split(answer), which]
    cells = {name: CellRef("meaning", name, "text") for name in ("title", "value")}
    sentence = Sentence("%(title)s: %(value)s", cells)
    return Report(
        title=answer.definition.title,
        subtitle=format_date(answer.question.at),
        issuer=issuer,
        stamp=counted_at.isoformat(),
        run=None,
        blocks=(Lead(sentence), *(FigureBlock(figure) for figure in figures if figure is not None)),
    )
