"""Excel templates that the import reads back: headings, and the class lists where they are known."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from xuequ.core.formulas import guard_formula
from xuequ.district.models import SchoolClass
from xuequ.record.choices import Form
from xuequ.record.models import Assessment

HEADINGS = ("学校", "班级", "姓名", "学籍号")
WIDTHS = (26, 16, 14, 22, 16)


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
    from openpyxl import Workbook  # loaded for a download alone, not by every start
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "成绩"
    sheet.append(list(headings))
    for row in rows:
        sheet.append([guard_formula(text) for text in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="center")
    for place, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
