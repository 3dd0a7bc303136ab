"""What several methods ask of a table before they compute: columns that exist, keys, numbers, enough pupils."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.frame import natural_order
from xuequ.engines.growth.pooling import numbers

Array = NDArray[np.float64]
SUSPECT_SHIFT = 2.5
REFUSED_SHIFT = 4.0
"""A school's mean so many standard deviations (within schools) off the middle school: two scales in one column."""
_FEWEST_IN_SCHOOL = 5
_CONSTANT = 1e-12


def require(table: pl.DataFrame, names: Iterable[str]) -> None:
    """Raise ``InputError`` (``unknown-column``) unless the table has these columns."""
    for name in names:
        if name not in table.columns:
            there = ", ".join(table.columns[:20])
            message = f"the table has no column {name!r}; there are: {there}"
            raise InputError("unknown-column", message, column=name)


def texts(table: pl.DataFrame, name: str) -> pl.Series:
    """A column as trimmed text; empty text is missing."""
    text = table[name].cast(pl.String).str.strip_chars()
    return text.set(text == "", None)


def keys(table: pl.DataFrame, name: str) -> pl.Series:
    """A column that must tell for every row where it belongs.

    Raises
    ------
    InputError
        ``missing-key`` with the row.
    """
    found = texts(table, name)
    if found.null_count():
        row = int(found.is_null().arg_max() or 0) + 1
        raise InputError("missing-key", f"a row without a {name} cannot be used", column=name, row=row)
    return found


def pupils(table: pl.DataFrame, name: str = "pupil") -> pl.Series:
    """The pupils' keys, or the row numbers when the table has no such column.

    Raises
    ------
    InputError
        ``missing-key`` or ``duplicate-pupil`` with the row.
    """
    if name not in table.columns:
        return pl.Series(name, [str(i) for i in range(1, table.height + 1)], dtype=pl.String)
    found = keys(table, name)
    again = found.is_duplicated() & ~found.is_first_distinct()
    if again.any():
        row = int(again.arg_max() or 0) + 1
        raise InputError("duplicate-pupil", "the same pupil stands in two rows", column=name, row=row)
    return found


def ordered(table: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Rows by some columns of text in the order in which people count: 2 before 10."""
    for name in reversed(names):
        place = {label: i for i, label in enumerate(natural_order(table[name].unique()))}
        at = table[name].replace_strict(place, return_dtype=pl.Int64).arg_sort()
        table = table[at]
    return table


def finite(table: pl.DataFrame, name: str) -> pl.Series:
    """A column of numbers, missing where empty.

    Raises
    ------
    InputError
        ``not-numeric`` or ``not-finite`` with the row.
    """
    values = numbers(table[name])
    bad = values.is_infinite().fill_null(value=False)
    if bad.any():
        row = int(bad.arg_max() or 0) + 1
        raise InputError("not-finite", "the number is infinite", column=name, row=row)
    return values


def refuse_twice(*names: str) -> None:
    """Raise ``InputError`` (``design-column-twice``) when one column has two parts in a design."""
    given = [name for name in names if name]
    if len(set(given)) != len(given):
        twice = next(name for name in given if given.count(name) > 1)
        raise InputError("design-column-twice", "one column cannot have two parts in a design", column=twice)


def refuse_constant(values: Array, column: str) -> None:
    """Raise ``InputError`` (``constant``) when all values are equal but for rounding."""
    if len(values) and float(np.ptp(values)) <= _CONSTANT * max(1.0, float(np.abs(values).max())):
        raise InputError("constant", "all results are equal, so nothing can be compared", column=column)


def refuse_few(count: int, least: int, what: str, code: str = "too-few-pupils") -> None:
    """Raise ``InputError`` when there are fewer than ``least``."""
    if count < least:
        raise InputError(code, f"{count} {what}; at least {least} are needed")


def scale_remarks(values: pl.Series, schools: pl.Series) -> tuple[Remark, ...]:
    """Look for a school whose results were written on another scale than the others' (of 150 beside of 100).

    Returns ``suspect-scale`` for each school that lies far off the others; schools of fewer than 5 results are
    not judged.

    Raises
    ------
    InputError
        ``mixed-scales`` when the distance leaves no doubt, with the school as the value.
    """
    table = pl.DataFrame({"school": schools, "value": values}).drop_nulls()
    by = table.group_by("school").agg(
        pl.col("value").mean().alias("mean"), pl.col("value").std().alias("sd"), pl.len().alias("n")
    )
    by = by.filter(pl.col("n") >= _FEWEST_IN_SCHOOL).sort("school")
    within = by["sd"].median()
    if by.height < 3 or not isinstance(within, float) or within <= 0:
        return ()
    off = ((by["mean"] - by["mean"].median()) / within).abs()
    if float(off.max()) > REFUSED_SHIFT:  # type: ignore[arg-type]
        school = str(by["school"][int(off.arg_max() or 0)])
        message = f"the results of school {school!r} lie on another scale than the other schools'"
        raise InputError("mixed-scales", message, column=values.name, value=school)
    return tuple(
        Remark("suspect-scale", {"shift": shift}, school)
        for school, shift in zip(by["school"], off, strict=True)
        if shift > SUSPECT_SHIFT
    )
