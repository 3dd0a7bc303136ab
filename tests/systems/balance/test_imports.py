"""The statistics table: headings as they come, every error by its cell, units asked about, stored and undone whole."""

import io
from decimal import Decimal

import pytest
from django.core.files.base import File
from openpyxl import load_workbook

from tests import factories as make
from tests.systems.balance.conftest import AMPLE, World, give, table_rows, workbook
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.record.choices import BatchState
from xuequ.systems.balance import official, queries
from xuequ.systems.balance.choices import ValueState
from xuequ.systems.balance.imports import actions
from xuequ.systems.balance.imports.layout import NOTHING, ColumnUse
from xuequ.systems.balance.imports.problems import Problem, Remark
from xuequ.systems.balance.models import Mapping, Value
from xuequ.systems.balance.values import actions as values


def brought(world: World, officer: Actor, *lines: "tuple[str, dict[str, object]]") -> "actions.ImportBatch":
    return actions.upload(actor=officer, file=workbook(table_rows(*lines)), year=world.year)


def problems(batch: "actions.ImportBatch") -> "list[tuple[str, str]]":
    return [(row["code"], row["cell"]) for row in batch.problems]


def number(world: World, fact: str, school: object = None) -> Decimal:
    row = Value.objects.get(
        year=world.year, school=school or world.first, fact=fact, state=ValueState.IN_FORCE
    )
    return row.number


def test_a_table_is_checked_stored_and_undone(world: World, officer: Actor) -> None:
    name = world.first.name
    batch = brought(world, officer, (name, {"multimedia_rooms": 2, "equipment_value_yuan": 6.5}))
    assert (batch.state, batch.problems, batch.questions) == (BatchState.CHECKED, [], [])
    assert number(world, "multimedia_rooms") == 1
    stored = actions.confirm(actor=officer, batch=batch)
    assert stored.summary["stored"] == 2
    assert stored.stored_file == ""
    assert (number(world, "multimedia_rooms"), number(world, "equipment_value_yuan")) == (2, 65000)
    assert actions.confirm(actor=officer, batch=batch).stored == stored.stored
    actions.undo(actor=officer, batch=batch)
    assert (number(world, "multimedia_rooms"), number(world, "equipment_value_yuan")) == (1, 60000)
    assert Value.objects.filter(state=ValueState.UNDONE).count() == 2
    actions.undo(actor=officer, batch=batch)


def test_a_heading_of_two_rows_with_merged_cells_is_read_whole(world: World, officer: Actor) -> None:
    rows: list[list[object]] = [
        ["义务教育学校办学条件统计表"],
        ["学校名称", "学生数", "教师", None, "设备", None, "运动场地面积"],
        [
            None,
            None,
            "县级以上骨干教师数",
            "体育专任教师",
            "教学仪器设备资产值（万元）",
            "网络多媒体教室数",
            None,
        ],
        [world.first.name, 0, "三", 4, 6.5, 2, 300],
        [world.schools[1].name, 5.0, 3, 4, 6.5, 2.5, 300],
    ]
    file = workbook(rows)
    book = load_workbook(io.BytesIO(file.read()))
    for cells in ("C2:D2", "E2:F2", "A2:A3", "B2:B3", "G2:G3", "A1:G1"):
        book.active.merge_cells(cells)
    stream = io.BytesIO()
    book.save(stream)
    merged = File(io.BytesIO(stream.getvalue()), name="merged.xlsx")
    merged.size = len(stream.getvalue())
    batch = actions.upload(actor=officer, file=merged, year=world.year)
    assert problems(batch) == [("zero-pupils", "B4"), ("not-a-number", "C4"), ("not-whole", "F5")]
    uses = [one.use for one in actions.layout_of(batch).columns]
    assert uses == [
        "school", "pupils", "backbone_teachers", "sport_teachers", "equipment_value_yuan", "multimedia_rooms",
        "sports_grounds_m2",
    ]  # fmt: skip
    (remark,) = (one for one in batch.summary["remarks"] if one["code"] == "pupils-differ")
    assert remark["params"]["file"] == "5"


def test_a_table_is_not_undone_when_a_figure_was_changed_since(world: World, officer: Actor) -> None:
    batch = actions.confirm(
        actor=officer, batch=brought(world, officer, (world.first.name, {"multimedia_rooms": 2}))
    )
    give(world.year, {(world.first, "", "multimedia_rooms"): 5})
    with pytest.raises(Refused):
        actions.undo(actor=officer, batch=batch)
    assert number(world, "multimedia_rooms") == 5


def test_every_error_is_named_with_its_cell(world: World, officer: Actor) -> None:
    make.make_school("只有高中", stage=Stage.SENIOR)
    batch = brought(
        world, officer,
        (world.first.name, {"teachers_bachelor": "十二", "teachers_master": -1}),
        ("没有的学校", {}),
        ("只有高中", {}),
        (world.first.name, {}),
        (world.schools[1].name, {"multimedia_rooms": 1.5, "indoor_sports_m2": 900, "sports_grounds_m2": 1e14}),
    )  # fmt: skip
    assert problems(batch) == [
        ("not-a-number", "C2"), ("negative", "D2"), ("unknown-school", "A3"), ("not-judged", "A4"), ("same-row", "A5"),
        ("too-large", "M6"), ("not-whole", "O6"), ("part-above-whole", "L6"),
    ]  # fmt: skip
    assert not actions.may_be_stored(batch)
    with pytest.raises(Refused):
        actions.confirm(actor=officer, batch=batch)
    for row in batch.problems:
        text = str(Problem.from_json(row))
        assert row["cell"] in text
        assert "%" not in text


def test_empty_cells_change_nothing_and_are_no_zero(world: World, officer: Actor) -> None:
    batch = brought(world, officer, (world.first.name, dict.fromkeys(AMPLE, "") | {"art_teachers": 2}))
    assert batch.summary["values"] == 1
    actions.confirm(actor=officer, batch=batch)
    assert number(world, "multimedia_rooms") == 1


def test_title_rows_totals_and_notes_are_passed_over(world: World, officer: Actor) -> None:
    rows = table_rows((world.first.name, {"art_teachers": 2}))
    width = len(rows[0])
    rows = [
        ["2025年基层统计报表"],
        ["单位：万元、平方米"],
        *rows,
        ["合计", *["1"] * (width - 1)],
        ["注：以上为年初数"],
    ]
    batch = actions.upload(actor=officer, file=workbook(rows), year=world.year)
    assert (batch.problems, batch.summary["rows"]) == ([], 1)


def test_short_names_and_codes_find_the_school(world: World, officer: Actor) -> None:
    world.first.short_name = "均衡一小"
    world.first.save(update_fields=["short_name"])
    batch = brought(
        world, officer, ("均衡一小", {"art_teachers": 2}), (world.schools[1].code, {"art_teachers": 2})
    )
    assert (batch.problems, batch.summary["schools"]) == ([], 2)


def test_pupils_come_from_the_roster_and_are_only_compared(world: World, officer: Actor) -> None:
    rows = table_rows((world.first.name, {"art_teachers": 2}))
    rows = [[*rows[0], "在校生数"], [*rows[1], 99]]
    batch = actions.upload(actor=officer, file=workbook(rows), year=world.year)
    codes = [Remark.from_json(row).code for row in batch.summary["remarks"]]
    assert codes == ["pupils-differ", "known-left", "schools-missing"]
    actions.confirm(actor=officer, batch=batch)
    assert number(world, "pupils") == 16
    zero = actions.upload(actor=officer, file=workbook([rows[0], [*rows[1][:-1], 0]]), year=world.year)
    assert ("zero-pupils", "P2") in problems(zero)


def test_one_cell_in_the_wrong_unit_is_asked_about(world: World, officer: Actor) -> None:
    name = world.first.name
    batch = brought(world, officer, (name, {"equipment_value_yuan": 63000}))  # 元 in a column of 万元
    (question,) = batch.questions
    assert question["key"] == "学校基础数据!N2"
    assert Decimal(question["suggested"]) == 63000
    answered = actions.answer(actor=officer, batch=batch, answers={question["key"]: "other", "X9": "other"})
    assert answered.questions == []
    actions.confirm(actor=officer, batch=answered)
    assert number(world, "equipment_value_yuan") == 63000


def test_an_open_question_is_put_to_the_school(world: World, officer: Actor) -> None:
    batch = brought(world, officer, (world.first.name, {"equipment_value_yuan": 63000, "art_teachers": 3}))
    actions.confirm(actor=officer, batch=batch)
    assert number(world, "art_teachers") == 3
    assert number(world, "equipment_value_yuan") == 60000
    asked = Value.objects.get(state=ValueState.ASKED)
    head = make.make_actor(Role.HEAD, school=world.first)
    values.answer_unit(actor=head, value=asked, other_unit=True)
    assert Value.objects.get(state=ValueState.WAITING).number == 63000


def test_a_heading_that_says_yuan_is_believed(world: World, officer: Actor) -> None:
    rows = table_rows((world.first.name, {"equipment_value_yuan": 63000}))
    rows[0] = [str(cell).replace("万元", "元") for cell in rows[0]]
    batch = actions.upload(actor=officer, file=workbook(rows), year=world.year)
    assert batch.questions == []
    actions.confirm(actor=officer, batch=batch)
    assert number(world, "equipment_value_yuan") == 63000


def test_parts_of_a_nine_year_school(world: World, officer: Actor) -> None:
    rows = table_rows((world.nine.name, {"art_teachers": 3}), (world.nine.name, {"art_teachers": 1}))
    rows = [["学部", *rows[0]], ["小学部", *rows[1]], ["初中部", *rows[2]]]
    batch = actions.upload(actor=officer, file=workbook(rows), year=world.year)
    assert batch.problems == []
    actions.confirm(actor=officer, batch=batch)
    found = Value.objects.filter(school=world.nine, fact="art_teachers", state=ValueState.IN_FORCE)
    assert {row.part: int(row.number) for row in found} == {"": 0, "primary": 3, "junior": 1}
    wrong = actions.upload(actor=officer, file=workbook([rows[0], ["高中部", *rows[1][1:]]]), year=world.year)
    assert problems(wrong) == [("no-part", "A2")]


def test_columns_can_be_named_and_the_layout_kept(world: World, officer: Actor) -> None:
    rows = [["校名（全称）", "多媒体", "设备（元）"], [world.first.name, 3, 64000]]
    with pytest.raises(Refused):
        actions.upload(actor=officer, file=workbook(rows), year=world.year)
    rows[0][0] = "学校"
    batch = actions.upload(
        actor=officer,
        file=workbook([["学校", "美术教师", "多媒体", "设备（元）"], [world.first.name, 1, 3, 64000]]),
        year=world.year,
    )
    assert [one.use for one in actions.layout_of(batch).columns] == [
        "school",
        "art_teachers",
        NOTHING,
        NOTHING,
    ]
    said = (
        ColumnUse("学校", "school"), ColumnUse("美术教师", NOTHING), ColumnUse("多媒体", "multimedia_rooms"),
        ColumnUse("设备（元）", "equipment_value_yuan", "yuan"),
    )  # fmt: skip
    batch = actions.set_columns(actor=officer, batch=batch, columns=said, remember_as="装备站台账")
    assert (batch.problems, batch.summary["values"]) == ([], 2)
    named = Mapping.objects.get(name="装备站台账")
    again = actions.upload(
        actor=officer,
        file=workbook([["学校", "多媒体", "设备（元）"], [world.first.name, 4, 65000]]),
        year=world.year,
        named=named,
    )
    actions.confirm(actor=officer, batch=again)
    assert (number(world, "multimedia_rooms"), number(world, "equipment_value_yuan")) == (4, 65000)


def test_one_fact_in_two_columns_is_refused(world: World, officer: Actor) -> None:
    batch = brought(world, officer, (world.first.name, {}))
    columns = list(actions.layout_of(batch).columns)
    columns[1] = columns[2]
    batch = actions.set_columns(actor=officer, batch=batch, columns=tuple(columns))
    assert [code for code, _cell in problems(batch)] == ["twice"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.xlsx"),
        (b"PK\x03\x04broken", "a.xlsx"),
        (b"<html></html>", "a.xls"),
        ("姓名,数学\n甲,3\n".encode(), "a.csv"),
        (b"%PDF-1.4", "a.pdf"),
    ],
)
def test_files_that_cannot_be_read_are_refused_and_not_kept(
    world: World, officer: Actor, content: bytes, name: str
) -> None:
    file = File(io.BytesIO(content), name=name)
    file.size = len(content)
    with pytest.raises(Refused):
        actions.upload(actor=officer, file=file, year=world.year)
    assert not actions.ImportBatch.objects.exists()


def test_csv_in_gbk_is_read(world: World, officer: Actor) -> None:
    content = f"学校名称,美术专任教师\n{world.first.name},2\n".encode("gbk")
    file = File(io.BytesIO(content), name="表.csv")
    file.size = len(content)
    assert actions.upload(actor=officer, file=file, year=world.year).summary["values"] == 1


def test_discarding_keeps_nothing(world: World, officer: Actor) -> None:
    batch = brought(world, officer, (world.first.name, {}))
    actions.discard(actor=officer, batch=batch)
    assert not actions.ImportBatch.objects.exists()


def test_only_keepers_import(world: World) -> None:
    for actor in (make.make_actor(Role.HEAD, school=world.first), make.make_actor(Role.BUREAU_LEADER)):
        with pytest.raises(Forbidden):
            actions.upload(actor=actor, file=workbook(table_rows()), year=world.year)


def test_the_sheet_of_figures_reads_back_in(world: World, officer: Actor) -> None:
    book = queries.book_of(world.year)
    content = official.figures_workbook(book, filled=True)
    file = File(io.BytesIO(content), name="数据.xlsx")
    file.size = len(content)
    batch = actions.upload(actor=officer, file=file, year=world.year)
    assert (batch.problems, batch.questions) == ([], [])
    assert actions.confirm(actor=officer, batch=batch).summary["stored"] == 0
    assert queries.book_of(world.year).values == book.values


def test_the_template_asks_only_for_what_is_not_known(world: World) -> None:
    content = official.figures_workbook(queries.book_of(world.year), filled=False)
    sheet = load_workbook(io.BytesIO(content))["学校基础数据"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    heads = rows[0]
    first = dict(zip(heads, rows[1], strict=True))
    assert first["学校名称"] == world.first.name
    assert first["在校生数"] == 16
    assert first["网络多媒体教室数"] is None
