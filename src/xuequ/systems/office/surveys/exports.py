"""Answers as files to take home; no cell is run as a formula."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from xuequ.core.clock import SHANGHAI
from xuequ.core.files import attachment
from xuequ.core.formulas import guard_formula
from xuequ.core.tables import XLSX


def rows_file(rows: Iterable[Sequence[Any]], name: str, code: str) -> HttpResponse:
    """Return rows as ``xlsx``, or as ``csv`` when that is asked for."""
    cleaned = ([_cell(value) for value in row] for row in rows)
    if code == "csv":
        return attachment(_csv(cleaned), f"{name}.csv", "text/csv; charset=utf-8")
    return attachment(_xlsx(cleaned), f"{name}.xlsx", XLSX)


def _cell(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return guard_formula(value) if isinstance(value, str) else value


def _csv(rows: Iterable[list[Any]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def _xlsx(rows: Iterable[list[Any]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
