"""Lists: one look, sorting, pages, and the whole list as CSV or Excel."""

import csv
import datetime as dt
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import django_tables2
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.files import attachment
from xuequ.core.formulas import guard_formula

PER_PAGE = 25
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A way to take the whole list home: ``?export=<code>``."""

    code: str
    label: Text
    icon: str


EXPORT_FORMATS = (
    ExportFormat("xlsx", _("Excel"), "file-spreadsheet"),
    ExportFormat("csv", _("CSV"), "file-type-csv"),
)


class NumberColumn(django_tables2.Column):
    """A column of numbers: set to the right, digits of equal width."""

    attrs = {"td": {"class": "number"}, "th": {"class": "number"}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("attrs", self.attrs)
        super().__init__(*args, **kwargs)


class Table(django_tables2.Table):
    """Base of every list. ``label`` names the list for screen readers; ``exports`` offers CSV and Excel."""

    label: Text = _("List")
    exports: bool = False

    class Meta:
        template_name = "core/table.html"
        attrs = {"class": "table table-vcenter card-table"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # django-tables2 forgets the base's Meta in a class that has its own or none.
        kwargs.setdefault("empty_text", _("There is nothing here yet."))
        super().__init__(*args, **kwargs)

    @property
    def export_formats(self) -> tuple[ExportFormat, ...]:
        """The formats offered above the list."""
        return EXPORT_FORMATS if self.exports else ()


def paged(request: HttpRequest, table: Table) -> Table:
    """Sort and page ``table`` as the address says; an unknown page shows the nearest one."""
    django_tables2.RequestConfig(request, paginate={"per_page": PER_PAGE, "silent": True}).configure(table)
    return table


def export_of(request: HttpRequest, table: Table, filename: str) -> HttpResponse | None:
    """Return the whole sorted list as a file when ``?export=csv`` or ``xlsx`` asks for it, else None."""
    code = request.GET.get("export", "")
    if not table.exports or code not in {"csv", "xlsx"}:
        return None
    django_tables2.RequestConfig(request, paginate=False).configure(table)
    rows = ([_cell(value) for value in row] for row in table.as_values())
    content, kind = (_csv(rows), "text/csv; charset=utf-8") if code == "csv" else (_xlsx(rows), XLSX)
    return attachment(content, f"{filename}.{code}", kind)


def _cell(value: Any) -> str | float | int | dt.date | None:
    if isinstance(value, Promise):
        value = str(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if value is None or isinstance(value, int | float | dt.date):
        return value
    return guard_formula(str(value))


def _csv(rows: Iterable[list[Any]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode("utf-8-sig")  # the mark makes Excel read it as UTF-8


def _xlsx(rows: Iterable[list[Any]]) -> bytes:
    from openpyxl import Workbook  # loaded for a download alone, not by every start

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
