"""A document as Word and PDF in the layout of official documents (GB/T 9704-2012), the same bytes for the same text."""

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from xuequ.core.clock import SHANGHAI
from xuequ.core.figures import Figure
from xuequ.core.rendering.archive import settled
from xuequ.core.rendering.cells import format_date, notes, plain
from xuequ.core.rendering.content import Content, table_content
from xuequ.core.rendering.numbering import Numbering
from xuequ.kit.documents.composing import attachments, paragraphs
from xuequ.kit.documents.models import Citation, DocumentVersion

NARROWEST = 7.0
KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


def write(kind: str, version: DocumentVersion, citations: Sequence[Citation]) -> tuple[bytes, str]:
    """Return the document in one of ``KINDS``, and its media type."""
    writer = render_docx if kind == "docx" else render_pdf
    return writer(version, citations), KINDS[kind]


def addressed(version: DocumentVersion) -> str:
    """Return the line of the addressee with its colon; empty when there is none."""
    to = plain(version.addressee).rstrip("：:")
    return f"{to}：" if to else ""


def _moment(version: DocumentVersion) -> dt.datetime:
    return dt.datetime.combine(version.dated, dt.time.min, SHANGHAI)


def _numbered(version: DocumentVersion, citations: Sequence[Citation]) -> list[tuple[str, bool]]:
    numbering = Numbering((translation.get_language() or "").startswith("zh"))
    return [
        ((numbering.heading(1) if said.heading else "") + said.text, said.heading)
        for said in paragraphs(version, citations)
    ]


def _tables(figures: Sequence[Figure]) -> list[Content]:
    return [
        {
            "title": plain(figure.title),
            "table": _wide_enough(table_content(figure, links=False)),
            "lines": [line for line in (plain(figure.caption), *notes(figure)) if line],
        }
        for figure in figures
    ]


def _wide_enough(table: Content) -> Content:
    """Return the table with no column so narrow that a number would break."""
    return {**table, "shares": [max(share, NARROWEST) for share in table["shares"]]}


def attachment_mark(place: int, count: int) -> str:
    """Return what stands above an attachment."""
    return _("Attachment") if count == 1 else _("Attachment %(number)d") % {"number": place}


def render_docx(version: DocumentVersion, citations: Sequence[Citation]) -> bytes:
    """Return the document for Word, with room for the seal over signature and date."""
    from docx import Document as WordFile  # loaded for a download alone, not by every start

    from xuequ.core.rendering import officialese as paper

    document: Any = WordFile()
    paper.lay_out(document)
    properties = document.core_properties
    properties.title, properties.author = plain(version.title), plain(version.issuer)
    properties.comments, properties.last_modified_by, properties.revision = "", "", version.number
    _write_text(document, version, citations)
    tables = _tables(attachments(citations))
    _write_list(document, tables)
    _write_signature(document, version)
    for place, table in enumerate(tables, 1):
        _write_attachment(document, table, attachment_mark(place, len(tables)))
    file = io.BytesIO()
    document.save(file)
    stamp = _moment(version).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return settled(file.getvalue(), stamp, {"word/fontTable.xml": paper.FONT_TABLE})


def _write_text(document: Any, version: DocumentVersion, citations: Sequence[Citation]) -> None:
    from xuequ.core.rendering import officialese as paper

    paper.paragraph(document, plain(version.title), style="Title")
    paper.paragraph(document, "")
    if to := addressed(version):
        paper.paragraph(document, to, indent=False)
    for text, is_heading in _numbered(version, citations):
        paper.paragraph(document, text, style="Heading 1" if is_heading else "Normal")


def _write_list(document: Any, tables: Sequence[Content]) -> None:
    """Name the attachments below the text."""
    from xuequ.core.rendering import officialese as paper

    if tables:
        paper.paragraph(document, "")
    label = _("Attachments: ")
    for place, table in enumerate(tables, 1):
        number = f"{place}. " if len(tables) > 1 else ""
        line = paper.paragraph(document, (label if place == 1 else "") + number + table["title"])
        line.paragraph_format.keep_with_next = True
        if place > 1:
            line.paragraph_format.first_line_indent = paper.characters(2 + paper.width_of(label))


def _write_signature(document: Any, version: DocumentVersion) -> None:
    """Leave room, then the issuer and the date, over which the seal is set; kept together on one page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    from xuequ.core.rendering import officialese as paper

    for _place in range(3):
        paper.paragraph(document, "").paragraph_format.keep_with_next = True
    for text, right in ((plain(version.issuer), 2.0), (format_date(version.dated), 4.0)):
        line = paper.paragraph(document, text, indent=False)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent = paper.characters(right)
        line.paragraph_format.keep_with_next = right == 2.0


def _write_attachment(document: Any, table: Content, mark: str) -> None:
    from xuequ.core.rendering import officialese as paper

    line = paper.paragraph(document, mark, font=paper.HEITI, indent=False)
    line.paragraph_format.page_break_before = True
    head = paper.paragraph(document, table["title"], style="Title")
    head.paragraph_format.space_after = paper.characters(0.5)
    paper.table(document, table["table"])
    for text in table["lines"]:
        paper.small(document, text)


def render_pdf(version: DocumentVersion, citations: Sequence[Citation]) -> bytes:
    """Return the document as PDF; FontError names a character that cannot be printed."""
    from xuequ.core.rendering.printing import print_pdf

    chinese = (translation.get_language() or "").startswith("zh")
    tables = _tables(attachments(citations))
    content = {
        "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else "gb",
        "title": plain(version.title),
        "addressee": addressed(version),
        "lines": [{"text": text, "heading": heading} for text, heading in _numbered(version, citations)],
        "issuer": plain(version.issuer),
        "date": format_date(version.dated),
        "words": {"attachments": _("Attachments: ")},
        "tables": [
            {**table, "mark": attachment_mark(place, len(tables))} for place, table in enumerate(tables, 1)
        ],
    }
    return print_pdf(
        "official.typ",
        content,
        name="document",
        pdf_standards=["ua-1"],
        timestamp=int(_moment(version).timestamp()),
    )
