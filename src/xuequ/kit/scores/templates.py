"""Excel templates that the import reads back: headings, and the class lists where they are known."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xuequ.core.formulas import guard_formula
from xuequ.district.models import SchoolClass
from xuequ.record.choices import Form
from xuequ.record.models import Assessment
from xuequ.record.papers import PaperContent, PaperItem

HEADINGS = ("学校", "班级", "姓名", "学籍号")
WIDTHS = (26, 16, 14, 22, 16)
BLUEPRINT = ("题号", "分值", "知识点", "能力层次", "答案", "课时")
BLUEPRINT_WIDTHS = (8, 8, 30, 12, 8, 8)
EMPTY_ITEMS = 10
"""As many items a template has where the paper is not known yet."""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A pupil's line in a template."""

    school: str
    school_class: str
    name: str
    number: str


def class_text(school_class: SchoolClass) -> str:
    """Return a class as it is written in templates: in Chinese whatever the reader's language, and read back."""
    return school_class.label or f"{school_class.entry_year}级{school_class.number}班"


def template_bytes(assessment: Assessment, rows: Iterable[TemplateRow]) -> bytes:
    """Return the template of one assessment as .xlsx; numbers are text, so that no digit is lost."""
    subject = assessment.subject.name if assessment.subject is not None else "成绩"
    if assessment.form == Form.LEVEL:
        subject += "等级"
    elif assessment.full_mark is not None:
        subject += f"（满分{assessment.full_mark:g}）"
    return workbook_bytes((*HEADINGS, subject), ((r.school, r.school_class, r.name, r.number) for r in rows))


def workbook_bytes(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """Return a sheet with one frozen row of headings."""
    return _book([("成绩", list(headings), rows, WIDTHS)])


def item_template_bytes(
    assessment: Assessment, rows: Iterable[TemplateRow], content: PaperContent | None
) -> bytes:
    """Return a workbook for results by item: the class lists with a column for each item, and the 双向细目表."""
    items = content.items if content is not None else _empty_items()
    lessons = content.lessons if content is not None else {}
    headings = [*HEADINGS, "总分", *(item.number for item in items)]
    pupils = ((row.school, row.school_class, row.name, row.number) for row in rows)
    subject = assessment.subject.name if assessment.subject is not None else ""
    plan = [_blueprint_row(item, lessons.get(item.points[0], "") if item.points else "") for item in items]
    return _book(
        [
            (f"{subject}小题分", headings, pupils, WIDTHS),
            ("双向细目表", list(BLUEPRINT), plan, BLUEPRINT_WIDTHS),
        ]
    )


def _empty_items() -> tuple[PaperItem, ...]:
    return tuple(PaperItem(str(number), 0.0) for number in range(1, EMPTY_ITEMS + 1))


def _blueprint_row(item: PaperItem, lessons: float | str) -> list[Any]:
    return [item.number, item.full_mark or "", "、".join(item.points), item.level, item.key, lessons]


def _book(sheets: Sequence[tuple[str, list[str], Iterable[Iterable[Any]], Sequence[int]]]) -> bytes:
    """Return a workbook of sheets: name, headings, rows, widths of the first columns."""
    from openpyxl import Workbook  # loaded for a download alone, not by every start
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, headings, rows, widths in sheets:
        sheet = book.create_sheet(name)
        sheet.append(headings)
        for row in rows:
            sheet.append([guard_formula(cell) if isinstance(cell, str) else cell for cell in row])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(horizontal="center")
        for place, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
