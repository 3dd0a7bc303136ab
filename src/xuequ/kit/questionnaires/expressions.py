"""The language of conditions: a subset of survey-core's, read by a parser of our own and judged with the same results.

``{name}`` is the answer to a question and ``{name.row}`` a row of a matrix. Compared with ``= != <> > >= < <=``,
``contains notcontains anyof allof noneof``, ``empty notempty``; calculated with ``+ - * /``; joined with ``and or !``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from xuequ.kit.questionnaires import values
from xuequ.kit.questionnaires.values import Value

LONGEST = 500
DEEPEST = 20


class Kind(StrEnum):
    """What an operand holds."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    LIST = "list"
    BOOLEAN = "boolean"
    CONDITION = "condition"


class ExpressionError(ValueError):
    """An expression that cannot be used; ``str()`` says why, for people."""


@dataclass(frozen=True, slots=True)
class Name:
    """The answer to a question, or to one row of a matrix."""

    question: str
    row: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value
    kind: Kind


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: str
    left: "Node"
    right: "Node"
    kind: Kind = Kind.CONDITION


@dataclass(frozen=True, slots=True)
class Sum:
    sign: str
    left: "Node"
    right: "Node"
    kind: Kind = Kind.NUMBER


@dataclass(frozen=True, slots=True)
class Answered:
    operand: "Node"
    wanted: bool
    kind: Kind = Kind.CONDITION


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Node"
    kind: Kind = Kind.CONDITION


@dataclass(frozen=True, slots=True)
class Joined:
    word: str
    parts: tuple["Node", ...]
    kind: Kind = Kind.CONDITION


Node = Name | Literal | Comparison | Sum | Answered | Not | Joined
Known = Mapping[str, Kind | Mapping[str, Kind]]
"""What each question holds, by name in small letters; a matrix gives what each of its rows holds."""

TESTS: dict[str, Callable[[Value, Value], bool]] = {
    "=": values.equal,
    "!=": lambda left, right: not values.equal(left, right),
    ">": lambda left, right: values.less(right, left),
    "<": values.less,
    ">=": lambda left, right: values.equal(left, right) or values.less(right, left),
    "<=": lambda left, right: values.equal(left, right) or values.less(left, right),
    "contains": values.contains,
    "notcontains": lambda left, right: (
        (not left and not isinstance(left, list | tuple) and not values.is_empty(right))
        or values.contains(left, right, wanted=False)
    ),
    "anyof": values.any_of,
    "allof": values.all_of,
    "noneof": lambda left, right: not values.any_of(left, right),
}
ORDERING = {">", "<", ">=", "<="}
SETS = {"contains", "notcontains", "anyof", "allof", "noneof"}
WORDS = SETS | {"and", "or", "empty", "notempty", "true", "false"}
SAME = {"==": "=", "<>": "!=", "&&": "and", "||": "or"}
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<name>\{[^{}]*\})
  | (?P<text>'[^'"\\]*'|"[^'"\\]*")
  | (?P<number>(?:0|[1-9]\d*)(?:\.\d+)?(?![\w.]))
  | (?P<sign><=|>=|==|!=|<>|&&|\|\||[=<>!()\[\],+\-*/])
  | (?P<word>[A-Za-z]+)
    )""",
    re.VERBOSE | re.ASCII,
)


def parse(text: str, known: Known) -> Node:
    """Read a condition; ``ExpressionError`` says what in it is not understood or makes no sense."""
    if len(text) > LONGEST:
        raise ExpressionError(_("it is longer than %(limit)d characters") % {"limit": LONGEST})
    parser = _Parser(_tokens(text), known)
    found = parser.disjunction(0)
    if parser.token is not None:
        raise ExpressionError(_("“%(part)s” is not understood") % {"part": parser.token[1]})
    return _condition(found)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise ExpressionError(_("“%(part)s” is not understood") % {"part": text[place:].strip()[:20]})
        kind, part = match.lastgroup, match.group(match.lastgroup)
        if kind == "word":
            part = part.lower()
            if part not in WORDS:
                raise ExpressionError(_("“%(part)s” is not understood") % {"part": part})
        found.append((kind, SAME.get(part, part)))
        place = match.end()
    return found


def _condition(node: Node) -> Node:
    if node.kind != Kind.CONDITION:
        raise ExpressionError(_("a comparison is missing, such as “= 'yes'”"))
    return node


class _Parser:
    """Recursive descent with the library's precedence: or, and, comparison, + -, * /, sets, one operand."""

    def __init__(self, tokens: list[tuple[str, str]], known: Known) -> None:
        self.tokens, self.place, self.known = tokens, 0, known

    @property
    def token(self) -> tuple[str, str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self, *wanted: str) -> str | None:
        """Step over the next token when it is one of these signs or words."""
        token = self.token
        if token is None or token[0] not in {"sign", "word"} or token[1] not in wanted:
            return None
        self.place += 1
        return token[1]

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            raise ExpressionError(_("“%(sign)s” is missing") % {"sign": sign})

    def disjunction(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionError(_("it has too many brackets within brackets"))
        return self._joined("or", lambda: self._joined("and", lambda: self.comparison(depth)))

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(word, tuple(_condition(one) for one in parts))

    def comparison(self, depth: int) -> Node:
        left = self.sum(depth)
        operator = self.take("=", "!=", *ORDERING)
        if operator is None:
            return left
        return _compared(operator, left, self.sum(depth))

    def sum(self, depth: int) -> Node:
        return self._calculated(("+", "-"), lambda: self._calculated(("*", "/"), lambda: self.sets(depth)))

    def _calculated(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        left = part()
        while sign := self.take(*signs):
            right = part()
            if {left.kind, right.kind} != {Kind.NUMBER}:
                raise ExpressionError(_("only numbers can be added, subtracted, multiplied or divided"))
            left = Sum(sign, left, right)
        return left

    def sets(self, depth: int) -> Node:
        left = self.operand(depth)
        operator = self.take(*SETS)
        return left if operator is None else _set_test(operator, left, self.operand(depth))

    def operand(self, depth: int) -> Node:
        if self.take("!"):
            self.need("(")
            return Not(_condition(self.bracketed(depth)))
        if self.take("("):
            return self.bracketed(depth)
        found = self.atom()
        if (word := self.take("empty", "notempty")) is not None:
            return Answered(found, word == "notempty")
        return found

    def bracketed(self, depth: int) -> Node:
        inner = self.disjunction(depth + 1)
        self.need(")")
        return inner

    def atom(self) -> Node:
        if self.take("["):
            return self.listed()
        if self.take("-"):
            number = self.atom()
            if not isinstance(number, Literal) or not isinstance(number.value, int | float):
                raise ExpressionError(_("“-” stands before something that is not a number"))
            return Literal(-number.value, Kind.NUMBER)
        token = self.token
        if token is None:
            raise ExpressionError(_("it ends too early"))
        self.place += 1
        return self.single(*token)

    def single(self, kind: str, part: str) -> Node:
        if kind == "name":
            return self.name(part[1:-1].strip())
        if kind == "text":
            return Literal(part[1:-1], Kind.TEXT)
        if kind == "number":
            return Literal(float(part) if "." in part else int(part), Kind.NUMBER)
        if part in {"true", "false"}:
            return Literal(part == "true", Kind.BOOLEAN)
        raise ExpressionError(_("“%(part)s” is not understood") % {"part": part})

    def listed(self) -> Node:
        items: list[Value] = []
        while True:
            one = self.atom()
            if not isinstance(one, Literal) or one.kind not in {Kind.TEXT, Kind.NUMBER}:
                raise ExpressionError(_("a list holds texts and numbers only"))
            items.append(one.value)
            if self.take("]"):
                return Literal(tuple(items), Kind.LIST)
            self.need(",")

    def name(self, text: str) -> Node:
        question, _dot, row = text.partition(".")
        found = self.known.get(question.lower())
        if isinstance(found, Mapping):
            found = found.get(row.lower()) if row else None
        elif row:
            found = None
        if found is None:
            raise ExpressionError(_("there is no question called “{%(name)s}”") % {"name": text})
        return Name(question.lower(), row.lower(), found)


def _compared(operator: str, left: Node, right: Node) -> Node:
    kinds = {left.kind, right.kind}
    if Kind.CONDITION in kinds:
        raise ExpressionError(_("a comparison is compared once more; join comparisons with “and” or “or”"))
    if operator in ORDERING and kinds & {Kind.LIST, Kind.BOOLEAN}:
        raise ExpressionError(_("“%(sign)s” needs numbers, dates or texts") % {"sign": operator})
    if len(kinds) > 1 and kinds & {Kind.LIST, Kind.BOOLEAN}:
        raise ExpressionError(_("two different kinds of answers are compared"))
    return Comparison(operator, left, right)


def _set_test(operator: str, left: Node, right: Node) -> Node:
    held = {Kind.LIST, Kind.TEXT, Kind.CHOICE} if "contains" in operator else {Kind.LIST, Kind.CHOICE}
    if left.kind not in held or right.kind in {Kind.CONDITION, Kind.BOOLEAN}:
        raise ExpressionError(_("“%(word)s” needs an answer with several choices") % {"word": operator})
    if "contains" in operator and left.kind == Kind.TEXT and right.kind == Kind.LIST:
        raise ExpressionError(_("“%(word)s” needs an answer with several choices") % {"word": operator})
    return Comparison(operator, left, right)


def holds(node: Node, answers: Mapping[str, object]) -> bool:
    """Whether a condition is true for these answers, keyed by question in small letters."""
    if isinstance(node, Joined):
        test = all if node.word == "and" else any
        return test(holds(part, answers) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.operand, answers)
    if isinstance(node, Answered):
        return values.is_empty(_value(node.operand, answers)) != node.wanted
    if isinstance(node, Comparison):
        return TESTS[node.operator](_value(node.left, answers), _value(node.right, answers))
    raise TypeError(node)


def _value(node: Node, answers: Mapping[str, object]) -> Value:
    if isinstance(node, Name):
        found = answers.get(node.question)
        if node.row:
            found = found.get(node.row) if isinstance(found, Mapping) else None
        return values.correct(found)  # type: ignore[arg-type]
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Sum):
        return values.calculate(node.sign, _value(node.left, answers), _value(node.right, answers))
    return holds(node, answers)


def names(node: Node) -> frozenset[str]:
    """Return the questions that a condition looks at, in small letters."""
    if isinstance(node, Name):
        return frozenset({node.question})
    if isinstance(node, Comparison | Sum):
        return names(node.left) | names(node.right)
    if isinstance(node, Answered | Not):
        return names(node.operand)
    if isinstance(node, Joined):
        return frozenset().union(*(names(part) for part in node.parts))
    return frozenset()
