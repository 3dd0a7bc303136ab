import json
import re
from dataclasses import replace

from django.template import Context, Template

from tests.core.rendering import samples
from xuequ.core.figures import Figure, Row, Withheld
from xuequ.core.rendering.charts import figure_payload
from xuequ.core.rendering.html import render_html
from xuequ.core.reports import FigureBlock

HOSTILE = '<script>alert("]]>")</script>'


def shown(figure: Figure, arguments: str = "") -> str:
    return Template("{% load figures %}{% figure fig " + arguments + " %}").render(Context({"fig": figure}))


def test_a_figure_has_picture_data_table_and_words() -> None:
    page = shown(samples.interval(), 'xlsx_url="/x.xlsx" csv_url="/x.csv"')
    assert 'role="img"' in page and samples.interval().alt in page
    assert 'data-chart="figure-growth-effects-data"' in page and 'id="figure-growth-effects-data"' in page
    assert "<svg" in page and "<table" in page and 'tabindex="0"' in page
    assert 'href="/x.xlsx"' in page and 'href="/x.csv"' in page
    assert '<th scope="row">银杏小学</th><td class="text-end">+4.86</td>' in page


def test_a_folded_figure_lies_under_its_evidence() -> None:
    page = shown(samples.bars(), "folded=True")
    assert page.index("<details") < page.index("<figure")


def test_nothing_on_the_page_needs_inline_style_or_script() -> None:
    page = Template("{% load figures %}{% report_blocks r.blocks %}").render(Context({"r": samples.report()}))
    assert "style=" not in page and "<style" not in page and not re.search(r"\son\w+=", page)
    assert set(re.findall(r"<script[^>]*>", page)) == {
        f'<script id="figure-growth-{name}-data" type="application/json">'
        for name in ("effects", "quadrant", "course", "bands", "subjects", "coverage", "calendar")
    }


def test_links_lead_only_to_pages() -> None:
    figure = samples.interval()
    first, second, third = figure.rows[:3]
    rows = (
        replace(first, url="/growth/schools/1/"),
        replace(second, url="javascript:alert(1)"),
        replace(third, url="//elsewhere"),
    )
    page = re.sub(r"<script.*?</script>", "", shown(replace(figure, rows=rows)), flags=re.S)
    assert re.findall(r'<th scope="row"><a href="([^"]*)"', page) == ["/growth/schools/1/"]
    assert "javascript" not in page


def test_hostile_names_stay_text() -> None:
    figure = samples.interval()
    row = Row("h", (HOSTILE, *figure.rows[0].cells[1:]), "/")
    page = shown(replace(figure, title=HOSTILE, alt=HOSTILE, rows=(row,)))
    assert "<script>" not in page and "]]>" not in page.replace("]]&gt;", "")
    data = re.search(r'type="application/json">(.*?)</script>', page, re.S)
    assert data and json.loads(data[1])["rows"][0]["values"][0] == HOSTILE


def test_withheld_and_missing_cells_say_so() -> None:
    figure = samples.table()
    page = shown(replace(figure, rows=(Row("a", ("甲", None, Withheld(5), 0.5)),)))
    assert page.count('<span aria-hidden="true">—</span>') == 1
    assert page.count('<span aria-hidden="true">*</span>') == 1
    assert page.count("visually-hidden") == 2


def test_crossed_figures_are_shown_as_cross_tables() -> None:
    page = shown(samples.matrix())
    assert page.count("<tr") == 1 + 8
    assert page.count('<th scope="col"') == 1 + 5


def test_the_file_stands_alone() -> None:
    page = render_html(samples.report(), "zh-hans")
    assert page.startswith('<!doctype html>\n<html lang="zh-CN">')
    assert "<script" not in page and "data-chart" not in page and not re.search(r"(src|href)=", page)
    assert "style=" not in page
    assert 'lang="en"' in render_html(samples.report(), "en")
    assert "银杏小学" in page and "+4.86" in page and str(samples.RUN) in page


def test_the_payload_is_json_with_nulls_for_what_is_not_shown() -> None:
    figure = samples.trajectory()
    row = Row("w", ("末", Withheld(), float("nan"), None, 3))
    payload = json.loads(
        json.dumps(figure_payload(replace(figure, rows=(*figure.rows, row))), allow_nan=False)
    )
    assert payload["rows"][-1]["values"] == ["末", None, None, None, 3]
    assert payload["rows"][-1]["texts"] == ["末", "*", "—", "—", "3.0"]
    assert payload["roles"] == {"x": 0, "value": 1, "low": 2, "high": 3, "expected": 4}


def test_a_figure_without_picture_shows_its_table_openly() -> None:
    page = shown(samples.table())
    assert "<svg" not in page and "<details" not in page and "<table" in page
    assert "<svg" not in shown(samples.bars(), "chart=False")
    assert FigureBlock(samples.table()).chart
