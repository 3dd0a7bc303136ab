"""What the answers of a round say, counted; small cells are hidden before anything is shown."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Any

from xuequ.kit.questionnaires import expressions
from xuequ.kit.questionnaires.carefulness import Care, signs
from xuequ.kit.questionnaires.schema import COMMENT, OTHER, Choice, Form, Input, Label, Question, QuestionType
from xuequ.kit.questionnaires.validation import visible_names

SMALLEST = 5
"""Fewer people than this stay hidden."""
MOST_TEXTS = 100


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as far as counting needs it."""

    data: dict[str, Any]
    seconds: int | None
    school_id: int | None
    grade: int | None


@dataclass
class Tally:
    """What was answered to one question. ``asked`` saw it; ``counts`` is by choice, for a matrix by row and choice."""

    asked: int = 0
    answered: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    numbers: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def mean(self) -> float | None:
        return fmean(self.numbers) if self.numbers else None

    @property
    def middle(self) -> float | None:
        return median(self.numbers) if self.numbers else None


@dataclass(frozen=True)
class Results:
    """Everything that the results page shows: the number of answers, a tally by question, the signs of care."""

    total: int
    tallies: Mapping[str, Tally]
    care: Care
    left_out: int = 0


def count(form: Form, given: Sequence[Given], contradiction: str = "", *, careful: bool = False) -> Results:
    """Count all answers; ``careful`` leaves out those that show a sign of carelessness."""
    care, kept = sorted_out(form, given, contradiction, careful=careful)
    tallies = {name: Tally() for name in form.questions}
    conditional = any(placed.conditions for placed in form.placed)
    for one in kept:
        seen = visible_names(form, one.data) if conditional else form.questions
        for name in seen:
            _add(tallies[name], form.questions[name], one.data)
    return Results(len(kept), tallies, care, len(given) - len(kept))


def sorted_out(
    form: Form, given: Sequence[Given], contradiction: str = "", *, careful: bool = False
) -> tuple[Care, list[Given]]:
    """Return the signs of carelessness, and the answers that are counted."""
    node = expressions.parse(contradiction, known_to(form)) if contradiction else None
    care, flagged = signs(form, [one.data for one in given], [one.seconds for one in given], node)
    return care, [one for one, flag in zip(given, flagged, strict=True) if not (careful and flag)]


def known_to(form: Form) -> expressions.Known:
    """Return what conditions about a form may name."""
    return {
        name.lower(): {str(row.value).lower(): question.kind for row in question.rows} or question.kind
        for name, question in form.questions.items()
    }


def _add(tally: Tally, question: Question, data: Mapping[str, Any]) -> None:
    tally.asked += 1
    value = data.get(question.name)
    if value is None:
        return
    tally.answered += 1
    tally.counts.update(keys_of(question, value))
    if question.type == QuestionType.RATING or question.input == Input.NUMBER:
        tally.numbers.append(float(value))
    text = data.get(f"{question.name}{COMMENT}") if question.other else None
    if is_open(question):
        text = str(value)
    if text and len(tally.texts) < MOST_TEXTS:
        tally.texts.append(text)


def is_open(question: Question) -> bool:
    """Whether the answer is written and not counted."""
    return question.type in {QuestionType.TEXT, QuestionType.COMMENT} and question.input != Input.NUMBER


def is_counted(question: Question) -> bool:
    """Whether the answers fall into a few choices."""
    return question.type not in {QuestionType.TEXT, QuestionType.COMMENT}


def keys_of(question: Question, value: Any) -> list[str]:
    """Return the keys under which an answer is counted."""
    if question.type == QuestionType.MATRIX:
        return [f"{row}.{column}" for row, column in value.items()]
    if not is_counted(question):
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def options(question: Question) -> list[tuple[str, Label]]:
    """Return all that can be counted, by key, in the order of the form."""
    match question.type:
        case QuestionType.BOOLEAN:
            return [("True", question.true_label), ("False", question.false_label)]
        case QuestionType.RATING:
            return [(str(step), _step_label(question, step)) for step in question.scale]
        case QuestionType.MATRIX:
            return [
                (f"{row.value}.{one.value}", _joined(row, one))
                for row in question.rows
                for one in question.choices
            ]
    return [(str(one.value), one.label) for one in question.options]


def _step_label(question: Question, step: int) -> Label:
    ends = {question.scale[0]: question.low_label, question.scale[-1]: question.high_label}
    label = ends.get(step)
    if not label:
        return Label(str(step))
    return Label(f"{step} {label.zh}", f"{step} {label.en}" if label.en else "")


def _joined(row: Choice, column: Choice) -> Label:
    english = f"{row.label.en} · {column.label.en}" if row.label.en and column.label.en else ""
    return Label(f"{row.label.zh} · {column.label.zh}", english)


def hidden(counts: Sequence[int], *, parts: bool) -> list[int | None]:
    """Return the counts with 1 to 4 left out; of ``parts`` of a known whole never just one, which could be computed."""
    shown: list[int | None] = [None if 0 < one < SMALLEST else one for one in counts]
    if parts and shown.count(None) == 1 and len(shown) > 1:
        left = [place for place, one in enumerate(shown) if one is not None]
        # The smallest of the rest goes too; an empty cell says as much as a full one, so it is taken last.
        second = min(left, key=lambda place: (counts[place] == 0, counts[place]))
        shown[second] = None
    return shown


@dataclass(frozen=True, slots=True)
class Cross:
    """Two questions against each other: ``cells[row][column]``, with each row's whole; None is hidden."""

    rows: tuple[tuple[str, Label], ...]
    columns: tuple[tuple[str, Label], ...]
    cells: tuple[tuple[int | None, ...], ...]
    totals: tuple[int | None, ...]
    counted: int
    without: int


def cross(form: Form, given: Iterable[Given], row: str, column: str) -> Cross:
    """Count the answers to ``column`` for each answer to ``row``; ``without`` counts who answered only one of them."""
    first, second = form.questions[row], form.questions[column]
    rows, columns = options(first), options(second)
    found: Counter[tuple[str, str]] = Counter()
    counted = without = 0
    for one in given:
        if one.data.get(row) is None or one.data.get(column) is None:
            without += 1
            continue
        counted += 1
        across = keys_of(second, one.data[column])
        found.update((key, other) for key in keys_of(first, one.data[row]) for other in across)
    cells = [[found[key, other] for other, _label in columns] for key, _label in rows]
    parts = second.type not in {QuestionType.CHECKBOX, QuestionType.MATRIX}
    shown = _hide_both_ways([hidden(line, parts=parts) for line in cells], cells)
    totals = tuple(_total(line, seen, parts=parts) for line, seen in zip(cells, shown, strict=True))
    return Cross(tuple(rows), tuple(columns), tuple(tuple(line) for line in shown), totals, counted, without)


def _hide_both_ways(shown: list[list[int | None]], cells: list[list[int]]) -> list[list[int | None]]:
    """Hide a second cell in every column that has just one hidden, so that a column's whole does not give it away."""
    for place in range(len(cells[0]) if cells else 0):
        column = [line[place] for line in shown]
        if column.count(None) == 1 and len(column) > 1:
            left = [row for row, one in enumerate(column) if one is not None]
            second = min(left, key=lambda row: (cells[row][place] == 0, cells[row][place]))
            shown[second][place] = None
    return shown


def _total(line: Sequence[int], shown: Sequence[int | None], *, parts: bool) -> int | None:
    """Return a row's whole, unless it is small itself or would give a single hidden cell away."""
    whole = sum(line)
    if not parts or 0 < whole < SMALLEST or list(shown).count(None) == 1:
        return None
    return whole


def text_of(question: Question, data: Mapping[str, Any], language: str) -> str:
    """Return an answer in words, as it stands in an export."""
    value = data.get(question.name)
    if value is None:
        return ""
    if question.type == QuestionType.MATRIX:
        columns = {str(one.value): one.label.said(language) for one in question.choices}
        rows = {str(one.value): one.label.said(language) for one in question.rows}
        return "; ".join(f"{rows[row]}: {columns[str(one)]}" for row, one in value.items())
    if not is_counted(question):
        return f"{value:g}" if isinstance(value, float) else str(value)
    labels = {key: label.said(language) for key, label in options(question)}
    words = [labels.get(key, key) for key in keys_of(question, value)]
    comment = data.get(f"{question.name}{COMMENT}")
    if comment and OTHER in keys_of(question, value):
        words[-1:] = (
            [f"{words[-1]}: {comment}"] if keys_of(question, value)[-1] == OTHER else [words[-1], comment]
        )
    return "; ".join(words)
