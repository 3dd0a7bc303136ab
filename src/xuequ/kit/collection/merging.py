"""All schools' answers merged back into the upper unit's own workbook."""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from xuequ.kit.collection.choices import NUMERIC, Shape, Use
from xuequ.kit.collection.content import Content, Line
from xuequ.kit.collection.filling import Place, cell_of, lines_of, sheet_of, write_answer, write_line
from xuequ.kit.collection.layout import Field, Layout
from xuequ.kit.collection.stretching import clear_body, resize_body
from xuequ.kit.collection.values import exact_sum
from xuequ.kit.collection.workbook import at, load, put, saved, text_of


@dataclass(frozen=True, slots=True)
class Answered:
    """A school that has answered, and what."""

    place: Place
    content: Content


def merged_book(original: bytes, layout: Layout, answers: Sequence[Answered]) -> bytes:
    """Return the upper unit's workbook with all answers; they stand in the order of its own list, else as given."""
    book = load(original)
    sheet = sheet_of(book, layout)
    match layout.shape:
        case Shape.FORM:
            _write_forms(book, sheet, layout, answers)
        case Shape.TOTAL:
            _write_sums(sheet, layout, answers)
        case _:
            _write_rows(book, sheet, layout, answers)
    return saved(book)


def listed_rows(sheet: Worksheet, layout: Layout) -> dict[int, str]:
    """Return the body's rows in which the upper unit has already written a school, with what it calls it."""
    columns = [item.column for item in layout.of_use(Use.SCHOOL, Use.CODE)]
    rows = range(layout.first_row, layout.last_row + 1)
    found = {}
    for row in rows:
        texts = [text for column in columns if (text := text_of(at(sheet, row, column).value))]
        if texts and not texts[0].startswith("="):
            found[row] = texts[0]
    return found


def row_of(listed: dict[int, str], place: Place) -> int:
    """Return the row of a school in the unit's list; 0 when it stands in none."""
    return next((row for row, text in listed.items() if "".join(text.split()) in place.names), 0)


def _write_rows(book: Workbook, sheet: Worksheet, layout: Layout, answers: Sequence[Answered]) -> None:
    listed = listed_rows(sheet, layout) if layout.shape == Shape.ROWS else {}
    own = {row_of(listed, answer.place): answer for answer in answers}
    rows = _lines_in_order(layout, answers)
    if listed and own.keys() - {0}:
        rest = [line for line in rows if not row_of(listed, line[0].place)]
        height = layout.last_row - layout.first_row + 1
        resize_body(book, sheet, layout.first_row, layout.last_row, height + len(rest))
        for row, answer in own.items():
            if row:
                _write_one(sheet, layout, answer, lines_of(layout, answer.content)[0], row)
        for place, (answer, line) in enumerate(rest):
            _write_one(sheet, layout, answer, line, layout.first_row + height + place)
        height += len(rest)
    else:
        height = max(len(rows), 1)
        resize_body(book, sheet, layout.first_row, layout.last_row, height)
        clear_body(sheet, layout.first_row, layout.first_row + height - 1)
        for place, (answer, line) in enumerate(rows):
            _write_one(sheet, layout, answer, line, layout.first_row + place)
    _write_totals(sheet, layout, height, [(answer.content, line) for answer, line in rows])


def _lines_in_order(layout: Layout, answers: Sequence[Answered]) -> list[tuple[Answered, Line]]:
    if layout.shape == Shape.ROWS:
        return [(answer, lines_of(layout, answer.content)[0]) for answer in answers]
    return [(answer, line) for answer in answers for line in answer.content.lines]


def _write_one(sheet: Worksheet, layout: Layout, answer: Answered, line: Line, row: int) -> None:
    number = row - layout.first_row + 1
    write_line(sheet, layout, answer.place, answer.content, line, row, number)


def _write_totals(sheet: Worksheet, layout: Layout, height: int, lines: list[tuple[Content, Line]]) -> None:
    """Write sums where the unit's own row of totals holds no formula."""
    if not layout.total_row:
        return
    below = layout.total_row > layout.last_row
    row = layout.total_row + (height - (layout.last_row - layout.first_row + 1) if below else 0)
    for item in layout.answers:
        cell = sheet.cell(row, item.column)
        if item.kind in NUMERIC and isinstance(cell, Cell) and cell.value is None:
            numbers = [_number(content.value(line, item.key)) for content, line in lines]
            given = [number for number in numbers if number is not None]
            if given:
                put(cell, exact_sum(given))


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def _write_sums(sheet: Worksheet, layout: Layout, answers: Sequence[Answered]) -> None:
    for item in layout.answers:
        values = [answer.content.value(answer.content.single, item.key) for answer in answers]
        write_answer(cell_of(sheet, item, item.row), item, summed(item, values))


def summed(item: Field, values: Sequence[int | float | str | None]) -> int | float | str | None:
    """Return the schools' figures added up; texts are put one after the other."""
    if item.kind in NUMERIC:
        numbers = [value for value in values if isinstance(value, int | float)]
        return exact_sum(numbers) if numbers else None
    texts = dict.fromkeys(str(value) for value in values if value is not None)
    return "；".join(texts) or None


def _write_forms(book: Workbook, sheet: Worksheet, layout: Layout, answers: Sequence[Answered]) -> None:
    taken = {title.casefold() for title in book.sheetnames}
    copies = [_copied(book, sheet, answer.place, taken) for answer in answers]
    for number, (page, answer) in enumerate(zip(copies, answers, strict=True), start=1):
        write_line(page, layout, answer.place, answer.content, answer.content.single, 0, number)
    if copies and not _is_read_elsewhere(book, sheet, copies):
        book.remove(sheet)


def _copied(book: Workbook, sheet: Worksheet, place: Place, taken: set[str]) -> Worksheet:
    page = book.copy_worksheet(sheet)
    page.title = _free_title(place.short or place.name, taken)
    for rule in sheet.data_validations.dataValidation:
        page.add_data_validation(copy.copy(rule))
    for entry in sheet.conditional_formatting:
        for rule in entry.rules:
            page.conditional_formatting.add(str(entry.sqref), rule)
    return page


def _free_title(name: str, taken: set[str]) -> str:
    plain = re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:28] or "?"
    title, number = plain, 1
    while title.casefold() in taken:
        number += 1
        title = f"{plain} {number}"
    taken.add(title.casefold())
    return title


def _is_read_elsewhere(book: Workbook, sheet: Worksheet, copies: Sequence[Worksheet]) -> bool:
    others = [page for page in book.worksheets if page is not sheet and page not in copies]
    return any(
        isinstance(cell.value, str) and cell.value.startswith("=") and sheet.title in cell.value
        for page in others
        for row in page.iter_rows()
        for cell in row
    )
