"""Reports as PDF: A4, tagged for screen readers (PDF/UA-1), the same bytes for the same report."""

from django.utils import translation
from django.utils.translation import gettext

from xuequ.core.rendering.cells import plain
from xuequ.core.rendering.content import Content, block_content
from xuequ.core.rendering.printing import print_pdf
from xuequ.core.rendering.sentences import speaking, stamp, stamp_text
from xuequ.core.reports import Report


def render_pdf(report: Report, language: str | None = None) -> bytes:
    """Return the report as PDF; FontError names a character that cannot be printed."""
    with speaking(language):
        content = _content(report)
    return print_pdf(
        "report.typ",
        content,
        name="report",
        pdf_standards=["ua-1"],
        timestamp=int(stamp(report).timestamp()),
    )


def _content(report: Report) -> Content:
    chinese = (translation.get_language() or "").startswith("zh")
    issuer, moment = plain(report.issuer), stamp_text(report)
    run = gettext("Run %(run)s") % {"run": report.run} if report.run else ""
    return {
        "lang": "zh" if chinese else "en",
        "region": "cn" if chinese else "gb",
        "title": plain(report.title),
        "subtitle": plain(report.subtitle),
        "issuer": issuer,
        "byline": " · ".join(part for part in (issuer, moment) if part),
        "origin": " · ".join(part for part in (moment, run) if part),
        "words": {"note": gettext("Note: ")},
        "blocks": [block_content(block, report.figures()) for block in report.blocks],
    }
