"""Sheets into tables: where the headings stand (also over two rows, with merged cells), and which rows are data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xuequ.kit.scores.aliases import Meaning, Use, recognise
from xuequ.kit.scores.items import FEWEST, is_item_row, item_heading
from xuequ.kit.scores.problems import Problem
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import Cell, Sheet
from xuequ.kit.sheets.tables import DataRow, spread_down, text_of

SEARCHED_ROWS = 20
SUMMARY = frozenset(
    plain_heading(word)
    for words in (
        "合计 总计 小计 平均 平均分 均分 平均值 最高分 最低分 及格率 优秀率 合格率 低分率 标准差",
        "参考人数 应考人数 实考人数 缺考人数 人数 制表 制表人 审核 审核人 说明 注 备注",
        "total average mean sum maximum minimum count",
    )
    for word in words.split()
)


FULL_MARKS = frozenset(
    plain_heading(word)
    for word in ["满分", "分值", "题分", "小题满分", "各题满分", "满分值", "fullmark", "fullmarks", "maximum"]
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: ``upper`` is the merged cell above it (a subject over its score and level), if any."""

    index: int
    text: str
    upper: str = ""

    @property
    def label(self) -> str:
        """Both lines of the heading."""
        return f"{self.upper} {self.text}".strip() if self.upper != self.text else self.text

    def meaning(self, remembered: Mapping[str, Meaning] | None = None) -> Meaning | None:
        """Return what the column means, read from both lines."""
        if not self.upper or self.upper == self.text:
            return recognise(self.text, remembered)
        over, own = recognise(self.upper, remembered), recognise(self.text, remembered)
        if over is not None and over.subject and own is not None and not own.subject:
            return Meaning(own.use, over.subject, own.full_mark or over.full_mark)
        return own


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet understood as headings and rows; ``summaries`` are the labels of rows left out because they sum up.

    ``full_marks`` is the row of full marks, ``last_heading`` the 0-based row of the headings, and ``title`` what stands
    above them, with the sheet's name.
    """

    sheet: str
    headings: tuple[Heading, ...]
    rows: list[DataRow]
    summaries: tuple[str, ...] = field(default=())
    full_marks: DataRow | None = None
    last_heading: int = 0
    title: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The headings' labels in order."""
        return tuple(heading.label for heading in self.headings)


def find_table(sheet: Sheet, remembered: Mapping[str, Meaning] | None = None) -> Table:
    """Find headings and rows of a sheet whose headings are known words; refused when there are none."""
    first = _best_row(sheet, remembered)
    if first is None:
        raise SheetRefused(Problem("no-heading", sheet.name, "", {"rows": str(SEARCHED_ROWS)}))
    return _table(sheet, first, _is_double(sheet, first, remembered))


def find_plain_table(sheet: Sheet) -> Table:
    """Take the first row that is filled from its first to its last cell as the headings (external studies)."""
    for index, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        texts = [text_of(cell) for cell in row]
        if sum(map(bool, texts)) >= 2:
            return _table(sheet, index, double=False)
    raise SheetRefused(
        Problem("empty" if not sheet.rows else "no-heading", sheet.name, "", {"rows": str(SEARCHED_ROWS)})
    )


def _known(row: Sequence[Cell], remembered: Mapping[str, Meaning] | None) -> int:
    texts = [text_of(cell) for cell in row if isinstance(cell, str) and cell.strip()]
    known = sum(recognise(text, remembered) is not None for text in texts if len(text) <= 30)
    items = sum(item_heading(text_of(cell)) is not None for cell in row)
    return known + 1 if known and items >= FEWEST else known


def _best_row(sheet: Sheet, remembered: Mapping[str, Meaning] | None) -> int | None:
    if not any(text_of(cell) for row in sheet.rows for cell in row):
        raise SheetRefused(Problem("empty", sheet.name))
    scores = [_known(row, remembered) for row in sheet.rows[:SEARCHED_ROWS]]
    best = max(scores)
    return scores.index(best) if best >= 2 else None


def _is_double(sheet: Sheet, first: int, remembered: Mapping[str, Meaning] | None) -> bool:
    """Whether the row below the headings carries sub-headings such as 分数 and 等级, or is merged into them."""
    if first + 1 >= len(sheet.rows):
        return False
    below = [text_of(cell) for cell in sheet.rows[first + 1]]
    words = [recognise(text, remembered) for text in below if text]
    parts = [word for word in words if word is not None and word.use in {Use.SCORE, Use.LEVEL, Use.RANK}]
    merged_down = any(top == first and bottom > first for (top, _left), (bottom, _right) in sheet.merged)
    if is_item_row(below):
        return True
    numbers = any(isinstance(cell, int | float) for cell in sheet.rows[first + 1])
    return not numbers and (len(parts) >= 1 or merged_down) and len(parts) == len(words)


def _table(sheet: Sheet, first: int, double: bool) -> Table:
    upper = _filled_right(sheet, first) if double else []
    last = first + 1 if double else first
    headings = []
    width = max(len(row) for row in sheet.rows[first : last + 1])
    for column in range(width):
        lower = _text_at(sheet.rows[last], column)
        above = upper[column] if column < len(upper) else ""
        if lower or above:
            headings.append(Heading(column, lower or above, above))
    spread_down(sheet, last + 1)
    columns = [heading.index for heading in headings]
    full_marks = _full_marks_row(sheet, last + 1, columns)
    rows, summaries = _data_rows(sheet, last + 1, columns)
    if full_marks is not None:
        rows = [row for row in rows if row.index != full_marks.index]
    if not rows:
        raise SheetRefused(Problem("headings-only", sheet.name))
    return Table(sheet.name, tuple(headings), rows, summaries, full_marks, last, _title(sheet, first))


def _title(sheet: Sheet, first: int) -> str:
    above = [text_of(cell) for row in sheet.rows[:first] for cell in row]
    return " ".join([sheet.name, *filter(None, above)])[:200]


def _full_marks_row(sheet: Sheet, start: int, columns: list[int]) -> DataRow | None:
    """Return the row below the headings that gives the full marks of the columns, if there is one."""
    for index in range(start, min(start + 3, len(sheet.rows))):
        row = DataRow(index, sheet.rows[index])
        texts = [text_of(row.at(column)) for column in columns]
        if any(plain_heading(text) in FULL_MARKS for text in texts[:6] if text):
            return row
    return None


def _filled_right(sheet: Sheet, row: int) -> list[str]:
    """Return the upper heading row with merged cells spread to the right (also where the file tells no merges)."""
    texts = [text_of(cell) for cell in sheet.rows[row]]
    below = [text_of(cell) for cell in sheet.rows[row + 1]]
    filled = list(texts)
    for column in range(1, max(len(texts), len(below))):
        if column >= len(filled):
            filled.append("")
        if not filled[column] and column < len(below) and below[column]:
            filled[column] = filled[column - 1]
    return filled


def _text_at(row: Sequence[Cell], column: int) -> str:
    return text_of(row[column]) if column < len(row) else ""


def _data_rows(sheet: Sheet, start: int, columns: list[int]) -> tuple[list[DataRow], tuple[str, ...]]:
    rows, summaries = [], []
    for index in range(start, len(sheet.rows)):
        row = DataRow(index, sheet.rows[index])
        texts = [cell for column in columns if (cell := row.at(column)) != "" and str(cell).strip()]
        if not texts:
            continue
        if label := next(filter(None, map(_summary_label, texts[:4])), ""):
            summaries.append(label)
        else:
            rows.append(row)
    return rows, tuple(summaries)


def _summary_label(cell: Cell) -> str:
    if not isinstance(cell, str):
        return ""
    text = text_of(cell)
    word = plain_heading(text.split(":")[0])
    return text[:40] if word in SUMMARY else ""
