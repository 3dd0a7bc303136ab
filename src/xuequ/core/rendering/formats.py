"""The files in which every report can be taken home."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse

from xuequ.core.figures import Text
from xuequ.core.files import attachment, safe_name
from xuequ.core.reports import Report

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: how it is called, its media type, and what writes it.

    What writes it is loaded when it is first asked to: the libraries are heavy and most requests need none.
    """

    label: Text
    icon: str
    media_type: str
    render: Callable[[Report], bytes]


def _pdf(report: Report) -> bytes:
    from xuequ.core.rendering.pdf import render_pdf

    return render_pdf(report)


def _docx(report: Report) -> bytes:
    from xuequ.core.rendering.word import render_docx

    return render_docx(report)


def _xlsx(report: Report) -> bytes:
    from xuequ.core.rendering.spreadsheet import render_xlsx

    return render_xlsx(report)


def _html(report: Report) -> bytes:
    from xuequ.core.rendering.html import render_html

    return render_html(report).encode()


_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: dict[str, Format] = {
    "pdf": Format("PDF", "file-type-pdf", "application/pdf", _pdf),
    "docx": Format("Word", "file-type-docx", f"{_OFFICE}.wordprocessingml.document", _docx),
    "xlsx": Format("Excel", "file-spreadsheet", f"{_OFFICE}.spreadsheetml.sheet", _xlsx),
    "html": Format("HTML", "world", "text/html; charset=utf-8", _html),
}


def download(report: Report, code: str, name: str) -> HttpResponse:
    """Return a report as a file called ``name``, which is saved and never opened as a page of the site."""
    chosen = FORMATS[code]
    file_name = f"{safe_name(name)[:LONGEST_NAME]}.{code}"
    return attachment(chosen.render(report), file_name, chosen.media_type)
