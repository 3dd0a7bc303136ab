"""What the columns of a ledger hold, and the template that schools fill."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xuequ.core.formulas import guard_formula
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import Book, Sheet
from xuequ.kit.sheets.tables import text_of
from xuequ.systems.office.ledgers.problems import Problem

SCHOOL, CLASS, MONTH, DAYS, ATTENDANCE, BOOKS = "school", "class", "month", "days", "attendance", "books"
HEADINGS = {
    SCHOOL: ("学校", "学校名称", "单位名称", "学校标识码", "school"),
    CLASS: ("班级", "班级名称", "行政班", "class"),
    MONTH: ("月份", "年月", "统计月份", "month"),
    DAYS: ("上课天数", "应出勤天数", "教学天数", "days"),
    ATTENDANCE: ("出勤率", "学生出勤率", "到校率", "attendance"),
    BOOKS: ("借书册数", "借阅册数", "借书量", "借阅量", "图书借阅册数", "books"),
}
"""By use: the headings that are known; the first is the template's."""
_KNOWN = {plain_heading(word): use for use, words in HEADINGS.items() for word in words}
_UNITS = ("百分比", "天", "册", "本")
_HEADING_ROWS = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """Which sheet is read, in which row its headings stand (0-based), and in which column each use."""

    sheet: Sheet
    heading_row: int
    columns: dict[str, int]
    left_out: tuple[str, ...]


def layout_of(book: Book) -> Layout:
    """Return where a file holds its ledger; ``SheetRefused`` when it holds none, or more than one."""
    found = [layout for sheet in book.sheets if (layout := _of_sheet(sheet)) is not None]
    if not found:
        raise SheetRefused(Problem("no-columns"))
    if len(found) > 1:
        names = "、".join(layout.sheet.name for layout in found)
        raise SheetRefused(Problem("several-sheets", params={"sheets": names}))
    return found[0]


def _of_sheet(sheet: Sheet) -> Layout | None:
    for row, cells in enumerate(sheet.rows[:_HEADING_ROWS]):
        headings = [text_of(cell) for cell in cells]
        columns = _columns(sheet, row, headings)
        if {SCHOOL, MONTH} <= set(columns) and {ATTENDANCE, BOOKS} & set(columns):
            used = set(columns.values())
            left = tuple(text for place, text in enumerate(headings) if text and place not in used)
            return Layout(sheet, row, columns, left)
    return None


def _columns(sheet: Sheet, row: int, headings: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        use = _use(heading)
        if use and use in found:
            raise SheetRefused(Problem("same-heading", sheet.name, str(row + 1), {"heading": heading}))
        if use:
            found[use] = place
    return found


def _use(heading: str) -> str:
    plain = plain_heading(heading)
    for unit in ("", *_UNITS):
        if plain.endswith(unit) and (use := _KNOWN.get(plain.removesuffix(unit))):
            return use
    return ""


def template_bytes(places: Iterable[tuple[str, str]], month: str) -> bytes:
    """Return a workbook with a row for each school and class in one month; rates and books are to be filled in."""
    from io import BytesIO

    from openpyxl import Workbook

    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "台账"
    sheet.append([words[0] for words in HEADINGS.values()])
    for school, group in places:
        sheet.append([guard_formula(school), guard_formula(group), month])
    for letter, width in zip("ABCDEF", (28, 16, 12, 12, 12, 12), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    notes = workbook.create_sheet("说明")
    for line in _NOTES:
        notes.append([line])
    notes.column_dimensions["A"].width = 90
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


_NOTES = (
    "每班每月一行；只有全校数的学校，班级留空或写“全校”。",
    "月份写 2025-10、2025年10月，或只写 10月（按所选学年）。",
    "出勤率写 97、97% 或 0.97：实到人日÷应到人日，病假、事假计为未到。",
    "借书册数是当月借出的册数，不含教材；不是人均数。没有借出写 0。",
    "上课天数可不填；全部填写时，出勤率按天数加权。",
    "空格子表示不知道，不当作 0。学生数按名册，不必填写；不要填写学生姓名。",
)
