"""The check report beside a merged file: who answered, what does not agree, what schools object to."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.core.clock import SHANGHAI
from xuequ.core.formulas import guard_formula
from xuequ.kit.collection.models import Collection
from xuequ.kit.collection.queries import HANDED_IN, Examined
from xuequ.kit.collection.sources import origin_of

Cells = Sequence[str | int | float]


def report_book(collection: Collection, answers: Sequence[Examined], names: Mapping[int, str]) -> bytes:
    """Return the report as .xlsx; ``names`` are those of the accounts that submitted and confirmed."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _page(book, _("Schools"), _school_heads(), (_school_row(item, names) for item in answers))
    _page(book, _("Not in order"), _breach_heads(), _breach_rows(answers))
    _page(book, _("Objections"), _objection_heads(), _objection_rows(answers))
    _page(book, _("About this collection"), ("", ""), _definition(collection, answers))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _page(book: Workbook, title: str, heads: Cells, rows: Iterable[Cells]) -> None:
    sheet: Worksheet = book.create_sheet(title[:31])
    sheet.append(list(heads))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([guard_formula(value) if isinstance(value, str) else value for value in row])
    for column in range(1, len(heads) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = 24
    sheet.freeze_panes = "A2"


def _school_heads() -> Cells:
    return (
        _("School code"),
        _("School"),
        _("State"),
        _("Submitted by"),
        _("Submitted on"),
        _("Confirmed by"),
        _("Confirmed on"),
        _("Explanation"),
    )


def _school_row(item: Examined, names: Mapping[int, str]) -> Cells:
    sheet = item.sheet
    by, confirmed = sheet.submitted_by_id, sheet.confirmed_by_id
    return (
        sheet.school.code,
        sheet.school.name,
        str(sheet.get_state_display()),
        names.get(by, "") if by else "",
        _moment(sheet.submitted),
        names.get(confirmed, "") if confirmed else "",
        _moment(sheet.confirmed),
        sheet.content.note,
    )


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at is not None else ""


def _breach_heads() -> Cells:
    return _("School code"), _("School"), _("Row"), _("Cell"), _("What is wrong")


def _breach_rows(answers: Iterable[Examined]) -> Iterable[Cells]:
    for item in answers:
        if item.sheet.state in HANDED_IN:
            for breach in item.breaches:
                school = item.sheet.school
                yield school.code, school.name, breach.row, breach.name, breach.message


def _objection_heads() -> Cells:
    return (
        _("School code"),
        _("School"),
        _("Cell"),
        _("Filled in by us"),
        _("Filled in from"),
        _("Day"),
        _("The school says"),
        _("Why"),
        _("Decided"),
    )


def _objection_rows(answers: Iterable[Examined]) -> Iterable[Cells]:
    words = {"": _("not yet"), "adopted": _("the school's value"), "kept": _("our value")}
    for item in answers:
        school = item.sheet.school
        for key, known in item.sheet.content.known.items():
            field = item.layout.field(key)
            if known.objection and field is not None:
                claimed = known.claimed if known.claimed is not None else ""
                origin = origin_of(known.source)
                yield (
                    school.code,
                    school.name,
                    field.name,
                    known.value,
                    origin,
                    known.day,
                    claimed,
                    known.objection,
                    words[known.settled],
                )


def _definition(collection: Collection, answers: Sequence[Examined]) -> Iterable[Cells]:
    yield _("Title"), collection.title
    yield _("Asked by"), collection.asked_by
    yield _("Legal basis"), collection.basis
    yield _("What it is for"), collection.purpose
    yield _("Deadline"), f"{collection.deadline or ''}"
    yield _("Original file"), collection.file_name
    yield "SHA-256", collection.file_sha256
    yield _("Layout version"), collection.version.number
    yield _("Schools asked"), len(answers)
    yield _("Schools that have not answered"), sum(item.sheet.state not in HANDED_IN for item in answers)
    yield _("Cells filled in by us"), sum(item.sheet.known_cells for item in answers)
    yield _("Cells asked of schools"), sum(item.sheet.asked_cells for item in answers)
