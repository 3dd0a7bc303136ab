"""Small score sheets, as schools make them."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.base import ContentFile
from openpyxl import Workbook

from xuequ.kit.scores.options import Options
from xuequ.record.choices import Basis

MONITORING = Options(basis=Basis.SAMPLED_MONITORING, term="2025-2026-2", grade=8, held_on="2026-03-02")
FINAL = Options(basis=Basis.SCHOOL_FINAL, term="2025-2026-2", grade=8, held_on="2026-03-02")


def workbook(
    *sheets: Sequence[Sequence[Any]],
    names: Sequence[str] = (),
    merged: Iterable[str] = (),
    hidden: Sequence[str] = (),
) -> ContentFile:
    """Return an .xlsx file with the given rows; ``merged`` are ranges of the first sheet."""
    book = Workbook()
    book.remove(book.active)
    for place, rows in enumerate(sheets):
        sheet = book.create_sheet(names[place] if place < len(names) else f"Sheet{place + 1}")
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if sheet.title in hidden else "visible"
    for cells in merged:
        book.worksheets[0].merge_cells(cells)
    stream = io.BytesIO()
    book.save(stream)
    return ContentFile(stream.getvalue(), name="scores.xlsx")


def text_file(
    rows: Sequence[Sequence[Any]], encoding: str = "utf-8", name: str = "scores.csv"
) -> ContentFile:
    """Return a .csv file in the given encoding."""
    text = "\r\n".join(",".join(str(cell) for cell in row) for row in rows) + "\r\n"
    return ContentFile(text.encode(encoding), name=name)
