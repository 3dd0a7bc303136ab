"""A ledger against the roster: problems by cell, remarks, and what would be stored."""

import calendar
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Count, QuerySet

from xuequ.district.models import Dated, Enrolment, School, SchoolClass, SchoolYear
from xuequ.kit.sheets.class_names import parse_class
from xuequ.kit.sheets.headings import plain_heading
from xuequ.kit.sheets.reading import Book, Cell, cell_name
from xuequ.kit.sheets.tables import DataRow, spread_down, text_of
from xuequ.systems.office.ledgers import layout as uses
from xuequ.systems.office.ledgers.layout import Layout, layout_of
from xuequ.systems.office.ledgers.problems import Problem, Remark
from xuequ.systems.office.ledgers.years import FEWEST
from xuequ.systems.office.models import LedgerMonth

TOTALS = ("合计", "总计", "小计", "平均", "注:", "填表")
WHOLE = ("", "全校", "全体", "学校")
MOST_BOOKS = 100
"""More books a pupil in one month is a number of something else."""
_MONTH = re.compile(
    r"(?:(?P<year>20\d\d)[-./年]?)?(?P<month>1[0-2]|0?[1-9])(?:月份?)?(?:(?:[-./]|(?<=月))\d{1,2}日?)?"
)
_RATE = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<sign>%?)")

Place = tuple[int, int | None, dt.date]


@dataclass(frozen=True, slots=True)
class Line:
    """What a row says: of a class, or of a school as a whole (``school_class`` None)."""

    school: int
    school_class: int | None
    month: dt.date
    pupils: int
    days: int | None
    attendance: float | None
    books: int | None

    @property
    def place(self) -> Place:
        """Whose month it is."""
        return self.school, self.school_class, self.month


@dataclass
class Reading:
    """What a check found; ``lines`` is what would be stored."""

    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    rows: int = 0


@dataclass
class Roster:
    """The district's schools, classes and numbers of pupils in one school year."""

    year: SchoolYear
    day: dt.date
    _counts: dict[dt.date, dict[tuple[int, int | None], int]] = field(default_factory=dict)

    @cached_property
    def schools(self) -> dict[str, School]:
        """Schools by code, short name and name."""
        rows = School.objects.of_district().order_by("code")
        words = ((plain_heading(word), row) for row in rows for word in (row.name, row.short_name, row.code))
        found: dict[str, School] = {}
        for word, row in words:
            if word:
                found.setdefault(word, row)
        return found

    @cached_property
    def classes(self) -> dict[int, list[SchoolClass]]:
        """Classes of each school."""
        found: dict[int, list[SchoolClass]] = defaultdict(list)
        for row in SchoolClass.objects.filter(school__study=None).order_by("pk"):
            if 1 <= row.grade_in(self.year.first_year) <= 12:
                found[row.school_id].append(row)
        return found

    def classes_called(self, school: School, text: str) -> list[SchoolClass]:
        """Return the classes that a text may mean: a nine-year school has a 2024级1班 in either stage."""
        rows = self.classes.get(school.pk, [])
        own = [row for row in rows if row.label and plain_heading(row.label) == plain_heading(text)]
        name = parse_class(text)
        if own or name is None:
            return own
        fitting = [row for row in rows if row.number == name.number]
        if name.entry_year is not None:
            return [row for row in fitting if row.entry_year == name.entry_year]
        if name.grade is not None:
            return [row for row in fitting if row.grade_in(self.year.first_year) == name.grade]
        return fitting

    def pupils(self, school: int, school_class: int | None, month: dt.date) -> int:
        """Return who is enrolled at the month's end, or today in the month that runs."""
        if month not in self._counts:
            self._counts[month] = self._counted(month)
        counts = self._counts[month]
        if school_class is not None:
            return counts.get((school, school_class), 0)
        return sum(n for (own, _group), n in counts.items() if own == school)

    def _counted(self, month: dt.date) -> dict[tuple[int, int | None], int]:
        last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
        rows = Enrolment.objects.filter(Dated.at(min(last, self.day)), school__study=None).order_by()
        grouped = rows.values_list("school_id", "school_class_id").annotate(n=Count("id"))
        return {(school, group): n for school, group, n in grouped}


def read(book: Book, year: SchoolYear, day: dt.date) -> Reading:
    """Read a whole file; nothing is stored. ``SheetRefused`` when it holds no ledger at all."""
    layout = layout_of(book)
    spread_down(layout.sheet, layout.heading_row + 1)
    reader = _Reader(layout, Roster(year, day))
    for row in _rows(layout):
        reader.read(row)
    reading = reader.reading
    if not reading.rows:
        reading.problems.append(Problem("headings-only", layout.sheet.name))
    reader.compare()
    return reading


def _rows(layout: Layout) -> Iterator[DataRow]:
    start = layout.heading_row + 1
    for index, cells in enumerate(layout.sheet.rows[start:], start):
        row = DataRow(index, cells)
        words = [
            text_of(row.at(layout.columns[use])) for use in (uses.SCHOOL, uses.CLASS) if use in layout.columns
        ]
        filled = any(text_of(row.at(place)) for place in layout.columns.values())
        if filled and not any(word.startswith(TOTALS) for word in words):
            yield row


@dataclass
class _Reader:
    layout: Layout
    roster: Roster
    reading: Reading = field(default_factory=Reading)
    seen: dict[Place, int] = field(default_factory=dict)
    cells: dict[Place, str] = field(default_factory=dict)
    low: list[str] = field(default_factory=list)

    def read(self, row: DataRow) -> None:
        """Read one row; what is wrong with it is noted and the row is not taken."""
        self.reading.rows += 1
        before = len(self.reading.problems)
        school, month = self._school(row), self._month(row)
        group = self._class(row, school, month) if school is not None else None
        attendance, days = self._attendance(row), self._days(row)
        books = self._books(row)
        if school is None or month is None or len(self.reading.problems) > before:
            return
        pupils = self.roster.pupils(school.pk, group.pk if group else None, month)
        if not pupils:
            name = text_of(row.at(self.layout.columns[uses.CLASS])) if group else school.name
            self._problem(
                "no-pupils", row, uses.CLASS if group else uses.SCHOOL, name=name, month=f"{month:%Y-%m}"
            )
        elif books is not None and books > MOST_BOOKS * pupils:
            self._problem("too-many-books", row, uses.BOOKS, text=str(books), pupils=str(pupils))
        elif attendance is not None or books is not None:
            line = Line(school.pk, group.pk if group else None, month, pupils, days, attendance, books)
            self._take(line, row)

    def _take(self, line: Line, row: DataRow) -> None:
        if (earlier := self.seen.get(line.place)) is not None:
            self._problem("same-row", row, uses.MONTH, first=str(earlier + 1))
            return
        self.seen[line.place] = row.index
        self.cells[line.place] = self._cell(row, uses.MONTH)
        self.reading.lines.append(line)
        if line.attendance is not None and line.attendance < 0.5:
            self.low.append(self._cell(row, uses.ATTENDANCE))

    def _problem(self, code: str, row: DataRow, use: str, **params: str) -> None:
        cell = self._cell(row, use)
        self.reading.problems.append(Problem(code, self.layout.sheet.name, cell, params))

    def _cell(self, row: DataRow, use: str) -> str:
        return cell_name(row.index, self.layout.columns[use])

    def _at(self, row: DataRow, use: str) -> Cell:
        place = self.layout.columns.get(use)
        return "" if place is None else row.at(place)

    def _school(self, row: DataRow) -> School | None:
        text = text_of(self._at(row, uses.SCHOOL))
        found = self.roster.schools.get(plain_heading(text)) if text else None
        if not text:
            self._problem("no-school", row, uses.SCHOOL)
        elif found is None:
            self._problem("unknown-school", row, uses.SCHOOL, name=text[:60])
        return found

    def _class(self, row: DataRow, school: School, month: dt.date | None) -> SchoolClass | None:
        text = text_of(self._at(row, uses.CLASS))
        if text in WHOLE:
            return None
        found = self.roster.classes_called(school, text)
        if len(found) > 1 and month is not None:
            # A primary class that has left would be in the same grade by now as one of the junior stage.
            found = [one for one in found if self.roster.pupils(school.pk, one.pk, month)] or found
        if len(found) == 1:
            return found[0]
        code = "several-classes" if found else "unknown-class"
        self._problem(code, row, uses.CLASS, name=text[:60], year=self.roster.year.code)
        return None

    def _month(self, row: DataRow) -> dt.date | None:
        cell, year = self._at(row, uses.MONTH), self.roster.year
        month = month_of(cell, year)
        if month is None:
            self._problem("no-month", row, uses.MONTH, text=text_of(cell)[:40])
            return None
        said = {"month": f"{month:%Y-%m}"}
        first, end = span(year)
        if not first <= month < end:
            self._problem("other-year", row, uses.MONTH, year=year.code, **said)
        elif month > self.roster.day:
            self._problem("future", row, uses.MONTH, **said)
        else:
            return month
        return None

    def _attendance(self, row: DataRow) -> float | None:
        text = text_of(self._at(row, uses.ATTENDANCE))
        if not text:
            return None
        rate = rate_of(text)
        if rate is None:
            self._problem("not-a-rate", row, uses.ATTENDANCE, text=text[:40])
        return rate

    def _days(self, row: DataRow) -> int | None:
        text = text_of(self._at(row, uses.DAYS)).removesuffix("天")
        if not text:
            return None
        if text.isascii() and text.isdigit() and 1 <= int(text) <= 31:
            return int(text)
        self._problem("not-days", row, uses.DAYS, text=text[:40])
        return None

    def _books(self, row: DataRow) -> int | None:
        text = text_of(self._at(row, uses.BOOKS)).removesuffix("册").removesuffix("本").replace(",", "")
        if not text:
            return None
        if text.isascii() and text.isdigit() and len(text) < 9:
            return int(text)
        try:
            float(text)
        except ValueError:
            self._problem("not-a-number", row, uses.BOOKS, text=text[:40])
        else:
            self._problem("not-whole", row, uses.BOOKS, text=text[:40])
        return None

    def compare(self) -> None:
        """Note what only the whole file shows, and what is there already."""
        lines, remarks = self.reading.lines, self.reading.remarks
        stored = {(row.school_id, row.school_class_id, row.month) for row in stored_months(self.roster.year)}
        self._refuse_both(stored)
        if self.layout.left_out:
            words = "、".join(self.layout.left_out[:5])
            remarks.append(Remark("left-out", {"n": str(len(self.layout.left_out)), "headings": words}))
        if changed := sum(line.place in stored for line in lines):
            remarks.append(Remark("changed", {"n": str(changed)}))
        if self.low:
            remarks.append(Remark("low", {"n": str(len(self.low)), "cells": "、".join(self.low[:5])}))
        small = {line.school_class for line in lines if line.school_class and line.pupils < FEWEST}
        if small:
            remarks.append(Remark("small", {"n": str(len(small))}))
        self._note_missing(stored)

    def _refuse_both(self, stored: set[Place]) -> None:
        classed = {(school, month) for school, group, month in stored | set(self.seen) if group is not None}
        whole = {(school, month) for school, group, month in stored | set(self.seen) if group is None}
        told: set[tuple[int, dt.date]] = set()
        for school, group, month in self.seen:
            if (school, month) in classed & whole and (school, month) not in told:
                told.add((school, month))
                cell = self.cells[school, group, month]
                said = {"month": f"{month:%Y-%m}"}
                self.reading.problems.append(Problem("both", self.layout.sheet.name, cell, said))

    def _note_missing(self, stored: set[Place]) -> None:
        months = sorted({line.month for line in self.reading.lines})
        places = list(dict.fromkeys((line.school, line.school_class) for line in self.reading.lines))
        have = stored | set(self.seen)
        lacking = [(place, month) for place in places for month in months if (*place, month) not in have]
        if not lacking:
            return
        names = {row.pk: row.short_name or row.name for row in self.roster.schools.values()}
        classes = {row.pk: str(row) for rows in self.roster.classes.values() for row in rows}
        words = [
            f"{names[school]}{classes.get(group or 0, '')} {month:%Y-%m}"
            for (school, group), month in lacking[:5]
        ]
        said = {"n": str(len(lacking)), "places": "、".join(words)}
        self.reading.remarks.append(Remark("missing", said))


def stored_months(year: SchoolYear) -> list[LedgerMonth]:
    """Return all months of a school year that are stored."""
    return list(months_of(year).order_by("pk"))


def months_of(year: SchoolYear) -> "QuerySet[LedgerMonth]":
    """Return the stored months of a school year."""
    first, end = span(year)
    return LedgerMonth.objects.filter(month__gte=first, month__lt=end)


def span(year: SchoolYear) -> tuple[dt.date, dt.date]:
    """Return the first month of a school year and the first of the next: a year that begins late in August has that
    August, and the next year has the one after.
    """
    return year.start.replace(day=1), year.end.replace(day=1)


def month_of(cell: Cell, year: SchoolYear) -> dt.date | None:
    """Return the first day of the month that a cell names; a month alone lies in the school year.

    >>> month_of("2025年10月", year), month_of("3月", year)          # doctest: +SKIP
    (datetime.date(2025, 10, 1), datetime.date(2026, 3, 1))
    """
    if isinstance(cell, dt.date):
        return dt.date(cell.year, cell.month, 1)
    text = "".join(text_of(cell).split())
    if re.fullmatch(r"20\d\d(0[1-9]|1[0-2])", text):
        return dt.date(int(text[:4]), int(text[4:]), 1)
    found = _MONTH.fullmatch(text)
    if found is None:
        return None
    month = int(found["month"])
    first = year.first_year + (month < year.start.month)
    return dt.date(int(found["year"] or first), month, 1)


def rate_of(text: str) -> float | None:
    """Return a share from 97, 97% or 0.97; None for what is no rate.

    >>> rate_of("97"), rate_of("97.5%"), rate_of("0.97"), rate_of("1"), rate_of("103"), rate_of("1.02")
    (0.97, 0.975, 0.97, 1.0, None, None)
    """
    found = _RATE.fullmatch("".join(text.split()))
    if found is None:
        return None
    number = float(found["number"])
    # A rate between 1 and 2 is a share of more than all, not one per cent: nobody's school is that empty.
    share = number / 100 if found["sign"] or number >= 2 else number
    return round(share, 6) if share <= 1 else None


def by_place(rows: list[LedgerMonth]) -> Mapping[Place, LedgerMonth]:
    """Return stored months by whose they are."""
    return {(row.school_id, row.school_class_id, row.month): row for row in rows}
