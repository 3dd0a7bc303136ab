"""The demo's collections: one finished a year ago, one running with schools at every stage, one being prepared."""

import datetime as dt
import io

import numpy as np
from django.core.files.base import ContentFile
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, School
from xuequ.kit.collection import actions, answering, review
from xuequ.kit.collection.content import Line
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.demo import DemoContext
from xuequ.kit.notices.actions import remind

LINE = Side(style="thin")
FRAME = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
UNIT = "汀洲市教育局（虚构）"
CONTACT = "学区信息中心（虚构），内线 8001"


def build(demo: DemoContext) -> None:
    """Write the three collections and the day's reminders."""
    rng = demo.rng("collection")
    schools = list(School.objects.of_district().order_by("code"))
    actors = _administrators(demo)
    schools = [school for school in schools if school.pk in actors]
    _finished(demo, schools, actors, rng)
    _running(demo, schools, actors, rng)
    actions.upload(actor=demo.actor, file=_file(_projects(), "课题申报汇总表.xlsx"))
    remind(day=demo.day)


def _administrators(demo: DemoContext) -> dict[int, Actor]:
    rows = RoleAssignment.objects.filter(role=Role.SCHOOL_ADMINISTRATOR, school__isnull=False)
    return {
        row.school_id: Actor.of(row.account, demo.day)
        for row in rows.select_related("account")
        if row.school_id
    }


def _finished(
    demo: DemoContext, schools: list[School], actors: dict[int, Actor], rng: np.random.Generator
) -> None:
    year = demo.day.year - 1
    collection = _sent(demo, year, schools, f"汀教函〔{year}〕12号（虚构）", demo.day + dt.timedelta(days=14))
    for sheet in _sheets(collection):
        _answer(sheet, actors[sheet.school_id], rng, submit=True)
        review.accept(actor=demo.actor, sheet=sheet)
    actions.finish(actor=demo.actor, collection=collection)
    past = clock.now() - dt.timedelta(days=365)
    Collection.objects.filter(pk=collection.pk).update(
        created=past,
        sent=past,
        finished=past + dt.timedelta(days=16),
        deadline=demo.day - dt.timedelta(days=351),
        keep_until=demo.day + dt.timedelta(days=744),
    )


def _running(
    demo: DemoContext, schools: list[School], actors: dict[int, Actor], rng: np.random.Generator
) -> None:
    year = demo.day.year
    collection = _sent(demo, year, schools, f"汀教函〔{year}〕9号（虚构）", demo.day + dt.timedelta(days=3))
    waiting = _demo_schools()
    others = [sheet for sheet in _sheets(collection) if sheet.school_id not in waiting]
    for sheet in others[: len(others) // 2]:
        _answer(sheet, actors[sheet.school_id], rng, submit=True)
    for sheet in others[2:5]:
        review.accept(actor=demo.actor, sheet=sheet)
    field = next(item for item in collection.layout.answers if "经费" in item.label)
    review.give_back(
        actor=demo.actor,
        sheet=others[0],
        reason="经费的单位是万元，请核对后重报。",
        cells={f"1|{field.key}": "似乎填成了元"},
    )
    _contested(others[1], actors[others[1].school_id])
    for sheet in others[len(others) // 2 :][:2]:
        _answer(sheet, actors[sheet.school_id], rng, submit=False)


def _demo_schools() -> set[int]:
    rows = RoleAssignment.objects.filter(account__username__startswith="demo-", school__isnull=False)
    return set(rows.values_list("school_id", flat=True))


def _contested(sheet: SchoolSheet, actor: Actor) -> None:
    """Take the answer back, object to the number of classes, submit again."""
    answering.take_back(actor=actor, sheet=sheet)
    content = SchoolSheet.objects.get(pk=sheet.pk).content
    key = next(key for key, known in content.known.items() if known.source == "classes")
    value = content.known[key].value
    claimed = str(int(value) + 1 if isinstance(value, int | float) else 1)
    answering.contest(
        actor=actor, sheet=sheet, key=key, claimed=claimed, remark="本学期新增一个班，名册尚未更新。"
    )
    answering.submit(actor=actor, sheet=sheet, note="")


def _sent(demo: DemoContext, year: int, schools: list[School], basis: str, deadline: dt.date) -> Collection:
    file = _file(_funding(year), f"{year}年办学条件与经费统计表.xlsx")
    collection = actions.upload(actor=demo.actor, file=file)
    said = {
        "asked_by": UNIT,
        "basis": basis,
        "purpose": "全市义务教育办学条件年度汇总",
        "contact": CONTACT,
        "deadline": deadline,
        "keep_until": deadline.replace(day=min(deadline.day, 28), year=deadline.year + 3),
    }
    actions.describe(actor=demo.actor, collection=collection, said=said)
    actions.send(actor=demo.actor, collection=collection, schools=schools)
    return collection


def _sheets(collection: Collection) -> list[SchoolSheet]:
    return list(collection.sheets.select_related("collection", "school").order_by("school__code"))


def _answer(sheet: SchoolSheet, actor: Actor, rng: np.random.Generator, *, submit: bool) -> None:
    known = sheet.content.known
    pupils = sum(int(k.value) for k in known.values() if k.source in {"girls", "boys"})
    cells: dict[str, int | float | str] = {}
    for item in sheet.collection.layout.answers:
        if item.key in known:
            continue
        if "经费" in item.label:
            cells[item.key] = round(float(pupils * rng.uniform(0.11, 0.14)), 2)
        elif "寄宿" in item.label:
            cells[item.key] = "是" if rng.random() < 0.2 else "否"
        elif "计算机" in item.label:
            cells[item.key] = int(pupils * rng.uniform(0.08, 0.15))
    cells = dict(list(cells.items())[: None if submit else 1])
    saved = answering.save(actor=actor, sheet=sheet, lines=[Line("1", cells)], revision=sheet.revision)
    if submit:
        answering.submit(actor=actor, sheet=saved, note="")


def _funding(year: int) -> Workbook:
    """Return an upper unit's table: title, two rows of merged headings, a row of totals, notes."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "统计表"
    _write(
        sheet,
        {"A1": f"{year}年义务教育学校办学条件与经费统计表", "A2": "填报单位（盖章）：", "H2": "单位：万元"},
    )
    heads = {"A3": "序号", "B3": "学校名称", "C3": "在校生数", "F3": "班级数", "G3": "教学用计算机（台）"}
    heads |= {"H3": "公用经费支出", "I3": "是否寄宿制", "J3": "备注", "C4": "合计", "D4": "男", "E4": "女"}
    _write(sheet, heads)
    for row in range(5, 10):
        sheet[f"C{row}"] = f"=D{row}+E{row}"
    _write(sheet, {"A10": "合计", **{f"{c}10": f"=SUM({c}5:{c}9)" for c in "CDEFGH"}})
    _write(sheet, {"A11": "注：1.本表以学校为单位填报。2.经费保留两位小数。"})
    for area in (
        "A1:J1",
        "A3:A4",
        "B3:B4",
        "C3:E3",
        "F3:F4",
        "G3:G4",
        "H3:H4",
        "I3:I4",
        "J3:J4",
        "A10:B10",
        "A11:J11",
    ):
        sheet.merge_cells(area)
    choice = DataValidation(type="list", formula1='"是,否"', allow_blank=True)
    choice.add("I5:I9")
    sheet.add_data_validation(choice)
    _draw(sheet, "A3:J10")
    for row in range(5, 11):
        sheet[f"H{row}"].number_format = "0.00"
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A1"].alignment = CENTRE
    sheet.column_dimensions["B"].width = 26
    return book


def _projects() -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "课题"
    heads = ("序号", "学校", "课题名称", "主持人姓名", "申报日期", "类别", "经费（元）")
    _write(
        sheet,
        {"A1": "教育科学规划课题申报汇总表", **{f"{c}2": h for c, h in zip("ABCDEFG", heads, strict=True)}},
    )
    sheet.merge_cells("A1:G1")
    choice = DataValidation(type="list", formula1='"重点,一般"', allow_blank=True)
    choice.add("F3:F12")
    sheet.add_data_validation(choice)
    _draw(sheet, "A2:G12")
    return book


def _write(sheet: Worksheet, cells: dict[str, str]) -> None:
    for place, text in cells.items():
        sheet[place] = text


def _draw(sheet: Worksheet, area: str) -> None:
    for row in sheet[area]:
        for cell in row:
            cell.border = FRAME
            cell.alignment = CENTRE


def _file(book: Workbook, name: str) -> ContentFile:
    stream = io.BytesIO()
    book.save(stream)
    return ContentFile(stream.getvalue(), name=name)
