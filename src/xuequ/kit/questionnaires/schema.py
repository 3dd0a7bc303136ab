"""What a questionnaire is made of: frozen parts read from the documented subset of SurveyJS's JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from xuequ.kit.questionnaires.expressions import Kind, Node

OTHER, NONE = "other", "none"
COMMENT = "-Comment"


class QuestionType(StrEnum):
    """The types of questions taken, by SurveyJS's names."""

    TEXT = "text"
    COMMENT = "comment"
    RADIO = "radiogroup"
    CHECKBOX = "checkbox"
    DROPDOWN = "dropdown"
    BOOLEAN = "boolean"
    RATING = "rating"
    MATRIX = "matrix"


class Input(StrEnum):
    """What may be typed into a ``text`` question."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TEL = "tel"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Label:
    """A text for people, Chinese and, where given, English."""

    zh: str = ""
    en: str = ""

    def said(self, language: str) -> str:
        """Return the text in ``language`` as far as it is there."""
        return self.zh if language.startswith("zh") or not self.en else self.en

    def __bool__(self) -> bool:
        return bool(self.zh)


NO_TEXT = Label()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen, or one row of a matrix."""

    value: str | int
    label: Label


@dataclass(frozen=True, slots=True)
class Validator:
    """A rule for an answer; ``kind`` is SurveyJS's name without "validator"."""

    kind: str
    text: Label = NO_TEXT
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    ignore_case: bool = False
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Fields that its type does not have keep their defaults."""

    name: str
    type: QuestionType
    title: Label
    description: Label = NO_TEXT
    required: bool = False
    required_if: Node | None = None
    visible_if: Node | None = None
    enable_if: Node | None = None
    validators: tuple[Validator, ...] = ()
    input: Input = Input.TEXT
    low: float | str | None = None
    high: float | str | None = None
    max_length: int = 0
    choices: tuple[Choice, ...] = ()
    other: bool = False
    other_label: Label = NO_TEXT
    none: bool = False
    none_label: Label = NO_TEXT
    rows: tuple[Choice, ...] = ()
    every_row: bool = False
    low_label: Label = NO_TEXT
    high_label: Label = NO_TEXT
    true_label: Label = NO_TEXT
    false_label: Label = NO_TEXT

    @property
    def shown_title(self) -> Label:
        """The title, or the name where there is none, as SurveyJS shows it."""
        return self.title or Label(self.name)

    @property
    def kind(self) -> Kind:
        """What an expression finds in the answer; for a matrix, in one of its rows."""
        if self.type in {QuestionType.TEXT, QuestionType.COMMENT}:
            return Kind.NUMBER if self.input == Input.NUMBER else Kind.TEXT
        return _KINDS[self.type]

    @property
    def scale(self) -> range:
        """The steps of a rating."""
        return range(int(self.low or 0), int(self.high or 0) + 1)

    @property
    def is_select(self) -> bool:
        """Whether the answer is one or several of ``choices``."""
        return self.type in {QuestionType.RADIO, QuestionType.CHECKBOX, QuestionType.DROPDOWN}

    @property
    def options(self) -> tuple[Choice, ...]:
        """Everything that can be chosen, with "other" and "none" at the end."""
        last = [Choice(NONE, self.none_label)] * self.none + [Choice(OTHER, self.other_label)] * self.other
        return (*self.choices, *last)


_KINDS = {
    QuestionType.RADIO: Kind.CHOICE,
    QuestionType.DROPDOWN: Kind.CHOICE,
    QuestionType.MATRIX: Kind.CHOICE,
    QuestionType.CHECKBOX: Kind.LIST,
    QuestionType.BOOLEAN: Kind.BOOLEAN,
    QuestionType.RATING: Kind.NUMBER,
}


@dataclass(frozen=True, slots=True)
class Panel:
    """Questions that stand together under a heading; panels hold no panels."""

    name: str
    title: Label
    description: Label
    visible_if: Node | None
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    title: Label
    description: Label
    visible_if: Node | None
    elements: tuple[Question | Panel, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """A question with the conditions of everything around it."""

    question: Question
    page: Page
    panel: Panel | None

    @property
    def conditions(self) -> tuple[Node, ...]:
        """What must hold for the question to be seen."""
        around = (
            self.page.visible_if,
            self.panel.visible_if if self.panel else None,
            self.question.visible_if,
        )
        return tuple(node for node in around if node is not None)


@dataclass(frozen=True)
class Form:
    """A whole questionnaire."""

    title: Label
    description: Label
    pages: tuple[Page, ...]
    source: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """All questions in their order, each with where it stands."""
        return tuple(self._placed())

    def _placed(self) -> Iterator[Placed]:
        for page in self.pages:
            for element in page.elements:
                if isinstance(element, Panel):
                    yield from (Placed(question, page, element) for question in element.questions)
                else:
                    yield Placed(element, page, None)

    @cached_property
    def questions(self) -> dict[str, Question]:
        """All questions by name, in their order."""
        return {placed.question.name: placed.question for placed in self.placed}
