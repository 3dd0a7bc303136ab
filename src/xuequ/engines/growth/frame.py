"""The model frame: which rows and values of a table enter a model, read without holding the table in memory.

Every reading is a lazy Polars query on its streaming engine, so a file larger than memory is a table too.
"""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.coding import (
    Dummy,
    Levels,
    ModelColumn,
    ModelColumns,
    Piece,
    covariate_columns,
    covariates,
    model_columns,
    number_columns,
    used_columns,
    value_columns,
)
from xuequ.engines.growth.formula import Call, Column, Expression, Formula, Number, columns, label

Table = pl.DataFrame | pl.LazyFrame
MOST_LEVELS = 100
_CENTRE_DIGITS = 8
_TOO_LARGE = 1e100
_FIRST_VALUES = 1000
_WHOLE = re.compile(r"-?\d{1,18}")


class Reader:
    """Polars expressions for the columns of one table: text trimmed, empty text and NaN missing.

    Columns named in ``clean`` are known to hold no text that trimming would change, which saves the trimming.
    """

    def __init__(self, table: Table, wanted: Sequence[str], clean: Collection[str] = ()) -> None:
        self.lazy = table.lazy()
        self.schema = self.lazy.collect_schema()
        self.clean = clean
        self.require(wanted)

    def require(self, wanted: Iterable[str]) -> None:
        """Raise ``InputError`` unless the table has these columns, of numbers or text."""
        for name in wanted:
            self._check_column(name)

    def _check_column(self, name: str) -> None:
        if name not in self.schema:
            there = ", ".join(list(self.schema)[:20])
            raise InputError(
                "unknown-column", f"there is no column `{name}`; the columns are {there}", column=name
            )
        kind = self.schema[name]
        if not (kind.is_numeric() or self.is_text(name) or kind == pl.Boolean or kind == pl.Null):
            raise InputError(
                "unusable-type", f"values of type {kind} are neither numbers nor text", column=name
            )

    def is_text(self, name: str) -> bool:
        """Whether values are stored as text, be it the text of numbers."""
        return self.schema[name] in (pl.String, pl.Categorical, pl.Enum)

    def text(self, name: str, source: str | None = None) -> pl.Expr:
        """The column as trimmed text; whole numbers are written without decimals, truth values as R does."""
        column, kind = pl.col(source or name), self.schema[name]
        if kind == pl.Boolean:
            return pl.when(column).then(pl.lit("TRUE")).when(column.not_()).then(pl.lit("FALSE"))
        if kind.is_float():
            whole = column.cast(pl.Int64, strict=False)
            number = column.fill_nan(None)
            return pl.when(number == whole).then(whole.cast(pl.String)).otherwise(number.cast(pl.String))
        if not self.is_text(name):
            return column.cast(pl.String)
        if name in self.clean:
            return column.cast(pl.String)
        trimmed = column.cast(pl.String).str.strip_chars()
        return pl.when(trimmed != "").then(trimmed)

    def number(self, name: str) -> pl.Expr:
        """The column as numbers; text that is no number becomes missing and is refused elsewhere."""
        source = self.text(name) if self.is_text(name) else pl.col(name)
        return source.cast(pl.Float64, strict=False).fill_nan(None)

    def present(self, name: str) -> pl.Expr:
        """Whether the row has a value in this column."""
        kind = self.schema[name]
        if self.is_text(name):
            return self.text(name).is_not_null()
        return pl.col(name).fill_nan(None).is_not_null() if kind.is_float() else pl.col(name).is_not_null()

    def value(self, expression: Expression) -> pl.Expr:
        """The numbers of a variable, arithmetic included."""
        if isinstance(expression, Column):
            return self.number(expression.name)
        if isinstance(expression, Number):
            return pl.lit(expression.value)
        if isinstance(expression, Call):
            inner = self.value(expression.argument)
            return inner.log() if expression.function == "log" else inner
        right = self.value(expression.right)
        if expression.left is None:
            return -right if expression.operator == "-" else right
        left = self.value(expression.left)
        return _ARITHMETIC[expression.operator](left, right)

    def column(self, column: ModelColumn) -> pl.Expr:
        """The numbers of a model column."""
        pieces = [self._piece(piece) for piece in column.pieces]
        return reduce(lambda a, b: a * b, pieces) if pieces else pl.lit(1.0)

    def _piece(self, piece: Piece) -> pl.Expr:
        if isinstance(piece, Dummy):
            return (self.text(piece.column) == piece.level).cast(pl.Float64)
        return self.value(piece)

    def first_row(self, condition: pl.Expr, name: str) -> tuple[int, str]:
        """The 1-based number of the first row where a condition holds, and the text in a column there."""
        query = self.lazy.select(condition.alias("found"), pl.col(name).cast(pl.String).alias("text"))
        found = query.with_row_index("row").filter("found")
        row = found.bottom_k(1, by="row").collect(engine="streaming")
        return int(row["row"][0]) + 1, str(row["text"][0])


_ARITHMETIC: Mapping[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
}


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What one look over a table tells before the cross-products are formed.

    Attributes
    ----------
    model : the columns of the model
    groups : labels of the groups with at least one complete row, in natural order, length J
    centre : a value near the mean of each stored model column, 0 where dummies take part, shape (m,)
    n : rows with a value in every used column
    n_dropped : rows left out for lack of one
    clean : text columns that need no trimming
    """

    model: ModelColumns
    groups: tuple[str, ...]
    centre: NDArray[np.float64]
    n: int
    n_dropped: int
    clean: frozenset[str]


def survey(table: Table, formula: Formula, levels: Levels | None = None) -> Survey:
    """Look over a table: complete rows, groups, levels of text covariates, and values no model can use.

    Parameters
    ----------
    table : one row for each pupil
    formula : the model
    levels : levels of the text covariates when they are fixed beforehand; found in the table otherwise

    Raises
    ------
    InputError
        ``unknown-column``, ``unusable-type``, ``text-in-number-column``, ``unknown-level``,
        ``infinite-value``, ``constant-predictor``, ``too-many-levels``, ``empty-table``, ``no-complete-row``.
    """
    reader = Reader(table, used_columns(formula))
    texts = _found_texts(reader, formula) if levels is None else sorted(levels)
    check_levels(reader, levels or {})
    check_numbers(reader, [name for name in value_columns(formula) if name not in texts])
    atoms = [formula.response, *(v for v in covariates(formula) if next(columns(v)) not in texts)]
    cells, clean = _cells(reader, formula, texts, atoms)
    complete = cells.filter("complete")
    _check_rows(cells, complete, formula)
    _check_finite(reader, formula, atoms, complete)
    if levels is None:
        levels = {name: _found_levels(reader, complete[f"key{i}"], name) for i, name in enumerate(texts)}
    model = model_columns(formula, levels)
    n = int(complete["rows"].sum())
    means = {
        atom: _rounded(float(complete[f"sum{i}"].sum()) / n, float(complete[f"size{i}"].sum()) / n)
        for i, atom in enumerate(atoms)
    }
    centre = np.array([_centre(column, means) for column in model.stored])
    groups = natural_order(complete[f"key{len(texts)}"].unique())
    return Survey(model, groups, centre, n, int(cells["rows"].sum()) - n, clean)


def complete_rows(reader: Reader, names: Sequence[str]) -> pl.Expr:
    """Whether a row has a value in each of some columns."""
    return pl.all_horizontal(reader.present(name) for name in names)


def _found_texts(reader: Reader, formula: Formula) -> list[str]:
    """The text covariates, told by most of their first values; the rest is looked at later."""
    plain = sorted(set(covariate_columns(formula)) - number_columns(formula))
    texts = [name for name in plain if reader.schema[name] == pl.Boolean]
    for name in (name for name in plain if reader.is_text(name)):
        values = reader.lazy.select(reader.text(name).alias("text"), reader.number(name).alias("number"))
        first = values.filter(pl.col("text").is_not_null()).head(_FIRST_VALUES).collect(engine="streaming")
        if 2 * first["number"].count() < len(first):
            texts.append(name)
    return sorted(texts)


def check_numbers(reader: Reader, names: Sequence[str]) -> None:
    """Raise ``InputError`` (``text-in-number-column``) where a cell of these columns is no number."""
    name = _first_with(reader, {name: _no_number(reader, name) for name in names if reader.is_text(name)})
    if name is not None:
        row, text = reader.first_row(_no_number(reader, name), name)
        message = f"{text!r} is text where a number is expected; correct it or leave the cell empty"
        raise InputError("text-in-number-column", message, column=name, row=row, value=text)


def check_levels(reader: Reader, levels: Levels) -> None:
    """Raise ``InputError`` (``unknown-level``) where a text is none of its column's levels."""
    wrong = {name: reader.text(name).is_in(list(known)).not_() for name, known in levels.items()}
    name = _first_with(reader, wrong)
    if name is not None:
        row, text = reader.first_row(wrong[name], name)
        message = f"{text!r} is not one of the levels {', '.join(levels[name])}"
        raise InputError("unknown-level", message, column=name, row=row, value=text)


def _first_with(reader: Reader, conditions: Mapping[str, pl.Expr]) -> str | None:
    """The first name whose condition holds in any row."""
    if not conditions:
        return None
    found = reader.lazy.select(condition.any().alias(name) for name, condition in conditions.items())
    row = found.collect(engine="streaming").row(0, named=True)
    return next((name for name, any_row in row.items() if any_row), None)


def _no_number(reader: Reader, name: str) -> pl.Expr:
    return reader.present(name) & reader.number(name).is_null()


def _cells(
    reader: Reader, formula: Formula, texts: Sequence[str], atoms: Sequence[Expression]
) -> tuple[pl.DataFrame, frozenset[str]]:
    """Counts and sums by completeness, text covariates and group: small, whatever the table's length.

    Keys are trimmed here, after the counting, for trimming a million texts costs more than all the rest.
    """
    names = [*texts, formula.group]
    numbers = [name for name in value_columns(formula) if name not in texts]
    keys = {"complete": complete_rows(reader, numbers)} | {f"key{i}": pl.col(n) for i, n in enumerate(names)}
    values = {f"value{i}": reader.value(atom) for i, atom in enumerate(atoms)}
    query = reader.lazy.select(**keys, **values).group_by(list(keys))
    cells = query.agg(
        pl.len().alias("rows"),
        *(pl.col(name).sum().alias(f"sum{name[5:]}") for name in values),
        *(pl.col(name).abs().sum().alias(f"size{name[5:]}") for name in values),
        *(_usable(pl.col(name)).sum().alias(f"usable{name[5:]}") for name in values),
    ).collect(engine="streaming")
    trimmed = [reader.text(name, f"key{i}").alias(f"key{i}") for i, name in enumerate(names)]
    after = cells.with_columns(trimmed)
    clean = frozenset(
        name
        for i, name in enumerate(names)
        if reader.is_text(name) and after[f"key{i}"].equals(cells[f"key{i}"].cast(pl.String))
    )
    present = pl.all_horizontal("complete", *(pl.col(f"key{i}").is_not_null() for i in range(len(names))))
    return after.with_columns(present.alias("complete")), clean


def _usable(value: pl.Expr) -> pl.Expr:
    """Whether a number's square stays finite; false for NaN."""
    return value.is_not_nan() & (value.abs() < _TOO_LARGE)


def _check_rows(cells: pl.DataFrame, complete: pl.DataFrame, formula: Formula) -> None:
    if cells.is_empty():
        raise InputError("empty-table", "the table has no rows")
    if complete.is_empty():
        names = ", ".join(used_columns(formula))
        raise InputError("no-complete-row", f"no row has a value in every column of the model: {names}")


def _check_finite(
    reader: Reader, formula: Formula, atoms: Sequence[Expression], complete: pl.DataFrame
) -> None:
    for i, atom in enumerate(atoms):
        if complete[f"usable{i}"].sum() == complete["rows"].sum():
            continue
        bad = complete_rows(reader, used_columns(formula)) & _usable(reader.value(atom)).not_()
        name = next(columns(atom))
        row, text = reader.first_row(bad, name)
        message = f"{label(atom)} is infinite or undefined for {text}; correct or empty the cell"
        raise InputError("infinite-value", message, column=name, row=row, value=text)


def _found_levels(reader: Reader, values: pl.Series, name: str) -> tuple[str, ...]:
    found = tuple(sorted(values.unique()))
    if any(pl.Series(found).cast(pl.Float64, strict=False).is_not_null()):
        _refuse_numbers(reader, name)
    if len(found) < 2:
        message = f"the predictor is constant, {found[0]!r} in every row; leave it out of the formula"
        raise InputError("constant-predictor", message, column=name)
    if len(found) > MOST_LEVELS:
        message = f"a text covariate with {len(found)} different texts; at most {MOST_LEVELS} are supported"
        raise InputError("too-many-levels", message, column=name)
    return found


def _refuse_numbers(reader: Reader, name: str) -> NoReturn:
    """Numbers far below text: neither a covariate of numbers nor one of text."""
    row, text = reader.first_row(reader.number(name).is_not_null(), name)
    message = f"{text!r} is a number below text; make all cells of the column numbers or all text"
    raise InputError("number-in-text-column", message, column=name, row=row, value=text)


def _rounded(mean: float, size: float) -> float:
    """Few digits against the mean size: the order in which threads add up then leaves no trace in the results."""
    if not math.isfinite(size) or size <= 0.0:
        return 0.0
    return round(mean, _CENTRE_DIGITS - 1 - math.floor(math.log10(size)))


def _centre(column: ModelColumn, means: Mapping[Expression, float]) -> float:
    if not column.numeric:
        return 0.0
    return reduce(lambda a, b: a * b, (means[p] for p in column.pieces if not isinstance(p, Dummy)))


def natural_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Whole numbers by value, anything else by code point."""
    labels = list(labels)
    if all(_WHOLE.fullmatch(text) for text in labels):
        return tuple(sorted(labels, key=lambda text: (int(text), text)))
    return tuple(sorted(labels))
