"""Item sheets as schools hold them, and what they should be read as."""

from collections.abc import Sequence
from typing import Any

from xuequ.district.models import Pupil

PLAN = [
    ["2025—2026学年八年级数学抽样监测 双向细目表"],
    ["题号", "题型", "分值", "知识点", "能力层次", "答案", "课时"],
    ["1", "选择题", 3, "一次函数", "理解", "B", 8],
    ["2", "选择题", 3, "一次函数、坐标系", "应用", "D", ""],
    ["3", "填空题", 4, "勾股定理", "掌握", "5", 6],
    ["4(1)", "解答题", 5, "勾股定理", "应用", "略", ""],
    ["4(2)", "解答题", 5, "一次函数", "综合", "略", ""],
    ["合计", "", 20, "", "", "", ""],
]
HEAD = ["班级", "姓名", "学籍号", "总分", "1", "2", "3", "4(1)", "4(2)"]


def rows_of(
    pupils: Sequence[Pupil], marks: Sequence[Sequence[Any]], head: Sequence[Any] = HEAD
) -> list[list[Any]]:
    """Return a sheet: class, name and number of each pupil, then the cells given."""
    return [list(head)] + [
        ["八年级3班", pupil.person.name, pupil.person.identity.fields["number"], *cells]
        for pupil, cells in zip(pupils, marks, strict=True)
    ]
