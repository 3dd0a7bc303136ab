"""A statistics table against the district: problems by cell, questions about units, what would be stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from xuequ.core.money import WAN as TEN_THOUSAND
from xuequ.core.money import parse_money
from xuequ.kit.sheets.reading import Cell, Sheet, cell_name
from xuequ.kit.sheets.tables import DataRow, spread_down, text_of
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import FACTS, FactKind, Form
from xuequ.systems.balance.imports.layout import NOTHING, PART, SCHOOL, WAN, Layout
from xuequ.systems.balance.imports.problems import Problem, Remark
from xuequ.systems.balance.units import Doubt
from xuequ.systems.balance.values.actions import MOST, Given, doubt_of

YES, NO = {"是", "yes", "y", "1", "√", "有"}, {"否", "no", "n", "0", "×", "无"}
PARTS = {
    "": "", "全校": "", "whole": "", "九年一贯制学校": "", "九年一贯制": "", "完全中学": "",
    "小学部": "primary", "小学": "primary", "primary": "primary",
    "初中部": "junior", "初中": "junior", "初级中学": "junior", "junior": "junior",
}  # fmt: skip
TOTALS = ("合计", "总计", "小计", "平均", "注：", "注:", "填表", "标准差", "差异系数")


@dataclass
class DryRun:
    """What a check found; ``given`` is what would be stored, a doubt in it is asked about."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    cells: dict[tuple[int, str, str], str] = field(default_factory=dict)
    schools: set[int] = field(default_factory=set)
    rows: int = 0

    def questions(self, names: Mapping[int, str]) -> list[dict[str, Any]]:
        """Values that may be in the wrong unit, for the database."""
        return [
            {
                "key": self.cells[(one.school_id or 0, one.part, one.fact)], "school": names[one.school_id or 0],
                "fact": one.fact, "number": str(one.number), "suggested": str(one.doubt.suggested),
                "compared_with": one.doubt.compared_with,
            }
            for one in self.given
            if one.doubt is not None
        ]  # fmt: skip


def check(
    sheet: Sheet, layout: Layout, book: Book, last: Book, lookup: Mapping[str, SchoolPlace | None],
    answers: Mapping[str, str],
) -> DryRun:  # fmt: skip
    """Read every row of a sheet.

    ``lookup`` leads from names and codes to schools (None: a school that is not judged); ``answers`` from a cell to
    ``as-is``, ``other`` or ``ask`` for values whose unit was asked about.
    """
    run = DryRun()
    run.problems += _layout_problems(layout)
    if run.problems:
        return run
    spread_down(sheet, layout.heading_row + 1)
    seen: set[tuple[int, str]] = set()
    for row in _rows(sheet, layout):
        _row(run, sheet, layout, row, lookup, seen)
    if not run.rows:
        run.problems.append(Problem("headings-only", sheet.name))
    run.given = [_asked(one, run, book, last, answers) for one in run.given]
    _remark(run, layout, book)
    return run


def _layout_problems(layout: Layout) -> Iterator[Problem]:
    if layout.place(SCHOOL) is None:
        yield Problem("no-school-column", layout.sheet)
    uses = [one.use for one in layout.columns if one.use != NOTHING]
    if not any(use in FACTS for use in uses):
        yield Problem("no-fact-column", layout.sheet)
    for use in sorted({use for use in uses if uses.count(use) > 1}):
        label = str(FACTS[use].label) if use in FACTS else use
        yield Problem("twice", layout.sheet, "", {"fact": label})


def _rows(sheet: Sheet, layout: Layout) -> Iterator[DataRow]:
    """Rows with a school; totals and notes below a table are none."""
    place = layout.place(SCHOOL) or 0
    for index, cells in enumerate(sheet.rows[layout.heading_row + 1 :], layout.heading_row + 1):
        row = DataRow(index, cells)
        name = text_of(row.at(place))
        if name and not name.replace(" ", "").startswith(TOTALS):
            yield row


def _row(
    run: DryRun, sheet: Sheet, layout: Layout, row: DataRow, lookup: Mapping[str, SchoolPlace | None],
    seen: "set[tuple[int, str]]",
) -> None:  # fmt: skip
    place = layout.place(SCHOOL) or 0
    name = text_of(row.at(place))
    run.rows += 1
    if name not in lookup or (school := lookup[name]) is None:
        code = "not-judged" if name in lookup else "unknown-school"
        run.problems.append(Problem(code, sheet.name, cell_name(row.index, place), {"name": name}))
        return
    part = _part(run, sheet, layout, row, school)
    if part is None:
        return
    if (school.pk, part) in seen:
        run.problems.append(Problem("same-row", sheet.name, cell_name(row.index, place), {"name": name}))
        return
    seen.add((school.pk, part))
    run.schools.add(school.pk)
    for column, use in enumerate(layout.columns):
        if use.use in FACTS:
            _value(run, sheet, row, column, FACTS[use.use], use.unit, school, part)
    _compare_rooms(run, sheet, layout, row, school, part)


def _part(run: DryRun, sheet: Sheet, layout: Layout, row: DataRow, school: SchoolPlace) -> str | None:
    column = layout.place(PART)
    if column is None:
        return ""
    text = text_of(row.at(column)).lower()
    part = PARTS.get(text)
    if part is None or (part and part not in school.parts):
        run.problems.append(Problem("no-part", sheet.name, cell_name(row.index, column), {"part": text}))
        return None
    return part if school.is_split else ""


def _value(
    run: DryRun,
    sheet: Sheet,
    row: DataRow,
    column: int,
    kind: FactKind,
    unit: str,
    school: SchoolPlace,
    part: str,
) -> None:
    cell = row.at(column)
    if not text_of(cell):
        return
    place = cell_name(row.index, column)
    found = _in_yuan(cell, kind, unit) if kind.form == Form.MONEY else _number(cell, kind)
    if isinstance(found, str):
        run.problems.append(Problem(found, sheet.name, place, {"text": text_of(cell)}))
        return
    run.cells[(school.pk, part, kind.code)] = f"{sheet.name}!{place}"
    run.given.append(Given(school.pk, part, kind.code, found))


def _in_yuan(cell: Cell, kind: FactKind, unit: str) -> Decimal | str:
    """The sum of a cell in 元: the unit beside the number counts before that of the column."""
    try:
        amount = parse_money(text_of(cell))
    except ValueError:
        pass
    else:
        if amount.stated:
            return amount.yuan if amount.yuan <= MOST else "too-large"
    found = _number(cell, kind)
    return found if isinstance(found, str) else found * (TEN_THOUSAND if unit == WAN else 1)


def _number(cell: Cell, kind: FactKind) -> Decimal | str:
    """The number of a cell, or the code of what is wrong with it."""
    text = text_of(cell).replace(",", "").replace("，", "")
    if kind.form == Form.YES_NO:
        return Decimal(1) if text.lower() in YES else Decimal(0) if text.lower() in NO else "not-yes-no"
    if isinstance(cell, bool):
        return "not-a-number"
    try:
        number = Decimal(repr(cell) if isinstance(cell, float) else text)
    except InvalidOperation:
        return "not-a-number"
    if not number.is_finite():
        return "not-a-number"
    if number < 0:
        return "negative"
    if number > MOST / TEN_THOUSAND:
        return "too-large"
    if kind.form == Form.COUNT and number != number.to_integral_value():
        return "not-whole"
    return "zero-pupils" if kind.code == "pupils" and number == 0 else number


def _compare_rooms(
    run: DryRun, sheet: Sheet, layout: Layout, row: DataRow, school: SchoolPlace, part: str
) -> None:
    found = {one.fact: one.number for one in run.given if (one.school_id, one.part) == (school.pk, part)}
    whole, indoor = found.get("teaching_rooms_m2"), found.get("indoor_sports_m2")
    column = layout.place("indoor_sports_m2")
    if whole is not None and indoor is not None and column is not None and indoor > whole:
        run.problems.append(Problem("part-above-whole", sheet.name, cell_name(row.index, column)))


def _asked(one: Given, run: DryRun, book: Book, last: Book, answers: Mapping[str, str]) -> Given:
    """Ask about the unit, or do as was answered."""
    place = next(school for school in book.schools if school.pk == one.school_id)
    peers = book.changed(
        {(g.school_id or 0, g.part, g.fact): g.number for g in run.given if g.fact == one.fact}
    )
    doubt: Doubt | None = doubt_of(peers, last, place, one) if FACTS[one.fact].form == Form.MONEY else None
    answer = answers.get(run.cells[(one.school_id or 0, one.part, one.fact)], "")
    if doubt is None or answer == "as-is":
        return one
    if answer == "other":
        return replace(one, number=doubt.suggested)
    return replace(one, doubt=doubt)


def _remark(run: DryRun, layout: Layout, book: Book) -> None:
    left = [
        one.heading for one in layout.columns if one.use == NOTHING and one.heading and one.heading != "序号"
    ]
    if left:
        run.remarks.append(Remark("left-out", {"n": str(len(left)), "headings": "、".join(left[:6])}))
    names = {school.pk: school for school in book.schools}
    pupils = [one for one in run.given if one.fact == "pupils"]
    for one in pupils[:40]:
        _compare_pupils(run, one, names[one.school_id or 0], book)
    if any(FACTS[one.fact].known and _roster_has(book, names[one.school_id or 0]) for one in run.given):
        run.remarks.append(Remark("known-left"))
    run.given = [
        one
        for one in run.given
        if not (FACTS[one.fact].known and _roster_has(book, names[one.school_id or 0]))
    ]
    missing = [school.name for school in book.schools if school.pk not in run.schools]
    if missing and run.schools:
        words = "、".join(missing[:5])
        run.remarks.append(Remark("schools-missing", {"n": str(len(missing)), "schools": words}))


def _roster_has(book: Book, school: SchoolPlace) -> bool:
    return any(book.pupils(school, part) for part in school.parts)


def _compare_pupils(run: DryRun, one: Given, school: SchoolPlace, book: Book) -> None:
    parts: Sequence[str] = (one.part,) if one.part else school.parts
    own = sum(book.pupils(school, part) for part in parts)
    if own and own != one.number:
        said = {"school": school.name, "file": f"{one.number.normalize():f}", "roster": str(own)}
        run.remarks.append(Remark("pupils-differ", said))
