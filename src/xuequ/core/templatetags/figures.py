"""Template tags that show figures and report blocks."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from xuequ.core.figures import Figure
from xuequ.core.rendering.content import Content
from xuequ.core.rendering.html import blocks_html, figure_context
from xuequ.core.reports import Block

register = template.Library()


@register.inclusion_tag("core/figures/figure.html", name="figure")
def show_figure(
    figure: Figure,
    *,
    chart: bool = True,
    table: bool = True,
    folded: bool = False,
    phone: bool = False,
    csv_url: str = "",
    xlsx_url: str = "",
) -> Content:
    """Show a figure as chart and table; ``phone`` draws the still picture for narrow screens."""
    context = figure_context(
        figure, chart=chart, table=table, folded=folded, phone=phone, csv_url=csv_url, xlsx_url=xlsx_url
    )
    return {"figure": context}


@register.simple_tag
def report_blocks(
    blocks: Iterable[Block], figures: Iterable[Figure] = (), *, phone: bool = False
) -> SafeString:
    """Show report blocks; ``figures`` are further figures that their sentences cite."""
    return blocks_html(blocks, {figure.code: figure for figure in figures}, phone=phone)
