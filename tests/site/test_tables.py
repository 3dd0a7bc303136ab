"""Lists: sorting, pages, the whole list as a file, and no formula smuggled into it."""

import csv
import io

import django_tables2
import openpyxl
from django.test import RequestFactory

from xuequ.core.tables import NumberColumn, Table, export_of, paged


class Pupils(Table):
    name = django_tables2.Column(verbose_name="姓名")
    score = NumberColumn(verbose_name="分数")
    label = "学生"
    exports = True


ROWS = [{"name": f"学生{number:02}", "score": 100 - number} for number in range(60)]


def render(rf: RequestFactory, query: str = "") -> str:
    request = rf.get(f"/list/?{query}")
    return str(paged(request, Pupils(ROWS)).as_html(request))


def test_pages(rf: RequestFactory) -> None:
    html = render(rf, "page=3")
    assert html.count("<tr") == 1 + 10
    assert "第 51 至 60 行，共 60 行" in html
    assert 'aria-current="page" href="?page=3">3' in html


def test_a_page_that_does_not_exist_is_the_last(rf: RequestFactory) -> None:
    assert "第 51 至 60 行" in render(rf, "page=99")


def test_sorting_is_said(rf: RequestFactory) -> None:
    html = render(rf, "sort=-score&page=2")
    assert 'aria-sort="descending"' in html
    assert "sort=score" in html
    assert 'href="?sort=name"' in html  # a new order begins on its first page
    assert html.index("学生25") < html.index("学生26")


def test_headings_name_columns_and_the_region_has_a_name(rf: RequestFactory) -> None:
    html = render(rf)
    assert html.count('scope="col"') == 2
    assert 'role="group" tabindex="0" aria-label="学生"' in html
    assert '<td class="number">' in html


def test_empty_list_says_so(rf: RequestFactory) -> None:
    request = rf.get("/list/")
    assert "这里还没有内容。" in str(paged(request, Pupils([])).as_html(request))


def test_whole_list_as_csv_in_the_order_asked_for(rf: RequestFactory) -> None:
    answer = export_of(rf.get("/list/?export=csv&sort=score"), Pupils(ROWS), "pupils")
    assert answer is not None
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pupils.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["姓名", "分数"]
    assert rows[1] == ["学生59", "41"]
    assert len(rows) == 61


def test_whole_list_as_excel_without_formulas(rf: RequestFactory) -> None:
    rows = [{"name": "=HYPERLINK(1)", "score": -1.5}, {"name": "@SUM(A1)", "score": 2}]
    answer = export_of(rf.get("/list/?export=xlsx"), Pupils(rows), "pupils")
    assert answer is not None
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    values = list(sheet.iter_rows(values_only=True))
    assert values[1:] == [("'=HYPERLINK(1)", -1.5), ("'@SUM(A1)", 2)]
    assert {cell.data_type for row in sheet for cell in row} == {"s", "n"}


def test_no_file_unless_asked_for(rf: RequestFactory) -> None:
    assert export_of(rf.get("/list/"), Pupils(ROWS), "pupils") is None
    assert export_of(rf.get("/list/?export=exe"), Pupils(ROWS), "pupils") is None
