"""Cells of an answer: read as people write them, and checked against what the layout asks for."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.collection.choices import NUMERIC, CheckKind, Kind, Shape
from xuequ.kit.collection.content import Answer, Content, Line
from xuequ.kit.collection.layout import Check, Field, Layout

LONGEST = 500
YES, NO = "是", "否"
YES_NO_WORDS = dict.fromkeys(("是", "有", "能", "√", "Y", "YES"), YES) | dict.fromkeys(
    ("否", "无", "不能", "×", "N", "NO"), NO
)
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?")
EPOCH = dt.date(1899, 12, 30)

WORDS: dict[str, Text] = {
    "required": _("This cell must be filled in."),
    "not-integer": _("Write a whole number."),
    "not-number": _("Write a number."),
    "too-small": _("The number is below %(limit)s."),
    "too-big": _("The number is above %(limit)s."),
    "not-choice": _("Choose one of: %(choices)s."),
    "not-date": _("Write a date such as 2026-03-02."),
    "not-yes-no": _("Write 是 or 否."),
    "too-long": _("The text is too long; %(limit)s characters at most."),
    "sum": _("%(whole)s should be the sum of %(parts)s: %(sum)s, not %(value)s."),
    "part": _("%(part)s is more than %(whole)s."),
}
SOFT = frozenset({"too-small", "too-big", "sum", "part"})
"""What a school may hand in with an explanation: the world does not always keep to a rule."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that does not fit, with the row and the field where it shows."""

    code: str
    row: str
    key: str
    name: str
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_soft(self) -> bool:
        """Whether an explanation is enough."""
        return self.code in SOFT

    @property
    def message(self) -> str:
        """What is wrong, in the reader's language."""
        return str(WORDS[self.code]) % self.params

    @property
    def cell(self) -> str:
        """The cell's name on the page."""
        return f"{self.row}|{self.key}"


def read(item: Field, raw: object) -> Answer | None:
    """Return what was written as it is stored: a number, a date in ISO, a text; what cannot be read stays as text.

    >>> read(Field("a", "a", 1, kind=Kind.INTEGER), "１,２００")
    1200
    >>> read(Field("a", "a", 1, kind=Kind.DATE), "2026年3月2日")
    '2026-03-02'
    """
    if raw is None:
        return None
    if isinstance(raw, dt.datetime | dt.date):
        day = raw.date() if isinstance(raw, dt.datetime) else raw
        return day.isoformat()
    text = clean(raw, folded=item.kind != Kind.TEXT)
    if not text:
        return None
    match item.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return _number(text, item.unit)
        case Kind.DATE:
            return _date(text)
        case Kind.YES_NO:
            return YES_NO_WORDS.get(text.upper(), text)
        case _:
            return text


def clean(raw: object, *, folded: bool) -> str:
    """Return a cell's text on one line, without control characters."""
    text = "".join(c for c in str(raw) if c.isprintable() or c.isspace())
    text = unicodedata.normalize("NFKC", text) if folded else text
    return " ".join(text.split())[: LONGEST * 4]


def _number(text: str, unit: str) -> Answer:
    plain = text.replace(",", "").replace(" ", "").removesuffix(unicodedata.normalize("NFKC", unit))
    percent = plain.endswith("%")
    try:
        number = Decimal(plain.removesuffix("%") if percent else plain)
    except ArithmeticError:
        return text
    if not number.is_finite() or abs(number) >= 10**15 or "_" in plain:
        return text
    number = number / 100 if percent else number
    return int(number) if number == number.to_integral_value() else float(number)


def _date(text: str) -> str:
    if text.isdecimal() and len(text) == 8:
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if text.isdecimal() and len(text) == 5:
        return (EPOCH + dt.timedelta(days=int(text))).isoformat()  # a date that lost its format
    if match := DATE.fullmatch(text.removesuffix(" 00:00:00")):
        year, month, day = (int(part or 1) for part in match.groups())
        try:
            return dt.date(year, month, day).isoformat()
        except ValueError:
            return text
    return text


def breaches(layout: Layout, content: Content) -> list[Breach]:
    """Return everything in an answer that does not fit, row by row."""
    lines = content.lines or ([Line()] if layout.shape != Shape.ITEMS else [])
    return [breach for line in lines for breach in _of_line(layout, content, line)]


def _of_line(layout: Layout, content: Content, line: Line) -> Iterator[Breach]:
    for item in layout.answers:
        if item.key in content.known:
            continue
        if (found := _of_cell(item, line.cells.get(item.key))) is not None:
            code, params = found
            yield Breach(code, line.row, item.key, item.name, params)
    for check in layout.checks:
        yield from _of_check(layout, content, line, check)


def _of_cell(item: Field, value: Answer | None) -> tuple[str, dict[str, str]] | None:
    if value is None:
        return ("required", {}) if item.required else None
    if item.kind in NUMERIC:
        return _of_number(item, value)
    if item.kind == Kind.CHOICE and value not in item.choices:
        return "not-choice", {"choices": "、".join(item.choices)}
    if item.kind == Kind.DATE and not _is_iso(str(value)):
        return "not-date", {}
    if item.kind == Kind.YES_NO and value not in {YES, NO}:
        return "not-yes-no", {}
    return ("too-long", {"limit": str(LONGEST)}) if len(str(value)) > LONGEST else None


def _of_number(item: Field, value: Answer) -> tuple[str, dict[str, str]] | None:
    if isinstance(value, str) or not math.isfinite(value):
        return ("not-integer" if item.kind == Kind.INTEGER else "not-number"), {}
    if item.kind == Kind.INTEGER and not float(value).is_integer():
        return "not-integer", {}
    if item.low is not None and value < item.low:
        return "too-small", {"limit": written(item.low)}
    if item.high is not None and value > item.high:
        return "too-big", {"limit": written(item.high)}
    return None


def _is_iso(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _of_check(layout: Layout, content: Content, line: Line, check: Check) -> Iterator[Breach]:
    fields = {item.key: item for item in layout.fields}
    if any(key not in fields for key in (check.whole, *check.parts)):
        return
    whole = computed(layout, content, line, check.whole)
    parts = [computed(layout, content, line, key) for key in check.parts]
    numbers = [part for part in parts if part is not None]
    if whole is None or len(numbers) < len(parts):
        return
    total, name = exact_sum(numbers), fields[check.whole].name
    if check.kind == CheckKind.SUM and not math.isclose(total, whole, rel_tol=1e-9, abs_tol=1e-6):
        names = " + ".join(fields[key].name for key in check.parts)
        params = {"whole": name, "parts": names, "sum": written(total), "value": written(whole)}
        yield Breach("sum", line.row, check.whole, name, params)
    if check.kind == CheckKind.PART and numbers[0] > whole:
        part = fields[check.parts[0]]
        yield Breach("part", line.row, part.key, part.name, {"part": part.name, "whole": name})


def computed(layout: Layout, content: Content, line: Line, key: str) -> float | None:
    """Return the number of a cell; None when there is none."""
    value = content.value(line, key)
    return float(value) if isinstance(value, int | float) else None


def exact_sum(values: list[float] | list[int]) -> float:
    """Add numbers as people do on paper: 0.1 + 0.2 is 0.3."""
    total = sum((Decimal(repr(value)) for value in values), Decimal(0))
    return int(total) if total == total.to_integral_value() else float(total)


def written(value: float) -> str:
    """Write a number in full.

    >>> written(1234567.0), written(0.25)
    ('1234567', '0.25')
    """
    return str(int(value)) if float(value).is_integer() else repr(value)
