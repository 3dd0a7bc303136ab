"""What the data say that is worth a visit: read from other systems' published numbers, and silent where there are none.

Each sign compares a school's newest number with its own earlier one, or with a line that its publisher drew; no school
is compared with another here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from xuequ.core.rendering.cells import format_number
from xuequ.record.choices import IndicatorAudience
from xuequ.record.models import Indicator
from xuequ.systems.support.visits.wording import Said

GRADES = range(3, 13)
IDLE = 0.3
"""From this share of unused devices on, use is worth a talk."""

Rule = Callable[[str, Indicator, Indicator | None], "Said | None"]


def _said(code: str, now: Indicator, **params: object) -> Said:
    return Said(code, params, now.audience == IndicatorAudience.SCHOOL)


def _growth(code: str, now: Indicator, _before: Indicator | None) -> Said | None:
    if now.high is None or now.value is None or now.high >= 0:
        return None
    return _said("growth", now, grade=code.rsplit("g", 1)[1], value=format_number(now.value, 2))


def _stars(_code: str, now: Indicator, _before: Indicator | None) -> Said | None:
    return _said("stars", now) if now.value is not None and now.value < 0 else None


def _score(_code: str, now: Indicator, before: Indicator | None) -> Said | None:
    if before is None or now.value is None or before.value is None:
        return None
    low = before.low if before.low is not None else before.value
    high = now.high if now.high is not None else now.value
    if high >= low:
        return None
    return _said("score", now, value=f"{now.value:.0f}", before=f"{before.value:.0f}")


def _unmet(_code: str, now: Indicator, before: Indicator | None) -> Said | None:
    if before is None or now.value is None or before.value is None or now.value <= before.value:
        return None
    return _said("unmet", now, value=f"{now.value:.0f}", before=f"{before.value:.0f}")


def _weak(_code: str, now: Indicator, _before: Indicator | None) -> Said | None:
    # A verdict is nothing to talk about: the school reads what was measured, and not that it stands on a list.
    return Said("weak", for_school=False) if now.value else None


def _idle(_code: str, now: Indicator, _before: Indicator | None) -> Said | None:
    low = now.low if now.low is not None else now.value
    return _said("idle", now, value=f"{100 * (now.value or 0):.0f}") if low and low >= IDLE else None


RULES: dict[str, Rule] = {
    **{f"growth.effect.g{grade}": _growth for grade in GRADES},
    "stars.improved": _stars,
    "stars.district_score": _score,
    "balance.unmet": _unmet,
    "balance.weak": _weak,
    "programmes.idle_rate": _idle,
}


def signals(rows: Iterable[Indicator], since: str) -> dict[int, list[Said]]:
    """Return what the numbers in force say, by the school's key; numbers of periods before ``since`` are too old."""
    series: dict[tuple[int, str], list[Indicator]] = defaultdict(list)
    for row in rows:
        if row.school_id is not None and row.school_class_id is None:
            series[row.school_id, row.code].append(row)
    found: dict[int, list[Said]] = defaultdict(list)
    for (school, code), numbers in sorted(series.items()):
        said = _newest(code, numbers, since)
        if said is not None:
            found[school].append(said)
    return found


def _newest(code: str, numbers: Sequence[Indicator], since: str) -> Said | None:
    years = sorted(numbers, key=lambda row: row.period)
    if years[-1].period < since:
        return None
    return RULES[code](code, years[-1], years[-2] if len(years) > 1 else None)
