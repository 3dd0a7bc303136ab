"""Ratings of schools on indexes by raters, as one array with gaps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.objective import column_of_numbers

SCHOOL, RATER = "school", "rater"


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """``values`` (schools, raters, indexes), NaN where nobody rated; one rater called "" when raters are not told."""

    schools: tuple[str, ...]
    raters: tuple[str, ...]
    indexes: tuple[str, ...]
    values: Array

    @property
    def means(self) -> Array:
        """Mean over raters, shape (schools, indexes); NaN where nobody rated a school on an index."""
        return mean_of_raters(self.values)


def mean_of_raters(values: Array) -> Array:
    """Means over the raters of (schools, raters, indexes), NaN where nobody rated; numpy's own would warn there."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


COMMON = 10.0
"""Indexes whose largest values lie within this factor of each other are taken to be on one scale."""


def on_one_scale(ratings: Ratings) -> bool:
    """Whether all indexes are rated on one scale, so that their spreads and sums can be compared as they are."""
    largest = np.nanmax(np.abs(ratings.values), axis=(0, 1))
    # An index that is 0 everywhere tells nothing of its scale.
    largest = largest[largest > 0]
    return not len(largest) or bool(largest.max() <= COMMON * largest.min())


def standardised(ratings: Ratings) -> Ratings:
    """The same with every index in its own standard deviations from its own mean; constant ones are 0."""
    mean = np.nanmean(ratings.values, axis=(0, 1))
    sd = np.nanstd(ratings.values, axis=(0, 1))
    values = (ratings.values - mean) / np.where(sd > 0, sd, 1.0)
    return Ratings(ratings.schools, ratings.raters, ratings.indexes, np.asarray(values))


def read_ratings(table: pl.DataFrame) -> Ratings:
    """Read a row for each school, or for each school and rater: ``school``, perhaps ``rater``, a column per index.

    Raises
    ------
    InputError
        ``unknown-column`` (no ``school``), ``missing-key``, ``repeated-rating``, ``too-few-indexes``, or what a
        column of numbers raises.
    """
    if SCHOOL not in table.columns:
        there = ", ".join(table.columns[:20])
        raise InputError(
            "unknown-column", f"the table has no column 'school'; there are: {there}", column=SCHOOL
        )
    indexes = [name for name in table.columns if name not in (SCHOOL, RATER)]
    if len(indexes) < 3:
        raise InputError(
            "too-few-indexes", f"{len(indexes)} indexes; at least 3 are needed to judge a system"
        )
    school, schools = _keys(table, SCHOOL)
    rater, raters = _keys(table, RATER) if RATER in table.columns else ([0] * table.height, ("",))
    values = np.full((len(schools), len(raters), len(indexes)), np.nan)
    rows = np.column_stack([column_of_numbers(table[name], complete=False) for name in indexes])
    seen: set[tuple[int, int]] = set()
    for row, place in enumerate(zip(school, rater, strict=True)):
        if place in seen:
            message = "this school has two rows" + (" of this rater" if len(raters) > 1 else "")
            raise InputError("repeated-rating", message, column=SCHOOL, row=row + 1, value=schools[place[0]])
        seen.add(place)
        values[place] = rows[row]
    return Ratings(schools, raters, tuple(indexes), values)


def _keys(table: pl.DataFrame, name: str) -> tuple[list[int], tuple[str, ...]]:
    places: dict[str, int] = {}
    found = []
    for row, cell in enumerate(table[name].cast(pl.String), start=1):
        text = (cell or "").strip()
        if not text:
            raise InputError("missing-key", f"a row without a {name} cannot be used", column=name, row=row)
        found.append(places.setdefault(text, len(places)))
    return found, tuple(places)


def ratings_of(values: Array, indexes: Sequence[str] = ()) -> Ratings:
    """Ratings from an array (schools, raters, indexes), with numbers for names."""
    n, raters, k = values.shape
    names = tuple(indexes) or tuple(f"u{j + 1}" for j in range(k))
    return Ratings(
        tuple(f"s{i + 1}" for i in range(n)), tuple(f"r{i + 1}" for i in range(raters)), names, values
    )
