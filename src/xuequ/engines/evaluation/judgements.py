"""Judgements of pairs: how many times more one index matters than another, as a reciprocal matrix.

A pair may be missing; the others must still connect all indexes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array

SAATY = (*(1 / k for k in range(9, 1, -1)), *map(float, range(1, 10)))
"""The seventeen values of Saaty's scale, from 1/9 to 9."""

FARTHEST = 1e4
"""A ratio beyond this is a slip of the pen, and would leave no digits to its opposite."""

RECIPROCAL = 0.05
"""How far a_ij · a_ji may be from 1: a reciprocal written with two decimals (0.13 for 1/8) is as far as 0.04."""


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """A complete or incomplete reciprocal matrix.

    Attributes
    ----------
    names : the indexes
    values : shape (n, n), ones on the diagonal, a_ji = 1/a_ij exactly, NaN where a pair was not judged
    """

    names: tuple[str, ...]
    values: Array

    @property
    def missing(self) -> int:
        """Number of pairs that were not judged."""
        return int(np.isnan(self.values).sum()) // 2


def judgements(names: Sequence[str], values: Array) -> Judgements:
    """Check a square matrix and make it exactly reciprocal.

    A pair given once is completed by its reciprocal; of two that agree within rounding the one above 1 counts.

    Raises
    ------
    InputError
        ``not-square``, ``too-few-indexes``, ``repeated-name``, ``not-positive``, ``too-far``, ``diagonal``,
        ``not-reciprocal`` (each with row and column), or ``not-connected``.
    """
    names, values = tuple(names), np.array(values, dtype=np.float64)
    n = len(names)
    if n < 2:
        raise InputError("too-few-indexes", f"{n} indexes; at least 2 are needed to be compared")
    if values.shape != (n, n):
        raise InputError("not-square", f"{n} names but a table of {values.shape[0]} × {values.shape[-1]}")
    if len(set(names)) < n:
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("repeated-name", "two indexes have this name", column=twice)
    _refuse_cells(names, values)
    values = _reciprocal(names, values)
    if not _connected(~np.isnan(values)):
        message = (
            "the judged pairs leave indexes apart that nothing connects; judge one more pair between them"
        )
        raise InputError("not-connected", message)
    return Judgements(names, values)


def _connected(judged: NDArray[np.bool_]) -> bool:
    """Whether every index is reached from the first; the diagonal is judged, so that reach only grows."""
    reached = judged[0]
    for _ in range(len(judged)):
        reached = judged[reached].any(axis=0)
    return bool(reached.all())


def _refuse_cells(names: Sequence[str], values: Array) -> None:
    for i, j in np.argwhere((values <= 0) | (values > FARTHEST) | ((values > 0) & (values < 1 / FARTHEST))):
        code = "not-positive" if values[i, j] <= 0 else "too-far"
        message = (
            f"{values[i, j]:g} is not a judgement; it must be a number above 0, on Saaty's scale 1/9 to 9"
        )
        raise InputError(code, message, column=names[j], row=int(i) + 1, value=f"{values[i, j]:g}")
    for i in range(len(names)):
        if not np.isnan(values[i, i]) and values[i, i] != 1:
            message = f"{values[i, i]:g} where {names[i]} meets itself; it must be 1"
            raise InputError("diagonal", message, column=names[i], row=i + 1)


def _reciprocal(names: Sequence[str], values: Array) -> Array:
    opposite = 1.0 / values.T
    off = np.abs(values / opposite - 1.0) > RECIPROCAL
    for i, j in np.argwhere(np.triu(off, 1)):
        a, b = values[i, j], values[j, i]
        message = (
            f"{names[i]} to {names[j]} is {a:g} but {names[j]} to {names[i]} is {b:g}, not its reciprocal"
        )
        raise InputError("not-reciprocal", message, column=names[j], row=int(i) + 1, value=f"{a:g}")
    # Of two numbers the one above 1 was not rounded; NaN compares false, so that one alone counts whichever it is.
    upper = np.triu(np.where(np.isnan(values) | (values < values.T), opposite, values), 1)
    lower = np.divide(1.0, upper.T, out=np.zeros_like(upper), where=upper.T != 0)
    return np.asarray(upper + lower + np.eye(len(values)))


def read_judgements(table: pl.DataFrame) -> Judgements:
    """Read a table with the names in its first column and again, in the same order, as the other headings.

    Cells hold numbers or fractions such as ``1/3``; an empty pair was not judged.

    Raises
    ------
    InputError
        ``not-square``, ``names-differ``, ``not-a-number``, or what `judgements` raises.
    """
    headings = [name.strip() for name in table.columns[1:]]
    names = [str(name or "").strip() for name in table[:, 0].cast(pl.String)] if table.width else []
    if len(names) != len(headings):
        message = f"{len(names)} rows but {len(headings)} columns of judgements; the table must be square"
        raise InputError("not-square", message)
    for row, (name, heading) in enumerate(zip(names, headings, strict=True), start=1):
        if name != heading:
            message = (
                f"row {row} is called {name!r} but column {row} {heading!r}; both must name the same index"
            )
            raise InputError("names-differ", message, column=heading, row=row)
    cells = [
        [_number(cell, headings[j], i + 1) for i, cell in enumerate(table[:, j + 1].cast(pl.String))]
        for j in range(len(headings))
    ]
    return judgements(names, np.array(cells, dtype=np.float64).reshape(len(names), len(names)).T)


def read_pairs(table: pl.DataFrame) -> list[Judgements]:
    """Read a survey: a row for each respondent, a column ``a_b`` for each pair of indexes a and b.

    As in the R package ahpsurvey, −k says that a matters k times as much as b, and k that b does; 1 and −1 say that
    both matter alike. An empty cell was not judged.

    Raises
    ------
    InputError
        ``not-a-pair``, ``repeated-pair``, ``not-a-number``, ``below-one`` (with column and row), or what
        `judgements` raises, with the row.
    """
    pairs = [_pair(column) for column in table.columns]
    names = tuple(dict.fromkeys(name for pair in pairs for name in pair))
    at = {name: place for place, name in enumerate(names)}
    seen: set[frozenset[str]] = set()
    for column, pair in zip(table.columns, pairs, strict=True):
        if frozenset(pair) in seen:
            raise InputError("repeated-pair", "this pair stands in two columns", column=column)
        seen.add(frozenset(pair))
    found = []
    for row, cells in enumerate(table.cast(pl.String).iter_rows(), start=1):
        values = np.full((len(names), len(names)), np.nan)
        for column, (a, b), text in zip(table.columns, pairs, cells, strict=True):
            values[at[a], at[b]] = _times(_number(text, column, row), column, row)
        found.append(_of_row(names, values, row))
    return found


def _of_row(names: tuple[str, ...], values: Array, row: int) -> Judgements:
    try:
        return judgements(names, values)
    except InputError as error:
        raise InputError(error.code, error.message, row=row) from error


def is_pairs(columns: Sequence[str]) -> bool:
    """Whether the headings are those of a survey: each names two indexes."""
    return bool(columns) and all(len([part for part in name.split("_") if part]) == 2 for name in columns)


def _pair(column: str) -> tuple[str, str]:
    parts = [part.strip() for part in column.split("_")]
    if len(parts) != 2 or not all(parts) or parts[0] == parts[1]:
        raise InputError("not-a-pair", "a heading names two indexes with _ between them", column=column)
    return parts[0], parts[1]


def _times(value: float, column: str, row: int) -> float:
    """How many times the first index matters as much as the second."""
    if np.isnan(value):
        return value
    if abs(value) < 1:
        message = f"{value:g} is no judgement of a survey; it must be 1 or more, or −1 or less"
        raise InputError("below-one", message, column=column, row=row, value=f"{value:g}")
    return -value if value < 0 else 1.0 / value


def _number(text: str | None, column: str, row: int) -> float:
    text = (text or "").strip()
    if not text:
        return math.nan
    above, stroke, below = text.partition("/")
    try:
        return float(above) / float(below) if stroke else float(above)
    except (ValueError, ZeroDivisionError):
        message = f"{text!r} is neither a number nor a fraction such as 1/3"
        raise InputError("not-a-number", message, column=column, row=row, value=text) from None
