"""Deadlines count working days, Monday to Friday; they remind, and decide only where a procedure says so."""

import datetime as dt

SATURDAY = 5


def working_days_after(day: dt.date, days: int) -> dt.date:
    """Return the day ``days`` working days after ``day``.

    >>> working_days_after(dt.date(2026, 3, 6), 1)  # a Friday
    datetime.date(2026, 3, 9)
    """
    while days > 0:
        day += dt.timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day
