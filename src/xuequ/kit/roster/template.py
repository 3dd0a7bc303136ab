"""The workbook that an office can hand out: a sheet for each table, an example in each, lists to choose from."""

import io
from dataclasses import dataclass
from typing import Any

from xuequ.core.formulas import guard_formula


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the template: ``choices`` are offered as a list; ``note`` explains it on the first sheet."""

    heading: str
    example: str
    note: str = ""
    choices: tuple[str, ...] = ()
    width: int = 16


EXAMPLE = "示例："
SHEETS: dict[str, tuple[Column, ...]] = {
    "学校": (
        Column("学校名称", "示例：云汀小学", "全称", width=28),
        Column("学校标识码", "0000000101", "十位数字；新增学校时必填", width=18),
        Column("简称", "云汀小学"),
        Column("学段", "小学", "新增学校时必填", ("小学", "初中", "九年一贯制", "高中", "完全中学")),
        Column("办学性质", "公办", "不填按公办", ("公办", "民办")),
        Column("学制", "六三", "不填按六三", ("六三", "五四")),
        Column("片区", "东渚片区"),
    ),
    "班级": (
        Column("学校", "示例：云汀小学", "全称、简称或标识码；只管一所学校时可不填", width=28),
        Column("班级", "三年级2班", "也可写 2023级2班、三(2)班"),
        Column("班级别名", "启航班", "可不填"),
        Column("班主任", "林大同", "可不填"),
        Column("班主任工号", "T0000001", "同名教师时请填写"),
    ),
    "学生": (
        Column("学校", "示例：云汀小学", "同上", width=28),
        Column("班级", "三年级2班"),
        Column("姓名", "李小满"),
        Column("学籍号", "G000000201700000001", "按学籍号辨认学生；请设为文本格式", width=26),
        Column("性别", "女", "", ("男", "女")),
        Column("出生日期", "2017-03-05", "2017-03-05、2017年3月5日、20170305 都可以"),
        Column("监护人1姓名", "李建国", "可不填，也可写在“家长”表"),
        Column("监护人1关系", "父亲", "", ("父亲", "母亲", "其他")),
        Column("监护人1电话", "00000000000"),
    ),
    "教师": (
        Column("学校", "示例：云汀小学", "同上", width=28),
        Column("姓名", "林大同"),
        Column("工号", "T0000001", "按工号辨认教师"),
        Column("性别", "男", "", ("男", "女")),
        Column("手机", "00000000000", "可不填"),
        Column("任教学科", "数学、科学", "只用来分辨同名教师"),
    ),
    "任教": (
        Column("学校", "示例：云汀小学", "同上", width=28),
        Column("班级", "三年级2班"),
        Column("学科", "数学", "班主任可单列一行，学科写“班主任”"),
        Column("教师", "林大同"),
        Column("工号", "T0000001", "同名教师时请填写"),
        Column("班主任", "是", "", ("是", "否")),
    ),
    "家长": (
        Column("学籍号", "示例：G000000201700000001", "学生的学籍号", width=30),
        Column("学生姓名", "李小满", "没有学籍号时，填学校、班级和学生姓名"),
        Column("家长姓名", "李建国"),
        Column("关系", "父亲", "", ("父亲", "母亲", "其他")),
        Column("电话", "00000000000"),
    ),
}  # fmt: skip
ROWS_WITH_CHOICES = 5000
NOTES = (
    "人员名册模板",
    "每张表都可以不填；列的顺序可以调换，多余的列会略去。",
    "“示例”开头的行不会导入，可以删去。",
    "空格子表示“不知道”，不会清除已有的内容。身份证号一律不读取，请不要填写。",
    "导入时先核对、后保存；保存后可以整体撤销。",
)


def template_bytes() -> bytes:
    """Return the template as .xlsx."""
    from openpyxl import Workbook  # loaded for a download alone, not by every start
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    notes = book.worksheets[0]
    notes.title = "说明"
    for line in NOTES:
        notes.append([line])
    notes.append([])
    notes.append(["表", "列名", "填写说明"])
    for title, columns in SHEETS.items():
        for column in columns:
            if column.note:
                notes.append([title, column.heading, column.note])
        _add_sheet(book, title, columns)
    notes["A1"].font = Font(bold=True, size=14)
    notes.column_dimensions["A"].width, notes.column_dimensions["C"].width = 12, 60
    notes.column_dimensions["B"].width = 18
    for row in notes.iter_rows():
        row[0].alignment = Alignment(wrap_text=False)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _add_sheet(book: Any, title: str, columns: tuple[Column, ...]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet = book.create_sheet(title)
    sheet.append([column.heading for column in columns])
    sheet.append([guard_formula(column.example) for column in columns])
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, start=1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = column.width
        sheet[f"{letter}1"].font = Font(bold=True)
        sheet[f"{letter}2"].font = Font(italic=True, color="808080")
        for row in range(2, 200):  # text, so that no digit of a number is lost
            sheet[f"{letter}{row}"].number_format = "@"
        if column.choices:
            chosen = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            sheet.add_data_validation(chosen)
            chosen.add(f"{letter}2:{letter}{ROWS_WITH_CHOICES}")
