"""What the columns of a file probably are, for the person to confirm or correct."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from xuequ.kit.scores.aliases import ALIASES, Meaning, Use
from xuequ.kit.scores.cells import levels_in, read_score
from xuequ.kit.scores.items import FEWEST, group_use, item_heading, looks_chosen
from xuequ.kit.scores.options import ColumnUse
from xuequ.kit.scores.tables import Heading, Table
from xuequ.kit.sheets.headings import SUBJECTS, plain_heading
from xuequ.kit.sheets.reading import Cell
from xuequ.kit.sheets.tables import DataRow, text_of

ONE_EACH = (Use.SCHOOL, Use.GRADE, Use.CLASS, Use.NAME, Use.NUMBER, Use.SUBJECT)
LOOKED_AT = 2000
SCORE_WORD = re.compile(r"分|成绩|score|exam|test|mark|achiev?|^m?ach$|math|read|lrt|gpa", re.IGNORECASE)
PUPIL_WORD = frozenset(plain_heading(word) for word in ALIASES[Use.NUMBER].split())
SCHOOL_WORD = frozenset(plain_heading(word) for word in ALIASES[Use.SCHOOL].split())


def propose_district(
    table: Table, remembered: Mapping[str, Meaning] | None = None, subject: str = ""
) -> list[ColumnUse]:
    """Propose uses for a school's or the district's sheet; ``subject`` is that of an assessment already chosen."""
    items = item_uses(table)
    subject = subject or (subject_in(table.title) if items else "")
    proposed, taken = [], set()
    long_form = any((m := h.meaning(remembered)) and m.use == Use.SUBJECT for h in table.headings)
    for heading in table.headings:
        column = items.get(heading.index) or _district_column(
            table, heading, heading.meaning(remembered), subject, long_form
        )
        column = _about_items(column, subject) if items else column
        key = (column.use, column.item or column.subject)
        once = column.use in ONE_EACH or column.use in {Use.SCORE, Use.LEVEL, Use.ITEM, Use.OPTION}
        if once and key in taken:
            column = ColumnUse(heading.index, heading.label, Use.IGNORE)
        taken.add(key)
        proposed.append(column)
    return proposed


def _district_column(
    table: Table, heading: Heading, meaning: Meaning | None, subject: str, long_form: bool
) -> ColumnUse:
    if meaning is None:
        return ColumnUse(heading.index, heading.label, Use.IGNORE)
    use, about = meaning.use, meaning.subject
    if use in {Use.SCORE, Use.LEVEL}:
        about = "" if long_form else about or subject
        if use == Use.SCORE and levels_in(row.at(heading.index) for row in table.rows[:LOOKED_AT]):
            use = Use.LEVEL
    return ColumnUse(heading.index, heading.label, use, about, meaning.full_mark)


def item_uses(table: Table) -> dict[int, ColumnUse]:
    """Return the columns of single items by place; none when too few headings look like items."""
    found = {heading.index: heading for heading in table.headings if item_heading(heading.text) is not None}
    if len(found) < FEWEST:
        return {}
    return {index: _item_column(table, heading) for index, heading in found.items()}


def _item_column(table: Table, heading: Heading) -> ColumnUse:
    said = item_heading(heading.text)
    assert said is not None
    cells = [row.at(heading.index) for row in table.rows[:LOOKED_AT]]
    above = group_use(heading.upper) if heading.upper != heading.text else None
    use = said.use or above or (Use.OPTION if looks_chosen(cells) else Use.ITEM)
    full_mark = said.full_mark if use == Use.ITEM else None
    return ColumnUse(heading.index, heading.label, use, "", full_mark, said.number)


def _about_items(column: ColumnUse, subject: str) -> ColumnUse:
    """Give item columns their subject; in a sheet of items 总分 is the paper's total, not that of all subjects."""
    if column.use in {Use.ITEM, Use.OPTION} or (column.use == Use.SCORE and column.subject == "total"):
        return replace(column, subject=subject)
    return column


def subject_in(text: str) -> str:
    """Return the subject that a title names; empty when it names none or several.

    >>> subject_in("云汀区八年级数学抽样监测小题分"), subject_in("语文数学")
    ('mathematics', '')
    """
    plain = plain_heading(text)
    named = {code for word, code in SUBJECTS.items() if len(word) > 1 and word in plain and code != "total"}
    return named.pop() if len(named) == 1 else ""


def propose_study(table: Table) -> list[ColumnUse]:
    """Propose uses for an external study: one school column, scores that vary within schools, the rest factors."""
    rows = table.rows
    school = next((h.index for h in table.headings if plain_heading(h.text) in SCHOOL_WORD), None)
    uses = [(heading, _study_use(heading, rows, school)) for heading in table.headings]
    if not any(use == Use.SCORE for _heading, use in uses):
        uses = [(h, Use.SCORE if u == Use.FACTOR and _varies(h.index, rows, school) else u) for h, u in uses]
    return [ColumnUse(heading.index, heading.label, use) for heading, use in uses]


def _study_use(heading: Heading, rows: Sequence[DataRow], school: int | None) -> Use:
    word = plain_heading(heading.text)
    if heading.index == school:
        return Use.SCHOOL
    if word in PUPIL_WORD:
        return Use.IGNORE
    if SCORE_WORD.search(heading.text) and _varies(heading.index, rows, school):
        return Use.SCORE
    return Use.FACTOR


def _varies(column: int, rows: Sequence[DataRow], school: int | None) -> bool:
    """Whether the column holds many different numbers, also within a school."""
    if not numeric(row.at(column) for row in rows):
        return False
    values = {text_of(row.at(column)) for row in rows}
    return len(values) > 10 and not constant_by_school(column, rows, school)


def numeric(cells: Iterable[Cell]) -> bool:
    """Whether every filled cell is a number, and there is one."""
    read = [read_score(cell) for cell in cells]
    return any(value.score is not None for value in read) and not any(value.error for value in read)


def constant_by_school(column: int, rows: Sequence[DataRow], school: int | None) -> bool:
    """Whether all rows of a school agree in this column (a fact about the school, not the pupil)."""
    if school is None:
        return False
    pairs = sorted({(text_of(row.at(school)), text_of(row.at(column))) for row in rows})
    groups = [len(list(group)) for _school, group in groupby(pairs, key=lambda pair: pair[0])]
    return max(groups, default=0) == 1 and len(groups) < len(rows)


def sample(table: Table, column: int, how_many: int = 3) -> list[Cell]:
    """Return the first different filled cells of a column, to show what stands in it."""
    seen: dict[str, Cell] = {}
    for row in table.rows[:LOOKED_AT]:
        if (text := text_of(row.at(column))) and text not in seen:
            seen[text] = row.at(column)
        if len(seen) == how_many:
            break
    return list(seen.values())
