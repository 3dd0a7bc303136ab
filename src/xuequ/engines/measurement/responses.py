"""The input of an item analysis: the items of a paper and what each pupil got and chose in them, checked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from xuequ.engines.errors import InputError

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]
OPTION = " option"
"""A table holds the options chosen in item ``7`` in the column ``7 option``."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a paper. ``points`` are its knowledge points; its marks count for the first of them."""

    number: str
    full_mark: float
    key: str = ""
    points: tuple[str, ...] = ()
    level: str = ""

    @property
    def point(self) -> str:
        """The knowledge point that the item's marks count for; empty when none was named."""
        return self.points[0] if self.points else ""


@dataclass(frozen=True, slots=True)
class Responses:
    """What pupils got. ``scores`` is (pupils, items) with NaN where a pupil was not given the item.

    ``options`` holds for each item the options chosen, (pupils,), empty where none was; None when they are unknown.
    """

    items: tuple[Item, ...]
    scores: Floats
    options: tuple[Texts | None, ...]

    def __post_init__(self) -> None:
        _check_items(self.items)
        _check_scores(self.items, self.scores)

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Which pupils were given every item, (pupils,)."""
        return np.asarray(~np.isnan(self.scores).any(axis=1))

    @property
    def full_marks(self) -> Floats:
        """Full marks, (items,)."""
        return np.array([item.full_mark for item in self.items])

    def of_complete(self) -> "Responses":
        """Return the pupils who were given every item: totals are comparable among them only."""
        kept = self.complete
        options = tuple(None if column is None else column[kept] for column in self.options)
        return Responses(self.items, self.scores[kept], options)


def read_responses(table: pl.DataFrame, items: Sequence[Item]) -> Responses:
    """Take the columns of ``items`` (named by number) out of a table with one row for each pupil.

    An item with a key and a column ``"<number> option"`` but none of scores is scored here: full marks for the key,
    nothing for anything else. Raises ``InputError`` with column and row.
    """
    _check_items(items)
    options = tuple(_options(table, item) for item in items)
    columns = [_scores(table, item, chosen) for item, chosen in zip(items, options, strict=True)]
    return Responses(tuple(items), np.column_stack(columns), options)


def point_names(responses: Responses) -> list[str]:
    """Return the knowledge points in the order of the paper."""
    return list(dict.fromkeys(item.point for item in responses.items if item.point))


def _options(table: pl.DataFrame, item: Item) -> Texts | None:
    name = item.number + OPTION
    if name not in table.columns:
        return None
    texts = table[name].cast(pl.String).fill_null("").str.strip_chars().str.to_uppercase()
    return np.asarray(texts.to_list(), dtype=np.str_)


def _scores(table: pl.DataFrame, item: Item, chosen: Texts | None) -> Floats:
    if item.number in table.columns:
        return _numbers(table[item.number])
    if chosen is None:
        raise InputError("unknown-column", "the table has neither scores nor options", column=item.number)
    if not item.key:
        raise InputError("no-key", "an item given by options needs its key", column=item.number)
    return np.where(chosen == item.key.upper(), item.full_mark, 0.0)


def _numbers(column: pl.Series) -> Floats:
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    read = column.cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False)
    bad = column.is_not_null() & (column.cast(pl.String).str.strip_chars() != "") & read.is_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        value = str(column[row])
        raise InputError("not-numeric", "not a score", column=column.name, row=row + 1, value=value)
    return read.fill_null(np.nan).to_numpy()


def _check_items(items: Sequence[Item]) -> None:
    if len(items) < 2:
        raise InputError("too-few-items", "an item analysis needs at least two items")
    numbers = [item.number for item in items]
    for item in items:
        if numbers.count(item.number) > 1:
            raise InputError("repeated-item", "two items share a number", column=item.number)
        if not (np.isfinite(item.full_mark) and item.full_mark > 0):
            raise InputError("full-mark", "the full mark must be positive", column=item.number)


def _check_scores(items: Sequence[Item], scores: Floats) -> None:
    if scores.ndim != 2 or scores.shape[1] != len(items):
        raise InputError("shape", f"scores have shape {scores.shape} for {len(items)} items")
    full = np.array([item.full_mark for item in items])
    outside = (scores < 0) | (scores > full + 1e-9) | np.isinf(scores)
    if outside.any():
        row, column = (int(index[0]) for index in np.nonzero(outside))
        value = scores[row, column]
        message = f"{value:g} is not between 0 and the full mark {full[column]:g}"
        raise InputError("outside", message, column=items[column].number, row=row + 1, value=f"{value:g}")
