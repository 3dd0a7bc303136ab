"""Model formulas: ``normexam ~ standLRT * sex + (standLRT | school)`` read by a parser of our own.

The language is ``+ : * - 0 1 I() log() (x|g) (x||g)`` and parentheses. Operators on terms follow Wilkinson
and Rogers (1973), "Symbolic description of factorial models", Applied Statistics 22, 392-399; order of terms
and spelling of names follow R's ``terms`` and ``deparse``. Whatever else is written is refused by name.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from xuequ.engines.errors import InputError

SYNTACTIC_NAME = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>(?:[^\W\d]|\.(?!\d))[\w.]*)|`(?P<quoted>[^`]+)`"
    r"|(?P<operator>\|\||%\w*%|.))",
    re.DOTALL,
)
FUNCTIONS = ("I", "log")
_MOST_PARENTHESES = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number inside ``I()`` or ``log()``."""

    value: float


@dataclass(frozen=True, slots=True)
class Operation:
    """``left operator right`` with operator one of ``+ - * / ^``; a sign has no left side."""

    operator: str
    left: "Expression | None"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """``log(argument)``, ``I(argument)`` or, with an empty name, a parenthesis."""

    function: str
    argument: "Expression"


Expression = Column | Number | Operation | Call


@dataclass(frozen=True, slots=True)
class Terms:
    """One side's terms: each a tuple of positions in ``variables``, sorted by degree, then as written."""

    intercept: bool
    variables: tuple[Expression, ...]
    terms: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as read; ``blocks`` holds one entry for each block of the random covariance matrix.

    ``scalar`` is true when the random part was written with ``||``: every block then has one column.
    """

    text: str = field(compare=False)
    response: Expression
    fixed: Terms
    blocks: tuple[Terms, ...]
    group: str
    scalar: bool


def parse(text: str) -> Formula:
    """Read a formula.

    Raises
    ------
    InputError
        ``formula-syntax`` or ``formula-unsupported``, quoting the offending text.

    Examples
    --------
    >>> formula = parse("normexam ~ standLRT * sex + (standLRT | school)")
    >>> [":".join(label(formula.fixed.variables[i]) for i in term) for term in formula.fixed.terms]
    ['standLRT', 'sex', 'standLRT:sex']
    >>> parse("y ~ poly(x, 2) + (1 | school)")
    Traceback (most recent call last):
    xuequ.engines.errors.InputError: formula: function `poly` is not supported; functions are I() and log()
    """
    return _Parser(text).formula()


def label(expression: Expression) -> str:
    """Spell an expression as R's ``deparse`` does: ``I(x^2)``, ``log(x + 1)``."""
    if isinstance(expression, Column):
        return expression.name if SYNTACTIC_NAME.fullmatch(expression.name) else f"`{expression.name}`"
    if isinstance(expression, Number):
        return f"{expression.value:.15g}"
    if isinstance(expression, Call):
        return f"{expression.function}({label(expression.argument)})"
    if expression.left is None:
        return f"{expression.operator}{label(expression.right)}"
    space = "" if expression.operator in "/^" else " "
    return f"{label(expression.left)}{space}{expression.operator}{space}{label(expression.right)}"


def columns(expression: Expression) -> Iterator[str]:
    """Names of the columns an expression reads, as often as it names them."""
    if isinstance(expression, Column):
        yield expression.name
    elif isinstance(expression, Call):
        yield from columns(expression.argument)
    elif isinstance(expression, Operation):
        if expression.left is not None:
            yield from columns(expression.left)
        yield from columns(expression.right)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Sum:
    """Terms gathered so far; ``intercept`` is None while the text said neither 0 nor 1."""

    terms: list[frozenset[Expression]] = field(default_factory=list)
    intercept: bool | None = None

    def add(self, terms: list[frozenset[Expression]]) -> None:
        self.terms += [term for term in terms if term and term not in self.terms]
        if frozenset() in terms:
            self.intercept = True

    def remove(self, terms: list[frozenset[Expression]]) -> None:
        self.terms = [term for term in self.terms if term not in terms]
        if frozenset() in terms:
            self.intercept = False


@dataclass(frozen=True, slots=True)
class _Bar:
    """A random part ``(terms | group)`` as written."""

    terms: Terms
    group: str
    scalar: bool
    text: str

    def blocks(self) -> Iterator[Terms]:
        """The blocks of the covariance matrix: with ``||`` one for each term."""
        if not self.scalar:
            yield self.terms
            return
        if self.terms.intercept:
            yield Terms(True, (), ())
        for term in self.terms.terms:
            yield Terms(False, tuple(self.terms.variables[i] for i in term), (tuple(range(len(term))),))


class _Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.position = 0
        self.seen: list[Expression] = []
        self.bars: list[_Bar] = []

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def accept(self, *operators: str) -> _Token | None:
        token = self.token
        if token.kind != "operator" or token.text not in operators:
            return None
        self.position += 1
        return token

    def expect(self, operator: str) -> None:
        if self.accept(operator) is None:
            self.unexpected()

    def unexpected(self) -> NoReturn:
        token = self.token
        if token.kind == "end":
            raise _syntax(f"formula ends too early: {self.text!r}", self.text)
        if token.text in _REFUSED:
            raise _unsupported(_REFUSED[token.text], self.text[max(0, token.start) :].strip())
        place = f"at character {token.start + 1} of {self.text!r}"
        raise _syntax(f"unexpected {token.text!r} {place}", token.text)

    def since(self, start: int) -> str:
        return self.text[start : self.tokens[self.position - 1].end].strip()

    def formula(self) -> Formula:
        response = self.response()
        self.expect("~")
        self.seen = []
        fixed = self.sum(outermost=True)
        if self.token.kind != "end":
            self.unexpected()
        terms = _sorted_terms(fixed, self.seen, default=True)
        if response in terms.variables:
            raise _unsupported(f"the response {label(response)} is also a predictor", label(response))
        if not self.bars:
            raise _unsupported("no random part; add one such as (1 | school)", self.text)
        return Formula(self.text, response, terms, *self.random_part())

    def response(self) -> Expression:
        if not any(token.text == "~" for token in self.tokens):
            raise _syntax(f"no ~ in {self.text!r}; write it as outcome ~ predictors + (1 | group)", self.text)
        if self.token.kind not in ("name", "quoted"):
            raise _unsupported("the response must be a column, I() or log()", self.token.text)
        return self.variable()

    def random_part(self) -> tuple[tuple[Terms, ...], str, bool]:
        groups = {bar.group for bar in self.bars}
        if len(groups) > 1:
            texts = " + ".join(bar.text for bar in self.bars)
            raise _unsupported(f"{len(groups)} grouping factors in {texts}; one is supported", texts)
        for bar in self.bars:
            if not bar.terms.intercept and not bar.terms.terms:
                raise _unsupported(f"no term before the bar in {bar.text}", bar.text)
        blocks = tuple(block for bar in self.bars for block in bar.blocks())
        return blocks, self.bars[0].group, any(bar.scalar for bar in self.bars)

    def sum(self, *, outermost: bool) -> _Sum:
        total = _Sum()
        sign = self.accept("+", "-")
        while True:
            self.summand(total, minus=sign is not None and sign.text == "-", outermost=outermost)
            sign = self.accept("+", "-")
            if sign is None:
                return total

    def summand(self, total: _Sum, *, minus: bool, outermost: bool) -> None:
        if self.token.kind == "number" and self.token.text == "0":
            self.position += 1
            if self.token.text in (":", "*"):
                self.unexpected()
            total.intercept = minus
        elif self.at_bar():
            if minus or not outermost:
                raise _unsupported("a random part can only be added with +", self.text)
            self.bars.append(self.bar())
        elif minus:
            total.remove(self.product())
        else:
            total.add(self.product())

    def product(self) -> list[frozenset[Expression]]:
        terms = self.interaction()
        while self.accept("*"):
            right = self.interaction()
            terms = _unique(terms + right + [a | b for a in terms for b in right])
        return terms

    def interaction(self) -> list[frozenset[Expression]]:
        terms = self.primary()
        while self.accept(":"):
            right = self.primary()
            terms = _unique([a | b for a in terms for b in right])
        return terms

    def primary(self) -> list[frozenset[Expression]]:
        token = self.token
        if token.kind == "number":
            if token.text != "1":
                message = f"the number {token.text} as a term; others than 0 and 1 belong in I()"
                raise _unsupported(message, token.text)
            self.position += 1
            return [frozenset()]
        if self.at_bar():
            raise _unsupported("a random part can only be added with +", self.text)
        if self.accept("("):
            return self.parenthesis()
        variable = self.variable()
        if variable not in self.seen:
            self.seen.append(variable)
        return [frozenset({variable})]

    def parenthesis(self) -> list[frozenset[Expression]]:
        start = self.tokens[self.position - 1].start
        inner = self.sum(outermost=False)
        self.expect(")")
        if inner.intercept is False:
            text = self.since(start)
            raise _unsupported(f"the intercept is taken away inside parentheses: {text}", text)
        return ([frozenset()] if inner.intercept else []) + inner.terms

    def at_bar(self) -> bool:
        """Whether a parenthesis opens here that holds a bar at its own level."""
        if self.token.text != "(" or self.token.kind != "operator":
            return False
        depth = 0
        for token in self.tokens[self.position :]:
            depth += (token.text == "(") - (token.text == ")") if token.kind == "operator" else 0
            if depth == 0:
                return False
            if depth == 1 and token.kind == "operator" and token.text in ("|", "||"):
                return True
        return False

    def bar(self) -> _Bar:
        start = self.token.start
        self.expect("(")
        outer, self.seen = self.seen, []
        terms = _sorted_terms(self.sum(outermost=False), self.seen, default=True)
        self.seen = outer
        bar = self.accept("||", "|")
        if bar is None:
            self.unexpected()
        group = self.token
        if group.kind not in ("name", "quoted"):
            raise _unsupported(f"the grouping factor must be one column, not {group.text!r}", group.text)
        self.position += 1
        if self.token.kind == "end":
            self.unexpected()
        if self.accept(")") is None:
            rest = self.text[group.start :].split(")")[0]
            raise _unsupported(f"grouping factor {rest!r}; one column is supported, no nesting", rest)
        return _Bar(terms, group.text, bar.text == "||", self.since(start))

    def variable(self) -> Expression:
        token = self.token
        if token.kind not in ("name", "quoted"):
            self.unexpected()
        if token.kind == "name" and self.tokens[self.position + 1].text == "(":
            return self.call(FUNCTIONS)
        self.position += 1
        return Column(token.text)

    def call(self, functions: tuple[str, ...]) -> Expression:
        name = self.token.text
        if name not in functions:
            known = "functions are I() and log()" if functions is FUNCTIONS else "inside I() only log() is"
            raise _unsupported(f"function `{name}` is not supported; {known}", name)
        self.position += 1
        self.expect("(")
        argument = self.arithmetic()
        if self.token.text == ",":
            raise _unsupported(f"{name}() takes one argument", self.text)
        self.expect(")")
        found = Call(name, argument)
        if functions is FUNCTIONS and not any(columns(found)):
            raise _unsupported(f"{label(found)} reads no column", label(found))
        return found

    def arithmetic(self) -> Expression:
        return self.left_associative(("+", "-"), self.arithmetic_product)

    def arithmetic_product(self) -> Expression:
        return self.left_associative(("*", "/"), self.signed)

    def left_associative(self, operators: tuple[str, ...], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while operator := self.accept(*operators):
            left = Operation(operator.text, left, operand())
        return left

    def signed(self) -> Expression:
        if sign := self.accept("-", "+"):
            return Operation(sign.text, None, self.signed())
        base = self.atom()
        return Operation("^", base, self.signed()) if self.accept("^") else base

    def atom(self) -> Expression:
        token = self.token
        if token.kind == "number":
            self.position += 1
            return Number(float(token.text))
        if self.accept("("):
            inner = self.arithmetic()
            self.expect(")")
            return Call("", inner)
        if token.kind == "name" and self.tokens[self.position + 1].text == "(":
            return self.call(("log",))
        return self.variable()


_REFUSED = {
    "/": "nesting with `/` is not supported outside I()",
    "^": "the power `^` is not supported outside I()",
    "|": "a bar outside parentheses; write the random part as (terms | group)",
    "||": "a bar outside parentheses; write the random part as (terms || group)",
    "%in%": "`%in%` is not supported",
    "~": "`~` where a term was expected",
    ",": "a comma: functions take one argument",
}


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text.rstrip()):
        kind = str(match.lastgroup)
        if kind == "name" and match[kind] == ".":
            raise _unsupported("`.` for all other columns is not supported; name them", ".")
        found.append(_Token(kind, match[kind], match.start(kind), match.end()))
    if sum(token.text == "(" for token in found) > _MOST_PARENTHESES:
        raise _unsupported(f"more than {_MOST_PARENTHESES} parentheses", text)
    return [*found, _Token("end", "", len(text), len(text))]


def _unique(terms: list[frozenset[Expression]]) -> list[frozenset[Expression]]:
    return list(dict.fromkeys(terms))


def _sorted_terms(total: _Sum, seen: list[Expression], *, default: bool) -> Terms:
    used = [variable for variable in seen if any(variable in term for term in total.terms)]
    position = {variable: index for index, variable in enumerate(used)}
    terms = sorted(total.terms, key=len)
    intercept = default if total.intercept is None else total.intercept
    return Terms(intercept, tuple(used), tuple(tuple(sorted(position[v] for v in term)) for term in terms))


def _syntax(message: str, value: str) -> InputError:
    return InputError("formula-syntax", f"formula: {message}", value=value)


def _unsupported(message: str, value: str) -> InputError:
    return InputError("formula-unsupported", f"formula: {message}", value=value)
