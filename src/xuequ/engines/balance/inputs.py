"""What the balance methods ask of a table: columns that exist, keys, amounts not negative, one unit a column."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_GAP = 2.5
_UNIT = (3.2, 4.8)
"""Powers of ten: a column holds 万元 beside 元 when a gap of 10^2.5 parts it and its halves are about 10^4 apart."""


def require(table: pl.DataFrame, names: Iterable[str]) -> None:
    """Raise ``InputError`` (``unknown-column`` or ``no-rows``) unless the table has rows and these columns."""
    for name in names:
        if name not in table.columns:
            there = ", ".join(table.columns[:20])
            raise InputError(
                "unknown-column", f"the table has no such column; there are: {there}", column=name
            )
    if not table.height:
        raise InputError("no-rows", "the table has no rows")


def texts(table: pl.DataFrame, name: str) -> list[str]:
    """A column as trimmed text, empty where missing or where the table has no such column."""
    if name not in table.columns:
        return [""] * table.height
    return table[name].cast(pl.String).fill_null("").str.strip_chars().to_list()


def keys(table: pl.DataFrame, name: str) -> list[str]:
    """A column that must be filled in every row.

    Raises
    ------
    InputError
        ``missing-key`` with the row.
    """
    found = texts(table, name)
    for row, text in enumerate(found, 1):
        if not text:
            raise InputError("missing-key", f"a row without a {name} cannot be used", column=name, row=row)
    return found


def numbers(table: pl.DataFrame, name: str) -> Array:
    """A column of numbers, shape (rows,), NaN where empty.

    Raises
    ------
    InputError
        ``not-numeric`` or ``not-finite`` with the row.
    """
    series = table[name]
    text = series.cast(pl.String).str.strip_chars()
    found = (series if series.dtype.is_numeric() else text).cast(pl.Float64, strict=False)
    bad = found.is_null() & text.fill_null("").ne("")
    if bad.any():
        row = int(bad.arg_max() or 0) + 1
        raise InputError(
            "not-numeric", "text where a number is expected", column=name, row=row, value=text[row - 1]
        )
    values = found.fill_null(float("nan")).to_numpy().astype(np.float64)
    _refuse(np.isinf(values), "not-finite", "the number is infinite", name)
    return values


def amounts(table: pl.DataFrame, name: str) -> Array:
    """A column of amounts: filled in every row and never negative, shape (rows,).

    Raises
    ------
    InputError
        ``missing-value`` or ``negative`` with the row, and what ``numbers`` raises.
    """
    values = amounts_or_missing(table, name)
    _refuse(np.isnan(values), "missing-value", "the cell is empty; write 0 only where there is none", name)
    return values


def amounts_or_missing(table: pl.DataFrame, name: str) -> Array:
    """Like ``amounts``, with NaN where the cell is empty."""
    require(table, (name,))
    values = numbers(table, name)
    _refuse(values < 0, "negative", "the number is negative", name)
    return values


def positives(table: pl.DataFrame, name: str, code: str, reason: str) -> Array:
    """A column of amounts above zero; ``InputError`` with ``code`` and the row where one is not."""
    values = amounts(table, name)
    _refuse(values == 0, code, reason, name)
    return values


def optional(table: pl.DataFrame, name: str, default: float) -> Array:
    """A column of amounts, or the default where it or a cell is missing."""
    if name not in table.columns:
        return np.full(table.height, default)
    values = amounts_or_missing(table, name)
    return np.where(np.isnan(values), default, values)


def refuse_mixed_units(values: Array, column: str) -> None:
    """Refuse a column in which some rows are in 万元 and some in 元: two heaps about ten thousand times apart.

    Parameters
    ----------
    values : shape (rows,), per pupil where that makes rows comparable; zeros and NaN are not judged

    Raises
    ------
    InputError
        ``mixed-units`` with a row of the smaller heap.
    """
    rows = np.flatnonzero(np.nan_to_num(values) > 0)
    if len(rows) < 2:
        return
    rows = rows[np.argsort(values[rows], kind="stable")]
    power = np.log10(values[rows])
    cut = int(np.argmax(np.diff(power))) + 1
    apart = float(np.median(power[cut:]) - np.median(power[:cut]))
    if power[cut] - power[cut - 1] < _GAP or not _UNIT[0] <= apart <= _UNIT[1]:
        return
    heap = rows[:cut] if 2 * cut <= len(rows) else rows[cut:]
    message = "values of this column are about 10000 times apart, as if 万元 and 元 were mixed"
    raise InputError("mixed-units", message, column=column, row=int(heap.min()) + 1)


def _refuse(bad: Flags, code: str, reason: str, column: str) -> None:
    if bad.any():
        raise InputError(code, reason, column=column, row=int(np.argmax(bad)) + 1)
