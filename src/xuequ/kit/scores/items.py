"""Columns of single items (小题分): which heading is which item, and whether it holds marks or the options chosen."""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xuequ.kit.scores.aliases import Use
from xuequ.kit.sheets.reading import Cell
from xuequ.kit.sheets.tables import text_of

KINDS = r"客观题|主观题|选择题|填空题|判断题|解答题|计算题|简答题|作文题|单选题|多选题|单选|多选|小题|题号|题|item|t|q"
SCORED = "得分|分数|小题分|成绩|score|mark"
CHOSEN = "选项|答案|作答|选择|option|answer|choice"
HEADING = re.compile(
    rf"(?:{KINDS})?[\s:]*第?\s*(?P<first>\d{{1,3}})(?P<rest>(?:\s*[.\-]\s*\d{{1,2}}|\s*\(\s*\d{{1,2}}\s*\))*)\s*"
    rf"(?:小?题)?\s*[(\[]?(?P<what>{SCORED}|{CHOSEN})?[)\]]?\s*"
    r"(?:[(\[]\s*(?:满分|full)?\s*(?P<full>\d+(?:\.\d+)?)\s*(?:分|marks?)\s*[)\]])?",
    re.IGNORECASE,
)
OPTIONS = re.compile(r"[A-Ha-h]{1,8}|[A-Ha-h](?:\s*[,，、]\s*[A-Ha-h]){1,7}")
NO_OPTION = frozenset({"", "-", "--", "—", "/", "*", "#", ".", "?", "空", "未选", "未答", "未作答"})
FEWEST = 2
"""As many columns must be headed like items before a sheet is taken to hold item results."""


@dataclass(frozen=True, slots=True)
class ItemHeading:
    """What a heading says of an item: its number, the use if it says so, and the full mark if it stands there."""

    number: str
    use: Use | None = None
    full_mark: float | None = None


def item_number(text: str) -> str:
    """Return an item's number as it is compared: ``13.1``, ``13-1`` and ``第13(1)题`` are ``13(1)``; empty when none.

    >>> item_number("第 05 题"), item_number("13-1"), item_number("13（1）"), item_number("班级")
    ('5', '13(1)', '13(1)', '')
    """
    heading = item_heading(text)
    return heading.number if heading is not None else ""


def item_heading(text: str) -> ItemHeading | None:
    """Return what a heading says of an item, or None when it is about something else.

    >>> item_heading("12（3分）")
    ItemHeading(number='12', use=None, full_mark=3.0)
    >>> item_heading("客观题7选项").use.value, item_heading("2026") is None
    ('option', True)
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    match = HEADING.fullmatch(folded)
    if match is None:
        return None
    parts = [int(part) for part in re.findall(r"\d+", match["first"] + match["rest"])]
    number = str(parts[0]) + "".join(f"({part})" for part in parts[1:])
    return ItemHeading(number, _use(match["what"] or ""), float(match["full"]) if match["full"] else None)


def _use(word: str) -> Use | None:
    if not word:
        return None
    return Use.OPTION if re.fullmatch(CHOSEN, word, re.IGNORECASE) else Use.ITEM


def group_use(upper: str) -> Use | None:
    """Return the use that a merged heading above item numbers gives them (选项 over 1, 2, 3)."""
    if re.search(CHOSEN, upper, re.IGNORECASE):
        return Use.OPTION
    return Use.ITEM if re.search(SCORED, upper, re.IGNORECASE) else None


def looks_chosen(cells: Iterable[Cell]) -> bool:
    """Whether a column without further words holds options: nearly all filled cells are letters."""
    texts = [text for cell in cells if (text := text_of(cell))]
    letters = sum(OPTIONS.fullmatch(text) is not None or text in NO_OPTION for text in texts)
    return bool(texts) and letters >= 0.9 * len(texts) and any(OPTIONS.fullmatch(text) for text in texts)


def read_option(cell: Cell) -> str | None:
    """Return the options chosen, in alphabetical order; empty for no answer, None for something else.

    >>> read_option(" b "), read_option("D、A"), read_option("—"), read_option("3分") is None
    ('B', 'AD', '', True)
    """
    text = unicodedata.normalize("NFKC", str(cell)).strip()
    if text in NO_OPTION:
        return ""
    letters = sorted(set(re.findall(r"[A-H]", text.upper())))
    return "".join(letters) if OPTIONS.fullmatch(text) else None


def is_item_row(texts: Sequence[str]) -> bool:
    """Whether a row below the headings carries on with item numbers: nothing else, and each run of them rises."""
    numbers = [item_heading(text) for text in texts if text]
    if len(numbers) < FEWEST or any(heading is None for heading in numbers):
        return False
    places = [
        tuple(map(int, re.findall(r"\d+", heading.number))) for heading in numbers if heading is not None
    ]
    rising = sum(after > before for before, after in itertools.pairwise(places))
    return places[0][0] == 1 and rising >= len(places) - 2


def order_of(number: str) -> tuple[int, ...]:
    """Return where an item stands in the paper by its number.

    >>> sorted(["10", "2", "13(2)", "13(1)"], key=order_of)
    ['2', '10', '13(1)', '13(2)']
    """
    return tuple(map(int, re.findall(r"\d+", number)))
