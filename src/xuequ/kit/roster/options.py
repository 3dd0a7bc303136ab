"""What the person has said about a roster file: kept with the import, so that check and storing read it alike."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.district.models import SchoolYear
from xuequ.district.queries import first_year_on
from xuequ.kit.roster.fields import Use

YEAR = re.compile(r"20\d\d-20\d\d")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column is: a field of the sheet's table, or empty for "leave out"."""

    index: int
    label: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class SheetUse:
    """What one sheet holds. ``complete``: whoever is missing in it has left the schools that stand in it."""

    name: str
    use: Use
    columns: tuple[Column, ...] = ()
    mapping: str = ""
    complete: bool = False
    rows: int = 0

    def fields(self) -> dict[str, int]:
        """Return the column of each field."""
        return {column.field: column.index for column in self.columns if column.field}


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that decides how a file is understood.

    ``school`` (a code) stands for rows that name none. ``effective`` is the day on which what changes begins.
    ``choices`` holds, for rows that had to be asked about (``sheet!row``), a primary key, ``new`` or ``skip``.
    """

    school_year: str
    effective: str
    school: str = ""
    sheets: tuple[SheetUse, ...] = ()
    mapping: str = ""
    complete: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def day(self) -> dt.date:
        """The day on which what changes begins."""
        return dt.date.fromisoformat(self.effective)

    @property
    def first_year(self) -> int:
        """The calendar year in which the school year begins."""
        return int(self.school_year[:4])

    def read_sheets(self) -> Sequence[SheetUse]:
        """Return the sheets that are read."""
        return [sheet for sheet in self.sheets if sheet.use != Use.NOTHING]

    def as_json(self) -> dict[str, Any]:
        """Return the options for the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Options":
        """Return the options that ``as_json`` made."""
        return cls(**{**stored, "sheets": tuple(_sheet(item) for item in stored["sheets"])})


def options_for(
    today: dt.date,
    school_year: str = "",
    since: str = "",
    *,
    school: str = "",
    mapping: str = "",
    complete: bool = False,
) -> Options:
    """Return the options of a new import: this school year and today, unless something else is said.

    Raises ``Refused`` when the day does not lie in the school year, or one of them is no such thing.
    """
    year = school_year or code_of_year(today)
    if not YEAR.fullmatch(year) or int(year[5:]) != int(year[:4]) + 1:
        raise Refused(_("“%(text)s” is not a school year; write it like 2025-2026.") % {"text": year[:20]})
    start, end = year_span(year)
    day = today if start <= today < end else start
    if since:
        try:
            day = dt.date.fromisoformat(since)
        except ValueError as error:
            raise Refused(
                _("“%(text)s” is not a date; write it like 2025-09-01.") % {"text": since[:20]}
            ) from error
    if not start <= day < end:
        raise Refused(
            _("The day %(day)s does not lie in the school year %(year)s.") % {"day": day, "year": year}
        )
    return Options(year, day.isoformat(), school=school, mapping=mapping, complete=complete)


def code_of_year(day: dt.date) -> str:
    """Return the code of the school year in which ``day`` lies."""
    first = first_year_on(day)
    return f"{first}-{first + 1}"


def year_span(code: str) -> tuple[dt.date, dt.date]:
    """Return the first day of a school year, and the day after its last."""
    known = SchoolYear.objects.filter(code=code).first()
    if known is not None:
        return known.start, known.end
    first = int(code[:4])
    return dt.date(first, 9, 1), dt.date(first + 1, 9, 1)


def _sheet(stored: Mapping[str, Any]) -> SheetUse:
    columns = tuple(Column(**column) for column in stored["columns"])
    return SheetUse(**{**stored, "use": Use(stored["use"]), "columns": columns})
