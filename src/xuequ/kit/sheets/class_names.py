"""The many ways in which schools write a class: 七年级3班, 初一(3)班, 2024级3班, 703."""

import re
import unicodedata
from dataclasses import dataclass

DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
STAGES = {"小": 0, "初": 6, "高": 9}
CHINESE = r"[零〇一二两三四五六七八九十]{1,3}"
COUNT = rf"(?:\d{{1,2}}|{CHINESE})"
ENTRY = re.compile(rf"(?P<entry>(?:20)?\d\d)级(?P<number>{COUNT})班?")
STAGED = re.compile(
    rf"(?P<stage>[小初高])(?P<grade>[1-9一二三四五六七八九])(?:年级|年)?(?P<number>{COUNT})班?"
)
GRADED = re.compile(
    rf"(?:grade|g|小学|初中)?(?P<grade>\d{{1,2}}|{CHINESE})(?:年级|年|\.|-|class|c)(?P<number>{COUNT})班?"
)
BRACKETED = re.compile(rf"(?P<grade>{COUNT})\((?P<number>{COUNT})\)班?")
JOINED = re.compile(r"(?P<grade>\d{1,2})(?P<number>\d\d)班?")
CHINESE_JOINED = re.compile(r"(?P<grade>[一二三四五六七八九])(?P<number>\d{{1,2}}|[一二三四五六七八九十])班?")
ALONE = re.compile(rf"(?:class|c|第)?(?P<number>{COUNT})班?")


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class as written: its number, and the grade or the entry year where they stand there."""

    number: int
    grade: int | None = None
    entry_year: int | None = None


def parse_class(text: str) -> ClassName | None:
    """Read a class name; None when it is none of the known forms.

    >>> [parse_class(t) for t in ("七年级3班", "初一（3）班", "703")] == [ClassName(3, 7)] * 3
    True
    >>> parse_class("2024级十二班")
    ClassName(number=12, grade=None, entry_year=2024)
    """
    word = "".join(unicodedata.normalize("NFKC", text).lower().split())
    brackets = word
    word = word.replace("(", "").replace(")", "")
    if found := ENTRY.fullmatch(word):
        return ClassName(_count(found["number"]), entry_year=_entry_year(found["entry"]))
    if found := STAGED.fullmatch(word):
        return ClassName(_count(found["number"]), _count(found["grade"]) + STAGES[found["stage"]])
    for form, subject in ((GRADED, word), (BRACKETED, brackets), (JOINED, word), (CHINESE_JOINED, word)):
        if (found := form.fullmatch(subject)) and 1 <= _count(found["grade"]) <= 12:
            return ClassName(_count(found["number"]), _count(found["grade"]))
    if found := ALONE.fullmatch(word):
        return ClassName(_count(found["number"]))
    return None


def parse_grade(text: str) -> int | None:
    """Read a grade: 七年级, 初一, 7, Grade 7.

    >>> parse_grade("初二"), parse_grade("7"), parse_grade("六年级"), parse_grade("高三")
    (8, 7, 6, 12)
    """
    word = "".join(unicodedata.normalize("NFKC", text).lower().split())
    found = re.fullmatch(rf"(?P<stage>[小初高])?(?:grade|g|学|中)?(?P<grade>{COUNT})(?:年级|年)?", word)
    if found is None:
        return None
    grade = _count(found["grade"]) + STAGES.get(found["stage"] or "小", 0)
    return grade if 1 <= grade <= 12 else None


def _entry_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _count(text: str) -> int:
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _ten, ones = text.partition("十")
        return DIGITS.get(tens, 1) * 10 + DIGITS.get(ones, 0)
    return int("".join(str(DIGITS[char]) for char in text))
