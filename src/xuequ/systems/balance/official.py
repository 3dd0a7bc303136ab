"""The tables that the upper unit asks for, filled from a judgement, and the table of figures that schools hand in.

Headings are those of the usual forms; the layout is a named one (``LAYOUT``), marked unverified until the bureau has
compared it with the form of its province. The sheet of figures reads back in: it is also the import's template.
"""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import override

from xuequ.core.formulas import guard_formula
from xuequ.core.money import WAN
from xuequ.systems.balance import pictures
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import PART_FACTS, SCHOOL_FACTS, FactKind, Form
from xuequ.systems.balance.material import Material

LAYOUT = "优质均衡 · 校际均衡与达标情况表（未核对省级表样）"
FIGURES = "学校基础数据"
PART_WORDS = {"": "全校", "primary": "小学部", "junior": "初中部"}
_STAGES = {"primary": "小学", "junior": "初中"}
_GROUPS = {
    "government": "政府保障程度",
    "quality": "教育质量",
    "satisfaction": "社会认可度",
    "veto": "一票否决",
}
_VERDICTS = {"met": "达标", "not-met": "未达标", "unknown": "数据不全"}
_ITEMS = {
    "R1": "每百名学生拥有高于规定学历教师数", "R2": "每百名学生拥有县级以上骨干教师数",
    "R3": "每百名学生拥有体育、艺术专任教师数", "R4": "生均教学及辅助用房面积", "R5": "生均体育运动场馆面积",
    "R6": "生均教学仪器设备值（元）", "R7": "每百名学生拥有网络多媒体教室数",
}  # fmt: skip


def heading_of(kind: FactKind) -> str:
    """The heading of a fact in the sheet of figures; money is written in 万元 there."""
    return kind.headings[0] + ("（万元）" if kind.form == Form.MONEY else "")


def sheet_facts() -> list[FactKind]:
    """The facts of the sheet, in its order: what tables hold."""
    return [kind for kind in (*PART_FACTS, *SCHOOL_FACTS) if kind.headings]


def figures_workbook(book: Book, *, filled: bool) -> bytes:
    """Return the sheet of figures: filled with all values in force, or (the template) with pupils and classes only."""
    workbook, sheet = _begun(FIGURES)
    kinds = sheet_facts()
    sheet.append([f"{FIGURES}（{book.year}学年）"])
    sheet.append(["学校名称", "学部", *(heading_of(kind) for kind in kinds)])
    for school in book.schools:
        for part in _rows_of(book, school):
            cells = [_cell(book, school, part, kind) if filled or kind.known else None for kind in kinds]
            sheet.append([guard_formula(school.name), PART_WORDS[part], *cells])
    _dress(sheet, 2, (22, 8))
    notes = workbook.create_sheet("说明")
    for line in _NOTES:
        notes.append([line])
    notes.column_dimensions["A"].width = 90
    return _bytes(workbook)


_NOTES = (
    LAYOUT,
    "设备资产值、经费以万元填写；空格子表示不知道，不等于 0；没有的请填 0。",
    "学生数、班级数由名册计数，此处改动不会被导入；与名册不符时会提示。",
    "九年一贯制学校可分“小学部”“初中部”两行填写；只填“全校”的，按两部学生数分摊。",
    "是否类项目填“是”或“否”。",
)


def _rows_of(book: Book, school: SchoolPlace) -> Sequence[str]:
    if not school.is_split:
        return ("",)
    given = {part for pk, part, _fact in book.values if pk == school.pk}
    return ("", *(part for part in school.parts if part in given))


def _cell(book: Book, school: SchoolPlace, part: str, kind: FactKind) -> Any:
    number = book.values.get((school.pk, part, kind.code))
    if kind.code == "pupils" and number is None and not part and not school.is_split and school.parts:
        number = book.values.get((school.pk, school.parts[0], kind.code))
    if number is None:
        return None
    if kind.form == Form.YES_NO:
        return "是" if number else "否"
    return float(number / WAN) if kind.form == Form.MONEY else _plain(number)


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def tables_workbook(material: Material, book: Book) -> bytes:
    """Return the upper unit's tables of one judgement, in Chinese whatever the reader's language."""
    with override("zh-hans"):
        workbook, first = _begun("综合情况")
        _summary(first, material)
        for stage in material.stages():
            _evenness(workbook.create_sheet(f"校际均衡-{_STAGES[stage]}"), material, stage)
        for group, title in _GROUPS.items():
            _items(workbook.create_sheet(title), material, group, title)
    return _bytes(workbook)


def _summary(sheet: Any, material: Material) -> None:
    sheet.append([f"义务教育优质均衡发展情况汇总表（{material.year}学年）"])
    sheet.append(["项目", "数值"])
    figure = pictures.overview(material)
    for column, cell in zip(figure.columns, figure.rows[0].cells, strict=True):
        sheet.append([str(column.label), cell])
    sheet.append(["县域结论", _VERDICTS[material.findings["verdict"]]])
    sheet.append(["决定结论的项目", "、".join(material.findings["deciding"]) or "—"])
    sheet.append(["填报单位", material.issuer])
    sheet.append(["数据时点", material.stamp[:10]])
    sheet.append(["表样", LAYOUT])
    _dress(sheet, 2, (36, 60))


def _evenness(sheet: Any, material: Material, stage: str) -> None:
    found = material.coefficients(stage)
    codes = [one["code"] for one in found]
    sheet.append([f"{_STAGES[stage]}校际均衡情况表（{material.year}学年）"])
    sheet.append(
        ["序号", "学校名称", "学生数", *(_ITEMS.get(c, str(c)) for c in codes), "达标项数", "是否达标"]
    )
    number = 0
    for line in material.schools:
        part = next((p for p in line.result.parts if p["part"] == stage), None)
        if part is not None:
            number += 1
            values = {item.code: item.value for item in line.of(stage)}
            name = guard_formula(line.result.school.name)
            verdict = {True: "达标", False: "未达标", None: "数据不全"}[part["complies"]]
            sheet.append(
                [number, name, part["pupils"], *(values.get(c) for c in codes), part["met"], verdict]
            )
    for label, key in (("平均值", "mean"), ("标准差", "sd"), ("差异系数", "cv"), ("标准（不高于）", "limit")):
        sheet.append(["", label, None, *(one[key] for one in found)])
    words = [{True: "达标", False: "未达标", None: "数据不全"}[one["met"]] for one in found]
    sheet.append(["", "是否达标", None, *words])
    _dress(sheet, 2, (6, 30, 10, *[14] * len(codes), 10, 10))
    for row in sheet.iter_rows(min_row=3, min_col=4, max_col=3 + len(codes)):
        for cell in row:
            cell.number_format = "0.00"
    for row in sheet.iter_rows(min_row=sheet.max_row - 2, max_row=sheet.max_row - 1, min_col=4):
        for cell in row:
            cell.number_format = "0.000"


def _items(sheet: Any, material: Material, group: str, title: str) -> None:
    sheet.append([f"{title}（{material.year}学年）"])
    sheet.append(["序号", "指标", "结论", "实际情况", "责任科室", "佐证材料（件）", "阈值核对"])
    for item in material.items(group):
        confirmed = "待核对" if item["to_confirm"] else "已核对"
        sheet.append(
            [item["code"], item["name"], _VERDICTS[item["verdict"]], pictures.why(item),
             guard_formula(material.offices.get(item["code"], "")), material.pieces.get(item["code"], 0), confirmed]
        )  # fmt: skip
    _dress(sheet, 2, (8, 70, 12, 44, 18, 16, 12))


def _begun(title: str) -> "tuple[Any, Any]":
    from openpyxl import Workbook  # loaded for a download alone, not by every start

    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = title
    return workbook, sheet


def _dress(sheet: Any, heading: int, widths: Iterable[int]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet["A1"].font = Font(bold=True, size=14)
    for cell in sheet[heading]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for place in range(1, sheet.max_column + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 13
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = sheet.cell(heading + 1, 3)


def _bytes(workbook: Any) -> bytes:
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()
