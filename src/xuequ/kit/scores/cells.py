"""What stands in a result cell: a score, a level, or why there is none."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xuequ.kit.sheets.reading import Cell
from xuequ.record.choices import ResultStatus

STATUS_WORDS: dict[str, ResultStatus] = {
    word: status
    for status, words in {
        ResultStatus.ABSENT: "缺考 缺 缺席 未考 未参加 病假 事假 请假 休学 absent abs",
        ResultStatus.EXEMPT: "免考 免试 免 免修 缓考 exempt",
        ResultStatus.CANCELLED: "作弊 取消 违纪 舞弊 取消成绩 无效 cancelled canceled void",
    }.items()
    for word in words.split()
}
BLANK = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "na", "n/a", "null", "none", "nan"})
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

LEVEL_SETS: tuple[tuple[str, ...], ...] = (
    ("A+", "A", "B+", "B", "C+", "C", "D", "E"),
    ("A", "B", "C", "D"),
    ("A", "B", "C", "D", "E"),
    ("优", "良", "中", "差"),
    ("优", "良", "合格", "待合格"),
    ("优秀", "良好", "合格", "待合格"),
    ("优秀", "良好", "合格", "不合格"),
    ("优秀", "良好", "及格", "不及格"),
    ("优秀", "良好", "中等", "及格", "不及格"),
    ("甲", "乙", "丙", "丁"),
    ("★★★", "★★", "★"),
)


@dataclass(frozen=True, slots=True)
class CellValue:
    """A result cell understood; ``error`` is a problem's code when it could not be."""

    status: ResultStatus = ResultStatus.SCORED
    score: float | None = None
    level: str = ""
    raw: str = ""
    blank: bool = False
    error: str = ""


def folded(cell: Cell) -> str:
    """Return a cell's text with full-width characters folded and no spaces."""
    return "".join(unicodedata.normalize("NFKC", str(cell)).split())


def read_score(cell: Cell, full_mark: float | None = None) -> CellValue:
    """Read a score: a number, also written as text (``９５``, ``95分``), or a word for why there is none.

    >>> read_score("９５．５分").score, read_score("缺考").status.value, read_score("abc").error
    (95.5, 'absent', 'text-in-score')
    """
    if isinstance(cell, bool | dt.date | dt.time | dt.timedelta):
        return CellValue(
            raw=str(cell)[:40], error="text-in-score" if isinstance(cell, bool) else "date-in-score"
        )
    if isinstance(cell, int | float):
        raw = str(int(cell)) if float(cell).is_integer() else repr(cell)
        return _scored(float(cell), raw, full_mark)
    text = folded(cell)
    if (known := _without_score(text)) is not None:
        return known
    number = text.removesuffix("分")
    if not NUMBER.fullmatch(number):
        return CellValue(raw=text[:40], error="text-in-score")
    return _scored(float(number), text[:40], full_mark)


def _without_score(text: str) -> CellValue | None:
    if text.lower() in BLANK:
        return CellValue(blank=True)
    status = STATUS_WORDS.get(text.lower())
    return CellValue(status, raw=text[:40]) if status is not None else None


def _scored(score: float, raw: str, full_mark: float | None) -> CellValue:
    if not math.isfinite(score):
        return CellValue(raw=raw, error="text-in-score")
    if score < 0 and full_mark is not None:
        return CellValue(raw=raw, error="negative")
    if full_mark is not None and score > full_mark:
        return CellValue(raw=raw, error="over-full-mark")
    return CellValue(score=score, raw=raw)


def read_level(cell: Cell, levels: Sequence[str]) -> CellValue:
    """Read a level, one of ``levels``, or a word for why there is none."""
    text = folded(cell).upper() if isinstance(cell, str) else str(cell)
    if (known := _without_score(text)) is not None:
        return known
    if text in levels:
        return CellValue(level=text, raw=text)
    return CellValue(raw=text[:40], error="unknown-level")


def levels_in(cells: Iterable[Cell]) -> tuple[str, ...]:
    """Return the smallest known set of levels, best first, that holds nearly all of the cells; empty when none does.

    >>> levels_in(["A", "b", "缺考", "D", ""])
    ('A', 'B', 'C', 'D')
    """
    words = [folded(cell).upper() for cell in cells if isinstance(cell, str)]
    words = [word for word in words if word and _without_score(word) is None]
    if not words:
        return ()
    fitting = [known for known in LEVEL_SETS if sum(word in known for word in words) >= 0.9 * len(words)]
    return min(fitting, key=len, default=())
