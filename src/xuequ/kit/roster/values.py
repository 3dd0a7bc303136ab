"""Cells of a roster as values: names, numbers, dates in the ways people write them, sexes, relations, kinds of schools.

Each function returns the value, or None when the cell cannot be understood; an empty cell is the empty value.
"""

import datetime as dt
import re
import unicodedata

from xuequ.district.choices import Relation, Sector, Stage, YearSystem
from xuequ.kit.sheets.reading import Cell
from xuequ.kit.sheets.tables import text_of

FULL_WIDTH = {ord("\u3000"): " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
FULL_LETTER = re.compile("[\uff21-\uff5a]")
NAME_LIMIT, NUMBER_LIMIT = 40, 32
NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
PHONE = re.compile(r"\+?[0-9][0-9 -]{4,18}[0-9]")
IDENTITY_CARD = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[ T]\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?)?"
)
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
EXCEL_EPOCH = dt.date(1899, 12, 30)
SERIALS = range(10_000, 60_000)  # 1927 to 2064
EXACT_DIGITS = 15  # a spreadsheet keeps no more digits of a number
YEAR = re.compile(r"(?:19|20)\d\d")

SEXES = {
    word: sex
    for sex, words in {"male": "男 男性 1 m male", "female": "女 女性 2 f female"}.items()
    for word in words.split()
}
RELATIONS: dict[str, str] = {
    word: str(relation)
    for relation, words in {
        Relation.MOTHER: "母亲 母 妈妈 母子 母女 继母 养母 52 mother",
        Relation.FATHER: "父亲 父 爸爸 父子 父女 继父 养父 51 father",
    }.items()
    for word in words.split()
}
STAGES: dict[str, Stage] = {
    word: stage
    for stage, words in {
        Stage.PRIMARY: "小学 完全小学 完小 primary",
        Stage.JUNIOR: "初中 初级中学 初级中等学校 junior",
        Stage.NINE_YEAR: "九年一贯制 九年一贯制学校 九年制 nine_year",
        Stage.SENIOR: "高中 高级中学 普通高中 senior",
        Stage.COMPLETE: "完全中学 完中 complete",
    }.items()
    for word in words.split()
}
SECTORS = {
    "公办": Sector.PUBLIC,
    "公立": Sector.PUBLIC,
    "public": Sector.PUBLIC,
    "民办": Sector.PRIVATE,
    "私立": Sector.PRIVATE,
    "private": Sector.PRIVATE,
}
YEAR_SYSTEMS = {
    "六三": YearSystem.SIX_THREE,
    "63": YearSystem.SIX_THREE,
    "五四": YearSystem.FIVE_FOUR,
    "54": YearSystem.FIVE_FOUR,
}
YES = frozenset({"是", "√", "✓", "✔", "1", "y", "yes", "true", "班主任", "正班主任"})


def name_of(cell: Cell) -> str | None:
    """Return a person's name with its rare characters as they are; only full-width letters and spaces are folded.

    >>> name_of("　𠮷　田 "), name_of("阿依古丽·买买提"), name_of(12)
    ('𠮷田', '阿依古丽·买买提', None)
    """
    if not isinstance(cell, str):
        return None
    if cell.isalpha() and len(cell) <= NAME_LIMIT and not FULL_LETTER.search(cell):
        return cell  # nearly all
    words = cell.translate(FULL_WIDTH).split()
    # 王 芳 is written with a space to fill the column; between other letters it divides words.
    joined = (
        "".join(words)
        if words and all(len(word) == 1 and _is_han(word) for word in words)
        else " ".join(words)
    )
    bad = len(joined) > NAME_LIMIT or any(
        unicodedata.category(char)[0] == "C" and ord(char) < 0xE000 for char in joined
    )
    return None if bad or (joined and not any(_is_letter(char) for char in joined)) else joined


def _is_han(char: str) -> bool:
    return unicodedata.name(char, "").startswith("CJK")


def _is_letter(char: str) -> bool:
    # Characters of GB 18030 that Unicode did not have once stand in the private area.
    return char.isalpha() or unicodedata.category(char) == "Co"


def number_of(cell: Cell) -> str | None:
    """Return a pupil's or teacher's number as capitals and digits.

    >>> number_of("ｇ３５０２００１"), number_of(20150001.0), number_of("3502 0012"), number_of("无*")
    ('G3502001', '20150001', '35020012', None)
    """
    if isinstance(cell, str) and cell.isascii() and cell.isalnum() and len(cell) <= NUMBER_LIMIT:
        return cell.upper()
    text = "".join(text_of(cell).split()).strip("'‘’`").upper()
    if text in {"", "-", "—", "无"}:
        return ""
    return text if NUMBER.fullmatch(text) and len(text) <= NUMBER_LIMIT else None


def is_rounded(cell: Cell) -> bool:
    """Whether a number has so many digits that the spreadsheet program has lost the last ones.

    >>> is_rounded(3.5020020150901e17), is_rounded(20150001), is_rounded("3.502E+17")
    (True, False, True)
    """
    if isinstance(cell, str):
        return "+" in cell and re.fullmatch(r"\d(?:\.\d+)?[eE]\+\d\d?", cell.strip()) is not None
    return isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 10**EXACT_DIGITS


def date_of(cell: Cell) -> dt.date | str | None:
    """Return a date; None when the cell is empty, the text when it is no date.

    >>> {str(date_of(c)) for c in ("2015-09-01", "2015年9月1日", "20150901", "2015/9/1", 42248, 42248.0, 20150901)}
    {'2015-09-01'}
    >>> date_of("2015-02-30"), date_of(" ")
    ('2015-02-30', None)
    """
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and int(cell) in SERIALS:
        return EXCEL_EPOCH + dt.timedelta(days=int(cell))
    text = text_of(cell)
    if text in {"", "-", "—", "无"}:
        return None
    if text.isascii() and text.isdigit() and len(text) == 5 and int(text) in SERIALS:
        return EXCEL_EPOCH + dt.timedelta(days=int(text))
    compact = "".join(text.split()) if "年" in text else text
    found = DATE.fullmatch(compact) or COMPACT.fullmatch(text)
    if found is None:
        return text
    try:
        return dt.date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return text


def year_of(cell: Cell) -> int | None:
    """Return the year in a cell such as 2024, 2024级, 202409 or a date; None when there is none.

    >>> year_of("2024级"), year_of(202409), year_of("2024-09-01"), year_of("七年级")
    (2024, 2024, 2024, None)
    """
    if isinstance(cell, dt.date):
        return cell.year
    found = YEAR.match(text_of(cell))
    return int(found[0]) if found else None


def word_of(cell: Cell) -> str:
    """Return a cell as a word to be looked up: folded, without spaces and hyphens, in small letters."""
    return "".join(text_of(cell).lower().replace("-", "").split())


def sex_of(cell: Cell) -> str | None:
    """Return ``male`` or ``female``."""
    if isinstance(cell, str) and cell in SEXES:
        return SEXES[cell]
    word = word_of(cell)
    return "" if word in {"", "0", "9", "未知", "未说明"} else SEXES.get(word)


def relation_of(cell: Cell) -> str:
    """Return what a guardian is to the child; whoever is neither mother nor father is another guardian."""
    if isinstance(cell, str) and cell in RELATIONS:
        return RELATIONS[cell]
    word = word_of(cell)
    return "" if not word else str(RELATIONS.get(word, Relation.OTHER))


def phone_of(cell: Cell) -> str | None:
    """Return a telephone number without spaces and hyphens."""
    text = text_of(cell)
    if text in {"", "-", "—", "无"}:
        return ""
    return text.replace(" ", "").replace("-", "") if PHONE.fullmatch(text) else None


def stage_of(cell: Cell) -> str | None:
    """Return what a school teaches."""
    word = word_of(cell)
    return "" if not word else STAGES.get(word)


def sector_of(cell: Cell) -> str | None:
    """Return who runs a school."""
    word = word_of(cell)
    return "" if not word else SECTORS.get(word)


def year_system_of(cell: Cell) -> str | None:
    """Return how the nine compulsory years are split."""
    word = word_of(cell).removesuffix("制").removesuffix("学")
    return "" if not word else YEAR_SYSTEMS.get(word)


def is_yes(cell: Cell) -> bool:
    """Whether a cell says yes."""
    return word_of(cell) in YES


def is_identity_card(cell: Cell) -> bool:
    """Whether a cell holds the number of an identity card (a date of birth stands in its middle)."""
    return IDENTITY_CARD.fullmatch("".join(text_of(cell).split())) is not None
