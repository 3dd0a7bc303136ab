"""Bringing in a ledger: mixed headings, GBK, merged cells, bad cells, one question, one transaction, undo."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests import factories
from tests.factories import DAY
from tests.kit.score_sheets import text_file, workbook
from tests.systems.programmes.conftest import World
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account, SearchEntry
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch
from xuequ.systems.programmes.choices import DeviceKind, DeviceState, MoveKind, RoomKind
from xuequ.systems.programmes.ledger import imports, moves, template
from xuequ.systems.programmes.ledger.reading import LedgerProblem
from xuequ.systems.programmes.models import Device, Room, Use

HEADINGS = (
    "资产名称",
    "设备类别",
    "规格型号",
    "固定资产编号",
    "台件数",
    "原值（元）",
    "取得日期",
    "存放地点",
    "使用状况",
)
ROWS = (
    ("交互式智能平板", "", "86寸", "C-1", 2, 43600, "2021-09-01", "三(2)班", "在用"),
    ("学生计算机", "计算机", "云终端", "C-2", 50, "215,000.00", "2020年5月", "机房1", "正常"),
    ("旧投影机", "", "", "C-3", 1, 3000, dt.date(2012, 3, 1), "", "报废"),
)


def book(
    rows: Sequence[Sequence[Any]] = ROWS, headings: Sequence[str] = HEADINGS, **more: Any
) -> ContentFile:
    return workbook([headings, *rows], **more)


def problems(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(item["code"], item["cell"]) for item in batch.problems]


def stored(world: World, file: ContentFile) -> ImportBatch:
    batch = imports.upload(actor=world.head, file=file, school=world.own)
    assert imports.may_be_stored(batch), batch.problems or batch.questions
    return imports.confirm(actor=world.head, batch=batch)


def test_a_schools_own_list_is_understood(
    world: World, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]]
) -> None:
    file = workbook(
        [("虚构甲中学固定资产一览表",), (), HEADINGS, *ROWS, ("合计", "", "", "", 53, 261600)],
        merged=["A1:I1"],
    )
    with django_capture_on_commit_callbacks(execute=True):
        batch = stored(world, file)
    assert {name: batch.summary[name] for name in ("devices", "pieces", "scrapped", "known")} == {
        "devices": 2,
        "pieces": 52,
        "scrapped": 1,
        "known": 0,
    }
    screen, computers = Device.objects.filter(batch=batch).order_by("number")
    assert (screen.kind, screen.value_yuan, screen.bought) == (
        DeviceKind.SCREEN,
        Decimal("43600.00"),
        dt.date(2021, 9, 1),
    )
    assert (computers.kind, computers.value_yuan, computers.bought, computers.state) == (
        DeviceKind.COMPUTER,
        Decimal("215000.00"),
        dt.date(2020, 5, 1),
        DeviceState.IN_USE,
    )
    assert not default_storage.exists(f"imports/{batch.uid}.xlsx")


def test_a_gbk_csv_in_any_order_of_columns(world: World) -> None:
    rows = [
        ("数量", "单价(元)", "名称", "购置时间"),
        (20, "2300", "平板电脑", "20230901"),
        (1, "9600.5", "机器人", ""),
    ]
    batch = stored(world, text_file(rows, "gbk", "台账.csv"))
    values = dict(Device.objects.filter(batch=batch).values_list("name", "value_yuan"))
    assert values == {"平板电脑": Decimal("46000.00"), "机器人": Decimal("9600.50")}
    assert Device.objects.get(name="平板电脑", batch=batch).bought == dt.date(2023, 9, 1)


def test_rooms_come_first_and_devices_find_them(world: World) -> None:
    rooms = [
        template.ROOMS,
        ("机房1", "计算机教室", "综合楼2层", 50, "", "", "2019-09-01"),
        ("三(2)班", "多媒体教室", "", 42, "是", "否", ""),
    ]
    batch = stored(world, workbook(rooms, [HEADINGS, *ROWS], names=["房室", "设备"]))
    assert batch.summary["rooms"] == 2
    assert Room.objects.get(name="三(2)班").shows
    assert not Room.objects.get(name="机房1").shows  # the column stands there and says no
    assert Device.objects.get(number="C-2").room == Room.objects.get(name="机房1")


def test_merged_cells_count_for_every_row_they_span(world: World) -> None:
    rows = [("存放地点", "名称", "数量"), ("人工智能教室", "机器人", 3), ("", "平板电脑", 4)]
    batch = stored(world, workbook(rows, merged=["A2:A3"]))
    assert set(Device.objects.filter(batch=batch).values_list("room", flat=True)) == {world.ai_room.pk}


def test_the_last_use_that_a_list_names_is_a_use(world: World) -> None:
    rows = [("名称", "最近使用日期"), ("机器人", "2026-02-20"), ("平板电脑", "")]
    batch = stored(world, workbook(rows))
    assert list(Use.objects.filter(batch=batch).values_list("day", flat=True)) == [dt.date(2026, 2, 20)]


def test_every_bad_cell_is_named_and_nothing_is_stored(world: World) -> None:
    rows = (
        ("", "计算机", "", "D-1", 1, 100, "", "", ""),
        ("平板", "飞船", "", "D-2", "若干", "三千", "去年", "", "丢了"),
        ("平板", "平板电脑", "", "D-3", 1, 100, "", "", ""),
        ("平板", "平板电脑", "", "D-3", 1, 100, "", "", ""),
        ("别的东西", "其他", "", "A-1", 1, 100, "", "", ""),
    )
    batch = imports.upload(actor=world.head, file=book(rows), school=world.own)
    assert set(problems(batch)) == {
        ("no-name", "A2"),
        ("kind", "B3"),
        ("count", "E3"),
        ("money", "F3"),
        ("day", "G3"),
        ("state", "I3"),
        ("twice", "D5"),
        ("elsewhere", "D6"),
    }
    for item in batch.problems:
        assert str(LedgerProblem.from_json(item))
    assert not imports.may_be_stored(batch)
    with pytest.raises(Refused):
        imports.confirm(actor=world.head, batch=batch)
    assert Device.objects.count() == 2


def test_one_question_when_yuan_and_wan_are_mixed_up(world: World) -> None:
    rows = [("名称", "数量", "原值"), ("交互式智能平板", 1, 2.18), ("计算机", 50, 21.5)]
    batch = imports.upload(actor=world.head, file=workbook(rows), school=world.own)
    assert [question["key"] for question in batch.questions] == ["unit"]
    assert not imports.may_be_stored(batch)
    batch = imports.answer(actor=world.head, batch=batch, unit="wan")
    assert imports.may_be_stored(batch)
    imports.confirm(actor=world.head, batch=batch)
    assert sorted(Device.objects.filter(batch=batch).values_list("value_yuan", flat=True)) == [
        Decimal("21800.00"),
        Decimal("215000.00"),
    ]


def test_a_heading_with_its_unit_is_not_asked_about(world: World) -> None:
    rows = [("名称", "原值(万元)"), ("交互式智能平板", 2.18)]
    batch = stored(world, workbook(rows))
    assert Device.objects.get(batch=batch).value_yuan == Decimal("21800.00")


def test_what_is_there_already_is_left_as_it_is(world: World) -> None:
    stored(world, book())
    batch = imports.upload(actor=world.head, file=book(), school=world.own)
    assert (batch.summary["known"], batch.summary["devices"]) == (2, 0)
    assert not imports.may_be_stored(batch)
    with pytest.raises(Refused):
        imports.confirm(actor=world.head, batch=batch)


def test_confirming_twice_stores_once(world: World) -> None:
    batch = stored(world, book())
    imports.confirm(actor=world.head, batch=batch)
    assert Device.objects.filter(batch=batch).count() == 2


def test_undo_takes_out_the_whole_import_or_nothing(world: World) -> None:
    batch = stored(world, book())
    keys = list(Device.objects.filter(batch=batch).values_list("pk", flat=True))
    found = SearchEntry.objects.filter(kind="equipment", object_id__in=keys)
    assert found.count() == 2
    undone = imports.undo(actor=world.head, batch=batch)
    assert not found.exists()
    assert (undone.state, Device.objects.count()) == (BatchState.UNDONE, 2)
    again = stored(world, book())
    moved = Device.objects.get(batch=again, number="C-1")
    moves.ask(actor=world.head, device=moved, receiving=world.far, kind=MoveKind.FOR_GOOD, reason="给乙校")
    with pytest.raises(Refused, match="交互式智能平板"):
        imports.undo(actor=world.head, batch=again)
    assert Device.objects.filter(batch=again).count() == 2


def test_killed_while_storing_nothing_is_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = imports.upload(actor=world.head, file=book(), school=world.own)

    class Killed(BaseException):
        pass

    def die(*_args: object, **_kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Use.objects, "bulk_create", die)
        with pytest.raises(Killed):
            imports.confirm(actor=world.head, batch=batch)
    batch.refresh_from_db()
    assert (batch.state, Device.objects.count()) == (BatchState.CHECKED, 2)
    imports.confirm(actor=world.head, batch=batch)
    assert Device.objects.count() == 4


def test_the_column_says_the_school_where_nobody_chose_one(world: World) -> None:
    rows = [
        ("学校", "名称"),
        (world.own.name, "机器人"),
        (world.far.code, "平板电脑"),
        ("不存在的学校", "屏幕"),
        ("", "白板"),
    ]
    batch = imports.upload(actor=world.officer, file=workbook(rows), school=None)
    assert set(problems(batch)) == {("school", "A4"), ("no-school", "A5")}
    own = imports.upload(actor=world.head, file=workbook(rows[:3]), school=world.own)
    assert problems(own) == [("school", "A3")]


def test_a_school_brings_in_its_own_ledger_only(world: World) -> None:
    teacher = factories.make_actor(Role.TEACHER, school=world.own)
    for actor, school in ((world.head, world.far), (teacher, world.own), (world.leader, world.own)):
        with pytest.raises(Forbidden):
            imports.upload(actor=actor, file=book(), school=school)
    batch = imports.upload(actor=world.head, file=book(), school=world.own)
    for act in (imports.confirm, imports.undo, imports.discard):
        with pytest.raises((Forbidden, Refused)):
            act(actor=world.far_head, batch=batch)
    imports.discard(actor=world.head, batch=batch)
    assert not ImportBatch.objects.exists()


def zip_bomb() -> ContentFile:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 80_000_000)
    return ContentFile(stream.getvalue(), name="台账.xlsx")


@pytest.mark.parametrize(
    "file",
    [
        zip_bomb(),
        ContentFile(b"", name="空.xlsx"),
        ContentFile(b"MZ\x00\x01", name="台账.exe"),
        ContentFile(b"PK\x03\x04 broken", name="台账.xlsx"),
        ContentFile("随便写的一段话".encode(), name="说明.csv"),
        ContentFile("名称,数量\r\n".encode("gbk"), name="只有表头.csv"),
        ContentFile(b"<html><table></table></html>", name="台账.csv"),
        ContentFile(bytes(range(128, 256)) * 9, name="乱码.csv"),
    ],
    ids=["bomb", "empty", "program", "broken", "no-list", "headings", "web-page", "noise"],
)
def test_unusable_files_are_refused_in_one_sentence(world: World, file: ContentFile) -> None:
    with pytest.raises(Refused) as refusal:
        imports.upload(actor=world.head, file=file, school=world.own)
    assert str(refusal.value)
    assert not ImportBatch.objects.exists()


def test_the_template_is_read_back(world: World) -> None:
    from openpyxl import load_workbook

    book_ = load_workbook(io.BytesIO(template.template_bytes()))
    book_["房室"].append(["录播教室1", "录播教室", "", 48, "是", "是", "2024-09-01"])
    book_["设备"].append(
        ["学生平板电脑", "平板电脑", "", "P-1", 40, 92000, "2024-08-20", "", "", "录播教室1", "在用", ""]
    )
    stream = io.BytesIO()
    book_.save(stream)
    batch = stored(world, ContentFile(stream.getvalue(), name="模板.xlsx"))
    assert Room.objects.get(batch=batch).kind == RoomKind.RECORDING
    assert Device.objects.get(batch=batch).room == Room.objects.get(batch=batch)


def test_old_undecided_imports_go(world: World) -> None:
    batch = imports.upload(actor=world.head, file=book(), school=world.own)
    ImportBatch.objects.filter(pk=batch.pk).update(created=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    imports.upload(actor=world.head, file=book(), school=world.own)
    assert not ImportBatch.objects.filter(pk=batch.pk).exists()
    assert DAY


SECOND = (
    ("交互式智能平板", "", "98寸", "C-1", 3, "6.54万元", "2021.9.1", "人工智能教室", "维修"),
    ("学生计算机", "计算机", "", "Ｃ－２", 50, "", "", "", ""),
    ("新投影机", "投影", "", "C-9", 1, 5000, "45292", "", ""),
)


def steps(batch: ImportBatch) -> dict[tuple[str, str], tuple[object, object, str]]:
    return {
        (row["number"], row["field"]): (row["before"], row["after"], row["cell"])
        for row in batch.summary["changes"]
    }


def test_a_newer_list_is_shown_field_by_field_before_it_changes_anything(world: World) -> None:
    stored(world, book())
    batch = imports.upload(actor=world.head, file=book(SECOND), school=world.own)
    said = batch.summary
    assert (said["devices"], said["changed"], said["known"], said["missing"]) == (1, 1, 1, 1)
    assert steps(batch) == {
        ("C-1", "model"): ("86寸", "98寸", "C2"),
        ("C-1", "quantity"): (2, 3, "E2"),
        ("C-1", "value_yuan"): ("43600.00", "65400.00", "F2"),
        ("C-1", "state"): ("in_use", "in_repair", "I2"),
        ("C-1", "room"): ("", "人工智能教室", "H2"),
    }
    assert [row["number"] for row in said["left"]] == ["A-1"]
    assert Device.objects.get(number="C-1").quantity == 2
    imports.confirm(actor=world.head, batch=batch)
    screen = Device.objects.get(number="C-1")
    assert (screen.model, screen.quantity, screen.value_yuan, screen.state, screen.room) == (
        "98寸", 3, Decimal("65400.00"), DeviceState.IN_REPAIR, world.ai_room,
    )  # fmt: skip
    computers = Device.objects.get(number="C-2")
    assert (computers.model, computers.value_yuan) == (
        "云终端",
        Decimal("215000.00"),
    )  # empty cells change nothing
    assert Device.objects.get(number="C-9").bought == dt.date(2024, 1, 1)  # a spreadsheet's day as text
    assert Device.objects.filter(number="A-1").exists()


def test_undo_puts_back_every_field_and_refuses_when_one_was_changed_again(world: World) -> None:
    stored(world, book())
    before = list(Device.objects.order_by("pk").values())
    newer = stored(world, book(SECOND))
    imports.undo(actor=world.head, batch=newer)
    assert list(Device.objects.order_by("pk").values()) == before
    again = stored(world, book(SECOND))
    Device.objects.filter(number="C-1").update(quantity=4)
    with pytest.raises(Refused, match="交互式智能平板"):
        imports.undo(actor=world.head, batch=again)
    assert Device.objects.filter(number="C-9").exists()


def test_a_list_without_numbers_is_not_doubled(world: World) -> None:
    rows = [
        ("名称", "数量", "购置日期"),
        ("白板", 2, "2020-01-01"),
        ("白板", 2, "2020-01-01"),
        ("白板", 3, ""),
    ]
    stored(world, workbook(rows))
    batch = imports.upload(actor=world.head, file=workbook(rows), school=world.own)
    assert (batch.summary["devices"], batch.summary["changed"], batch.summary["known"]) == (0, 0, 3)


def test_a_gbk_list_with_dates_as_text_changes_what_is_there(world: World) -> None:
    rows = [("资产编号", "名称", "取得时间"), ("A-1", "机器人套件", "2023年8月15日")]
    batch = stored(world, text_file(rows, "gbk", "台账.csv"))
    assert steps(batch) == {("A-1", "bought"): ("2023-08-01", "2023-08-15", "C2")}
    for text in ("2023年13月", "去年", "20230231"):
        bad = text_file([rows[0], ("A-1", "机器人套件", text)], "gbk", "台账.csv")
        batch = imports.upload(actor=world.head, file=bad, school=world.own)
        assert problems(batch) == [("day", "C2")]


def test_a_value_ten_thousand_times_away_is_asked_about_or_refused(world: World) -> None:
    rows = [("资产编号", "名称", "原值"), ("A-1", "机器人套件", 24)]
    batch = imports.upload(actor=world.head, file=workbook(rows), school=world.own)
    assert batch.questions
    batch = imports.answer(actor=world.head, batch=batch, unit="wan")
    assert (batch.summary["changed"], batch.summary["known"], batch.problems) == (0, 1, [])
    batch = imports.answer(actor=world.head, batch=batch, unit="yuan")
    assert problems(batch) == [("mixed", "C2")]
    stated = [("资产编号", "名称", "原值（元）"), ("A-1", "机器人套件", 24)]
    batch = imports.upload(actor=world.head, file=workbook(stated), school=world.own)
    assert problems(batch) == [("mixed", "C2")]


def test_yuan_and_wan_in_one_column_are_told_apart_by_their_cells(world: World) -> None:
    rows = [
        ("名称", "数量", "原值"),
        ("交互式智能平板", 1, 2.18),
        ("计算机", 1, 4300),
        ("平板电脑", 1, "2300元"),
    ]
    batch = imports.upload(actor=world.head, file=workbook(rows), school=world.own)
    batch = imports.answer(actor=world.head, batch=batch, unit="wan")
    assert problems(batch) == [("too-much", "C3")]
    assert not imports.may_be_stored(batch)


def test_a_sum_over_several_rows_belongs_to_none(world: World) -> None:
    rows = [("名称", "数量", "单价", "原值"), ("白板", 1, 100, 900), ("屏幕", 2, "", ""), ("投影", 3, "", "")]
    batch = imports.upload(actor=world.head, file=workbook(rows, merged=["C2:C4", "D2:D4"]), school=world.own)
    assert problems(batch) == [("spans", "D2")]
    one_price = [row[:3] for row in rows]
    batch = stored(world, workbook(one_price, merged=["C2:C4"]))
    assert Device.objects.get(name="投影", batch=batch).value_yuan == Decimal(300)


def test_a_unit_price_counts_for_the_pieces_of_the_ledger(world: World) -> None:
    rows = [("资产编号", "名称", "单价（元）"), ("A-1", "机器人套件", 11_000)]
    batch = stored(world, workbook(rows))
    assert steps(batch)["A-1", "value_yuan"][1] == "264000.00"


def test_an_import_scraps_nothing(world: World) -> None:
    rows = [("资产编号", "名称", "使用状态"), ("A-1", "机器人套件", "报废")]
    batch = imports.upload(actor=world.head, file=workbook(rows), school=world.own)
    assert [row["number"] for row in batch.summary["to_scrap"]] == ["A-1"]
    assert not imports.may_be_stored(batch)


def test_what_is_lent_keeps_its_state_and_place(world: World) -> None:
    Device.objects.filter(pk=world.robots.pk).update(state=DeviceState.LENT, lent_to=world.far, room=None)
    rows = [
        ("资产编号", "名称", "使用状态", "存放地点", "规格型号"),
        ("A-1", "机器人套件", "在用", "人工智能教室", "新款"),
    ]
    batch = stored(world, workbook(rows))
    assert set(steps(batch)) == {("A-1", "model")}


def test_rooms_change_too_and_new_rooms_take_what_is_there(world: World) -> None:
    rooms = [
        template.ROOMS,
        ("人工智能教室", "", "科技楼3层", 40, "", "", ""),
        ("机房9", "计算机教室", "", 50, "", "", ""),
    ]
    entries = [("名称", "资产编号", "存放地点"), ("机器人套件", "A-1", "机房9")]
    batch = stored(world, workbook(rooms, entries, names=["房室", "设备"]))
    world.ai_room.refresh_from_db()
    assert (world.ai_room.place, world.ai_room.seats, world.ai_room.shows) == ("科技楼3层", 40, True)
    world.robots.refresh_from_db()
    assert world.robots.room == Room.objects.get(name="机房9")
    imports.undo(actor=world.head, batch=batch)
    world.robots.refresh_from_db()
    assert world.robots.room == world.ai_room
    assert not Room.objects.filter(name="机房9").exists()


def test_a_later_day_of_use_is_a_use_of_what_is_there(world: World) -> None:
    rows = [("资产编号", "名称", "最近使用日期"), ("A-1", "机器人套件", "2026-02-20")]
    batch = stored(world, workbook(rows))
    assert steps(batch) == {("A-1", "last_used"): (None, "2026-02-20", "C2")}
    assert Use.objects.get(device=world.robots).day == dt.date(2026, 2, 20)
    imports.undo(actor=world.head, batch=batch)
    assert not Use.objects.exists()


def test_a_ledger_that_moved_on_since_the_check_is_looked_at_again(world: World) -> None:
    rows = [("资产编号", "名称", "数量"), ("A-1", "机器人套件", 20)]
    batch = imports.upload(actor=world.head, file=workbook(rows), school=world.own)
    Device.objects.filter(pk=world.robots.pk).update(quantity=22)
    with pytest.raises(Refused):
        imports.confirm(actor=world.head, batch=batch)
    batch.refresh_from_db()
    assert steps(batch)["A-1", "quantity"][:2] == (22, 20)
    imports.confirm(actor=world.head, batch=batch)
    world.robots.refresh_from_db()
    assert world.robots.quantity == 20


def test_who_no_longer_keeps_the_ledger_undoes_nothing_of_it(world: World) -> None:
    batch = stored(world, book())
    account = Account.objects.get(pk=world.head.account_id)
    RoleAssignment.objects.filter(account=account).update(school=world.far)
    with pytest.raises(Forbidden):
        imports.undo(actor=Actor.of(account, DAY), batch=batch)
    assert Device.objects.filter(batch=batch).count() == 2
