"""Which school is due, and why, in one sentence. The order is for those who visit; a school never sees it.

Points = weeks since the last visit over the weeks after which every school is due (at most 2; 2 without a visit)
+ 1.5 where the school itself asked + 0.5 for each problem past its day (at most 1.5)
+ 0.5 for each sign in the data (at most 1.5).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from xuequ.district.models import School
from xuequ.systems.support.visits.wording import Said, sentence

MOST_TIME, ASKED, EACH, MOST = 2.0, 1.5, 0.5, 1.5
DUE_FROM = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a school on a day."""

    school: School
    last: dt.date | None = None
    planned: dt.date | None = None
    asked: dt.date | None = None
    overdue: int = 0
    signs: Sequence[Said] = field(default_factory=tuple)
    topics: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Due:
    """A school with its points and the reasons, the weightiest first."""

    known: Known
    points: float
    reasons: tuple[Said, ...]

    @property
    def is_due(self) -> bool:
        """Whether a visit should be planned now."""
        return self.points >= DUE_FROM and self.known.planned is None

    @property
    def sentence(self) -> str:
        """Why, in one sentence."""
        return sentence(self.reasons or (Said("none"),))


def due(known: Known, day: dt.date, every_days: int) -> Due:
    """Weigh what is known of a school; ``every_days``: after so many days every school is due."""
    parts: list[tuple[float, list[Said]]] = [
        _time(known, day, every_days),
        (ASKED, [Said("asked", {"day": f"{known.asked:%Y-%m-%d}"})]) if known.asked else (0.0, []),
        (min(EACH * known.overdue, MOST), [Said("overdue", {"n": known.overdue})] if known.overdue else []),
        (min(EACH * len(known.signs), MOST), list(known.signs)),
    ]
    ordered = sorted(parts, key=lambda part: -part[0])
    return Due(known, sum(points for points, _said in parts), tuple(s for _p, said in ordered for s in said))


def _time(known: Known, day: dt.date, every_days: int) -> tuple[float, list[Said]]:
    if known.last is None:
        return MOST_TIME, [Said("never")]
    days = max((day - known.last).days, 0)
    points = min(days / every_days, MOST_TIME)
    return points, [Said("time", {"weeks": days // 7})] if 2 * days >= every_days else []


def in_order(found: Sequence[Due]) -> list[Due]:
    """The most due first; among equals the one not seen longest, then by code."""
    return sorted(
        found, key=lambda line: (-line.points, line.known.last or dt.date.min, line.known.school.code)
    )
