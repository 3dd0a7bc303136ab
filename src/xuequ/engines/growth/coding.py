"""From the terms of a formula to named columns of numbers: treatment contrasts, named and coded as R does.

The coding rule is that of Chambers and Hastie (1992), *Statistical Models in S*, section 2.3: a text column
inside a term is coded by contrasts when the term without it is contained in an earlier term (the intercept
counts), else by one dummy for each level.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xuequ.engines.errors import InputError
from xuequ.engines.growth.formula import Column, Expression, Formula, Terms, columns, label, parse

MOST_COLUMNS = 200
Levels = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Dummy:
    """1 where the text of ``column`` is ``level``, else 0."""

    column: str
    level: str


Piece = Expression | Dummy


@dataclass(frozen=True, slots=True)
class ModelColumn:
    """A column of the model: the product of its pieces. The intercept has none."""

    name: str
    pieces: tuple[Piece, ...] = ()

    @property
    def numeric(self) -> bool:
        """Whether no dummy takes part, so that the column can be centred with profit."""
        return bool(self.pieces) and not any(isinstance(piece, Dummy) for piece in self.pieces)


INTERCEPT = ModelColumn("(Intercept)")


@dataclass(frozen=True, slots=True)
class ModelColumns:
    """The columns of a model, fixed before any number is seen, so that schools can compute apart and add up.

    Attributes
    ----------
    formula : the formula as read
    levels : for each text covariate its sorted levels; the first is the reference
    fixed : columns of X, shape (n, p)
    blocks : columns of Z, shape (n, q), by block of the random covariance matrix
    response : the column y
    stored : the intercept, every other column of X and Z once, and last y: the order of the cross-products
    """

    formula: Formula
    levels: tuple[tuple[str, tuple[str, ...]], ...]
    fixed: tuple[ModelColumn, ...]
    blocks: tuple[tuple[ModelColumn, ...], ...]
    response: ModelColumn
    stored: tuple[ModelColumn, ...]

    @property
    def random(self) -> tuple[ModelColumn, ...]:
        """Columns of Z, all blocks in order."""
        return tuple(column for block in self.blocks for column in block)

    def positions(self, wanted: Sequence[ModelColumn]) -> list[int]:
        """Where columns stand in ``stored``."""
        where = {column.name: index for index, column in enumerate(self.stored)}
        return [where[column.name] for column in wanted]

    def to_json(self) -> str:
        """Formula and levels: all that another place needs to build the same columns."""
        return json.dumps({"formula": self.formula.text, "levels": dict(self.levels)}, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> "ModelColumns":
        """The inverse of :meth:`to_json`."""
        document = json.loads(text)
        return model_columns(parse(document["formula"]), document["levels"])


def model_columns(formula: Formula, levels: Levels) -> ModelColumns:
    """Name and code the columns of a model.

    Parameters
    ----------
    formula : the formula as read
    levels : sorted levels of every text covariate; all other columns are numbers

    Raises
    ------
    InputError
        ``text-in-double-bar``, ``repeated-random-term``, ``ambiguous-term`` or ``too-many-columns``.

    Examples
    --------
    >>> model = model_columns(parse("y ~ sex * standLRT + (1 | school)"), {"sex": ["F", "M"]})
    >>> [column.name for column in model.fixed]
    ['(Intercept)', 'sexM', 'standLRT', 'sexM:standLRT']
    """
    _check_double_bar(formula, levels)
    fixed = _coded(formula.fixed, levels)
    blocks = tuple(_coded(block, levels) for block in formula.blocks)
    _check_repeated(blocks)
    response = ModelColumn(label(formula.response), (formula.response,))
    inner = _distinct(column for column in itertools.chain(fixed, *blocks) if column != INTERCEPT)
    if len(inner) > MOST_COLUMNS:
        raise InputError(
            "too-many-columns",
            f"the formula makes {len(inner)} columns, at most {MOST_COLUMNS} are supported;"
            " leave out text columns with many different texts",
        )
    pairs = tuple((name, tuple(levels[name])) for name in sorted(levels))
    return ModelColumns(formula, pairs, fixed, blocks, response, (INTERCEPT, *inner.values(), response))


def covariates(formula: Formula) -> list[Expression]:
    """Every variable of the fixed and random terms, once."""
    sides = (formula.fixed, *formula.blocks)
    return list(dict.fromkeys(variable for terms in sides for variable in terms.variables))


def number_columns(formula: Formula) -> set[str]:
    """Columns that must hold numbers: the response and all inside ``I()`` and ``log()``."""
    inside = [variable for variable in covariates(formula) if not isinstance(variable, Column)]
    return {name for expression in (formula.response, *inside) for name in columns(expression)}


def covariate_columns(formula: Formula) -> list[str]:
    """Every column the fixed and random terms read."""
    return list(dict.fromkeys(name for variable in covariates(formula) for name in columns(variable)))


def value_columns(formula: Formula) -> list[str]:
    """Every column whose values the model reads: those of the response and of the covariates."""
    return list(dict.fromkeys([*columns(formula.response), *covariate_columns(formula)]))


def used_columns(formula: Formula) -> list[str]:
    """Every column a formula reads, the group among them."""
    return list(dict.fromkeys([*value_columns(formula), formula.group]))


def _coded(terms: Terms, levels: Levels) -> tuple[ModelColumn, ...]:
    full = _full_dummies(terms, levels)
    coded = [INTERCEPT] if terms.intercept else []
    for term in terms.terms:
        choices = [_pieces(terms.variables[i], levels, full=(term, i) in full) for i in term]
        # The first variable of a term varies fastest, as in R.
        for reverse in itertools.product(*reversed(choices)):
            names, pieces = zip(*reversed(reverse), strict=True)
            coded.append(ModelColumn(":".join(names), pieces))
    return tuple(coded)


def _full_dummies(terms: Terms, levels: Levels) -> set[tuple[tuple[int, ...], int]]:
    """The (term, variable) pairs coded by one dummy for each level rather than by contrasts."""
    factors = {i for i, variable in enumerate(terms.variables) if _is_text(variable, levels)}
    full = set()
    for index, term in enumerate(terms.terms):
        for i in factors.intersection(term):
            rest = set(term) - {i}
            if rest and not any(rest.issubset(earlier) for earlier in terms.terms[:index]):
                full.add((term, i))
    first = next((term for term in terms.terms if factors.intersection(term)), None)
    if first is not None and not terms.intercept:
        full.add((first, min(factors.intersection(first))))
    return full


def _is_text(variable: Expression, levels: Levels) -> bool:
    return isinstance(variable, Column) and variable.name in levels


def _pieces(variable: Expression, levels: Levels, *, full: bool) -> list[tuple[str, Piece]]:
    if not isinstance(variable, Column) or variable.name not in levels:
        return [(label(variable), variable)]
    kept = levels[variable.name] if full else levels[variable.name][1:]
    return [(label(variable) + level, Dummy(variable.name, level)) for level in kept]


def _distinct(coded: Iterable[ModelColumn]) -> dict[str, ModelColumn]:
    found: dict[str, ModelColumn] = {}
    for column in coded:
        if found.setdefault(column.name, column) != column:
            message = f"formula: two different terms are named {column.name}; rename a column"
            raise InputError("ambiguous-term", message, value=column.name)
    return found


def _check_double_bar(formula: Formula, levels: Levels) -> None:
    for name in _block_columns(formula) if formula.scalar else ():
        if name in levels:
            message = f"formula: text column `{name}` before ||; its levels vary together, so write (… | …)"
            raise InputError("text-in-double-bar", message, column=name)


def _block_columns(formula: Formula) -> Iterator[str]:
    return (name for block in formula.blocks for variable in block.variables for name in columns(variable))


def _check_repeated(blocks: Sequence[Sequence[ModelColumn]]) -> None:
    names = [column.name for block in blocks for column in block]
    for name in names:
        if names.count(name) > 1:
            message = f"formula: random term {name} stands twice; write it once"
            raise InputError("repeated-random-term", message, value=name)
