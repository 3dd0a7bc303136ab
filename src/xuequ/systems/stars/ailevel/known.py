"""What the survey need not ask anew: counts of the roster, and what other systems published."""

import datetime as dt
from collections.abc import Set
from typing import Any

from xuequ.district.models import School
from xuequ.kit.collection.sources import catalogue, enrolled
from xuequ.record.models import Indicator

_ROSTER = {"known_pupils": "pupils", "known_classes": "classes"}
_TEACHERS = "known_teachers"
_INDICATORS = {
    "sc_media_rooms": "programmes.multimedia_rooms",
    "ai_rooms": "programmes.ai_rooms",
}
"""Lessons are asked for: bookings of AI classrooms know nothing of those that are given elsewhere."""


def known_answers(names: Set[str], school: School, day: dt.date) -> dict[str, Any]:
    """Return what is known of a school on ``day``, by the names of the survey's questions."""
    found: dict[str, Any] = {}
    if names & {*_ROSTER}:
        rows = enrolled([school.pk], day)
        found |= {name: sum(getattr(row, what) for row in rows) for name, what in _ROSTER.items()}
    if _TEACHERS in names:
        found |= {_TEACHERS: catalogue()["teachers"].compute([school.pk], day).get(school.pk, 0)}
    if names & {*_INDICATORS}:
        found |= _published(school)
    return found


def _published(school: School) -> dict[str, float]:
    rows = Indicator.objects.filter(
        code__in=_INDICATORS.values(), school=school, school_class=None, superseded=None, value__isnull=False
    )
    values = dict(rows.order_by("period", "published").values_list("code", "value"))
    return {name: value for name, code in _INDICATORS.items() if (value := values.get(code)) is not None}
