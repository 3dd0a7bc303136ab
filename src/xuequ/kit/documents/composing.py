"""A document's text with its numbers written in, and the proof that no number stands there unproven.

In the text ``[#1]`` is the first quoted number, ``[@1]`` its date and ``[~1]`` its range; a line that begins with ``#``
is a heading. All other numbers must be vouched for as typed by hand.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Withheld
from xuequ.core.rendering.cells import format_date, headed
from xuequ.core.rendering.checker import Problem, check_report
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Paragraph, Report, Sentence
from xuequ.kit.documents.models import Citation, DocumentVersion

_MARK = re.compile(r"\[(?P<sign>[#@~])(?P<place>\d+)\]|(?P<digits>\d+)")
NUMBERS, TYPED = "citations", "typed"
_COLUMNS = {"#": "value", "@": "day", "~": "range"}
_AROUND = 12


@dataclass(frozen=True, slots=True)
class Loose:
    """A number in the text that nobody has vouched for, with the words around it."""

    digits: str
    context: str


def loose_numbers(texts: Iterable[str], typed: Sequence[str]) -> list[Loose]:
    """Return each number that is neither quoted nor vouched for, once."""
    found: dict[str, Loose] = {}
    for text in texts:
        for match in _MARK.finditer(text):
            digits = match["digits"]
            if digits and digits not in typed:
                start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
                found.setdefault(digits, Loose(digits, text[start:end].replace("\n", " ")))
    return list(found.values())


def texts_of(version: DocumentVersion) -> tuple[str, ...]:
    """Return everything that is written by hand."""
    return (version.title, version.addressee, version.body)


def _lines(version: DocumentVersion) -> Iterator[str]:
    return (line.strip() for line in version.body.splitlines() if line.strip())


def _sentence(text: str, typed: Sequence[str], *, prove: bool) -> Sentence:
    """Return a line as a sentence that cites its cells; to prove it, hand-typed numbers are cited as well."""
    cells: dict[str, CellRef] = {}

    def place(match: re.Match[str]) -> str:
        if match["place"]:
            column = _COLUMNS[match["sign"]]
            name = column[0] + match["place"]
            cells[name] = CellRef(NUMBERS, match["place"], column)
            return f"%({name})s"
        if prove and match["digits"] in typed:
            name = f"t{match['digits']}"
            cells[name] = CellRef(TYPED, match["digits"], "number")
            return f"%({name})s"
        return match["digits"]

    return Sentence(_MARK.sub(place, text.replace("%", "%%")), cells)


def definitions_table(citations: Sequence[Citation]) -> Figure:
    """Return the table that every document with numbers carries: what each means and when it was counted."""
    ranged = any(c.range for c in citations)
    return Figure(
        code=NUMBERS,
        kind=FigureKind.TABLE,
        title=_("Numbers and their definitions"),
        columns=(
            Column("place", _("No.")),
            Column("title", _("Number")),
            Column("value", _("Value")),
            *([Column("range", pgettext("of a number", "Range"))] if ranged else []),
            Column("day", _("As of"), ColumnKind.DATE),
            Column("definition", pgettext("number", "Definition")),
            Column("source", pgettext("number", "Source")),
        ),
        rows=tuple(
            Row(
                str(c.place),
                (
                    str(c.place),
                    _titled(c),
                    c.text,
                    *([c.range or "—"] if ranged else []),
                    c.day,
                    c.definition,
                    c.source,
                ),
            )
            for c in citations
        ),
        roles={"label": "title"},
    )


def _titled(citation: Citation) -> str:
    unit = "" if citation.text.endswith("%") else citation.unit
    return headed(citation.title, unit)


def _typed_table(typed: Sequence[str]) -> Figure:
    columns = (Column("number", _("Number")),)
    return Figure(TYPED, FigureKind.TABLE, _("Typed by hand"), columns, tuple(Row(d, (d,)) for d in typed))


def _places(text: str) -> int:
    return len(text.rstrip("%").partition(".")[2])


def split_table(citation: Citation) -> Figure:
    """Return the table behind one number, as it was counted."""
    ranged = any(len(line) > 2 for line in citation.lines)
    rows = tuple(
        Row(
            str(place),
            (label, Withheld() if value is None else value, *([rest[0] if rest else "—"] if ranged else [])),
        )
        for place, (label, value, *rest) in enumerate(citation.lines)
    )
    kind = ColumnKind.PERCENT if citation.text.endswith("%") else ColumnKind.NUMBER
    whole = all(value is None or float(value).is_integer() for _label, value, *_rest in citation.lines)
    return Figure(
        code=f"split-{citation.place}",
        kind=FigureKind.TABLE,
        title=citation.title,
        columns=(
            Column("label", citation.heading),
            Column(
                "value",
                citation.title,
                ColumnKind.INTEGER if whole and kind != ColumnKind.PERCENT else kind,
                _places(citation.text) or 2,
                "" if kind == ColumnKind.PERCENT else citation.unit,
            ),
            *([Column("range", pgettext("of a number", "Range"))] if ranged else []),
        ),
        rows=rows,
        roles={"label": "label"},
        caption=citation.definition,
    )


def _block(line: str, typed: Sequence[str], *, prove: bool) -> Block:
    if line.startswith("#") and not prove:
        return Heading(line.lstrip("# "))
    return Paragraph((_sentence(line, typed, prove=prove),))


def blocks(
    version: DocumentVersion, citations: Sequence[Citation], *, prove: bool = False
) -> tuple[Block, ...]:
    """Return the text, then its attachments: the definitions, and the tables that were asked for.

    To ``prove`` it, title, addressee and headings are sentences too.
    """
    lines = [version.title, version.addressee, *_lines(version)] if prove else list(_lines(version))
    out = [_block(line, version.typed, prove=prove) for line in lines if line]
    out += [FigureBlock(figure, folded=True, chart=False) for figure in attachments(citations)]
    if prove and version.typed:
        out.append(FigureBlock(_typed_table(version.typed), folded=True))
    return tuple(out)


def report(version: DocumentVersion, citations: Sequence[Citation], *, prove: bool = False) -> Report:
    """Return the document as a report; its moment is the date of the document, so its files are always the same."""
    return Report(
        title=version.title,
        subtitle=version.addressee,
        issuer=version.issuer,
        stamp=f"{version.dated.isoformat()}T00:00:00+08:00",
        run=None,
        blocks=blocks(version, citations, prove=prove),
    )


def problems(version: DocumentVersion, citations: Sequence[Citation]) -> list[Problem]:
    """Return every number of the text that is neither a quoted one in force nor vouched for."""
    return check_report(report(version, citations, prove=True), ["zh-hans"])


def missing_places(version: DocumentVersion, citations: Sequence[Citation]) -> list[str]:
    """Return the marks of the text to which no quoted number belongs."""
    known = {(sign, str(one.place)) for one in citations for sign in ("#@~" if one.range else "#@")}
    marks = [match for match in _MARK.finditer(version.body) if match["place"]]
    return list(dict.fromkeys(match[0] for match in marks if (match["sign"], match["place"]) not in known))


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the text as it will be read."""

    text: str
    heading: bool


def paragraphs(version: DocumentVersion, citations: Sequence[Citation]) -> list[Said]:
    """Return the text line by line with its numbers written in; a mark without a number stays as it is."""
    found = {str(citation.place): citation for citation in citations}

    def written(match: re.Match[str]) -> str:
        citation = found.get(match["place"] or "")
        if citation is None:
            return match[0]
        said = {"#": citation.text, "@": format_date(citation.day), "~": citation.range or match[0]}
        return said[match["sign"]]

    return [
        Said(_MARK.sub(written, line.lstrip("# ") if line.startswith("#") else line), line.startswith("#"))
        for line in _lines(version)
    ]


def attachments(citations: Sequence[Citation]) -> list[Figure]:
    """Return the tables behind the text: the definitions, then the splits that were asked for."""
    splits = [split_table(c) for c in citations if c.attached and c.lines]
    return [definitions_table(citations), *splits] if citations else []
