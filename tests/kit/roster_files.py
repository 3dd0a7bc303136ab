"""Small roster workbooks, as schools make them."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import ContentFile
from openpyxl import Workbook

from xuequ.district.actors import Actor
from xuequ.kit.roster import actions
from xuequ.kit.roster.options import Options
from xuequ.record.models import ImportBatch

YEAR = Options("2025-2026", "2026-03-02")
Rows = Sequence[Sequence[Any]]


def book(sheets: Mapping[str, Rows], *, name: str = "roster.xlsx", merged: Sequence[str] = ()) -> ContentFile:
    """Return an .xlsx file; ``merged`` are ranges of the first sheet."""
    made = Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    for cells in merged:
        made.worksheets[0].merge_cells(cells)
    stream = io.BytesIO()
    made.save(stream)
    return ContentFile(stream.getvalue(), name=name)


def pupils(*rows: Sequence[Any], headings: Sequence[str] = ("学校", "班级", "姓名", "学籍号")) -> ContentFile:
    """Return a workbook with a sheet of pupils."""
    return book({"学生": [headings, *rows]})


def checked(actor: Actor, file: ContentFile, options: Options = YEAR, **choices: str) -> ImportBatch:
    """Upload and check a file."""
    batch = actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options))
    if choices:
        actions.answer(actor=actor, batch=batch, choices=choices)
        batch = actions.check(actor=actor, batch=batch)
    return batch


def stored(actor: Actor, file: ContentFile, options: Options = YEAR, *, agreed: bool = False) -> ImportBatch:
    """Upload, check and store a file."""
    batch = checked(actor, file, options)
    assert not batch.problems, batch.problems
    assert not batch.questions, batch.questions
    return actions.confirm(actor=actor, batch=batch, agreed=agreed)


def codes(batch: ImportBatch) -> dict[str, str]:
    """Return the place of each kind of problem."""
    return {item["code"]: f"{item['sheet']}!{item['cell']}" for item in batch.problems}


def counts(batch: ImportBatch) -> dict[str, dict[str, int]]:
    """Return what the check would do."""
    return {action: batch.summary[action] for action in ("added", "changed", "removed")}
