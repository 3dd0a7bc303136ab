"""Figures and reports as HTML: on the site's pages by template tags, and as one file that stands alone."""

from collections.abc import Iterable, Mapping

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from xuequ.core.figures import Figure
from xuequ.core.rendering import cells, charts
from xuequ.core.rendering.content import Content, block_content, figure_content
from xuequ.core.rendering.sentences import figures_of, speaking, stamp_text
from xuequ.core.reports import Block, FigureBlock, Report


def figure_context(
    figure: Figure,
    *,
    chart: bool = True,
    table: bool = True,
    folded: bool = False,
    phone: bool = False,
    csv_url: str = "",
    xlsx_url: str = "",
) -> Content:
    """Return what ``core/figures/figure.html`` shows on a page of the site."""
    content = figure_content(figure, chart=chart, table=table, phone=phone, links=True)
    more = {"folded": folded, "csv_url": csv_url, "xlsx_url": xlsx_url}
    return {**_placed(figure, content, live=True), **more}


def _placed(figure: Figure, content: Content, *, live: bool) -> Content:
    """Add what only HTML needs: the id, the picture as markup, and on ``live`` pages the chart's data."""
    table = content["table"]
    is_charted = figure.kind not in charts.STILL
    return {
        **content,
        "table": {**table, "body": _rows(table["rows"])} if table else None,
        "id": charts.figure_id(figure),
        "picture": mark_safe(content["picture"]),  # noqa: S308  drawn by us, every text in it escaped
        "payload": charts.figure_payload(figure) if live and content["picture"] and is_charted else None,
    }


def _rows(rows: Iterable[Content]) -> SafeString:
    """Return the rows of a table. Written here and not in a template: cells are what a page has most of."""
    return mark_safe("\n".join(_row(row) for row in rows))  # noqa: S308  every text in it escaped


def _row(row: Content) -> str:
    marked = ' class="table-active fw-bold"' if row["marked"] else ""
    return f"<tr{marked}>{''.join(_cell(cell, row['url']) for cell in row['cells'])}</tr>"


def _cell(cell: Content, url: str) -> str:
    text: str = escape(cell["text"])
    place = ' class="text-end"' if cell["number"] else ""
    if cell["header"]:
        name = f'<a href="{escape(url)}">{text}</a>' if url else text
        return f'<th scope="row"{place}>{name}</th>'
    if cell["meaning"]:
        said = escape(cell["meaning"])
        text = f'<span aria-hidden="true">{text}</span><span class="visually-hidden">{said}</span>'
    return f"<td{place}>{text}</td>"


def blocks_html(
    blocks: Iterable[Block],
    figures: Mapping[str, Figure] | None = None,
    *,
    live: bool = True,
    phone: bool = False,
) -> SafeString:
    """Return blocks as HTML; sentences may also cite ``figures`` that stand elsewhere on the page."""
    listed = list(blocks)
    cited = {**(figures or {}), **figures_of(listed)}
    shown = [_block(block, cited, live=live, phone=phone) for block in listed]
    return render_to_string("core/report/blocks.html", {"blocks": shown})


def _block(block: Block, figures: Mapping[str, Figure], *, live: bool, phone: bool) -> Content:
    content = block_content(block, figures, phone=phone, links=live)
    if isinstance(block, FigureBlock):
        return {**content, "figure": _placed(block.figure, content["figure"], live=live)}
    return content


def render_html(report: Report, language: str | None = None) -> str:
    """Return the report as one HTML file that needs no other file, no script and no network."""
    with speaking(language):
        context = {
            "language": "zh-CN" if (translation.get_language() or "").startswith("zh") else "en",
            "title": cells.plain(report.title),
            "subtitle": cells.plain(report.subtitle),
            "issuer": cells.plain(report.issuer),
            "stamp": stamp_text(report),
            "run": report.run,
            "content": blocks_html(report.blocks, live=False),
        }
        return render_to_string("core/report/report.html", context)
