"""The questionnaire as an Excel sheet, one row for each answer: the template, and reading it with errors by cell."""

import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.core.formulas import guard_formula
from xuequ.kit.questionnaires.results import options as all_options
from xuequ.kit.questionnaires.schema import COMMENT, Choice, Form, Input, Question, QuestionType
from xuequ.kit.questionnaires.validation import judge
from xuequ.kit.questionnaires.wording import fault_text

FIRST_ROW = 3
ROWS = 500
MOST_ROWS = 5000
YES = frozenset({"1", "1.0", "√", "✓", "✔", "是", "y", "yes", "true", "x", "v", "对"})
NO = frozenset({"", "0", "0.0", "否", "n", "no", "false", "-", "×"})
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the sheet: a question, one of its choices or rows, or what stands beside "other"."""

    key: str
    heading: str
    question: Question
    part: str | int | None = None


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell."""

    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class SheetAnswers:
    """The answers of a sheet, and what is wrong with them; with a problem nothing may be stored."""

    answers: tuple[Mapping[str, Any], ...]
    problems: tuple[CellProblem, ...]


def columns(form: Form, language: str = "zh") -> list[Column]:
    """Return the columns of the sheet in the order of the form."""
    return [
        column
        for number, question in enumerate(form.questions.values(), start=1)
        for column in _columns(number, question, language)
    ]


def _columns(number: int, question: Question, language: str) -> Iterator[Column]:
    title = f"{number}. {question.shown_title.said(language)}"
    match question.type:
        case QuestionType.CHECKBOX:
            parts: Sequence[Choice] = question.options
        case QuestionType.MATRIX:
            parts = question.rows
        case _:
            parts = ()
            yield Column(question.name, title, question)
    for part in parts:
        yield Column(
            f"{question.name}={part.value}", f"{title}：{part.label.said(language)}", question, part.value
        )
    if question.other:
        yield Column(
            f"{question.name}{COMMENT}", f"{title}：{question.other_label.said(language)}…", question
        )


def template(form: Form, title: str) -> bytes:
    """Return the sheet to fill in: headings, keys in a small second row, choices as drop-downs."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "填报"
    lists = book.create_sheet("选项")
    lists.sheet_state = "hidden"
    for place, column in enumerate(columns(form), start=1):
        letter = get_column_letter(place)
        head = sheet.cell(1, place, guard_formula(column.heading))
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        key = sheet.cell(2, place, column.key)
        key.font = Font(size=8, color="888888")
        sheet.column_dimensions[letter].width = 18
        _offer(sheet, lists, place, letter, choices_of(column))
    sheet.freeze_panes = f"A{FIRST_ROW}"
    book.properties.title = title
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _offer(sheet: Any, lists: Any, place: int, letter: str, words: Sequence[str]) -> None:
    """Give a column its drop-down; the words stand on a hidden sheet, as a list in the cell may be too long."""
    from openpyxl.worksheet.datavalidation import DataValidation

    if not words:
        return
    for row, word in enumerate(words, start=1):
        lists.cell(row, place, guard_formula(word))
    rule = DataValidation("list", formula1=f"选项!${letter}$1:${letter}${len(words)}", allow_blank=True)
    rule.error, rule.errorTitle, rule.showErrorMessage = "请从下拉列表中选择", "填报", True
    sheet.add_data_validation(rule)
    rule.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + ROWS - 1}")


def choices_of(column: Column) -> list[str]:
    """Return the words among which a cell of the column chooses; none for what is written freely."""
    question = column.question
    if column.key.endswith(COMMENT):
        return []
    if question.type == QuestionType.CHECKBOX:
        return ["√"]
    if question.type == QuestionType.MATRIX:
        return [one.label.zh for one in question.choices]
    if question.type in {QuestionType.TEXT, QuestionType.COMMENT}:
        return []
    return [label.zh for _key, label in all_options(question)]


def read(form: Form, content: bytes) -> SheetAnswers:
    """Read a filled sheet; ``Refused`` when it is not this questionnaire's."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ValueError) as error:
        raise Refused(
            _("The file is damaged and cannot be opened; save it again in Excel or WPS.")
        ) from error
    found = _placed(form, rows)
    filled = [
        (number, row)
        for number, row in enumerate(rows, start=1)
        if number >= FIRST_ROW and any(map(_text, row))
    ]
    if not filled:
        raise Refused(_("The sheet holds no answers yet; write one answer in each row from row 3 on."))
    if len(filled) > MOST_ROWS:
        raise Refused(_("The sheet has more than %(limit)d answers; split it.") % {"limit": MOST_ROWS})
    return _judged(form, found, filled)


def _placed(form: Form, rows: Sequence[Sequence[Any]]) -> dict[int, Column]:
    """Return the columns by place, found by their keys so that their order does not matter."""
    keys = {column.key: column for column in columns(form)}
    line = [_text(value) for value in rows[1]] if len(rows) > 1 else []
    found = {place: keys[key] for place, key in enumerate(line) if key in keys}
    missing = set(keys) - {column.key for column in found.values()}
    if missing:
        raise Refused(
            _(
                "This is not the template of this questionnaire: in row 2 the key “%(key)s” is missing. "
                "Take the template again and copy the answers into it."
            )
            % {"key": min(missing)}
        )
    return found


def _judged(
    form: Form, found: Mapping[int, Column], filled: Sequence[tuple[int, Sequence[Any]]]
) -> SheetAnswers:
    answers, problems = [], []
    for number, row in filled:
        data, wrong = _row(found, row)
        verdict = judge(form, data)
        named = {column.question.name: place for place, column in sorted(found.items(), reverse=True)}
        problems += [CellProblem(_cell(place, number), message) for place, message in wrong.items()]
        taken = {found[place].question.name for place in wrong}
        problems += [
            CellProblem(_cell(named[name], number), " ".join(fault_text(fault) for fault in faults))
            for name, faults in verdict.faults.items()
            if name not in taken
        ]
        dropped = [name for name in data if name in form.questions and name not in verdict.visible]
        problems += [
            CellProblem(
                _cell(named[name], number), _("With the other answers this is not asked; leave it empty.")
            )
            for name in dropped
        ]
        answers.append(verdict.data)
    return SheetAnswers(tuple(answers), tuple(problems))


def _row(found: Mapping[int, Column], row: Sequence[Any]) -> tuple[dict[str, Any], dict[int, str]]:
    """Return a row's answers as the browser would send them, and what cannot be read, by place."""
    data: dict[str, Any] = {}
    wrong: dict[int, str] = {}
    for place, column in found.items():
        value = row[place] if place < len(row) else ""
        if _text(value) == "":
            continue
        try:
            _put(data, column, value)
        except ValueError as error:
            wrong[place] = str(error)
    return data, wrong


def _put(data: dict[str, Any], column: Column, value: Any) -> None:
    question = column.question
    if column.key.endswith(COMMENT):
        data[column.key] = _text(value)
    elif question.type == QuestionType.CHECKBOX:
        if _ticked(value):
            data.setdefault(question.name, []).append(column.part)
    elif question.type == QuestionType.MATRIX:
        data.setdefault(question.name, {})[column.part] = _choice(question.choices, value)
    elif question.type in {QuestionType.TEXT, QuestionType.COMMENT}:
        data[question.name] = _typed(question, value)
    else:
        data[question.name] = _one(question, value)


def _ticked(value: Any) -> bool:
    said = _folded(value)
    if said not in YES | NO:
        raise ValueError(_("Write √ for chosen and leave the others empty."))
    return said in YES


def _one(question: Question, value: Any) -> Any:
    if question.type == QuestionType.BOOLEAN:
        labels = {_folded(question.true_label.zh): True, _folded(question.false_label.zh): False}
        said = _folded(value)
        if said in labels:
            return labels[said]
        return _ticked(value)
    if question.type == QuestionType.RATING:
        steps = {_folded(label.zh): int(key) for key, label in all_options(question)}
        steps |= {str(step): step for step in question.scale}
        return _found(steps, value)
    return _choice(question.options, value)


def _choice(choices: Sequence[Choice], value: Any) -> str | int:
    known: dict[str, Any] = {_folded(one.value): one.value for one in choices}
    known |= {_folded(label): one.value for one in choices for label in (one.label.en, one.label.zh) if label}
    found: str | int = _found(known, value)
    return found


def _found(known: Mapping[str, Any], value: Any) -> Any:
    said = _folded(value)
    if said not in known:
        raise ValueError(_("“%(value)s” is not one of the choices.") % {"value": _text(value)[:40]})
    return known[said]


def _typed(question: Question, value: Any) -> Any:
    if question.input == Input.NUMBER:
        try:
            number = float(value if isinstance(value, int | float) else _folded(value).replace(",", ""))
        except ValueError as error:
            raise ValueError(_("“%(value)s” is not a number.") % {"value": _text(value)[:40]}) from error
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    if question.input == Input.DATE:
        return _day(value)
    return _text(value)


def _day(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    refusal = ValueError(_("“%(value)s” is not a date; write 2026-09-01.") % {"value": _text(value)[:40]})
    match = _DAY.fullmatch(_folded(value))
    if match is None:
        raise refusal
    year, month, day = (int(part) for part in match.groups())
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError as error:
        raise refusal from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _folded(value: Any) -> str:
    return " ".join(unicodedata.normalize("NFKC", _text(value)).split()).lower()


def _cell(place: int, row: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(place + 1)}{row}"
