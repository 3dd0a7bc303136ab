"""What the columns of a table hold: shipped and named layouts, headings as they are known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Self

from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import Book, Cell, Sheet
from xuequ.kit.sheets.tables import text_of
from xuequ.systems.balance.catalogue import FACTS, Form
from xuequ.systems.balance.imports.problems import Problem
from xuequ.systems.balance.models import Mapping as NamedLayout

SCHOOL, PART, NOTHING = "school", "part", ""
WAN, YUAN = "wan", "yuan"
SCHOOL_HEADINGS = ("学校名称", "学校", "单位名称", "学校标识码", "school")
PART_HEADINGS = ("学部", "学段", "学校类别", "办学类型", "part")
HEADING_ROWS = 12


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column: its heading, what it holds (``school``, ``part``, a fact, or nothing), and the unit of money."""

    heading: str
    use: str
    unit: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it for the database."""
        return {"heading": self.heading, "use": self.use, "unit": self.unit}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what ``as_json`` made."""
        return cls(stored["heading"], stored["use"], stored["unit"])


@dataclass(frozen=True, slots=True)
class Layout:
    """Which sheet is read, in which row its headings stand (0-based), and what its columns hold."""

    sheet: str
    heading_row: int
    columns: tuple[ColumnUse, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for the database."""
        return {
            "sheet": self.sheet, "heading_row": self.heading_row, "columns": [one.as_json() for one in self.columns],
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what ``as_json`` made."""
        columns = tuple(ColumnUse.from_json(one) for one in stored["columns"])
        return cls(stored["sheet"], stored["heading_row"], columns)

    def place(self, use: str) -> int | None:
        """The 0-based column of a use."""
        return next((place for place, one in enumerate(self.columns) if one.use == use), None)


def shipped() -> dict[str, str]:
    """Headings that are known without a named layout, folded, to what they hold."""
    known = {plain_heading(word): SCHOOL for word in SCHOOL_HEADINGS}
    known |= {plain_heading(word): PART for word in PART_HEADINGS}
    for kind in FACTS.values():
        known |= {plain_heading(word): kind.code for word in kind.headings}
        known[plain_heading(kind.code)] = kind.code
    return known


def proposed(book: Book, named: NamedLayout | None = None) -> Layout:
    """Propose what a file's columns hold; ``SheetRefused`` where no sheet has a column of schools."""
    known = shipped()
    if named is not None:
        known |= {plain_heading(heading): use.partition("@")[0] for heading, use in named.headings.items()}
    units = {plain_heading(h): use.partition("@")[2] for h, use in named.headings.items()} if named else {}
    found = [layout for sheet in book.sheets if (layout := _of_sheet(sheet, known, units)) is not None]
    if not found:
        raise SheetRefused(Problem("no-school-column"))
    best = [one for one in found if _facts(one)]
    if len(best) > 1:
        raise SheetRefused(Problem("several-sheets"))
    return best[0] if best else found[0]


def _facts(layout: Layout) -> int:
    return sum(one.use not in (SCHOOL, PART, NOTHING) for one in layout.columns)


def _of_sheet(sheet: Sheet, known: Mapping[str, str], units: Mapping[str, str]) -> Layout | None:
    rows = sheet.rows[:HEADING_ROWS]
    for row, cells in enumerate(rows):
        uses = [_use(cell, known, units) for cell in cells]
        below = [_use(cell, known, units) for cell in rows[row + 1]] if row + 1 < len(rows) else []
        if any(one.use == SCHOOL for one in uses) and _is_lower_heading(uses, below):
            return Layout(sheet.name, row + 1, tuple(_once(_joined(uses, below))))
        if any(one.use == SCHOOL for one in uses) and sum(bool(one.use) for one in uses) > 1:
            return Layout(sheet.name, row, tuple(_once(uses)))
    return None


def _is_lower_heading(uses: Sequence[ColumnUse], below: Sequence[ColumnUse]) -> bool:
    """Whether the row below goes on with the heading: cells merged across a group, such as 教师, with figures under it.

    Under the heading of the schools stands nothing then (cells merged downwards), or that heading again.
    """
    place = next(i for i, one in enumerate(uses) if one.use == SCHOOL)
    under = below[place] if place < len(below) else ColumnUse("", NOTHING)
    return (not under.heading or under.use == SCHOOL) and any(one.use in FACTS for one in below)


def _joined(uses: Sequence[ColumnUse], below: Sequence[ColumnUse]) -> "list[ColumnUse]":
    """The lower heading where there is one, else the upper."""
    pairs = zip_longest(uses, below, fillvalue=ColumnUse("", NOTHING))
    return [low if low.heading else up for up, low in pairs]


def _use(cell: Cell, known: Mapping[str, str], units: Mapping[str, str]) -> ColumnUse:
    heading = text_of(cell)[:80]
    plain = plain_heading(heading)
    use = known.get(plain, "") or known.get(_without_unit(plain), "")
    unit = ""
    if use in FACTS and FACTS[use].form == Form.MONEY:
        # Official tables are in 万元; a heading that says 元 alone is believed.
        unit = units.get(plain) or (WAN if "万元" in plain or "元" not in plain else YUAN)
    return ColumnUse(heading, use, unit)


def _without_unit(heading: str) -> str:
    for unit in ("万元", "元", "平方米", "m2", "人", "间", "名", "个"):
        if heading.endswith(unit) and len(heading) > len(unit):
            return heading.removesuffix(unit)
    return heading


def _once(uses: Sequence[ColumnUse]) -> Iterable[ColumnUse]:
    """Only the first of two columns of the same use is proposed."""
    seen: set[str] = set()
    for one in uses:
        yield replace(one, use=NOTHING, unit="") if one.use and one.use in seen else one
        seen.add(one.use)
