"""What a heading probably asks for: its unit, kind of cell and limits."""

import re
from dataclasses import replace

from xuequ.kit.collection.choices import Kind, Shape, Use
from xuequ.kit.collection.layout import Field
from xuequ.kit.collection.sources import guessed

UNIT = re.compile(r"[（(]([^（）()]{1,8})[）)]\s*$")
UNITS = frozenset(
    ["万元", "元", "人", "个", "班", "所", "平方米", "㎡", "m²", "亩", "台", "册", "万册", "套", "%", "％"]
)
UNITS |= frozenset(["次", "课时", "学时", "小时", "分", "间", "项", "篇", "名", "节", "公里"])
WHOLE_UNITS = frozenset(["人", "个", "班", "所", "台", "册", "套", "次", "间", "项", "篇", "名", "节"])
SCHOOL = re.compile(r"^(填报)?(学校|单位|校名)(名称|全称)?(（[^）]*）|\([^)]*\))?[:：]?$")
CODE = re.compile(r"(学校|单位)(标识码|代码|编码)")
NUMBER = re.compile(r"^(序号|编号|№|No\.?)$", re.IGNORECASE)
WHOLE = re.compile(r"人数|[^分级]数$|数量|名额|人次|^合计$|^小计$|男生?$|女生?$|班级|册")
MEASURED = re.compile(r"元|经费|金额|资金|投入|支出|收入|面积|率$|比例|占比|平均|均分|里程|重量|时长")
DATES = re.compile(r"日期|年月|出生|(开始|结束|起止|完成|建成|启用|成立)时间")
YES_NO = re.compile(r"^(是否|有无|能否)")
FREE = re.compile(r"备注|说明|意见|建议|情况|特长")
ITEM = re.compile(
    r"姓名|项目|课题|名称|教师|作品|班级|课程|设备|活动|书名|奖项|题目|学科|身份|职务|联系人|电话|荣誉|社团|基地"
)


def described(
    item: Field, default_unit: str, shape: Shape, choices: tuple[str, ...], has_format: Kind | None
) -> Field:
    """Return the field with what its labels say: use, source, unit, kind, whether it must be filled."""
    label, unit = split_unit(item.label)
    words = f"{item.group} {label}".strip()
    use, source = _use(label, words, shape)
    kind = _kind(label, item.group, unit, choices, has_format, shape)
    if not unit and kind == Kind.NUMBER and default_unit:
        unit = default_unit
    return replace(
        item,
        label=label,
        use=use,
        source=source,
        unit=unit if kind in {Kind.NUMBER, Kind.INTEGER} else "",
        kind=kind,
        choices=choices,
        required=use in {Use.ASKED, Use.KNOWN} and not FREE.search(label),
        low=0 if kind in {Kind.NUMBER, Kind.INTEGER} else None,
    )


def split_unit(label: str) -> tuple[str, str]:
    """Return a heading without its unit, and the unit.

    >>> split_unit("经费（万元）"), split_unit("人数(含幼儿园)")
    (('经费', '万元'), ('人数(含幼儿园)', ''))
    """
    match = UNIT.search(label)
    if match and (match.group(1).strip() in UNITS or match.group(1).startswith("单位")):
        unit = match.group(1).removeprefix("单位").strip("：: ")
        return label[: match.start()].strip(), unit
    return label.strip(), ""


def _use(label: str, words: str, shape: Shape) -> tuple[Use, str]:
    if CODE.search(label):
        return Use.CODE, ""
    if SCHOOL.fullmatch(label.strip()):
        return Use.SCHOOL, ""
    if NUMBER.fullmatch(label.strip()):
        return Use.NUMBER, ""
    # A list of things asks about each of them, not about the school.
    source = "" if shape == Shape.ITEMS else guessed(words)
    return (Use.KNOWN, source) if source else (Use.ASKED, "")


def _kind(
    label: str, group: str, unit: str, choices: tuple[str, ...], has_format: Kind | None, shape: Shape
) -> Kind:
    if choices:
        return Kind.CHOICE
    if YES_NO.search(label):
        return Kind.YES_NO
    if DATES.search(label):
        return Kind.DATE
    if FREE.search(label):
        return Kind.TEXT
    if unit in WHOLE_UNITS:
        return Kind.INTEGER
    if unit or MEASURED.search(label) or MEASURED.search(group):
        return Kind.NUMBER
    if WHOLE.search(label) or guessed(f"{group} {label}"):
        return Kind.INTEGER
    if has_format is not None:
        return has_format
    return Kind.INTEGER if shape == Shape.TOTAL else Kind.TEXT
