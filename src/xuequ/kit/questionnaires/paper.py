"""The questionnaire on paper: A4 with boxes and lines, question numbers and hints where to go on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xuequ.core.rendering.printing import print_pdf
from xuequ.kit.questionnaires import expressions
from xuequ.kit.questionnaires.expressions import Comparison, Joined, Literal, Name, Node
from xuequ.kit.questionnaires.results import options
from xuequ.kit.questionnaires.schema import Form, Input, Panel, Placed, Question, QuestionType

TEMPLATE = Path(__file__).resolve().with_name("paper.typ")
STAMP = 1_767_225_600  # the file's own date says nothing; the same form gives the same bytes


def paper(form: Form, *, title: str, lines: Sequence[str] = (), code: str = "") -> bytes:
    """Return the questionnaire as PDF; FontError names a sign that cannot be printed."""
    content = _content(form, title, lines, code)
    return print_pdf(TEMPLATE, content, name="form", pdf_standards=["ua-1"], timestamp=STAMP)


def _content(form: Form, title: str, lines: Sequence[str], code: str) -> dict[str, Any]:
    language = get_language() or "zh-hans"
    chinese = language.startswith("zh")
    return {
        "lang": "zh" if chinese else "en",
        "title": title,
        "code": code,
        "lines": [line for line in (form.description.said(language), *lines) if line],
        "how": _(
            "Tick □ to choose; write on the lines. Questions marked * are answered by everybody who is asked them."
        ),
        "end": _("Thank you. Please hand this sheet to whoever gave it to you."),
        "blocks": _blocks(form, language),
    }


def _blocks(form: Form, language: str) -> list[dict[str, Any]]:
    numbers = {placed.question.name: number for number, placed in enumerate(form.placed, start=1)}
    blocks: list[dict[str, Any]] = []
    around: object = None
    for placed in form.placed:
        part: Any = placed.panel or placed.page
        if part is not around and part.title:
            blocks.append(
                {"kind": "heading", "text": part.title.said(language), "deep": isinstance(part, Panel)}
            )
        around = part
        blocks.append(_question(form, placed, numbers, language))
    return blocks


def _question(form: Form, placed: Placed, numbers: dict[str, int], language: str) -> dict[str, Any]:
    question = placed.question
    return {
        "kind": question.type.value if question.input != Input.NUMBER else "number",
        "number": numbers[question.name],
        "title": question.shown_title.said(language),
        "required": question.required,
        "note": question.description.said(language),
        "only": only_if(placed, form, language),
        "several": _("more than one may be chosen") if question.type == QuestionType.CHECKBOX else "",
        "options": _options(form, question, numbers, language),
        "rows": [row.label.said(language) for row in question.rows],
        "columns": [one.label.said(language) for one in question.choices] if question.rows else [],
    }


def _options(form: Form, question: Question, numbers: dict[str, int], language: str) -> list[dict[str, Any]]:
    if question.type in {QuestionType.TEXT, QuestionType.COMMENT, QuestionType.MATRIX}:
        return []
    shown = []
    for (key, label), value in zip(options(question), _values(question), strict=True):
        target = skip_to(form, question, value)
        hint = ""
        if target is not None:
            hint = (
                _("→ go to question %(number)d") % {"number": numbers[target]}
                if target
                else _("→ go to the end")
            )
        shown.append({"text": label.said(language), "hint": hint, "line": question.other and key == "other"})
    return shown


def _values(question: Question) -> list[Any]:
    if question.type == QuestionType.BOOLEAN:
        return [True, False]
    if question.type == QuestionType.RATING:
        return list(question.scale)
    return [one.value for one in question.options]


def skip_to(form: Form, question: Question, value: Any) -> str | None:
    """Return the question to go on with after this answer; None for the very next one, "" for the end.

    Only what this answer alone decides is skipped.
    """
    if question.type == QuestionType.CHECKBOX:
        return None
    placed = form.placed
    place = [one.question.name for one in placed].index(question.name) + 1
    skipped = 0
    for later in placed[place:]:
        if not _is_ruled_out(later, question.name, value):
            return later.question.name if skipped else None
        skipped += 1
    return "" if skipped else None


def _is_ruled_out(placed: Placed, name: str, value: Any) -> bool:
    own = [node for node in placed.conditions if expressions.names(node) == {name.lower()}]
    return any(not expressions.holds(node, {name.lower(): value}) for node in own)


def only_if(placed: Placed, form: Form, language: str) -> str:
    """Return in words when a question is asked, or nothing for one that always is."""
    if not placed.conditions:
        return ""
    parts = [_words(node, form, language) for node in placed.conditions]
    if not all(parts):
        return _("only if it follows from your answers above")
    return _("only if %(conditions)s") % {"conditions": _(" and ").join(part for part in parts if part)}


def _words(node: Node, form: Form, language: str) -> str | None:
    if isinstance(node, Joined):
        parts = [_words(part, form, language) for part in node.parts]
        word = _(" and ") if node.word == "and" else _(" or ")
        return word.join(part for part in parts if part) if all(parts) else None
    if not isinstance(node, Comparison) or node.operator not in {"=", "contains", "anyof"}:
        return None
    if not isinstance(node.left, Name) or node.left.row or not isinstance(node.right, Literal):
        return None
    names = {name.lower(): name for name in form.questions}
    question = form.questions[names[node.left.question]]
    wanted = node.right.value if isinstance(node.right.value, tuple) else (node.right.value,)
    labels = dict(
        zip(
            map(str, _values(question)),
            (text.said(language) for _key, text in options(question)),
            strict=True,
        )
    )
    number = list(form.questions).index(question.name) + 1
    chosen = [labels.get(str(value)) for value in wanted]
    if not all(chosen):
        return None
    words = {"number": number, "choice": _(" or ").join(str(one) for one in chosen)}
    return _("question %(number)d is “%(choice)s”") % words
