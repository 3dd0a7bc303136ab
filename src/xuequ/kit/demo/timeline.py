"""When things happened in the demo, seen from the day on which it is built."""

import datetime as dt
from dataclasses import dataclass

RESULTS_IN = (7, 15)
"""Month and day by which a school year's results (monitoring, graduation, term levels) are known."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The school year that runs on ``day`` and the three latest ones whose results are in."""

    day: dt.date

    @property
    def running(self) -> int:
        """First calendar year of the school year that runs on ``day``."""
        return self.day.year if self.day >= dt.date(self.day.year, 9, 1) else self.day.year - 1

    @property
    def last(self) -> int:
        """First calendar year of the latest school year whose results are in."""
        return self.running if self.day >= dt.date(self.running + 1, *RESULTS_IN) else self.running - 1

    @property
    def first(self) -> int:
        """First calendar year of the earliest school year with results."""
        return self.last - 2

    @property
    def years(self) -> range:
        """All school years of the demo, by their first calendar year."""
        return range(self.first, self.running + 1)

    @property
    def years_with_results(self) -> range:
        """The school years with monitoring and graduation results."""
        return range(self.first, self.last + 1)

    def terms_with_levels(self) -> list[tuple[int, int]]:
        """Return the two latest terms ``(first year, 1 or 2)`` whose end-of-term levels are known."""
        known = [(year, term) for year in self.years for term in (1, 2) if term_exam(year, term) < self.day]
        return known[-2:]


def year_code(year: int) -> str:
    """Return ``2025-2026`` for 2025."""
    return f"{year}-{year + 1}"


def year_start(year: int) -> dt.date:
    """Return the first day of a school year."""
    return dt.date(year, 9, 1)


def spring_start(year: int) -> dt.date:
    """Return the first day of a school year's second term; terms tile the year, so that each day has one."""
    return dt.date(year + 1, 2, 15)


def monitoring_day(year: int) -> dt.date:
    """Return the day of the district's sampled monitoring."""
    return dt.date(year + 1, 5, 20)


def graduation_day(year: int) -> dt.date:
    """Return the first day of the junior graduation examination."""
    return dt.date(year + 1, 6, 20)


def graduates_leave(year: int) -> dt.date:
    """Return the day from which the graduates are no longer enrolled."""
    return dt.date(year + 1, 7, 10)


def term_exam(year: int, term: int) -> dt.date:
    """Return the day of the schools' end-of-term grading."""
    return dt.date(year + 1, 1, 20) if term == 1 else dt.date(year + 1, 7, 1)
