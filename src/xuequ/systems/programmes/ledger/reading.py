"""A school's own list read into rows of the ledger: which column is what, and what is wrong with which cell."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.money import WAN, cents, parse_money
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.problems import FILE_TEXTS, Problem, SheetRefused
from xuequ.kit.sheets.reading import Book, Cell, Sheet, cell_name, read_book
from xuequ.kit.sheets.tables import DataRow, spread_down, text_of
from xuequ.systems.programmes.choices import DeviceKind, DeviceState, RoomKind

HEADING_ROWS = 15
MOST_ROWS = 10_000
FIELDS: dict[str, str] = {
    "school": "学校 单位 使用单位 学校名称 school",
    "room_name": "房间名称 功能室名称 教室名称 场室名称 roomname",
    "room_kind": "房间类型 功能室类型 教室类型 场室类型 kindofroom",
    "place": "楼栋楼层 位置 楼层 所在楼层 buildingandfloor",
    "seats": "座位数 座位 seats",
    "shows": "网络多媒体 是否网络多媒体教室 网络多媒体教室 networkedmultimedia",
    "lendable": "可供外校预约 可外借 是否可外借 otherschoolsmaybook",
    "opened": "启用日期 启用时间 投入使用日期 inusesince",
    "kind": "类别 设备类别 设备类型 资产类别 分类 种类 kind",
    "name": "名称 设备名称 资产名称 物品名称 品名 name",
    "model": "规格型号 型号 品牌型号 品牌及型号 规格 makeandmodel",
    "number": "资产编号 编号 固定资产编号 资产号 设备编号 assetnumber",
    "quantity": "数量 台数 件数 台件数 数量台套 台套数 册数 pieces",
    "value": "原值 资产原值 金额 总价 价值 原值合计 账面原值 originalvalue originalvalueyuan",
    "price": "单价 unitprice",
    "bought": "购置日期 取得日期 购买日期 购置时间 取得时间 boughton",
    "warranty": "保修期至 质保期至 保修到期 质保到期 warrantyuntil",
    "ends": "授权到期 许可到期 到期日期 licenceendson",
    "room": "存放地点 存放位置 使用地点 房间 教室 room",
    "state": "使用状态 使用状况 状态 state",
    "last_used": "最近使用日期 上次使用 最近使用 lastused",
}
"""Headings as schools write them, by field; compared without spaces, signs and brackets."""
KNOWN = {plain_heading(word): name for name, words in FIELDS.items() for word in words.split()}
ROOM_FIELDS = frozenset({"room_name", "room_kind", "seats", "shows"})
BRACKETS = re.compile(r"[(（\[【]([^)）\]】]*)[)）\]】]")
ROOM_WORDS: dict[RoomKind, str] = {
    RoomKind.AI: "人工智能 ai教室 ai",
    RoomKind.MULTIMEDIA: "多媒体教室 普通教室 智慧教室",
    RoomKind.COMPUTER: "计算机 电脑 微机 机房 信息",
    RoomKind.RECORDING: "录播",
    RoomKind.LABORATORY: "实验",
    RoomKind.ARTS: "音乐 美术 舞蹈 艺术",
    RoomKind.READING: "阅读 图书",
    RoomKind.SPORT: "体育 操场 运动",
    RoomKind.OTHER: "其他",
}
DEVICE_WORDS: dict[DeviceKind, str] = {
    DeviceKind.LICENCE: "软件 授权 许可 平台",
    DeviceKind.ROBOT: "机器人 ugot 人工智能套件 智能硬件",
    DeviceKind.READING: "阅读机 阅读设备 阅读终端",
    DeviceKind.SPORT: "体育 运动 体质 跳绳",
    DeviceKind.TABLET: "平板电脑 学生平板 pad",
    DeviceKind.SCREEN: "交互式 智能平板 大屏 一体机 投影 显示 白板 电视",
    DeviceKind.RECORDING: "录播 摄像 录像",
    DeviceKind.COMPUTER: "计算机 电脑 笔记本 云终端 台式",
    DeviceKind.NETWORK: "服务器 网络 交换机 路由 无线 存储",
    DeviceKind.INSTRUMENT: "仪器 器材 实验 音乐 美术 乐器 教具 图书馆",
    DeviceKind.OTHER: "其他",
}
STATE_WORDS: dict[DeviceState, str] = {
    DeviceState.IN_USE: "在用 使用 正常 使用中",
    DeviceState.IN_STORE: "在库 库存 闲置 未使用 备用",
    DeviceState.IN_REPAIR: "维修 在修 送修 故障",
    DeviceState.SCRAPPED: "报废 待报废 已报废",
}
YES, NO = (
    frozenset(["是", "有", "√", "✓", "y", "yes", "1", "true"]),
    frozenset(["否", "无", "×", "n", "no", "0", "false", ""]),
)
DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})(?:\s*[-./月]\s*(\d{1,2}))?")
SOLID = re.compile(r"(\d{4})(\d\d)(\d\d)")
SERIAL = re.compile(r"\d{5}(\.\d+)?")
EPOCH = dt.date(1899, 12, 30)
"""Day zero of spreadsheets' day numbers."""


class LedgerProblem(Problem):
    """What can be wrong with a list of rooms or devices."""

    texts: ClassVar[Mapping[str, tuple[Text, Text]]] = {
        **FILE_TEXTS,
        "no-name": (_("The row has no name."), _("Write what it is, or delete the row.")),
        "kind": (
            _("“%(text)s” is no kind that is known."),
            _("Write one of the kinds of the template."),
        ),
        "count": (_("“%(text)s” is no number of pieces."), _("Write a whole number of one or more.")),
        "money": (_("“%(text)s” is no sum of money."), _("Write a number, with 元 or 万元 in the heading.")),
        "day": (_("“%(text)s” is no day."), _("Write it like 2024-09-01.")),
        "yes-no": (_("“%(text)s” is neither yes nor no."), _("Write 是 or 否.")),
        "state": (_("“%(text)s” is no state that is known."), _("Write 在用, 在库, 维修 or 报废.")),
        "school": (
            _("“%(text)s” is none of the schools whose ledger you keep."),
            _("Write the school's name as the roster has it, or choose the school above."),
        ),
        "no-school": (
            _("The row names no school."),
            _("Fill in the column 学校, or choose the school above."),
        ),
        "mixed": (
            _("%(value)s yuan stand here and %(there)s yuan in the ledger, ten thousand times apart."),
            _(
                "Write the unit behind the number, 元 or 万元; where the ledger is wrong, change its entry first."
            ),
        ),
        "too-much": (
            _("One piece would cost %(value)s yuan."),
            _("Write the unit behind the number, 元 or 万元; if the sum is right, that settles it too."),
        ),
        "spans": (
            _("The cell spans rows %(rows)s, and a sum or number of pieces belongs to one row."),
            _("Take the cell apart and write in each row what is its own."),
        ),
        "twice": (
            _("The number %(text)s stands in row %(row)s already."),
            _("Each number stands once; take one of the rows out."),
        ),
        "elsewhere": (
            _("The number %(text)s is in the ledger with another name (%(name)s)."),
            _("Correct the number, or change the entry on its page."),
        ),
        "room-twice": (
            _("The room “%(text)s” stands in row %(row)s already."),
            _("Each room of a school has a name of its own."),
        ),
    }


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it was read: values by field, and where each stands."""

    sheet: str
    index: int
    is_room: bool
    values: dict[str, Any]
    columns: Mapping[str, int]
    filled: set[str] = field(default_factory=set)
    """Fields whose cell is not empty."""

    def cell(self, name: str) -> str:
        """Return the place of a field, or of the row where it has no column."""
        column = self.columns.get(name)
        return str(self.index + 1) if column is None else cell_name(self.index, column)


@dataclass
class Reading:
    """What was read from a file. ``doubtful`` are values whose unit nobody wrote and which look like 万元."""

    lines: list[Line] = field(default_factory=list)
    problems: list[LedgerProblem] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """Where a sheet's rows begin and which column is what; ``unit``: what the heading says of money."""

    sheet: Sheet
    start: int
    columns: Mapping[str, int]
    unit: Decimal | None

    @property
    def is_room(self) -> bool:
        return "room_name" in self.columns or "room_kind" in self.columns


def read(content: bytes, file_name: str, unit: str = "") -> Reading:
    """Read every sheet that holds a list; ``unit`` (``yuan`` or ``wan``) is what somebody answered about sums.

    ``SheetRefused`` when the file cannot be read or holds no list.
    """
    book = read_book(content, file_name)
    tables = list(_tables(book))
    if not tables:
        raise SheetRefused(LedgerProblem("no-heading", params={"rows": str(HEADING_ROWS)}))
    reading = Reading()
    for table in tables:
        reading.problems += _spans(table)
        spread_down(table.sheet, table.start)
        for row in _rows(table):
            _read_row(reading, table, row, unit)
    if not reading.lines:
        raise SheetRefused(LedgerProblem("headings-only", tables[0].sheet.name))
    return reading


def _tables(book: Book) -> Iterator[Table]:
    for sheet in book.sheets:
        found = max(
            (_heading(sheet, index) for index in range(min(HEADING_ROWS, len(sheet.rows)))),
            key=lambda table: len(table.columns),
            default=None,
        )
        if found is not None and len(found.columns) >= 2 and {"name", "room_name"} & set(found.columns):
            yield found


def _heading(sheet: Sheet, index: int) -> Table:
    columns: dict[str, int] = {}
    unit = None
    for column, cell in enumerate(sheet.rows[index]):
        text = text_of(cell)
        name = KNOWN.get(plain_heading(BRACKETS.sub("", text))) or KNOWN.get(plain_heading(text))
        if name is None or name in columns:
            continue
        columns[name] = column
        if name in {"value", "price"}:
            unit = WAN if "万" in text else Decimal(1) if "元" in text else unit
    return Table(sheet, index + 1, columns, unit)


def _spans(table: Table) -> Iterator[LedgerProblem]:
    """Yield sums and numbers of pieces in a cell merged over several rows: whose they are, nobody can say."""
    counted = {table.columns[name] for name in ("value", "quantity") if name in table.columns}
    for (top, left), (bottom, _right) in table.sheet.merged:
        if top >= table.start and bottom > top and left in counted:
            params = {"rows": f"{top + 1}–{bottom + 1}"}
            yield LedgerProblem("spans", table.sheet.name, cell_name(top, left), params)


def _rows(table: Table) -> Iterator[DataRow]:
    rows = table.sheet.rows
    if len(rows) - table.start > MOST_ROWS:
        params = {"rows": str(len(rows)), "limit": str(MOST_ROWS)}
        raise SheetRefused(LedgerProblem("too-long", table.sheet.name, "", params))
    for index in range(table.start, len(rows)):
        row = DataRow(index, rows[index])
        texts = [text_of(row.at(column)) for column in table.columns.values()]
        if any(texts) and not _is_sum(texts):
            yield row


def _is_sum(texts: list[str]) -> bool:
    """Whether a row is the list's total, which is no entry."""
    return any(plain_heading(text) in {"合计", "总计", "小计"} for text in texts)


def _read_row(reading: Reading, table: Table, row: DataRow, unit: str) -> None:
    line = Line(table.sheet.name, row.index, table.is_room, {}, table.columns)
    for name, column in table.columns.items():
        cell = row.at(column)
        text = text_of(cell)
        if text:
            line.filled.add(name)
        try:
            line.values[name] = _value(name, cell, text)
        except ValueError as error:
            reading.problems.append(
                LedgerProblem(str(error), line.sheet, line.cell(name), {"text": text[:60]})
            )
    _complete(reading, line, table, unit)
    reading.lines.append(line)


def _value(name: str, cell: Cell, text: str) -> object:
    """Return a cell as its field wants it; ValueError holds the code of the problem."""
    if name in {"bought", "warranty", "ends", "opened", "last_used"}:
        return _day(cell, text)
    if name in {"quantity", "seats"}:
        return _count(text)
    if name in {"shows", "lendable"}:
        return _yes_no(text)
    if name == "state":
        return _state(text)
    if name in {"value", "price"}:
        return _money(text)
    return text


def _day(cell: Cell, text: str) -> dt.date | None:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if not text:
        return None
    if SERIAL.fullmatch(text) and 20_000 < int(text.partition(".")[0]) < 80_000:
        return EPOCH + dt.timedelta(days=int(text.partition(".")[0]))
    found = SOLID.fullmatch(text) or DATE.match(text)
    if found is None:
        raise ValueError("day")
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        raise ValueError("day") from None


def _count(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 100_000:
        raise ValueError("count")
    return int(text)


def _yes_no(text: str) -> bool:
    word = text.lower()
    if word not in YES | NO:
        raise ValueError("yes-no")
    return word in YES


def _state(text: str) -> DeviceState:
    word = plain_heading(text)
    if not word:
        return DeviceState.IN_USE
    for state in reversed(STATE_WORDS):
        if any(known in word for known in STATE_WORDS[state].split()):
            return state
    raise ValueError("state")


def _money(text: str) -> tuple[Decimal, bool] | None:
    if not text:
        return None
    try:
        amount = parse_money(text)
    except ValueError:
        raise ValueError("money") from None
    return amount.yuan, amount.stated


def _complete(reading: Reading, line: Line, table: Table, unit: str) -> None:
    """Give the row its kind and its value in 元, and say what it lacks."""
    name = line.values.get("room_name" if line.is_room else "name") or ""
    if not name:
        reading.problems.append(LedgerProblem("no-name", line.sheet, line.cell("name")))
    key, words = ("room_kind", ROOM_WORDS) if line.is_room else ("kind", DEVICE_WORDS)
    said = str(line.values.get(key) or "")
    kind = _kind(said, words) or (_kind(str(name), words) if not said else None)
    if kind is None and said:
        reading.problems.append(LedgerProblem("kind", line.sheet, line.cell(key), {"text": said[:60]}))
    line.values[key] = kind or (RoomKind.OTHER if line.is_room else DeviceKind.OTHER)
    if not line.is_room:
        line.values["yuan"] = _yuan(reading, line, table, unit)


def _kind(
    text: str, words: Mapping[RoomKind, str] | Mapping[DeviceKind, str]
) -> RoomKind | DeviceKind | None:
    plain = plain_heading(text)
    if not plain:
        return None
    for kind in words:
        if plain in {plain_heading(kind.value), plain_heading(str(kind.label))}:
            return kind
    return next((kind for kind, known in words.items() if any(word in plain for word in known.split())), None)


LEAST_PRICE = Decimal(5)
"""元 for a piece: below it, a sum without a unit is more likely in 万元."""
MOST_PRICE = Decimal(2_000_000)
"""元 for a piece: above it, a sum without a unit of its own was more likely taken for the wrong one."""


def _yuan(reading: Reading, line: Line, table: Table, unit: str) -> Decimal | None:
    """Return the value of all pieces in 元; a doubtful sum is noted, and read as ``unit`` says once it is answered."""
    whole, single = line.values.get("value"), line.values.get("price")
    quantity = line.values.get("quantity")
    pieces = quantity if isinstance(quantity, int) else 1
    if isinstance(whole, tuple):
        amount, stated, times = *whole, 1
    elif isinstance(single, tuple):
        amount, stated, times = *single, pieces
    else:
        return None
    line.values["unit_stated"] = stated or table.unit is not None
    if stated:
        return cents(amount * times)
    factor = table.unit
    if factor is None:
        each = amount * times / pieces
        if 0 < each < LEAST_PRICE and line.values["kind"] != DeviceKind.OTHER:
            reading.doubtful.append(f"{line.values.get('name')}: {amount.normalize():f}")
        factor = WAN if unit == "wan" else Decimal(1)
        if each * factor > MOST_PRICE:
            column = "value" if isinstance(whole, tuple) else "price"
            params = {"value": f"{cents(each * factor):f}"}
            reading.problems.append(LedgerProblem("too-much", line.sheet, line.cell(column), params))
    return cents(amount * times * factor)
