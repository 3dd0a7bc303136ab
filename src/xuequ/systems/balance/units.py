"""Whether an amount of money was written in the wrong unit: 万元 for 元, or 元 for 万元.

A value about ten thousand times away from what it is compared with (between 10^3.2 and 10^4.8, the window that the
engine uses for whole columns) is asked about; nothing is changed without an answer.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from xuequ.core.money import WAN

_WINDOW = (3.2, 4.8)
LAST_YEAR, OTHERS = "last-year", "others"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that may be in the wrong unit: what it would be in the other one, and what it was compared with."""

    number: Decimal
    suggested: Decimal
    compared_with: str  # LAST_YEAR or OTHERS


def doubt(
    number: Decimal, pupils: int, *, last_year: float | None = None, others: Iterable[float] = ()
) -> Doubt | None:
    """Return why a value may be in the wrong unit, None where it is plausible or nothing is there to compare with.

    Parameters
    ----------
    number : the school's amount in 元, as written
    pupils : above 0
    last_year : the school's amount per pupil of the year before
    others : amounts per pupil of the other schools of the stage; two at least are needed

    >>> doubt(Decimal(276), 800, last_year=3300.0).suggested
    Decimal('2760000')
    """
    own = float(number) / pupils if pupils > 0 else 0.0
    if own <= 0:
        return None
    rest = sorted(value for value in others if value > 0)
    known = [(LAST_YEAR, last_year)] if last_year and last_year > 0 else []
    known += [(OTHERS, median(rest))] if len(rest) > 1 else []
    for compared_with, usual in known:
        apart = math.log10(own / usual)
        if _WINDOW[0] <= abs(apart) <= _WINDOW[1]:
            return Doubt(number, number / WAN if apart > 0 else number * WAN, compared_with)
        # A school's own past says more than its neighbours: plausible against it is plausible.
        return None
    return None
