"""Reads a questionnaire's JSON into its parts; what is outside the subset is refused with its path and the reason."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from xuequ.kit.questionnaires import expressions, patterns
from xuequ.kit.questionnaires.expressions import Kind, Node
from xuequ.kit.questionnaires.schema import (
    NONE,
    OTHER,
    Choice,
    Form,
    Input,
    Label,
    Page,
    Panel,
    Question,
    QuestionType,
    Validator,
)

LARGEST = 300_000
MOST_QUESTIONS = 200
MOST_CHOICES = 100
LONGEST_TEXT = 1000
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
DATE = re.compile(r"(19|20|21)\d\d-\d\d-\d\d")
RESERVED = frozenset(
    {
        "pageno", "pagecount", "locale", "survey", "panel", "self", "parent", "row", "item", "undefined", "null",
        "correctedanswers", "correctanswers", "correctedanswercount", "incorrectedanswers", "incorrectanswers",
        "incorrectedanswercount", "questioncount", "length", "constructor", "prototype",
    }
)  # fmt: skip
COMMON = {
    "type",
    "name",
    "title",
    "description",
    "isRequired",
    "requiredIf",
    "visibleIf",
    "enableIf",
    "validators",
}
CHOOSING = {"choices", "showOtherItem", "hasOther", "otherText", "showNoneItem", "hasNone", "noneText"}
PROPERTIES: dict[QuestionType, set[str]] = {
    QuestionType.TEXT: {"inputType", "min", "max", "maxLength"},
    QuestionType.COMMENT: {"maxLength"},
    QuestionType.RADIO: CHOOSING,
    QuestionType.CHECKBOX: CHOOSING,
    QuestionType.DROPDOWN: CHOOSING,
    QuestionType.BOOLEAN: {"labelTrue", "labelFalse"},
    QuestionType.RATING: {"rateMin", "rateMax", "minRateDescription", "maxRateDescription"},
    QuestionType.MATRIX: {"columns", "rows", "eachRowRequired", "isAllRowRequired"},
}
RULES: dict[str, set[str]] = {
    "numeric": {"minValue", "maxValue"},
    "text": {"minLength", "maxLength"},
    "answercount": {"minCount", "maxCount"},
    "regex": {"regex", "caseInsensitive"},
    "email": set(),
    "expression": {"expression"},
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: ``pages[0].elements[3].validators[0]``."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class SchemaError(ValueError):
    """A questionnaire outside the subset; ``problems`` says what is wrong and where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def read_text(text: str) -> Form:
    """Read a questionnaire from JSON text; ``SchemaError`` names every place that is wrong."""
    if len(text) > LARGEST:
        raise SchemaError([Problem("", _("The questionnaire is too large."))])
    try:
        return read(json.loads(text))
    except json.JSONDecodeError as error:
        reason = _("This is not valid JSON: line %(line)d, column %(column)d.")
        raise SchemaError([Problem("", reason % {"line": error.lineno, "column": error.colno})]) from error
    except RecursionError as error:
        raise SchemaError([Problem("", _("The questionnaire is too large."))]) from error


def read(source: Any) -> Form:
    """Read a questionnaire; ``SchemaError`` names every place that is wrong."""
    reader = _Reader()
    form = reader.form(source)
    if reader.problems:
        raise SchemaError(reader.problems)
    return form


class _Reader:
    """Collects what is wrong while it reads, so that everything is said at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.seen: set[str] = set()
        self.known: dict[str, Kind | Mapping[str, Kind]] = {}

    def wrong(self, path: str, reason: str) -> None:
        if len(self.problems) < 50:
            self.problems.append(Problem(path, reason))

    def form(self, source: Any) -> Form:
        found = self.mapping(source, "", {"title", "description", "pages", "locale"})
        pages = list(self.items(found.get("pages"), "pages"))
        for path, page in pages:
            self.collect(page, path)
        if not self.known:
            self.wrong("pages", _("there is no question yet"))
        if len(self.known) > MOST_QUESTIONS:
            self.wrong("pages", _("more than %(limit)d questions") % {"limit": MOST_QUESTIONS})
        read = tuple(self.page(page, path, number) for number, (path, page) in enumerate(pages, start=1))
        title = self.label(found, "title", "")
        return Form(title, self.label(found, "description", ""), read, found)

    def collect(self, page: Any, path: str) -> None:
        """Note the names and kinds of all questions before conditions are read, which may look ahead."""
        for place, element in self.items(page.get("elements") if isinstance(page, Mapping) else None, path):
            if not isinstance(element, Mapping):
                continue
            if element.get("type") == "panel":
                self.collect(element, place)
            elif isinstance(element.get("name"), str) and element.get("type") in set(QuestionType):
                self.known[element["name"].lower()] = _kind(element)

    # Parts of a form

    def page(self, source: Any, path: str, number: int) -> Page:
        allowed = {"name", "title", "description", "visibleIf", "elements"}
        found = self.mapping(source, path, allowed)
        elements = [
            self.element(element, place)
            for place, element in self.items(found.get("elements"), f"{path}.elements")
        ]
        return Page(
            self.own_name(found, path, f"page{number}"),
            self.label(found, "title", path),
            self.label(found, "description", path),
            self.condition(found, "visibleIf", path),
            tuple(element for element in elements if element is not None),
        )

    def element(self, source: Any, path: str) -> Question | Panel | None:
        kind = source.get("type") if isinstance(source, Mapping) else None
        if kind == "panel":
            return self.panel(source, path)
        if kind not in set(QuestionType):
            self.wrong(f"{path}.type", _("“%(type)s” is not a type that is taken") % {"type": str(kind)[:40]})
            return None
        return self.question(source, path, QuestionType(kind))

    def panel(self, source: Any, path: str) -> Panel:
        found = self.mapping(source, path, {"type", "name", "title", "description", "visibleIf", "elements"})
        questions: list[Question] = []
        for place, element in self.items(found.get("elements"), f"{path}.elements"):
            read = self.element(element, place)
            if isinstance(read, Panel):
                self.wrong(place, _("a panel cannot stand in a panel"))
            elif read is not None:
                questions.append(read)
        return Panel(
            self.own_name(found, path, ""),
            self.label(found, "title", path),
            self.label(found, "description", path),
            self.condition(found, "visibleIf", path),
            tuple(questions),
        )

    def question(self, source: Any, path: str, kind: QuestionType) -> Question:
        found = self.mapping(source, path, COMMON | PROPERTIES[kind])
        name = self.name(found.get("name"), f"{path}.name")
        question = Question(
            name,
            kind,
            self.label(found, "title", path),
            description=self.label(found, "description", path),
            required=self.flag(found, "isRequired", path),
            required_if=self.condition(found, "requiredIf", path),
            visible_if=self.condition(found, "visibleIf", path, but=name),
            enable_if=self.condition(found, "enableIf", path, but=name),
        )
        if question.required and question.required_if:
            self.wrong(f"{path}.requiredIf", _("give either “isRequired” or “requiredIf”"))
        question = self.details(question, found, path)
        rules = tuple(self.validators(found.get("validators"), f"{path}.validators", question))
        return replace(question, validators=rules)

    def details(self, question: Question, found: Mapping[str, Any], path: str) -> Question:
        match question.type:
            case QuestionType.TEXT | QuestionType.COMMENT:
                return self.typed(question, found, path)
            case QuestionType.BOOLEAN:
                yes, no = (self.label(found, key, path) for key in ("labelTrue", "labelFalse"))
                return replace(
                    question, true_label=yes or Label("是", "Yes"), false_label=no or Label("否", "No")
                )
            case QuestionType.RATING:
                return self.rating(question, found, path)
            case QuestionType.MATRIX:
                return self.matrix(question, found, path)
        return self.select(question, found, path)

    def typed(self, question: Question, found: Mapping[str, Any], path: str) -> Question:
        given = found.get("inputType", "text")
        if given not in set(Input):
            self.wrong(
                f"{path}.inputType", _("“%(type)s” is not a type that is taken") % {"type": str(given)[:40]}
            )
            given = Input.TEXT
        bound = {Input.NUMBER: self.number, Input.DATE: self.date}.get(Input(given), self.no_bound)
        low, high = bound(found, "min", path), bound(found, "max", path)
        if low is not None and high is not None and low > high:  # type: ignore[operator]  # of one kind
            self.wrong(f"{path}.max", _("the largest value is below the smallest"))
        length = self.whole(found, "maxLength", path, 1, 10_000) or 0
        return replace(question, input=Input(given), low=low, high=high, max_length=length)

    def rating(self, question: Question, found: Mapping[str, Any], path: str) -> Question:
        low = self.whole(found, "rateMin", path, 0, 10)
        high = self.whole(found, "rateMax", path, 1, 10)
        low, high = 1 if low is None else low, 5 if high is None else high
        if low >= high:
            self.wrong(f"{path}.rateMax", _("the largest value is below the smallest"))
        return replace(
            question,
            low=low,
            high=high,
            low_label=self.label(found, "minRateDescription", path),
            high_label=self.label(found, "maxRateDescription", path),
        )

    def matrix(self, question: Question, found: Mapping[str, Any], path: str) -> Question:
        rows = self.choices(found, "rows", path)
        for number, row in enumerate(rows):
            if not isinstance(row.value, str) or not NAME.fullmatch(row.value):
                self.wrong(f"{path}.rows[{number}]", _("a row's value begins with a letter"))
        every = self.flag(found, "eachRowRequired", path) or self.flag(found, "isAllRowRequired", path)
        return replace(question, choices=self.choices(found, "columns", path), rows=rows, every_row=every)

    def select(self, question: Question, found: Mapping[str, Any], path: str) -> Question:
        return replace(
            question,
            choices=self.choices(found, "choices", path),
            other=self.flag(found, "showOtherItem", path) or self.flag(found, "hasOther", path),
            other_label=self.label(found, "otherText", path) or Label("其他", "Other"),
            none=self.flag(found, "showNoneItem", path) or self.flag(found, "hasNone", path),
            none_label=self.label(found, "noneText", path) or Label("无", "None"),
        )

    def choices(self, found: Mapping[str, Any], key: str, path: str) -> tuple[Choice, ...]:
        read, seen = [], set()
        for place, item in self.items(found.get(key), f"{path}.{key}"):
            item = item if isinstance(item, Mapping) else {"value": item}
            entry = self.mapping(item, place, {"value", "text"})
            value = entry.get("value")
            if not _is_value(value):
                self.wrong(place, _("the value is a whole number, or up to 40 letters, digits, “_” and “-”"))
                continue
            if str(value).lower() in seen or str(value).lower() in {OTHER, NONE}:
                self.wrong(place, _("the value “%(value)s” stands twice or is reserved") % {"value": value})
            seen.add(str(value).lower())
            read.append(Choice(value or 0, self.label(entry, "text", place) or Label(str(value))))
        if not read:
            self.wrong(f"{path}.{key}", _("at least one is needed"))
        if len(read) > MOST_CHOICES:
            self.wrong(f"{path}.{key}", _("more than %(limit)d entries") % {"limit": MOST_CHOICES})
        return tuple(read)

    # Rules

    def validators(self, source: Any, path: str, question: Question) -> Iterator[Validator]:
        for place, item in self.items(source, path, optional=True):
            kind = item.get("type") if isinstance(item, Mapping) else None
            if kind not in RULES:
                self.wrong(
                    f"{place}.type", _("“%(type)s” is not a type that is taken") % {"type": str(kind)[:40]}
                )
                continue
            found = self.mapping(item, place, {"type", "text"} | RULES[kind])
            if reason := _unfit(kind, question):
                self.wrong(place, reason)
                continue
            yield self.validator(kind, found, place)

    def validator(self, kind: str, found: Mapping[str, Any], path: str) -> Validator:
        keys = {"numeric": ("minValue", "maxValue"), "text": ("minLength", "maxLength")}
        low, high = keys.get(kind, ("minCount", "maxCount"))
        read = Validator(
            kind,
            self.label(found, "text", path),
            self.number(found, low, path),
            self.number(found, high, path),
            pattern=str(found.get("regex", "")),
            ignore_case=self.flag(found, "caseInsensitive", path),
            condition=self.condition(found, "expression", path),
        )
        if kind == "expression" and read.condition is None and "expression" not in found:
            self.wrong(path, _("the condition is missing"))
        if kind == "regex":
            try:
                patterns.compiled(read.pattern, read.ignore_case)
            except patterns.PatternError as error:
                self.wrong(f"{path}.regex", str(error))
        return read

    def condition(self, found: Mapping[str, Any], key: str, path: str, but: str = "") -> Node | None:
        text = found.get(key)
        if text is None or text == "":
            return None
        if not isinstance(text, str):
            self.wrong(f"{path}.{key}", _("a condition is a text"))
            return None
        try:
            node = expressions.parse(text, self.known)
        except expressions.ExpressionError as error:
            self.wrong(f"{path}.{key}", str(error))
            return None
        if but and but.lower() in expressions.names(node):
            self.wrong(f"{path}.{key}", _("a question cannot depend on itself"))
        return node

    # Plain values

    def mapping(self, source: Any, path: str, allowed: set[str]) -> Mapping[str, Any]:
        if not isinstance(source, Mapping):
            self.wrong(path, _("an object in braces is expected here"))
            return {}
        for key in source:
            if key not in allowed:
                place = f"{path}.{key}" if path else str(key)
                self.wrong(place, _("this property is not taken"))
        return source

    def items(self, source: Any, path: str, *, optional: bool = False) -> Iterator[tuple[str, Any]]:
        if source is None and optional:
            return
        if not isinstance(source, list):
            self.wrong(path, _("a list in square brackets is expected here"))
            return
        for number, item in enumerate(source):
            yield f"{path}[{number}]", item

    def label(self, found: Mapping[str, Any], key: str, path: str) -> Label:
        source = found.get(key, "")
        place = f"{path}.{key}" if path else key
        texts = source if isinstance(source, Mapping) else {"default": source}
        if not set(texts) <= {"default", "zh-cn", "en"} or not all(
            isinstance(one, str) for one in texts.values()
        ):
            self.wrong(place, _("a text is expected, or texts under “default” and “en”"))
            return Label()
        for one in texts.values():
            self.check_text(one, place)
        chinese = texts.get("zh-cn") or texts.get("default") or texts.get("en", "")
        return Label(chinese.strip(), texts.get("en", "").strip())

    def check_text(self, text: str, place: str) -> None:
        if len(text) > LONGEST_TEXT:
            self.wrong(place, _("the text is longer than %(limit)d characters") % {"limit": LONGEST_TEXT})
        if "{" in text or "}" in text:
            self.wrong(place, _("braces are not taken in texts"))
        if not is_plain(text):
            self.wrong(place, _("the text holds signs that cannot be shown"))

    def name(self, source: Any, path: str) -> str:
        if not isinstance(source, str) or not NAME.fullmatch(source):
            self.wrong(path, _("a name begins with a letter and has up to 40 letters, digits and “_”"))
            return ""
        if source.lower() in self.seen or source.lower() in RESERVED:
            self.wrong(path, _("the name “%(name)s” stands twice or is reserved") % {"name": source})
        self.seen.add(source.lower())
        return source

    def own_name(self, found: Mapping[str, Any], path: str, default: str) -> str:
        return self.name(found["name"], f"{path}.name") if "name" in found else default

    def flag(self, found: Mapping[str, Any], key: str, path: str) -> bool:
        given = found.get(key, False)
        if not isinstance(given, bool):
            self.wrong(f"{path}.{key}", _("true or false is expected"))
        return given is True

    def number(self, found: Mapping[str, Any], key: str, path: str) -> float | None:
        given = found.get(key)
        if given is None or (
            isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < 1e15
        ):
            return given
        self.wrong(f"{path}.{key}", _("a number is expected"))
        return None

    def whole(self, found: Mapping[str, Any], key: str, path: str, low: int, high: int) -> int | None:
        given = found.get(key)
        if given is None or (isinstance(given, int) and not isinstance(given, bool) and low <= given <= high):
            return given
        self.wrong(
            f"{path}.{key}",
            _("a whole number from %(low)d to %(high)d is expected") % {"low": low, "high": high},
        )
        return None

    def date(self, found: Mapping[str, Any], key: str, path: str) -> str | None:
        given = found.get(key)
        if given is None or is_date(given):
            return given
        self.wrong(f"{path}.{key}", _("a date such as 2026-09-01 is expected"))
        return None

    def no_bound(self, found: Mapping[str, Any], key: str, path: str) -> None:
        if key in found:
            self.wrong(f"{path}.{key}", _("only numbers and dates have a smallest and a largest value"))


def _kind(element: Mapping[str, Any]) -> Kind | Mapping[str, Kind]:
    kind = QuestionType(element["type"])
    if kind == QuestionType.MATRIX:
        rows = element.get("rows") if isinstance(element.get("rows"), list) else []
        values = (row.get("value") if isinstance(row, Mapping) else row for row in rows or ())
        return {value.lower(): Kind.CHOICE for value in values if isinstance(value, str)}
    given = element.get("inputType")
    typed = Input(given) if given in set(Input) else Input.TEXT
    return Question(str(element["name"]), kind, Label(), input=typed).kind


def _is_value(value: object) -> bool:
    if isinstance(value, str):
        return VALUE.fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9


def _unfit(kind: str, question: Question) -> str:
    """Return why a rule makes no sense for a question, or nothing."""
    writes = question.type in {QuestionType.TEXT, QuestionType.COMMENT}
    typed = writes and question.input in {Input.TEXT, Input.TEL, Input.EMAIL}
    fits: dict[str, Callable[[], bool]] = {
        "numeric": lambda: typed or question.input == Input.NUMBER,
        "text": lambda: typed,
        "regex": lambda: typed,
        "email": lambda: typed,
        "answercount": lambda: question.type == QuestionType.CHECKBOX,
        "expression": lambda: True,
    }
    return "" if fits[kind]() else _("this rule does not fit a question of this type")


def is_date(value: object) -> bool:
    """Whether a value is a day of the calendar, written 2026-09-01."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        dt.date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_plain(text: str) -> bool:
    """Whether a text can be stored and shown: no control signs but line breaks and tabs, no half characters."""
    return not any((ord(sign) < 32 and sign not in "\t\n\r") or 0xD800 <= ord(sign) < 0xE000 for sign in text)
