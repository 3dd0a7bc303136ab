"""What the months of a school year come to, for classes, schools and the district."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from xuequ.record.actions import IndicatorValue
from xuequ.systems.office.catalogue import ATTENDANCE, BORROWED
from xuequ.systems.office.models import LedgerMonth

FEWEST = 5
"""A place with fewer pupils has no number of its own."""

Months = Sequence[LedgerMonth]


def attendance_of(rows: Months) -> float | None:
    """Return the mean of the months' rates, weighted by pupils, and by school days where every month names them."""
    known = [row for row in rows if row.attendance is not None]
    timed = all(row.days for row in known)
    weights = [row.pupils * (row.days or 1 if timed else 1) for row in known]
    total = sum(weights)
    if not total:
        return None
    return sum((row.attendance or 0.0) * weight for row, weight in zip(known, weights, strict=True)) / total


def books_of(rows: Months, months: set[object]) -> float | None:
    """Return the books that a pupil borrowed: each month's books over its pupils, summed.

    None when one of ``months`` is missing: a month that is not there is no zero.
    """
    books: dict[object, int] = defaultdict(int)
    pupils: dict[object, int] = defaultdict(int)
    for row in rows:
        if row.books is not None:
            books[row.month] += row.books
            pupils[row.month] += row.pupils
    if not months or set(books) != months or not all(pupils.values()):
        return None
    return sum(books[month] / pupils[month] for month in books)


def pupils_of(rows: Months) -> int:
    """Return the pupils in the last month of a place."""
    last = max(row.month for row in rows)
    return sum(row.pupils for row in rows if row.month == last)


def withheld(numbers: dict[int, int]) -> set[int]:
    """Return the places without a number of their own: those with too few pupils.

    Where the others and the total would give these few away by subtraction, the next smallest is withheld too.
    """
    hidden = {place for place, n in numbers.items() if n < FEWEST}
    if hidden and sum(numbers[place] for place in hidden) < FEWEST:
        others = sorted((n, place) for place, n in numbers.items() if place not in hidden)
        hidden |= {place for _n, place in others[:1]}
    return hidden


def year_values(rows: Iterable[LedgerMonth]) -> list[IndicatorValue]:
    """Return what is published of a school year: by class, by school and for the district."""
    return [value for code in (ATTENDANCE, BORROWED) for value in _of_code(code, list(rows))]


def _of_code(code: str, rows: list[LedgerMonth]) -> Iterator[IndicatorValue]:
    field = "attendance" if code == ATTENDANCE else "books"
    rows = [row for row in rows if getattr(row, field) is not None]
    if not rows:
        return
    months: set[object] = {row.month for row in rows}
    schools = _by(rows, "school_id")
    small = withheld({school: pupils_of(own) for school, own in schools.items()})
    for school, own in schools.items():
        classes = _by([row for row in own if row.school_class_id], "school_class_id")
        hidden = withheld({group: pupils_of(few) for group, few in classes.items()})
        for group, few in classes.items():
            if group not in hidden:
                yield from _value(code, few, months, school, group)
        if school not in small:
            yield from _value(code, own, months, school, None)
    if pupils_of(rows) >= FEWEST:
        yield from _value(code, rows, months, None, None)


def _by(rows: Iterable[LedgerMonth], field: str) -> dict[int, list[LedgerMonth]]:
    found: dict[int, list[LedgerMonth]] = defaultdict(list)
    for row in rows:
        found[getattr(row, field)].append(row)
    return found


def _value(
    code: str, rows: Months, months: set[object], school: int | None, group: int | None
) -> Iterator[IndicatorValue]:
    value = attendance_of(rows) if code == ATTENDANCE else books_of(rows, months)
    if value is not None:
        rounded = round(value, 4 if code == ATTENDANCE else 1)
        yield IndicatorValue(code, rounded, None, None, pupils_of(rows), school, group)
