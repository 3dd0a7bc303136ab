"""Reports as Word in the layout of official documents (GB/T 9704-2012): ready for the signature and the seal.

Folded figures become attachments (附件) behind the place for the seal.
"""

import datetime as dt
import io
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH

from xuequ.core.rendering import officialese as paper
from xuequ.core.rendering.archive import settled
from xuequ.core.rendering.cells import format_date, plain
from xuequ.core.rendering.content import Content, block_content
from xuequ.core.rendering.numbering import Numbering
from xuequ.core.rendering.sentences import speaking, stamp
from xuequ.core.reports import Report


def render_docx(report: Report, language: str | None = None) -> bytes:
    """Return the report as a Word document, the same bytes for the same report."""
    with speaking(language):
        document = Document()
        paper.lay_out(document)
        writer = _Writer(document)
        writer.write(report)
        file = io.BytesIO()
        document.save(file)
    utc = stamp(report).astimezone(dt.UTC)
    parts = {"word/fontTable.xml": paper.FONT_TABLE}
    return settled(file.getvalue(), utc.strftime("%Y-%m-%dT%H:%M:%SZ"), parts)


def _is_attached(block: Content) -> bool:
    return block["kind"] == "figure" and bool(block["figure"]["folded"])


def _body(blocks: list[Content]) -> list[Content]:
    """Return what stands before the signature, without headings that lost all they had to attachments."""
    kept: list[Content] = []
    for block in reversed(blocks):
        if not _is_attached(block) and not (block["kind"] == "heading" and _is_bare(block, kept)):
            kept.append(block)
    return kept[::-1]


def _is_bare(heading: Content, after: list[Content]) -> bool:
    """Tell whether nothing but a heading of its own level or above follows; ``after`` runs backwards."""
    return not after or (after[-1]["kind"] == "heading" and after[-1]["level"] <= heading["level"])


class _Writer:
    """Writes a report from its first line to its last attachment."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.numbering = Numbering((translation.get_language() or "").startswith("zh"))

    def write(self, report: Report) -> None:
        properties = self.document.core_properties
        properties.title, properties.author = plain(report.title), plain(report.issuer)
        properties.comments = gettext("Run %(run)s") % {"run": report.run} if report.run else ""
        properties.last_modified_by, properties.revision = "", 1
        self._title(report)
        blocks = [block_content(block, report.figures()) for block in report.blocks]
        attached = [block["figure"] for block in blocks if _is_attached(block)]
        for block in _body(blocks):
            getattr(self, "_" + block["kind"])(block)
        self._attachment_list(attached)
        self._signature(report)
        for place, figure in enumerate(attached, 1):
            self._attachment(figure, place, alone=len(attached) == 1)

    def _title(self, report: Report) -> None:
        paper.paragraph(self.document, plain(report.title), style="Title")
        if report.subtitle:
            line = paper.paragraph(self.document, plain(report.subtitle), font=paper.KAITI, indent=False)
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paper.paragraph(self.document, "")

    def _heading(self, block: Content) -> None:
        level = min(max(block["level"] - 1, 1), 3)
        text = self.numbering.heading(level) + block["text"]
        paper.paragraph(self.document, text, style=f"Heading {level}")

    def _paragraph(self, block: Content) -> None:
        paper.paragraph(self.document, block["text"])

    def _lead(self, block: Content) -> None:
        paper.paragraph(self.document, block["text"], bold=True)

    def _note(self, block: Content) -> None:
        paper.paragraph(self.document, gettext("Note: ") + block["text"], font=paper.KAITI)

    def _steps(self, block: Content) -> None:
        paper.paragraph(
            self.document, block["title"], font=paper.HEITI
        ).paragraph_format.keep_with_next = True
        for place, step in enumerate(block["steps"], 1):
            text = f"{place}. {step['text']}"
            separator = "" if text.endswith("。") else " "
            paper.paragraph(self.document, text + (separator + step["reason"] if step["reason"] else ""))

    def _figure(self, block: Content) -> None:
        self._plate(block["figure"])

    def _plate(self, figure: Content) -> None:
        if figure["picture"]:
            paper.picture(self.document, figure)
            paper.caption(self.document, self.numbering.picture() + figure["title"])
        if figure["table"]:
            paper.caption(self.document, self.numbering.table() + figure["title"], above=True)
            paper.table(self.document, figure["table"])
        for line in (figure["caption"], *figure["notes"]):
            if line:
                paper.small(self.document, line)

    def _attachment_list(self, figures: list[Content]) -> None:
        if not figures:
            return
        paper.paragraph(self.document, "")
        label = gettext("Attachments: ")
        for place, figure in enumerate(figures, 1):
            number = f"{place}. " if len(figures) > 1 else ""
            text = (label if place == 1 else "") + number + figure["title"]
            line = paper.paragraph(self.document, text)
            line.paragraph_format.keep_with_next = True
            if place > 1:
                line.paragraph_format.first_line_indent = paper.characters(2 + paper.width_of(label))

    def _signature(self, report: Report) -> None:
        """Leave three lines for the seal, then the issuer and the date, kept together on one page."""
        for _ in range(3):
            paper.paragraph(self.document, "").paragraph_format.keep_with_next = True
        issuer = gettext("%(issuer)s (seal)") % {"issuer": plain(report.issuer)}
        for text, right in ((issuer, 2.0), (format_date(stamp(report)), 4.0)):
            line = paper.paragraph(self.document, text, indent=False)
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            line.paragraph_format.right_indent = paper.characters(right)
            line.paragraph_format.keep_with_next = text == issuer

    def _attachment(self, figure: Content, place: int, *, alone: bool) -> None:
        mark = gettext("Attachment") if alone else gettext("Attachment %(number)d") % {"number": place}
        line = paper.paragraph(self.document, mark, font=paper.HEITI, indent=False)
        line.paragraph_format.page_break_before = True
        head = paper.paragraph(self.document, figure["title"], style="Title")
        head.paragraph_format.space_after = paper.characters(0.5)
        self._plate(figure)
