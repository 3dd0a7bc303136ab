"""Values of schools and weights of indexes as the evaluation commands read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xuequ.cli.evaluate_notes import read_texts
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.evaluation.findings import Array
    from xuequ.engines.evaluation.ratings import Ratings


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Values of schools (and raters) with the weights and full points of the indexes, in the order of the values."""

    ratings: Ratings
    weights: Array
    full: Array


def read_weighed(file: Path, weights: Path | None) -> Weighed:
    """Read values (school, perhaps rater, a column for each index) and weights (index, weight, perhaps full).

    Without weights all count the same; without full points values are shares from 0 to 1.

    Raises
    ------
    InputError
        ``unknown-column``, ``no-weight`` (an index without one), ``unknown-index``, ``bad-full``, or what a table
        raises.
    """
    import numpy as np

    from xuequ.engines.evaluation.ratings import read_ratings

    ratings = read_ratings(read_texts(file))
    m = len(ratings.indexes)
    if weights is None:
        return Weighed(ratings, np.full(m, 1 / m), np.ones(m))
    table = read_texts(weights)
    given = _by_index(table, "weight", ratings.indexes)
    full = _by_index(table, "full", ratings.indexes) if "full" in table.columns else np.ones(m)
    for name, points in zip(ratings.indexes, full, strict=True):
        if not points > 0:
            raise InputError("bad-full", "the full points must be above 0", column="full", value=name)
    return Weighed(ratings, given, full)


def _by_index(table: pl.DataFrame, column: str, indexes: tuple[str, ...]) -> Array:
    import numpy as np

    from xuequ.engines.evaluation.objective import column_of_numbers

    for name in ("index", column):
        if name not in table.columns:
            raise InputError("unknown-column", "the weights have no such column", column=name)
    names = [str(name or "").strip() for name in table["index"]]
    for row, name in enumerate(names, 1):
        if name not in indexes or name in names[: row - 1]:
            message = f"there is no index {name!r}" if name not in indexes else f"index {name!r} stands twice"
            raise InputError("unknown-index", message, column="index", row=row)
    found = dict(zip(names, column_of_numbers(table[column]).tolist(), strict=True))
    for name in indexes:
        if name not in found:
            raise InputError("no-weight", f"index {name!r} has no {column}", column=column)
    return np.array([found[name] for name in indexes])
