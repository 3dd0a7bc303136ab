"""Points between the database (exact decimals), the engines (floats that stand for them) and people."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind
from xuequ.engines.evaluation.standing import Missing
from xuequ.engines.evaluation.star_scheme import SchemeItem, StarScheme


class Rated(Protocol):
    """A row with an item's points."""

    item: str
    points: Decimal


def exact(points: float | Decimal) -> Decimal:
    """Return points as the database keeps them."""
    return Decimal(str(points)).quantize(Decimal("0.01"))


def shown(points: float | Decimal | None) -> str:
    """Return points as people write them: 2, 1.5; a dash for none."""
    return "—" if points is None else f"{float(points):g}"


def full_column(*full: float) -> Column:
    """Return the column of full points: schemes count in whole ones, so a decimal stands only where one is needed."""
    whole = all(float(points).is_integer() for points in full)
    return Column("full", _("full points"), ColumnKind.NUMBER, 0 if whole else 1)


def by_item(rows: Iterable[Rated]) -> dict[str, float]:
    """Return the points of rows by item."""
    return {row.item: float(row.points) for row in rows}


def total(points: Mapping[str, float]) -> Decimal:
    """Return the sum, exact."""
    return sum((exact(value) for value in points.values()), Decimal(0))


def agreed(item: SchemeItem, given: Sequence[float], step: float) -> float | None:
    """Return what raters who agree settle: their mean, rounded half up to a step; None where they differ.

    They agree when no more than one level lies between the highest and the lowest.
    """
    places = [_place(item, value) for value in given]
    if max(places) - min(places) > 1:
        return None
    mean = sum(map(exact, given), Decimal(0)) / len(given)
    unit = Decimal(str(step))
    return float((mean / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit)


def _place(item: SchemeItem, points: float) -> int:
    """Which of the levels that may be given lies at or below the points."""
    return sum(level <= points for level in item.given)


def only_known(scheme: StarScheme, points: Mapping[str, float]) -> dict[str, float]:
    """Return the points of items that the scheme has and may give so."""
    known = {item.code: item for item in scheme.items}
    return {code: value for code, value in points.items() if code in known and value in known[code].given}


def short_of(needed: Missing) -> float:
    """Return how many points are missing to a star, in all or in its dimensions, whichever is more."""
    return max(needed.total, sum(needed.dimensions.values()))
