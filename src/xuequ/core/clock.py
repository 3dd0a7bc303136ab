"""The one place that asks what time it is; queries are given ``at=`` and never ask."""

import datetime as dt
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """Return today's date as people in the district see it."""
    return dt.datetime.now(SHANGHAI).date()
