"""The Excel template that the import reads back, with the kinds that it knows."""

import io
from collections.abc import Sequence
from typing import Any

from django.utils import translation

from xuequ.systems.programmes.choices import DeviceKind, RoomKind

ROOMS = ("房间名称", "房间类型", "楼栋楼层", "座位数", "网络多媒体", "可供外校预约", "启用日期")
DEVICES = (
    "名称", "类别", "规格型号", "资产编号", "数量", "原值（元）", "购置日期", "保修期至", "授权到期", "存放地点",
    "使用状态", "最近使用日期",
)  # fmt: skip


def template_bytes() -> bytes:
    """Return the workbook: one sheet for rooms, one for devices, one with the words that are understood."""
    from openpyxl import Workbook  # loaded for a download alone
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    with translation.override("zh-hans"):
        kinds = [(str(kind.label), "") for kind in RoomKind]
        words = [("", str(kind.label)) for kind in DeviceKind]
    sheets: list[tuple[str, Sequence[Any], Sequence[Sequence[Any]]]] = [
        ("房室", ROOMS, []),
        ("设备", DEVICES, []),
        ("可用类型", ("房间类型说明", "设备类别说明"), [*kinds, *words]),
    ]
    for title, headings, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.append(list(headings))
        for row in rows:
            sheet.append(list(row))
        for place, cell in enumerate(sheet[1], start=1):
            cell.font = Font(bold=True)
            sheet.column_dimensions[get_column_letter(place)].width = 18
        sheet.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
