"""How a sheet is laid out: where its headings stand, what it holds, what its columns are. Proposed, never decided."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from xuequ.kit.roster.content import Kind
from xuequ.kit.roster.fields import (
    IDENTITY_CARD,
    KIND_LABELS,
    LEAVE_OUT,
    REQUIRED,
    SHEET_WORDS,
    TELLING,
    WORDS,
    Use,
    names_identity_card,
)
from xuequ.kit.roster.models import Mapping, MappingKind
from xuequ.kit.roster.options import Column, SheetUse
from xuequ.kit.roster.values import is_identity_card
from xuequ.kit.sheets.headings import SUBJECTS, plain_heading
from xuequ.kit.sheets.reading import Cell, Sheet
from xuequ.kit.sheets.tables import DataRow, text_of

SEARCHED_ROWS = 20
LOOKED_AT = 200
SUBJECTS_OF_A_GRID = 2
SHEET_BONUS = 3
NUMERIC = re.compile(r"\d+(?:\.\d+)?")
SCHOOL_YEAR = re.compile(r"(20\d\d)\s*(?:[-—–－~～至到]+\s*(20\d\d)\s*)?学年")
SUMMARY = frozenset(
    {"合计", "总计", "小计", "制表人", "制表", "审核", "审核人", "填表人", "说明", "注", "备注", "total"}
)
INITIALS = frozenset(word[0] for word in SUMMARY)
TABLES = frozenset(kind.value for kind in Kind)
USES = frozenset(use.value for use in Use)
EXAMPLE = ("示例", "例：", "例:")


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a sheet: each column with its label; ``last`` is their (lower) row; ``titles`` stand above."""

    labels: tuple[tuple[int, str], ...]
    last: int
    titles: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _general_words() -> frozenset[str]:
    return frozenset(word for words in WORDS.values() for word in words) | frozenset(SUBJECTS)


def find_headings(sheet: Sheet, known: Iterable[str] = ()) -> Headings | None:
    """Return where a sheet's headings stand: the first row with the most known words, else the first filled one."""
    words = _general_words() | frozenset(known)
    scores = [_known(row, words) for row in sheet.rows[:SEARCHED_ROWS]]
    first = scores.index(max(scores)) if scores and max(scores) >= 2 else _first_filled(sheet)
    if first is None:
        return None
    double = _is_double(sheet, first, words)
    titles = (text_of(cell) for row in sheet.rows[:first] for cell in row)
    return Headings(
        tuple(_labels(sheet, first, double)), first + double, tuple(text for text in titles if text)
    )


def _known(row: Sequence[object], words: frozenset[str]) -> int:
    texts = {plain_heading(cell) for cell in row if isinstance(cell, str) and 0 < len(cell) <= 30}
    return sum(text in words or names_identity_card(text) for text in texts)


def _first_filled(sheet: Sheet) -> int | None:
    rows = enumerate(sheet.rows[:SEARCHED_ROWS])
    return next((index for index, row in rows if sum(bool(text_of(cell)) for cell in row) >= 2), None)


def _is_double(sheet: Sheet, first: int, words: frozenset[str]) -> bool:
    """Whether the row below carries nothing but headings too: 监护人 over 姓名, 关系, 电话."""
    if first + 1 >= len(sheet.rows):
        return False
    below = [text_of(cell) for cell in sheet.rows[first + 1]]
    filled = [text for text in below if text]
    return len(filled) >= 1 and all(plain_heading(text) in words for text in filled)


def _labels(sheet: Sheet, first: int, double: bool) -> Iterable[tuple[int, str]]:
    upper = [text_of(cell) for cell in sheet.rows[first]]
    lower = [text_of(cell) for cell in sheet.rows[first + 1]] if double else []
    above = ""
    for column in range(max(len(upper), len(lower))):
        own = upper[column] if column < len(upper) else ""
        below = lower[column] if column < len(lower) else ""
        above = own or (above if below else "")
        if label := (above + below if below and below != above else above):
            yield column, " ".join(label.split())


def data_rows(sheet: Sheet, headings: Headings) -> tuple[list[DataRow], list[str]]:
    """Return the rows of data, and the labels of rows left out because they sum up; examples are passed over."""
    columns = [column for column, _label in headings.labels]
    rows, summaries = [], []
    for index in range(headings.last + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        first = next((cells[c] for c in columns if c < len(cells) and _is_filled(cells[c])), "")
        if first == "":
            continue
        if isinstance(first, str) and first.lstrip().startswith(EXAMPLE):
            continue
        if isinstance(first, str) and _sums_up(first):
            summaries.append(text_of(first)[:40])
        else:
            rows.append(DataRow(index, cells))
    return rows, summaries


def _is_filled(cell: Cell) -> bool:
    return cell != "" and (not isinstance(cell, str) or not cell.isspace())


def _sums_up(text: str) -> bool:
    # Nearly all rows are told apart by their first character.
    return text.lstrip()[:1] in INITIALS and plain_heading(text.split("：")[0].split(":")[0]) in SUMMARY


def years_named(texts: Iterable[str]) -> list[str]:
    """Return the school years that titles name.

    >>> years_named(["云汀小学2024—2025学年度学生名册", "2023学年"])
    ['2024-2025', '2023-2024']
    """
    found = [SCHOOL_YEAR.search(text) for text in texts]
    return [f"{hit[1]}-{hit[2] or int(hit[1]) + 1}" for hit in found if hit]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a sheet, and how well it fits."""

    use: Use
    fields: tuple[str, ...]
    fit: float
    mapping: str = ""
    is_scores: bool = False


def propose(
    sheet: Sheet, mappings: Sequence[Mapping], wanted: Mapping | None = None
) -> tuple[SheetUse, bool]:
    """Return what a sheet probably holds, and whether it is a score book; ``wanted`` is a mapping chosen by name."""
    known = [plain_heading(word) for mapping in mappings for word in mapping.headings]
    headings = find_headings(sheet, known)
    if headings is None:
        return SheetUse(sheet.name, Use.NOTHING), False
    rows, _summaries = data_rows(sheet, headings)
    found = _best(sheet, headings, rows, [wanted] if wanted is not None else mappings, wanted is None)
    return _sheet_use(sheet, headings, rows, found), found.is_scores


def propose_as(sheet: Sheet, use: Use, mapping: Mapping | None = None) -> SheetUse:
    """Return the columns of a sheet that somebody has said to hold ``use``."""
    headings = find_headings(sheet, [plain_heading(word) for word in mapping.headings] if mapping else ())
    if headings is None:
        return SheetUse(sheet.name, use)
    rows, _summaries = data_rows(sheet, headings)
    if use == Use.NOTHING:
        return _sheet_use(sheet, headings, rows, Reading(use, ("",) * len(headings.labels), 0))
    kind = MappingKind(use)
    return _sheet_use(sheet, headings, rows, _read_as(kind, headings, mapping))


def _sheet_use(sheet: Sheet, headings: Headings, rows: Sequence[DataRow], found: Reading) -> SheetUse:
    columns = tuple(
        Column(index, label, _field(label, field, index, rows))
        for (index, label), field in zip(headings.labels, found.fields, strict=True)
    )
    return SheetUse(sheet.name, found.use, columns, found.mapping, rows=len(rows))


def _field(label: str, field: str, column: int, rows: Sequence[DataRow]) -> str:
    """Return the field, unless the column holds identity-card numbers, which are never read."""
    if names_identity_card(label):
        return IDENTITY_CARD
    if field in {"number", "pupil_number", "teacher_number", LEAVE_OUT}:
        texts = [cell for row in rows[:LOOKED_AT] if (cell := row.at(column)) != ""]
        if texts and sum(map(is_identity_card, texts)) >= 0.8 * len(texts):
            return IDENTITY_CARD
    return field


def _best(
    sheet: Sheet, headings: Headings, rows: Sequence[DataRow], mappings: Sequence[Mapping], general: bool
) -> Reading:
    nothing = Reading(Use.NOTHING, ("",) * len(headings.labels), 0)
    grid = _as_grid(headings, rows, mappings)
    if grid is not None:
        return grid
    table_kinds = [item for item in mappings if item.kind in TABLES]
    readings = [_fitted(sheet, headings, MappingKind(item.kind), item) for item in table_kinds]
    if general:  # the template's own words come first, and win where a named mapping knows no more
        readings[:0] = [_fitted(sheet, headings, MappingKind(kind), None) for kind in Kind]
    return max([nothing, *readings], key=lambda reading: reading.fit)


def _fitted(sheet: Sheet, headings: Headings, kind: MappingKind, mapping: Mapping | None) -> Reading:
    found = _read_as(kind, headings, mapping)
    table, fields = Kind(kind), set(found.fields)
    named = any(word in sheet.name for word in SHEET_WORDS[table])
    tells = named or any(field in fields for field in TELLING[table])
    if not tells or not all(field in fields for field in REQUIRED[table]):
        return Reading(found.use, found.fields, 0)
    lacks_class = table == Kind.PUPILS and "school_class" not in fields
    return Reading(
        found.use, found.fields, found.fit + SHEET_BONUS * named - 0.5 * lacks_class, found.mapping
    )


def _read_as(kind: MappingKind, headings: Headings, mapping: Mapping | None) -> Reading:
    """Give each heading its field: as the mapping says, else as the word is known; each field once."""
    said = {plain_heading(word): field for word, field in mapping.headings.items()} if mapping else {}
    words = WORDS[Kind(kind)] if kind.value in TABLES else {}
    fields: list[str] = []
    known = 0
    for _column, label in headings.labels:
        word = plain_heading(label)
        field = said.get(word, words.get(word, LEAVE_OUT))
        known += word in said or word in words
        fields.append(LEAVE_OUT if field in fields else field)
    uid = str(mapping.uid) if mapping is not None else ""
    use = Use(kind) if kind.value in USES else Use.NOTHING
    return Reading(use, tuple(fields), known, uid)


def _as_grid(headings: Headings, rows: Sequence[DataRow], mappings: Sequence[Mapping]) -> Reading | None:
    """Read the sheet as a timetable (a column for each subject) or a score book (the same with numbers)."""
    subjects = [column for column, label in headings.labels if plain_heading(label) in SUBJECTS]
    grid = next((item for item in mappings if item.kind == MappingKind.GRID), None)
    if len(subjects) < SUBJECTS_OF_A_GRID:
        return None
    cells = [text for row in rows[:LOOKED_AT] for column in subjects if (text := text_of(row.at(column)))]
    if cells and sum(NUMERIC.fullmatch(text) is not None for text in cells) > len(cells) / 2:
        return Reading(Use.NOTHING, ("",) * len(headings.labels), 0, is_scores=True)
    found = _read_as(MappingKind.GRID, headings, grid)
    fields = tuple(
        f"subject:{SUBJECTS[plain_heading(label)]}" if plain_heading(label) in SUBJECTS else field
        for (_column, label), field in zip(headings.labels, found.fields, strict=True)
    )
    return Reading(Use.GRID, fields, found.fit, found.mapping) if "school_class" in fields else None


def label_of(use: Use) -> str:
    """Return what a sheet is called in remarks."""
    return str(KIND_LABELS[Kind(use)]) if use.value in TABLES else str(KIND_LABELS[Kind.TEACHING])
