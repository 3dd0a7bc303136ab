"""Judges answers by the rules that survey-core applies in the browser; a test holds both to the same verdicts.

First the *shape*: what no browser form can produce (an unknown choice, a text for a number) is a fault at once. Then
the rules on what is visible. Answers to questions that are hidden are dropped, as on completing in the browser.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from xuequ.kit.questionnaires import expressions, patterns, values
from xuequ.kit.questionnaires.parsing import is_date, is_plain
from xuequ.kit.questionnaires.schema import (
    COMMENT,
    NO_TEXT,
    NONE,
    OTHER,
    Form,
    Input,
    Label,
    Placed,
    Question,
    QuestionType,
    Validator,
)

LAST_DAY = "2999-12-31"
LONGEST_LINE = 1000
LONGEST_TEXT = 10_000
# EmailValidator of survey-core 2.5, as it stands there.
_LOCAL = r"[^<>()\[\]\.,;:\s@\"]"
_HOST = r"[^<>()=\[\]\.,;:\s@\"]"
_EMAIL = re.compile(
    rf"^(({_LOCAL}+(\.{_LOCAL}+)*)|(\"[^\n\r\u2028\u2029]+\"))@(({_HOST}+\.)+{_HOST}{{2,}})\Z", re.IGNORECASE
)

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an answer: a code that ``wording`` puts into words, with what the words need."""

    code: str
    limit: float | str | None = None
    text: Label = NO_TEXT


@dataclass(frozen=True, slots=True)
class Verdict:
    """``faults`` by question, in the form's order; ``data`` is what may be stored when there are none."""

    faults: Mapping[str, tuple[Fault, ...]]
    data: Mapping[str, Any]
    visible: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.faults and not self.unknown


@dataclass
class _Shaped:
    answers: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)


def judge(form: Form, data: Answers) -> Verdict:
    """Judge one set of answers."""
    shaped = _shape(form, data)
    seen = _for_conditions(shaped.answers)
    visible = [placed for placed in form.placed if is_visible(placed, seen)]
    faults: dict[str, tuple[Fault, ...]] = {}
    for placed in visible:
        name = placed.question.name
        found = (
            (shaped.faults[name],)
            if name in shaped.faults
            else _faults(placed.question, shaped.answers, seen)
        )
        if found:
            faults[name] = tuple(found)
    names = tuple(placed.question.name for placed in visible)
    return Verdict(faults, _kept(form, shaped.answers, names), names, _unknown(form, data))


def visible_names(form: Form, data: Answers) -> tuple[str, ...]:
    """Return the questions that are seen with these answers."""
    seen = _for_conditions(_shape(form, data).answers)
    return tuple(placed.question.name for placed in form.placed if is_visible(placed, seen))


def is_visible(placed: Placed, seen: Mapping[str, object]) -> bool:
    """Whether all conditions around a question hold."""
    return all(expressions.holds(node, seen) for node in placed.conditions)


def _for_conditions(answers: Answers) -> dict[str, object]:
    """Return the answers as conditions look them up: by small letters, in rows of matrices too."""
    return {
        name.lower(): {row.lower(): one for row, one in value.items()}
        if isinstance(value, Mapping)
        else value
        for name, value in answers.items()
    }


def _unknown(form: Form, data: Answers) -> tuple[str, ...]:
    comments = {f"{name}{COMMENT}" for name, question in form.questions.items() if question.other}
    return tuple(str(key)[:80] for key in data if key not in form.questions and key not in comments)


def _kept(form: Form, answers: Answers, visible: Sequence[str]) -> dict[str, Any]:
    kept = {}
    for name in form.questions:
        if name not in visible or name not in answers:
            continue
        kept[name] = answers[name]
        if _chose_other(answers[name]) and f"{name}{COMMENT}" in answers:
            kept[f"{name}{COMMENT}"] = answers[f"{name}{COMMENT}"]
    return kept


def _chose_other(value: object) -> bool:
    return value == OTHER or (isinstance(value, list) and OTHER in value)


# The shape


def _shape(form: Form, data: Answers) -> _Shaped:
    shaped = _Shaped()
    for name, question in form.questions.items():
        value = data.get(name)
        if value is None or value == "" or value == [] or value == {}:
            continue
        if (fault := _misshapen(question, value)) is not None:
            shaped.faults[name] = fault
        else:
            shaped.answers[name] = value
    for name, question in form.questions.items():
        comment = data.get(f"{name}{COMMENT}")
        if question.other and comment not in (None, ""):
            if not isinstance(comment, str) or len(comment) > LONGEST_LINE or not is_plain(comment):
                shaped.faults.setdefault(name, Fault("text"))
            elif values.trim(comment):
                shaped.answers[f"{name}{COMMENT}"] = comment
    return shaped


def _misshapen(question: Question, value: object) -> Fault | None:
    match question.type:
        case QuestionType.TEXT | QuestionType.COMMENT:
            return _mistyped(question, value)
        case QuestionType.BOOLEAN:
            return None if isinstance(value, bool) else Fault("choice")
        case QuestionType.RATING:
            return None if _is_whole(value) and value in question.scale else Fault("choice")
        case QuestionType.CHECKBOX:
            return _wrong_list(question, value)
        case QuestionType.MATRIX:
            return _wrong_matrix(question, value)
    return None if _is_option(question, value) else Fault("choice")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_option(question: Question, value: object) -> bool:
    return any(type(value) is type(option.value) and value == option.value for option in question.options)


def _wrong_list(question: Question, value: object) -> Fault | None:
    if not isinstance(value, list) or not all(_is_option(question, one) for one in value):
        return Fault("choice")
    if len({str(one) for one in value}) < len(value):
        return Fault("choice")
    return Fault("none_alone") if question.none and NONE in value and len(value) > 1 else None


def _wrong_matrix(question: Question, value: object) -> Fault | None:
    rows = {row.value for row in question.rows}
    if not isinstance(value, dict) or not set(value) <= rows:
        return Fault("choice")
    return None if all(_is_option(question, one) for one in value.values()) else Fault("choice")


def _mistyped(question: Question, value: object) -> Fault | None:
    if question.input == Input.NUMBER:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if number and math.isfinite(value) and abs(value) < 1e15 else Fault("number")  # type: ignore[arg-type]
    if question.input == Input.DATE:
        return None if is_date(value) else Fault("date")
    if not isinstance(value, str) or not is_plain(value):
        return Fault("text")
    if question.type == QuestionType.TEXT and ("\n" in value or "\r" in value):
        return Fault("text")
    longest = question.max_length or (LONGEST_TEXT if question.type == QuestionType.COMMENT else LONGEST_LINE)
    return Fault("max_length", longest) if values.length(value) > longest else None


# The rules


def _faults(question: Question, answers: Answers, seen: Mapping[str, object]) -> tuple[Fault, ...]:
    if question.enable_if is not None and not expressions.holds(question.enable_if, seen):
        return ()
    value = answers.get(question.name)
    own = tuple(_own_faults(question, value, answers, seen))
    return own or tuple(
        Fault(code, limit, rule.text)
        for rule in question.validators
        for code, limit in [_broken(rule, value, seen)]
        if code
    )


def _own_faults(
    question: Question, value: Any, answers: Answers, seen: Mapping[str, object]
) -> Iterator[Fault]:
    if is_required(question, seen) and _is_blank(value):
        yield Fault("required")
    if question.other and _chose_other(value) and f"{question.name}{COMMENT}" not in answers:
        yield Fault("other")
    if question.every_row and any(row.value not in (value or {}) for row in question.rows):
        yield Fault("rows")
    if question.type == QuestionType.TEXT:
        yield from _typed_faults(question, value)


def is_required(question: Question, seen: Mapping[str, object]) -> bool:
    """Whether the question must be answered."""
    return question.required or (
        question.required_if is not None and expressions.holds(question.required_if, seen)
    )


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not values.trim(value))


def _typed_faults(question: Question, value: Any) -> Iterator[Fault]:
    if value is None:
        return
    if question.input in {Input.NUMBER, Input.DATE}:
        high = question.high or (LAST_DAY if question.input == Input.DATE else question.high)
        if question.low is not None and value < question.low:
            yield Fault("low", question.low)
        if high is not None and value > high:
            yield Fault("high", high)
    own_rule = any(rule.kind == "email" for rule in question.validators)
    if question.input == Input.EMAIL and not own_rule and not is_email(value):
        yield Fault("email")


def is_email(text: str) -> bool:
    """Whether survey-core takes the text for an e-mail address."""
    return _EMAIL.search(patterns.as_units(text)) is not None


def _broken(rule: Validator, value: Any, seen: Mapping[str, object]) -> tuple[str, float | None]:
    """Return the code and limit of the part of a rule that an answer breaks, or an empty code."""
    if rule.kind == "expression":
        holds = rule.condition is None or expressions.holds(rule.condition, seen)
        return ("", None) if holds else ("expression", None)
    if not value if rule.kind == "email" else _is_blank(value):
        return "", None
    match rule.kind:
        case "numeric":
            number = values.number_of(value)
            return ("number", None) if math.isnan(number) else _outside(number, rule, "low", "high")
        case "text":
            counted = _positive(rule)
            return _outside(values.length(value), counted, "min_length", "max_length")
        case "answercount":
            return _outside(len(value), _positive(rule), "min_count", "max_count")
        case "regex":
            fits = patterns.matches(rule.pattern, value, ignore_case=rule.ignore_case)
            return ("", None) if fits else ("pattern", None)
    return ("", None) if is_email(value) else ("email", None)


def _positive(rule: Validator) -> Validator:
    """Return the rule without limits of zero, which say nothing."""
    return replace(rule, low=rule.low or None, high=rule.high or None)


def _outside(number: float, rule: Validator, low: str, high: str) -> tuple[str, float | None]:
    if rule.low is not None and number < rule.low:
        return low, rule.low
    if rule.high is not None and number > rule.high:
        return high, rule.high
    return "", None
