"""How an upper unit's sheet is probably meant: title, headings, body, who is asked for what."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.kit.collection.choices import NUMERIC, CheckKind, Shape, Use
from xuequ.kit.collection.guessing import ITEM, SCHOOL, WHOLE, described
from xuequ.kit.collection.layout import Check, Field, Layout, with_keys
from xuequ.kit.collection.sight import Sight

HEADER_WITHIN = 30
LONGEST_HEADING = 40
TOTAL = re.compile(r"^(合计|总计|小计|全[区县市]合?计?|总数)[:：]?$")
NOTE = re.compile(
    r"^[（(]?(注|说明|备注|填表说明|填报说明|要求|填报人|填表人|审核人|负责人|单位负责人|制表|联系人|填报日期|填报时间|经办人)[)）]?\s*[:：]|^(注|说明)\d?[、.．:：]"
)
COUNTING = re.compile(r"^(甲|乙|丙|丁|栏次|\d{1,3}|\d+[=＝][\d+＋\-－]+)$")
SCHOOL_NAMES = re.compile(r"(小学|中学|学校|一中|二中|三中|实小|校区|幼儿园)$")


@dataclass(frozen=True, slots=True)
class Where:
    """What the officer says about the place of the table; None leaves it to be found."""

    sheet: str = ""
    shape: Shape | None = None
    header_first: int | None = None
    header_last: int | None = None
    first_row: int | None = None
    last_row: int | None = None


def propose(book: Workbook, schools: Collection[str] = (), where: Where | None = None) -> Layout:
    """Return how the workbook's main sheet is probably meant; ``schools`` are the district's names of schools."""
    where = where or Where()
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    named = [sheet for sheet in book.worksheets if sheet.title == where.sheet]
    if named:
        return propose_sheet(named[0], schools, where)
    layouts = [propose_sheet(sheet, schools, where) for sheet in visible]
    return max(layouts, key=lambda layout: (bool(layout.answers), len(layout.answers)))


def propose_sheet(sheet: Worksheet, schools: Collection[str], where: Where) -> Layout:
    """Return how one sheet is probably meant, keeping to what ``where`` says."""
    sight = Sight(sheet)
    header = _header(sight, where)
    pairs = _pairs(sight)
    shape = where.shape
    if shape is None and header is None:
        shape = Shape.FORM
    if header is None:
        return _finished(_form(sight, pairs, shape or Shape.FORM))
    body = _body(sight, header, where)
    columns = _columns(sight, header)
    if shape is None:
        shape = _shape(sight, header, body, columns, pairs, schools)
    if shape == Shape.FORM and len(pairs) > _blank_cells(sight, body, columns):
        return _finished(_form(sight, pairs, shape))
    layout = Layout(
        sheet=sheet.title,
        shape=shape,
        title=_title(sight, header[0]),
        header_first=header[0],
        header_last=header[1],
        first_row=body.first,
        last_row=body.last,
        total_row=body.total,
    )
    if layout.by_cell:
        extra = pairs if shape == Shape.FORM else []
        return _finished(replace(layout, fields=tuple(_table_cells(sight, layout, columns, extra))))
    return _finished(replace(layout, fields=tuple(_column_fields(sight, layout, columns, schools))))


# The heading.


def _header(sight: Sight, where: Where) -> tuple[int, int] | None:
    """Return the first and last row of the headings; None when the sheet has none."""
    if where.header_first is not None:
        return where.header_first, max(where.header_last or 0, where.header_first)
    rows = range(1, min(sight.height, HEADER_WITHIN) + 1)
    best = max(rows, key=lambda row: (_likeness(sight, row), -row), default=0)
    if not best or _likeness(sight, best) < 2:
        return None
    first = best
    while first > 1 and _spans_into(sight, first - 1, first):
        first -= 1
    return first, _last_header_row(sight, first)


def _likeness(sight: Sight, row: int) -> float:
    """Tell how much a row looks like headings: many short different texts that ask nothing and answer nothing."""
    groups = sight.groups(row)
    texts = [text for _first, _last, text in groups if len(text) <= LONGEST_HEADING]
    words = [t for t in texts if not _is_number(t) and not t.startswith("=") and not COUNTING.match(t)]
    colons = sum(bool(re.search(r"[:：]\s*\S*$", text)) for text in words)
    if len(set(words)) < 2 or colons * 2 >= len(words):
        return 0
    if len(words) < len(groups) or NOTE.match(texts[0] if texts else ""):
        return 0
    covered = sum(last - first + 1 for first, last, _text in groups)
    # A form's line of label, blank, label, blank covers half of the sheet at most.
    return len(set(words)) if covered >= 0.6 * sight.width else 0


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+([.,]\d+)?%?", text))


def _spans_into(sight: Sight, above: int, row: int) -> bool:
    """Whether the row above is a heading over this one: it groups columns or reaches down into it."""
    groups = sight.groups(above)
    if len({text for _f, _l, text in groups}) < 2:
        return False
    return all(not _is_number(text) for _f, _l, text in groups) and any(
        (area := sight.areas.get((above, first))) is not None and (area.max_row >= row or last > first)
        for first, last, _text in groups
    )


def _last_header_row(sight: Sight, first: int) -> int:
    last = first
    for column in range(1, sight.width + 1):
        area = sight.areas.get((first, column))
        last = max(last, area.max_row if area is not None and area.min_row == first else first)
    # A merged heading whose parts stand below it.
    while last < first + 3 and _has_parts_below(sight, last):
        last += 1
    if _is_counting(sight, last + 1):
        last += 1
    return last


def _has_parts_below(sight: Sight, row: int) -> bool:
    wide = [
        (f, last)
        for f, last, _t in sight.groups(row)
        if last > f and (area := sight.areas.get((row, f))) is not None and area.max_row == row
    ]
    return any(sum(_is_word(sight.own(row + 1, c)) for c in range(f, last + 1)) > 1 for f, last in wide)


def _is_word(text: str) -> bool:
    return bool(text) and not _is_number(text)


def _is_counting(sight: Sight, row: int) -> bool:
    texts = [text for _f, _l, text in sight.groups(row)]
    return len(texts) >= 3 and all(COUNTING.match(text) for text in texts)


def _columns(sight: Sight, header: tuple[int, int]) -> dict[int, str]:
    """Return the heading of each column, the parts of several rows joined."""
    found = {}
    for column in range(1, sight.width + 1):
        parts: list[str] = []
        for row in range(header[0], header[1] + 1):
            text = sight.text(row, column)
            if text and text not in parts and not (COUNTING.match(text) and row == header[1] and parts):
                parts.append(text)
        if parts:
            found[column] = " ".join(parts)
    return found


def _title(sight: Sight, before: int) -> str:
    for row in range(1, before):
        groups = sight.groups(row)
        if len(groups) == 1 and not re.search(r"[:：]", groups[0][2]) and len(groups[0][2]) > 4:
            return groups[0][2]
    return ""


# The body.


@dataclass(frozen=True, slots=True)
class _Body:
    first: int
    last: int
    total: int = 0


def _body(sight: Sight, header: tuple[int, int], where: Where) -> _Body:
    first = where.first_row or header[1] + 1
    total = 0
    if where.first_row is None and _total_text(sight, first):
        total, first = first, first + 1
    last = where.last_row or _body_end(sight, first)
    if not total and _total_text(sight, last + 1):
        total = last + 1
    return _Body(first, max(first, last), total)


def _body_end(sight: Sight, first: int) -> int:
    """Return the last row before the total, the notes, or the end of what is filled or ruled."""
    last, row = first - 1, first
    while row <= max(sight.height, first) + 2000:
        texts = [text for _f, _l, text in sight.groups(row)]
        if _total_text(sight, row) or (texts and NOTE.match(texts[0])):
            break
        if not texts and not sight.is_ruled(row):
            break
        if len(texts) == 1 and len(texts[0]) > LONGEST_HEADING:
            break
        last = row
        row += 1
    return max(last, first)


def _total_text(sight: Sight, row: int) -> bool:
    return any(TOTAL.match(text.replace(" ", "")) for first, _last, text in sight.groups(row) if first <= 3)


# What the table is.


def _shape(
    sight: Sight,
    header: tuple[int, int],
    body: _Body,
    columns: dict[int, str],
    pairs: list[Field],
    schools: Collection[str],
) -> Shape:
    school = _school_column(sight, body, columns, schools)
    if school:
        others = [text for column, text in columns.items() if column != school]
        things = sum(bool(ITEM.search(text)) and not WHOLE.search(text) for text in others)
        return Shape.ITEMS if things and not _lists_schools(sight, body, school, schools) else Shape.ROWS
    if any(SCHOOL.fullmatch(field.label) for field in pairs):
        return Shape.FORM
    labelled = sum(bool(sight.text(row, 1) or sight.text(row, 2)) for row in range(body.first, body.last + 1))
    blank = _blank_cells(sight, body, columns)
    if labelled * 2 >= body.last - body.first + 1 and blank:
        return Shape.TOTAL
    return Shape.FORM


def _school_column(sight: Sight, body: _Body, columns: dict[int, str], schools: Collection[str]) -> int:
    for column, text in columns.items():
        if SCHOOL.fullmatch(text.split(" ")[-1]) or SCHOOL.fullmatch(text):
            return column
    return next((column for column in list(columns)[:4] if _lists_schools(sight, body, column, schools)), 0)


def _lists_schools(sight: Sight, body: _Body, column: int, schools: Collection[str]) -> bool:
    texts = [sight.text(row, column) for row in range(body.first, body.last + 1)]
    filled = [text for text in texts if text]
    known = sum(text in schools or bool(SCHOOL_NAMES.search(text)) for text in filled)
    return len(filled) >= 2 and len(set(filled)) == len(filled) and known * 2 >= len(filled)


def _blank_cells(sight: Sight, body: _Body, columns: dict[int, str]) -> int:
    rows = range(body.first, body.last + 1)
    return sum(not sight.text(row, column) for row in rows for column in columns)


# The fields.


def _column_fields(
    sight: Sight, layout: Layout, columns: dict[int, str], schools: Collection[str]
) -> list[Field]:
    unit = sight.unit_note(layout.header_first)
    body = _Body(layout.first_row, layout.last_row)
    school = _school_column(sight, body, columns, schools)
    found = []
    for column, text in columns.items():
        item = described(
            Field("", text, column),
            unit,
            layout.shape,
            sight.choices(layout.first_row, column),
            sight.format_kind(layout.first_row, column),
        )
        if column == school:
            item = replace(item, use=Use.SCHOOL, source="", required=False)
        elif item.use == Use.SCHOOL:
            item = replace(item, use=Use.ASKED, required=True)
        elif sight.is_formula(layout.first_row, column):
            item = replace(item, use=Use.FORMULA, source="", required=False)
        found.append(item)
    return found


def _table_cells(sight: Sight, layout: Layout, columns: dict[int, str], extra: list[Field]) -> list[Field]:
    unit = sight.unit_note(layout.header_first)
    labels = _label_columns(sight, layout, columns)
    found = list(extra)
    taken = {(item.row, item.column) for item in extra}
    for row in range(layout.first_row, layout.last_row + 1):
        group = " ".join(dict.fromkeys(filter(None, (sight.text(row, column) for column in labels))))
        for column, text in columns.items():
            if column in labels or (row, column) in taken or not sight.anchored(row, column):
                continue
            if sight.text(row, column) and not sight.is_formula(row, column):
                continue
            item = described(
                Field("", text, column, row, group),
                unit,
                layout.shape,
                sight.choices(row, column),
                sight.format_kind(row, column),
            )
            if sight.is_formula(row, column):
                item = replace(item, use=Use.FORMULA, source="", required=False)
            elif item.use not in {Use.ASKED, Use.KNOWN}:
                item = replace(item, use=Use.ASKED)
            found.append(item)
    return found


def _label_columns(sight: Sight, layout: Layout, columns: dict[int, str]) -> list[int]:
    """Return the columns on the left that name the rows."""
    rows = range(layout.first_row, layout.last_row + 1)
    found = []
    for column in columns:
        filled = sum(bool(sight.text(row, column)) and not sight.is_formula(row, column) for row in rows)
        if filled * 2 < len(rows):
            break
        found.append(column)
    return found or list(columns)[:1]


def _form(sight: Sight, pairs: list[Field], shape: Shape) -> Layout:
    rows = [item.row for item in pairs] or [1]
    title = _title(sight, min(rows)) or next((t for _f, _l, t in sight.groups(1)), "")
    return Layout(
        sheet=sight.sheet.title,
        shape=shape,
        title=title,
        header_first=1,
        header_last=1,
        first_row=min(rows),
        last_row=max(rows),
        fields=tuple(pairs),
    )


def _pairs(sight: Sight) -> list[Field]:
    """Return the blanks that stand to the right of a label, as forms have them."""
    found = []
    unit = sight.unit_note(sight.height)
    for row in range(1, sight.height + 1):
        for first, last, text in sight.groups(row):
            blank = last + 1
            if not _is_label(sight, row, first, text) or not _is_blank(sight, row, blank):
                continue
            label = re.sub(r"[:：]\s*$", "", text)
            choices, form = sight.choices(row, blank), sight.format_kind(row, blank)
            item = described(Field("", label, blank, row), unit, Shape.FORM, choices, form)
            found.append(item)
    return found


def _is_label(sight: Sight, row: int, column: int, text: str) -> bool:
    area = sight.areas.get((row, column))
    if area is not None and area.min_row != row:
        return False
    return len(text) <= LONGEST_HEADING and not _is_number(text) and not sight.is_formula(row, column)


def _is_blank(sight: Sight, row: int, column: int) -> bool:
    """Whether a blank to be filled begins here: empty, and ruled or merged or under the sheet's last column."""
    if sight.text(row, column) or not sight.anchored(row, column):
        return False
    cell = sight.sheet.cell(row, column)
    ruled = bool(cell.border.bottom.style or cell.border.top.style)
    return ruled or (row, column) in sight.areas


# Rules.


def _finished(layout: Layout) -> Layout:
    fields = with_keys(layout.fields)
    layout = replace(layout, fields=fields)
    return replace(layout, checks=tuple(_typed_totals(layout)))


def _typed_totals(layout: Layout) -> list[Check]:
    """Return the sums that people type: a column 合计 beside its parts under the same main heading."""
    found = []
    fields = [item for item in layout.fields if item.is_answer and item.kind in NUMERIC]
    for item in fields:
        head, _space, tail = item.label.rpartition(" ")
        if not TOTAL.match(tail):
            continue
        parts = [
            other.key
            for other in fields
            if other is not item and other.row == item.row and other.label.rpartition(" ")[0] == head
        ]
        if len(parts) >= 2 and head:
            found.append(Check(CheckKind.SUM, item.key, tuple(parts)))
    return found
