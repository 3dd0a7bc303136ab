"""The figures of the results page: bars by choice, two questions crossed, answers by school."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Withheld
from xuequ.kit.questionnaires import results
from xuequ.kit.questionnaires.results import SMALLEST, Cross, Results, Tally
from xuequ.kit.questionnaires.schema import Form, Question, QuestionType


@dataclass(frozen=True, slots=True)
class Shown:
    """One question on the results page."""

    number: int
    title: str
    asked: int
    answered: int
    figure: Figure | None
    mean: float | None
    middle: float | None
    texts: Sequence[str]


def shown(form: Form, found: Results, language: str) -> list[Shown]:
    """Return every question with its figure; what fewer than five people answered is left out."""
    return [
        _shown(number, question, found.tallies[name], language)
        for number, (name, question) in enumerate(form.questions.items(), start=1)
    ]


def _shown(number: int, question: Question, tally: Tally, language: str) -> Shown:
    title = question.shown_title.said(language)
    if 0 < tally.answered < SMALLEST:
        return Shown(number, title, tally.asked, tally.answered, None, None, None, ())
    draw = _grid if question.type == QuestionType.MATRIX else _bars
    figure = (
        draw(question, tally, title, language) if results.is_counted(question) and tally.answered else None
    )
    return Shown(number, title, tally.asked, tally.answered, figure, tally.mean, tally.middle, tally.texts)


def lines(
    question: Question, tally: Tally, language: str
) -> Iterator[tuple[str, str, int | None, float | None]]:
    """Yield key, label, count and share of each choice; small counts are None."""
    listed = results.options(question)
    if question.type == QuestionType.MATRIX:
        width = len(question.choices)
        groups = [listed[start : start + width] for start in range(0, len(listed), width)]
    else:
        groups = [listed]
    parts = question.type != QuestionType.CHECKBOX
    for group in groups:
        counts = [tally.counts[key] for key, _label in group]
        whole = sum(counts) if question.type == QuestionType.MATRIX else tally.answered
        for (key, label), count in zip(group, results.hidden(counts, parts=parts), strict=True):
            yield key, label.said(language), count, count / whole if count is not None and whole else None


def _bars(question: Question, tally: Tally, title: str, language: str) -> Figure:
    rows = [
        Row(
            key,
            (label, count if count is not None else Withheld(), share if share is not None else Withheld()),
        )
        for key, label, count, share in lines(question, tally, language)
    ]
    several = question.type == QuestionType.CHECKBOX
    return Figure(
        code=f"question-{question.name}",
        kind=FigureKind.BARS,
        title=title,
        columns=(
            Column("choice", _("Choice")),
            Column("count", _("Answers"), ColumnKind.INTEGER),
            Column("share", _("Share"), ColumnKind.PERCENT, decimals=1),
        ),
        rows=tuple(rows),
        roles={"label": "choice", "value": "share"},
        caption=_(
            "Share of those who answered; several choices were possible, so the shares add up to more than 100 %."
        )
        if several
        else _("Share of those who answered. Counts from one to four are hidden."),
        alt=_("Bars show the share of each choice."),
    )


def _grid(question: Question, tally: Tally, title: str, language: str) -> Figure:
    pairs = [(row, column) for row in question.rows for column in question.choices]
    rows = [
        Row(key, (row.label.said(language), column.label.said(language), *_cells_of(count, share)))
        for (row, column), (key, _label, count, share) in zip(
            pairs, lines(question, tally, language), strict=True
        )
    ]
    return Figure(
        code=f"question-{question.name}",
        kind=FigureKind.MATRIX,
        title=title,
        columns=(
            Column("row", _("Statement")),
            Column("column", _("Choice")),
            Column("count", _("Answers"), ColumnKind.INTEGER),
            Column("share", _("Share of the row"), ColumnKind.PERCENT, decimals=1),
        ),
        rows=tuple(rows),
        roles={"label": "row", "column": "column", "value": "share"},
        caption=_("Share of those who answered the row. Counts from one to four are hidden."),
        alt=_("A table of shades shows the share of each answer in each row."),
    )


def _cells_of(count: int | None, share: float | None) -> tuple[Any, Any]:
    return (count, share) if count is not None and share is not None else (Withheld(), Withheld())


def crossing(form: Form, crossed: Cross, row: str, column: str, language: str) -> Figure:
    """Return two questions against each other, as counts and shares of each row."""
    first, second = (
        form.questions[row].shown_title.said(language),
        form.questions[column].shown_title.said(language),
    )
    rows = [
        Row(f"{key}|{other}", (label.said(language), text.said(language), *_cells(count, total)))
        for (key, label), line, total in zip(crossed.rows, crossed.cells, crossed.totals, strict=True)
        for (other, text), count in zip(crossed.columns, line, strict=True)
    ]
    return Figure(
        code=f"cross-{row}-{column}",
        kind=FigureKind.MATRIX,
        title=_("%(first)s by %(second)s") % {"first": first, "second": second},
        columns=(
            Column("row", first),
            Column("column", second),
            Column("count", _("Answers"), ColumnKind.INTEGER),
            Column("share", _("Share of the row"), ColumnKind.PERCENT, decimals=1),
        ),
        rows=tuple(rows),
        roles={"label": "row", "column": "column", "value": "share"},
        caption=_(
            "%(counted)d answered both questions, %(without)d only one or none of them and are not counted. "
            "Cells with one to four answers are hidden, and others where they could be computed from the rest."
        )
        % {"counted": crossed.counted, "without": crossed.without},
        alt=_("A table of shades shows the share of each answer in each row."),
    )


def _cells(count: int | None, total: int | None) -> tuple[Any, Any]:
    if count is None:
        return Withheld(), Withheld()
    return count, (count / total if total else (0.0 if total == 0 else Withheld()))
