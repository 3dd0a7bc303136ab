"""The table of specifications (双向细目表) in a workbook: items with full mark, knowledge points, level and key."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xuequ.kit.scores.cells import NUMBER, folded
from xuequ.kit.scores.items import item_number, read_option
from xuequ.kit.scores.problems import Problem
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.reading import Book, Cell, Sheet, cell_name
from xuequ.kit.sheets.tables import spread_down, text_of
from xuequ.record.papers import PaperItem

SEARCHED_ROWS = 20
WORDS: dict[str, str] = {
    "item": "题号 题目 题序 试题 小题 小题号 试题号 题目编号 item number no question",
    "full_mark": "分值 满分 分数 题分 小题满分 赋分 fullmark marks maximum max",
    "points": "知识点 考点 知识内容 考查内容 考查知识点 知识模块 考查点 内容 主要知识点 knowledgepoint point topic",
    "level": "能力层次 认知水平 认知层次 能力要求 能力水平 能力 层次 水平 学业要求 核心素养 level cognitivelevel",
    "key": "答案 参考答案 标准答案 正确答案 正确选项 key answer",
    "lessons": "课时 课时数 教学课时 计划课时 lessons hours",
    "person": "姓名 学生姓名 学籍号 学号 考号 准考证号 name",
}
MEANINGS = {plain_heading(word): use for use, words in WORDS.items() for word in words.split()}
LEVELS = frozenset(
    ["识记", "了解", "记忆", "理解", "掌握", "应用", "运用", "分析", "综合", "评价", "创造", "探究"]
)
BETWEEN = re.compile(r"[、，,;；/|\n+]+")
END = frozenset(
    plain_heading(word) for word in ["合计", "总计", "小计", "总分", "说明", "注", "备注", "total"]
)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What the sheet says: the items in order, each with the cell of its number; lessons by knowledge point."""

    sheet: str
    items: tuple[PaperItem, ...]
    cells: Mapping[str, str]
    lessons: Mapping[str, float]
    problems: tuple[Problem, ...] = ()


@dataclass
class _Reading:
    """The sheet while it is read; ``columns`` are the places of each use, ``levels`` those of ticked levels."""

    sheet: Sheet
    columns: Mapping[str, list[int]]
    levels: Mapping[int, str]
    items: dict[str, PaperItem] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    lessons: dict[str, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def texts(self, row: int, use: str) -> Iterator[tuple[int, str]]:
        """Yield column and text of the filled cells of a use."""
        cells = self.sheet.rows[row]
        for column in self.columns.get(use, ()):
            if column < len(cells) and (text := text_of(cells[column])):
                yield column, text

    def first(self, row: int, use: str) -> tuple[int, str]:
        """Return column and text of the first filled cell of a use, or an empty text."""
        return next(self.texts(row, use), (0, ""))

    def problem(self, code: str, row: int, column: int, text: str) -> None:
        """Note what is wrong with a cell."""
        self.problems.append(
            Problem(code, self.sheet.name, cell_name(row, column), {"text": text[:40], "item": text[:40]})
        )


def blueprint_sheet(book: Book) -> Sheet | None:
    """Return the sheet that is a table of specifications, if the workbook has one."""
    return next((sheet for sheet in book.sheets if _heading_row(sheet) is not None), None)


def read_blueprint(book: Book) -> Blueprint | None:
    """Read the table of specifications, if the workbook has one; what is wrong with it is told by cell."""
    sheet = blueprint_sheet(book)
    first = _heading_row(sheet) if sheet is not None else None
    if sheet is None or first is None:
        return None
    spread_down(sheet, first + 1)
    reading = _Reading(sheet, _columns(sheet, first), _levels(sheet, first))
    for row in range(first + 1, len(sheet.rows)):
        _read_row(reading, row)
    return Blueprint(
        sheet.name,
        tuple(reading.items.values()),
        reading.cells,
        reading.lessons,
        tuple(reading.problems),
    )


def _heading_row(sheet: Sheet) -> int | None:
    for index, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        uses = {use for cell in row if (use := _meaning(cell))}
        if "item" in uses and len(uses) >= 2 and "person" not in uses:
            return index
    return None


def _meaning(cell: Cell) -> str:
    word = re.sub(r"\d+$", "", plain_heading(re.sub(r"[(\[（【].*", "", text_of(cell))))
    word = re.sub(r"^[一二三四]级", "", word)
    return MEANINGS.get(word, "") if isinstance(cell, str) else ""


def _columns(sheet: Sheet, first: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for column, cell in enumerate(sheet.rows[first]):
        if use := _meaning(cell):
            found.setdefault(use, []).append(column)
    return found


def _levels(sheet: Sheet, first: int) -> dict[int, str]:
    """Return the columns headed by a level, also in the row below a merged heading, in which a tick stands."""
    rows = sheet.rows[first : first + 2]
    return {
        column: text for row in rows for column, cell in enumerate(row) if (text := text_of(cell)) in LEVELS
    }


def _read_row(reading: _Reading, row: int) -> None:
    column, text = reading.first(row, "item")
    if not text or plain_heading(text) in END:
        return
    number = item_number(text)
    if not number:
        if reading.first(row, "full_mark")[1]:
            reading.problem("item-number", row, column, text)
        return
    if number in reading.items:
        reading.problem("item-twice", row, column, number)
        return
    points = tuple(dict.fromkeys(_points(reading, row)))
    full_mark = _number(reading, row, "full_mark", "item-full")
    reading.items[number] = PaperItem(
        number, full_mark or 0.0, _key(reading, row), points, _level(reading, row)
    )
    reading.cells[number] = cell_name(row, column)
    _note_lessons(reading, row, points)


def _points(reading: _Reading, row: int) -> Iterator[str]:
    for _column, text in reading.texts(row, "points"):
        for part in BETWEEN.split(text):
            if name := unicodedata.normalize("NFKC", part).strip():
                yield name[:40]


def _number(reading: _Reading, row: int, use: str, code: str) -> float | None:
    column, text = reading.first(row, use)
    if not text:
        return None
    number = folded(text).removesuffix("分")
    if not NUMBER.fullmatch(number) or float(number) <= 0:
        reading.problem(code, row, column, text)
        return None
    return float(number)


def _key(reading: _Reading, row: int) -> str:
    """Return the key of an item with options; the worked answer of an open item is not one."""
    return read_option(reading.first(row, "key")[1]) or ""


def _level(reading: _Reading, row: int) -> str:
    if text := reading.first(row, "level")[1]:
        return text[:20]
    cells = reading.sheet.rows[row]
    ticked = [
        name for column, name in reading.levels.items() if column < len(cells) and text_of(cells[column])
    ]
    return ticked[0] if ticked else ""


def _note_lessons(reading: _Reading, row: int, points: tuple[str, ...]) -> None:
    lessons = _number(reading, row, "lessons", "lessons")
    if lessons is None or not points:
        return
    if reading.lessons.setdefault(points[0], lessons) != lessons:
        column, text = reading.first(row, "lessons")
        reading.problem("lessons-differ", row, column, f"{points[0]} {text}")
