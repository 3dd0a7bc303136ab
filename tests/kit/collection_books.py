"""Workbooks as upper units send them, invented: merged headings, totals with formulas, notes, forms."""

import io
from collections.abc import Mapping

from django.core.files.base import ContentFile
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Border, Font, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

LINE = Side(style="thin")


def ruled(sheet: Worksheet, area: str) -> None:
    for row in sheet[area]:
        for cell in row:
            cell.border = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)


def written(sheet: Worksheet, cells: Mapping[str, object]) -> None:
    for place, value in cells.items():
        sheet[place] = value


def funding(schools: tuple[str, ...] = ()) -> Workbook:
    """One row for each school under two rows of merged headings; ``schools`` as the unit lists them."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "表1"
    written(sheet, {"A1": "2026年义务教育学校基本情况统计表", "A2": "填报单位（盖章）：", "H2": "单位：万元"})
    heads = {"A3": "序号", "B3": "学校名称", "C3": "在校生数", "F3": "班级数", "G3": "公用经费支出"}
    heads |= {"H3": "是否寄宿制", "I3": "备注", "C4": "合计", "D4": "男", "E4": "女"}
    written(sheet, heads)
    for row in range(5, 8):
        sheet[f"C{row}"] = f"=D{row}+E{row}"
    for place, name in enumerate(schools):
        sheet[f"B{5 + place}"] = name
    written(sheet, {"A8": "合计", **{f"{letter}8": f"=SUM({letter}5:{letter}7)" for letter in "CDEFG"}})
    sheet["A9"] = "注：1.本表由学校填写。2.经费保留两位小数。"
    for area in ("A1:I1", "A3:A4", "B3:B4", "C3:E3", "F3:F4", "G3:G4", "H3:H4", "I3:I4", "A8:B8", "A9:I9"):
        sheet.merge_cells(area)
    choice = DataValidation(type="list", formula1='"是,否"')
    choice.add("H5:H7")
    sheet.add_data_validation(choice)
    ruled(sheet, "A3:I8")
    sheet["A1"].font = Font(bold=True, size=16)
    sheet.column_dimensions["B"].width = 31
    sheet.row_dimensions[8].height = 33
    other = book.create_sheet("汇总")
    other["A1"] = "=表1!G8"
    other["A2"] = "=SUM(表1!D5:D7)"
    hidden = book.create_sheet("代码")
    hidden["A1"] = "勿动"
    hidden.sheet_state = "hidden"
    return book


def checklist() -> Workbook:
    """A form to be filled in once for each school: labels and blanks."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "自查表"
    cells = {
        "A1": "学校安全工作自查表",
        "A2": "学校名称",
        "C2": "填报日期",
        "A3": "在校生人数",
        "C3": "专任教师数",
    }
    cells |= {"A4": "安全演练次数（次）", "C4": "是否配备专职保安", "A5": "存在的问题"}
    written(sheet, cells)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("B5:D5")
    ruled(sheet, "A2:D5")
    return book


def eyesight() -> Workbook:
    """One table for the whole district, a row for each grade."""
    book = Workbook()
    sheet = book.worksheets[0]
    written(
        sheet,
        {"A1": "全区学生近视情况汇总表", "A2": "年级", "B2": "检测人数", "C2": "近视人数", "D2": "近视率"},
    )
    sheet.merge_cells("A1:D1")
    for row, grade in enumerate(("七年级", "八年级", "九年级"), start=3):
        written(sheet, {f"A{row}": grade, f"D{row}": f"=C{row}/B{row}"})
    written(sheet, {"A6": "合计", "B6": "=SUM(B3:B5)", "C6": "=SUM(C3:C5)", "D6": "=C6/B6"})
    ruled(sheet, "A2:D6")
    return book


def projects() -> Workbook:
    """One row for each project, with a column for the school and a list to choose from."""
    book = Workbook()
    sheet = book.worksheets[0]
    heads = ("序号", "学校", "课题名称", "主持人姓名", "申报日期", "类别", "经费（元）")
    written(
        sheet,
        {
            "A1": "市级课题申报汇总表",
            **dict(zip(("A2", "B2", "C2", "D2", "E2", "F2", "G2"), heads, strict=True)),
        },
    )
    sheet.merge_cells("A1:G1")
    choice = DataValidation(type="list", formula1='"重点,一般"')
    choice.add("F3:F12")
    sheet.add_data_validation(choice)
    ruled(sheet, "A2:G12")
    return book


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def file_of(book: Workbook, name: str = "统计表.xlsx") -> ContentFile:
    return ContentFile(saved(book), name=name)


def grid_of(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]
