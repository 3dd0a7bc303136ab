"""Two years of schools' points as tables, a table for each year, and the items that `change.split` takes.

Columns are ``item``, ``weight`` and ``points``; perhaps ``school``, with a row for each school and item; perhaps
``other_standard``, the points by the standard of the other year, empty where the standard of the item did not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.change import ItemYears
from xuequ.engines.evaluation.objective import column_of_numbers

ITEM, WEIGHT, POINTS, SCHOOL, OTHER = "item", "weight", "points", "school", "other_standard"


@dataclass(frozen=True, slots=True)
class ItemYear:
    """An item of a school in one year; ``other`` are its points by the other year's standard."""

    weight: float
    points: float
    other: float | None


def read_year(table: pl.DataFrame) -> dict[str, dict[str, ItemYear]]:
    """Return what a table holds by school and item, in its order; the school is "" where the table tells none.

    Raises
    ------
    InputError
        ``unknown-column``, ``no-items``, ``missing-key``, ``duplicate-code``, or what a column of numbers raises.
    """
    for name in (ITEM, WEIGHT, POINTS):
        if name not in table.columns:
            there = ", ".join(table.columns[:20])
            raise InputError(
                "unknown-column", f"the table has no such column; there are: {there}", column=name
            )
    if not table.height:
        raise InputError("no-items", "the table has no rows")
    names = [_texts(table, name) for name in (SCHOOL, ITEM)]
    weight, points = column_of_numbers(table[WEIGHT]), column_of_numbers(table[POINTS])
    other = column_of_numbers(table[OTHER], complete=False) if OTHER in table.columns else points * np.nan
    found: dict[str, dict[str, ItemYear]] = {}
    for row, (school, item) in enumerate(zip(*names, strict=True)):
        items = found.setdefault(school, {})
        if item in items:
            message = f"item {item!r} stands twice" + (f" for school {school!r}" if school else "")
            raise InputError("duplicate-code", message, column=ITEM, row=row + 1)
        by_other = None if np.isnan(other[row]) else float(other[row])
        items[item] = ItemYear(float(weight[row]), float(points[row]), by_other)
    return found


def _texts(table: pl.DataFrame, name: str) -> list[str]:
    if name not in table.columns:
        return [""] * table.height
    found = [(cell or "").strip() for cell in table[name].cast(pl.String)]
    if "" in found:
        message = f"a row without {name} cannot be used"
        raise InputError("missing-key", message, column=name, row=found.index("") + 1)
    return found


def item_years(before: Mapping[str, ItemYear], after: Mapping[str, ItemYear]) -> tuple[ItemYears, ...]:
    """Return the items of both years, those of the earlier first.

    >>> [item] = item_years({"a": ItemYear(0.5, 60, 55)}, {"a": ItemYear(0.4, 80, 85)})
    >>> item.weight_after, item.before_by_new, item.after_by_old
    (0.4, 55, 85)
    """
    return tuple(_item(code, before.get(code), after.get(code)) for code in dict.fromkeys([*before, *after]))


def _item(code: str, old: ItemYear | None, new: ItemYear | None) -> ItemYears:
    both = old is not None and new is not None
    return ItemYears(
        code,
        weight_before=None if old is None else old.weight,
        weight_after=None if new is None else new.weight,
        before=None if old is None else old.points,
        after=None if new is None else new.points,
        # The other year has no standard for an item that it does not have.
        before_by_new=old.other if both and old is not None else None,
        after_by_old=new.other if both and new is not None else None,
    )
