"""A school's score from one year to the next: what it did itself, and what the scheme did.

The score is Σ_j w_j x_j, where x_j are the points of what the school has by the standard of the year. Weights and
standard change from year to year, and then the difference of two scores is no improvement. It is split by Shapley's
value of three factors (own, weights, standard): each factor's effect averaged over the 6 orders in which they may
change, so that the parts add up exactly and no order is preferred (Shapley 1953). LMDI (Ang 2004) adds up as
well, but puts small numbers in place of zeros, of which schemes are full. Items that only one year has are a part of
their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from xuequ.engines.errors import InputError


@dataclass(frozen=True, slots=True)
class ItemYears:
    """One item in two years; weights are None in a year that does not have the item.

    Parameters
    ----------
    weight_before, weight_after : of the item
    before, after : points of each year by its own standard
    before_by_new, after_by_old : points of each year by the other year's standard; both None where the standard of
        the item did not change
    """

    code: str
    weight_before: float | None
    weight_after: float | None
    before: float | None
    after: float | None
    before_by_new: float | None = None
    after_by_old: float | None = None


@dataclass(frozen=True, slots=True)
class ItemChange:
    """The parts of one item; they add up to the change of its weighted points."""

    code: str
    own: float
    weights: float
    standard: float
    items: float


@dataclass(frozen=True, slots=True)
class Change:
    """The parts of the change of a score.

    Attributes
    ----------
    before, after : the two scores
    own, weights, standard : Shapley's parts of items that both years have
    items : weighted points of new items less those of items that were dropped
    after_by_old : the later year by the earlier year's weights and standard, without new items; against ``before``
        it tells what the school would have gained had nothing of the scheme changed and no item been dropped
    rows : item by item, in the order given
    """

    before: float
    after: float
    own: float
    weights: float
    standard: float
    items: float
    after_by_old: float
    rows: tuple[ItemChange, ...]


def split(items: Sequence[ItemYears]) -> Change:
    """Split the change of a score; exact in the decimals given.

    Raises
    ------
    InputError
        ``no-items``, ``duplicate-code``, ``half-item`` (weight without points or the other way round, or in neither
        year), ``not-finite``, ``negative`` (a weight), or ``half-rescored`` (only one year was scored by the other's
        standard); with the row.

    >>> change = split([ItemYears("a", 0.5, 0.4, 60, 80, 55, 85), ItemYears("b", 0.5, 0.6, 70, 70)])
    >>> change.before, change.after, round(change.own + change.weights + change.standard, 12)
    (65.0, 74.0, 9.0)
    """
    if not items:
        raise InputError("no-items", "there is nothing to compare")
    for row, item in enumerate(items, 1):
        if item.code in [one.code for one in items[: row - 1]]:
            raise InputError("duplicate-code", f"item {item.code!r} stands twice", column="item", row=row)
        _check(item, row)
    rows = [(item.code, _parts(item)) for item in items]
    total = [sum((parts[k] for _, parts in rows), Fraction(0)) for k in range(4)]
    return Change(
        before=float(sum((_points(i.weight_before, i.before) for i in items), Fraction(0))),
        after=float(sum((_points(i.weight_after, i.after) for i in items), Fraction(0))),
        own=float(total[0]),
        weights=float(total[1]),
        standard=float(total[2]),
        items=float(total[3]),
        after_by_old=float(sum((_by_old(i) for i in items), Fraction(0))),
        rows=tuple(ItemChange(code, *map(float, parts)) for code, parts in rows),
    )


def _check(item: ItemYears, row: int) -> None:
    what = f"item {item.code!r}"
    years = ((item.weight_before, item.before), (item.weight_after, item.after))
    if any((weight is None) != (points is None) for weight, points in years) or not any(
        weight is not None for weight, _ in years
    ):
        message = f"{what}: a year that has the item has its weight and its points"
        raise InputError("half-item", message, column="item", row=row)
    given = [value for year in years for value in year] + [item.before_by_new, item.after_by_old]
    if not all(value is None or np.isfinite(value) for value in given):
        raise InputError("not-finite", f"{what}: a number is not finite", column="item", row=row)
    if any(weight is not None and weight < 0 for weight, _ in years):
        raise InputError("negative", f"{what}: a weight is below 0", column="item", row=row)
    if (item.before_by_new is None) != (item.after_by_old is None):
        message = f"{what}: both years must be scored by the other year's standard, or neither"
        raise InputError("half-rescored", message, column="item", row=row)


def _exact(value: float | None) -> Fraction:
    return Fraction(0) if value is None else Fraction(repr(float(value)))


def _points(weight: float | None, points: float | None) -> Fraction:
    return _exact(weight) * _exact(points)


def _by_old(item: ItemYears) -> Fraction:
    if item.weight_after is None or item.weight_before is None:
        return Fraction(0)
    return _points(item.weight_before, item.after if item.after_by_old is None else item.after_by_old)


def _parts(item: ItemYears) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """Own, weights, standard, items."""
    none = Fraction(0)
    if item.weight_before is None or item.weight_after is None:
        whole = _points(item.weight_after, item.after) - _points(item.weight_before, item.before)
        return none, none, none, whole
    weight = (_exact(item.weight_before), _exact(item.weight_after))
    # points[own][standard], 0 the earlier year.
    points = (
        (_exact(item.before), _exact(item.before if item.before_by_new is None else item.before_by_new)),
        (_exact(item.after if item.after_by_old is None else item.after_by_old), _exact(item.after)),
    )
    parts = [none, none, none]
    for order in permutations(range(3)):
        year = [0, 0, 0]
        for factor in order:
            now = weight[year[1]] * points[year[0]][year[2]]
            year[factor] = 1
            parts[factor] += weight[year[1]] * points[year[0]][year[2]] - now
    own, weights, standard = (part / 6 for part in parts)
    return own, weights, standard, none


@dataclass(frozen=True, slots=True, eq=False)
class Transitions:
    """Stars of two years.

    Attributes
    ----------
    grades : from the lowest on
    counts : schools that went from row to column, shape (grades, grades)
    up, same, down : of the schools that have a grade in both years
    entered, left : schools with a grade in one year only
    """

    grades: tuple[str, ...]
    counts: NDArray[np.int64]
    up: int
    same: int
    down: int
    entered: int
    left: int


def transitions(before: Mapping[str, str], after: Mapping[str, str], grades: Sequence[str]) -> Transitions:
    """Count how schools moved between grades.

    Raises
    ------
    InputError
        ``bad-grades`` (twice the same), or ``unknown-grade`` with the school as the value.

    >>> moved = transitions({"a": "3", "b": "4"}, {"a": "4", "b": "4", "c": "3"}, ["3", "4", "5"])
    >>> moved.counts.tolist(), moved.up, moved.same, moved.entered
    ([[0, 1, 0], [0, 1, 0], [0, 0, 0]], 1, 1, 1)
    """
    names = tuple(grades)
    if len(set(names)) < len(names) or not names:
        raise InputError("bad-grades", "grades must be named, each once")
    for year in (before, after):
        for school, grade in year.items():
            if grade not in names:
                raise InputError("unknown-grade", f"there is no grade {grade!r}", value=school)
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for school in before.keys() & after.keys():
        counts[names.index(before[school]), names.index(after[school])] += 1
    return Transitions(
        grades=names,
        counts=counts,
        up=int(np.triu(counts, 1).sum()),
        same=int(np.trace(counts)),
        down=int(np.tril(counts, -1).sum()),
        entered=len(after.keys() - before.keys()),
        left=len(before.keys() - after.keys()),
    )
