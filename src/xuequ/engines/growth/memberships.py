"""Who was in which class for how long (分班): from dated or weighted class columns to shares of each pupil.

A pupil's row names the classes in order, ``class_1``, ``class_2``, …, and either the share of the time in each
(``share_1``, ``share_2``, …) or the day each began (``from_1``, ``from_2``, …) within a period.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import Remark
from xuequ.engines.growth.inputs import finite, ordered, pupils, texts

_ROUNDING = 0.011
MOST_CLASSES = 20


@dataclass(frozen=True, slots=True)
class MembershipDesign:
    """How the history is written.

    Parameters
    ----------
    unit : stem of the columns, such as ``class`` for ``class_1``, ``class_2``
    shares : stem of the shares; used when such columns exist
    since : stem of the days on which a membership began; used when such columns exist
    start, end : first day of the period and the day after its last; needed with days
    """

    unit: str = "class"
    shares: str = "share"
    since: str = "from"
    start: dt.date | None = None
    end: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Memberships:
    """Shares of time.

    Attributes
    ----------
    table : pupil, unit, share (adding up to 1 for each pupil), last (whether the pupil ended there)
    changes : from, to, pupils: how many changed from one class to another
    units : unit, pupils (ever there), whole (there all the time), joined, left, weight (sum of the shares)
    n, changed : pupils with a history, and those among them with more than one class
    remarks : codes with numbers
    """

    table: pl.DataFrame
    changes: pl.DataFrame
    units: pl.DataFrame
    n: int
    changed: int
    remarks: tuple[Remark, ...]


def memberships(table: pl.DataFrame, design: MembershipDesign | None = None) -> Memberships:
    """Read the histories.

    Parameters
    ----------
    table : a row for each pupil; ``pupil`` or else the row number is the key
    design : names of the columns

    Raises
    ------
    InputError
        ``unknown-column`` without ``class_1``, ``bad-shares``, ``no-shares``, ``no-period``, ``bad-date`` or
        ``dates-out-of-order``, with column and row; ``no-membership`` when no pupil has a class.
    """
    design = design or MembershipDesign()
    places = _places(table, design)
    marks: tuple[Remark, ...]
    if any(f"{design.shares}_{i}" in table.columns for i in range(1, places + 1)):
        weights, marks = _given(table, design, places), ()
    elif any(f"{design.since}_{i}" in table.columns for i in range(1, places + 1)):
        weights, marks = _from_days(table, design, places), ()
    else:
        weights, marks = _without(table, design, places)
    return _collected(table, design, weights, marks)


def _places(table: pl.DataFrame, design: MembershipDesign) -> int:
    count = 0
    while f"{design.unit}_{count + 1}" in table.columns:
        count += 1
    if count == 0:
        column = f"{design.unit}_1"
        raise InputError("unknown-column", f"the table has no column {column!r}", column=column)
    if count > MOST_CLASSES:
        raise InputError(
            "too-many-classes", f"{count} classes for one pupil; at most {MOST_CLASSES} are read"
        )
    return count


def _given(table: pl.DataFrame, design: MembershipDesign, places: int) -> pl.DataFrame:
    """Shares as written, of 1 or of 100, brought to a sum of exactly 1."""
    columns = []
    for i in range(1, places + 1):
        name = f"{design.shares}_{i}"
        if name not in table.columns:
            raise InputError("no-shares", f"{design.unit}_{i} has no share", column=name)
        share, present = finite(table, name), texts(table, f"{design.unit}_{i}").is_not_null()
        bad = (present & (share.is_null() | (share < 0).fill_null(value=True))).fill_null(value=True)
        _refuse(bad, name, "bad-shares", "a share from 0 to 1 (or to 100) is expected beside the class")
        columns.append(pl.DataFrame({"s": share, "p": present})
                        .select(pl.when("p").then("s").otherwise(0.0).alias(str(i)))[str(i)])  # fmt: skip
    shares = pl.DataFrame(columns)
    total = shares.select(pl.sum_horizontal(pl.all()).alias("total"))["total"]
    held = total > 0
    whole = 100.0 if held.any() and float(total.filter(held).median()) > 2 else 1.0  # type: ignore[arg-type]
    off = held & ((total / whole - 1.0).abs() > _ROUNDING)
    _refuse(off, f"{design.shares}_1", "bad-shares", "the shares of a pupil must add up to 1 (or 100)")
    divisor = pl.Series(np.where(total > 0, total, 1.0))
    return shares.select(pl.all() / divisor)


def _from_days(table: pl.DataFrame, design: MembershipDesign, places: int) -> pl.DataFrame:
    """Days in each class over the days of the period that have a class."""
    if design.start is None or design.end is None or design.start >= design.end:
        raise InputError("no-period", "days of membership need the first and the last day of the period")
    start, end = (np.datetime64(day, "D") for day in (design.start, design.end))
    present = [texts(table, f"{design.unit}_{i}").is_not_null().to_numpy() for i in range(1, places + 1)]
    begins = [_days(table, f"{design.since}_{i}", held, start if i == 1 else None)
              for i, held in enumerate(present, start=1)]  # fmt: skip
    following = np.full(table.height, end)
    spans = []
    for i in range(places - 1, -1, -1):
        at = np.where(present[i], begins[i], following)
        late = present[i] & (at > following)
        _refuse(
            pl.Series(late),
            f"{design.since}_{i + 1}",
            "dates-out-of-order",
            "memberships must follow in time",
        )
        days = np.clip(following, start, end) - np.clip(at, start, end)
        spans.append(np.where(present[i], days.astype(np.int64), 0))
        following = at
    shares = np.array(spans[::-1], dtype=np.float64).T
    total = shares.sum(axis=1, keepdims=True)
    return pl.DataFrame(
        shares / np.where(total > 0, total, 1.0), schema=[str(i) for i in range(1, places + 1)]
    )


def _days(table: pl.DataFrame, name: str, present: np.ndarray, default: np.datetime64 | None) -> np.ndarray:
    column = table[name] if name in table.columns else pl.Series(name, [None] * table.height, dtype=pl.Date)
    days = column if column.dtype == pl.Date else texts(table, name).str.to_date("%Y-%m-%d", strict=False)
    written = column.is_not_null() if column.dtype == pl.Date else texts(table, name).is_not_null()
    missing = pl.Series(present) & days.is_null() & (written | pl.Series([default is None] * table.height))
    _refuse(missing, name, "bad-date", "a day such as 2026-02-20 is expected beside the class")
    filled = days.to_numpy().astype("datetime64[D]")
    return filled if default is None else np.where(np.isnat(filled), default, filled)


def _without(
    table: pl.DataFrame, design: MembershipDesign, places: int
) -> tuple[pl.DataFrame, tuple[Remark, ...]]:
    """Neither shares nor days: fine for a single class, equal parts and a remark for several."""
    held = pl.DataFrame([texts(table, f"{design.unit}_{i}").is_not_null().cast(pl.Float64).alias(str(i))
                         for i in range(1, places + 1)])  # fmt: skip
    total = held.select(pl.sum_horizontal(pl.all()).alias("total"))["total"]
    several = int((total > 1).sum())
    remarks = (Remark("equal-shares-assumed", {"pupils": several}),) if several else ()
    return held.select(pl.all() / pl.Series(np.where(total > 0, total, 1.0))), remarks


def _refuse(bad: pl.Series, column: str, code: str, message: str) -> None:
    if bad.any():
        raise InputError(code, message, column=column, row=int(bad.arg_max() or 0) + 1)


def _collected(
    table: pl.DataFrame, design: MembershipDesign, weights: pl.DataFrame, remarks: tuple[Remark, ...]
) -> Memberships:
    pupil = pupils(table)
    parts = [
        pl.DataFrame({"pupil": pupil, "unit": texts(table, f"{design.unit}_{name}"), "share": weights[name]})
        .with_columns(place=pl.lit(int(name)))
        .drop_nulls("unit")
        .filter(pl.col("share") > 0)
        for name in weights.columns
    ]
    stays = pl.concat(parts).sort("pupil", "place")
    if stays.is_empty():
        raise InputError("no-membership", "no pupil has a class", column=f"{design.unit}_1")
    changes = _changes(stays)
    last = stays.group_by("pupil").agg(pl.col("unit").last().alias("end"))
    by_unit = stays.group_by("pupil", "unit").agg(pl.col("share").sum()).join(last, on="pupil")
    shares = by_unit.select("pupil", "unit", "share", last=pl.col("unit") == pl.col("end")).sort(
        "pupil", "unit"
    )
    n = shares["pupil"].n_unique()
    changed = int((shares.group_by("pupil").len()["len"] > 1).sum())
    without = table.height - n
    extra = (Remark("no-class", {"pupils": without}),) if without else ()
    return Memberships(shares, _counted(changes), _units(shares, changes), n, changed, (*remarks, *extra))


def _changes(stays: pl.DataFrame) -> pl.DataFrame:
    following = stays.with_columns(to=pl.col("unit").shift(-1).over("pupil"))
    moved = following.filter(pl.col("to").is_not_null() & (pl.col("to") != pl.col("unit")))
    return moved.select("pupil", "to", **{"from": pl.col("unit")})


def _counted(changes: pl.DataFrame) -> pl.DataFrame:
    counted = changes.group_by("from", "to").agg(pl.len().cast(pl.Int64).alias("pupils"))
    return counted.sort("pupils", "from", "to", descending=[True, False, False])


def _units(shares: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    units = shares.group_by("unit").agg(
        pl.len().cast(pl.Int64).alias("pupils"),
        (pl.col("share") > 1 - 1e-9).sum().cast(pl.Int64).alias("whole"),
        pl.col("share").sum().alias("weight"),
    )
    for name, column in (("joined", "to"), ("left", "from")):
        counted = changes.group_by(pl.col(column).alias("unit")).agg(pl.len().cast(pl.Int64).alias(name))
        units = units.join(counted, on="unit", how="left").with_columns(pl.col(name).fill_null(0))
    return ordered(units.select("unit", "pupils", "whole", "joined", "left", "weight"), "unit")


def shares_matrix(
    found: Memberships, pupil: pl.Series, *, last: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The matrix Z of shares, (pupils, units), in the order of ``pupil``; ``last`` gives each to where they ended."""
    units = tuple(found.units["unit"])
    rows = {name: i for i, name in enumerate(pupil)}
    columns = {name: i for i, name in enumerate(units)}
    Z = np.zeros((len(rows), len(units)))
    for key, unit, share in _entries(found, last=last):
        if key in rows:
            Z[rows[key], columns[unit]] = share
    return Z, units


def _entries(found: Memberships, *, last: bool) -> Iterator[tuple[str, str, float]]:
    if not last:
        yield from found.table.select("pupil", "unit", "share").iter_rows()
        return
    for key, unit in found.table.filter("last").select("pupil", "unit").iter_rows():
        yield key, unit, 1.0
