"""A school over the years: points, awards, and each change split into own change, weights and standard."""

from collections.abc import Mapping
from dataclasses import dataclass

from xuequ.district.models import School
from xuequ.engines.evaluation.change import Change, ItemYears, split
from xuequ.engines.evaluation.star_scheme import SchemeItem, StarScheme
from xuequ.systems.stars.choices import ApplicationState
from xuequ.systems.stars.models import Application, Award, SelfRating, SettledPoints
from xuequ.systems.stars.points import by_item
from xuequ.systems.stars.schemes.queries import scheme_in


@dataclass(frozen=True, slots=True)
class YearOfSchool:
    """One year: the application with its points by item, and the change from the year before."""

    application: Application
    scheme: StarScheme
    points: Mapping[str, float]
    change: Change | None

    @property
    def total(self) -> float:
        """Points in all."""
        return sum(self.points.values())

    @property
    def full(self) -> float:
        """Full points of the year's scheme."""
        return self.scheme.points


def years_of(school: School) -> list[YearOfSchool]:
    """Return the school's years in which it handed in, the earliest first; the caller checked the school. Three
    queries."""
    rows = Application.objects.filter(school=school).exclude(state=ApplicationState.RATING)
    listed = list(
        rows.select_related("round__version__scheme", "round__year").order_by("round__year__code", "pk")
    )
    points = _points(listed)
    found: list[YearOfSchool] = []
    for row in listed:
        scheme = scheme_in(row.round.version)
        before = next((y for y in reversed(found) if _same_scheme(y.application, row)), None)
        change = split(_items(before, scheme, points[row.pk])) if before is not None else None
        found.append(YearOfSchool(row, scheme, points[row.pk], change))
    return found


def _same_scheme(one: Application, other: Application) -> bool:
    return one.round.version.scheme_id == other.round.version.scheme_id


def _points(rows: list[Application]) -> dict[int, dict[str, float]]:
    """Return the points that count by application: settled ones, else the school's own."""
    settled = [row.pk for row in rows if row.settled is not None]
    own = [row.pk for row in rows if row.settled is None]
    found: dict[int, dict[str, float]] = {row.pk: {} for row in rows}
    for row in SettledPoints.objects.filter(application__in=settled, is_current=True):
        found[row.application_id] |= by_item([row])
    for rated in SelfRating.objects.filter(application__in=own):
        found[rated.application_id] |= by_item([rated])
    return found


def _items(before: YearOfSchool, scheme: StarScheme, points: Mapping[str, float]) -> list[ItemYears]:
    """Return the items of both years: the weight is the item's full points, its value the share reached."""
    old = {item.code: item for item in before.scheme.items}
    new = {item.code: item for item in scheme.items}
    found = []
    for code in dict.fromkeys([*old, *new]):
        first, second = old.get(code), new.get(code)
        was = before.points.get(code, 0.0) / first.points if first is not None else None
        now = points.get(code, 0.0) / second.points if second is not None else None
        by_new, by_old = _rescored(first, second, before.points.get(code, 0.0), points.get(code, 0.0))
        weights = (first.points if first else None, second.points if second else None)
        found.append(ItemYears(code, *weights, was, now, by_new, by_old))
    return found


def _rescored(
    first: SchemeItem | None, second: SchemeItem | None, was: float, now: float
) -> tuple[float | None, float | None]:
    """Return each year's share by the other year's standard; none where the levels did not change or cannot be matched.

    A level is the same when its words are: then its points in the other version are what that year would have given.
    """
    if first is None or second is None:
        return None, None
    if _shares(first) == _shares(second):
        return None, None
    by_new, by_old = _by(first, second, was), _by(second, first, now)
    return (by_new, by_old) if by_new is not None and by_old is not None else (None, None)


def _shares(item: SchemeItem) -> dict[str, float]:
    return {level.text: level.points / item.points for level in item.levels}


def _by(own: SchemeItem, other: SchemeItem, points: float) -> float | None:
    words = own.level_of(points)
    if not words:
        return 0.0
    return _shares(other).get(words)


def awards_of(school: School) -> list[Award]:
    """Return the school's awards in force, the latest first."""
    rows = Award.objects.filter(school=school, is_current=True)
    return list(rows.select_related("year").order_by("-year__code"))
