"""The least that brings the official coefficient of variation down to a limit, and where it has to go.

With P the pupils, y ≥ x the amounts after the top-up and s² = 1 + t², CV ≤ t reads √ΣP · √(Σy²/P) ≤ s·Σy, a cone.

- Units of equal price: for a fixed number of units Σy is fixed, so the best CV has the least Σy²/P, which is separable
  and convex; handing out unit after unit to the smallest (2y + 1)/P is therefore exact (Fox 1966; Ibaraki and Katoh
  1988). The first number of units that suffices is searched from the continuous optimum, a lower bound.
- Prices per school, continuous: the conditions of Karush, Kuhn and Tucker give y = max(x, P·k·(s − c/ν)) with two
  numbers k and ν, found by bisection.
- Prices per school, whole units: HiGHS solves the integer programme with the cone cut off by tangents; a tangent at
  every solution that still violates it, until none does (outer approximation, Duran and Grossmann 1986). Beyond 300
  units, or when HiGHS needs more than a second, the divisible optimum is rounded and stands beside its lower bound.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import LinearConstraint, milp

from xuequ.engines.balance.dispersion import per_pupil, section_amounts
from xuequ.engines.balance.exact import within
from xuequ.engines.balance.inputs import Array, positives, refuse_mixed_units
from xuequ.engines.balance.sections import sections
from xuequ.engines.errors import InputError

_STEPS = 200
_ROUNDS = 60
_SECONDS = 1.0
MOST_EXACT = 300
"""Whole units up to which prices are minimised exactly; beyond, the divisible optimum is rounded, with its bound."""
MOST_UNITS = 2_000_000
"""Units to be handed out one by one beyond the continuous optimum; a limit near 0 can ask for very many."""


@dataclass(frozen=True, slots=True)
class TopUpDesign:
    """What is topped up.

    Parameters
    ----------
    value, pupils : columns of the amount and of the pupils of each school
    target : limit of the official coefficient, 0 or more
    whole : whole units; False for amounts that can be divided
    cost : column of the price of one unit at each school; empty when all prices are equal
    """

    value: str
    pupils: str
    target: float
    whole: bool = True
    cost: str = ""
    per_pupil: bool = False
    school: str = "school"
    stage: str = "stage"

    def __post_init__(self) -> None:
        if not self.target >= 0:
            raise InputError("bad-target", "the target of the coefficient must be 0 or more")


@dataclass(frozen=True, slots=True)
class TopUp:
    """The least top-up of one stage.

    Attributes
    ----------
    before, after : the coefficient; ``target`` its limit
    units, cost : the least in all; ``cost`` equals ``units`` when no prices are given
    bound : what the cost cannot fall below (that of divisible amounts), for whole units with many prices
    schools : school, pupils, amount, units, cost, value_before, value_after (per pupil); only those that get something
    """

    stage: str
    schools_counted: int
    before: float
    after: float
    target: float
    units: float
    cost: float
    bound: float
    schools: pl.DataFrame


@dataclass(frozen=True, slots=True)
class TopUps:
    """The least top-ups of all stages, and the schools that are left out."""

    design: TopUpDesign
    stages: tuple[TopUp, ...]
    left_out: tuple[tuple[str, str], ...]


def top_up(table: pl.DataFrame, design: TopUpDesign) -> TopUps:
    """Find the least top-up of each stage of a table with one row for each school.

    Raises
    ------
    InputError
        What ``sections`` raises, ``missing-value``, ``negative``, ``mixed-units``, ``all-zero``, ``free-unit`` (a
        price of 0) or ``too-many-units``.
    """
    found = sections(table, design.pupils, school=design.school, stage=design.stage)
    per_pupil(table, design.value, design.pupils, given=design.per_pupil)
    amount = section_amounts(table, design.value, found, given=design.per_pupil)
    prices = _prices(table, design)
    stages = []
    for stage in found.stages():
        at = found.at(stage)
        price = None if prices is None else prices[found.row[at]]
        names = [found.school[i] for i in at]
        stages.append(_stage(stage, names, amount[at], found.pupils[at], price, design))
    return TopUps(design, tuple(stages), found.left_out)


def _prices(table: pl.DataFrame, design: TopUpDesign) -> Array | None:
    if not design.cost:
        return None
    found = positives(table, design.cost, "free-unit", "a unit must have a price")
    refuse_mixed_units(found, design.cost)
    return found


def _stage(
    stage: str, names: list[str], x: Array, P: Array, price: Array | None, design: TopUpDesign
) -> TopUp:
    if not x.any():
        raise InputError("all-zero", "all amounts are zero, so nothing can be compared", column=design.value)
    added, bound = solved(x, P, design.target, price, whole=design.whole)
    cost = added if price is None else added * price
    table = pl.DataFrame(
        {"school": names, "pupils": P, "amount": x, "units": added, "cost": cost, "value_before": x / P,
         "value_after": (x + added) / P}
    )  # fmt: skip
    return TopUp(
        stage=stage,
        schools_counted=len(x),
        before=coefficient(x, P),
        after=coefficient(x + added, P),
        target=design.target,
        units=float(added.sum()),
        cost=float(cost.sum()),
        bound=bound,
        schools=table.filter(pl.col("units") > 0),
    )


def coefficient(x: Array, P: Array) -> float:
    """The official coefficient of amounts ``x`` with pupils ``P``."""
    w, X = P / P.sum(), x / P
    mean = w @ X
    return float(np.sqrt(w @ (X - mean) ** 2) / mean)


def least(x: Array, P: Array, target: float, price: Array | None = None, *, whole: bool = True) -> Array:
    """Return the units of each school, shape (schools,), with the least sum (or cost) for which CV ≤ target.

    >>> books, pupils = np.array([279, 137, 935, 160, 402.0]), np.array([45, 37, 89, 76, 55.0])
    >>> least(books, pupils, 0.50).tolist()
    [0.0, 0.0, 0.0, 17.0, 0.0]
    """
    return solved(x, P, target, price, whole=whole)[0]


def solved(x: Array, P: Array, target: float, price: Array | None, *, whole: bool) -> tuple[Array, float]:
    """Return what ``least`` does and what the cost cannot fall below, which is the cost itself where it is proven."""
    if within(x, P, target):
        return np.zeros(len(x)), 0.0
    if price is None or np.ptp(price) == 0:
        added = _whole(x, P, target) if whole else _level(x, P, target)
    elif whole:
        return _whole_priced(x, P, target, price)
    else:
        added = _priced(x, P, target, price)
    return added, float(added.sum() if price is None else added @ price)


def _raised(x: Array, P: Array, level: float) -> Array:
    return np.maximum(x, P * level) - x


def _bisect(good: Callable[[float], bool], low: float, high: float) -> float:
    """The smallest number, to the last bit, that is good; ``high`` must be, and all above a good one are."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (low, middle) if good(middle) else (middle, high)
    return high


def _level(x: Array, P: Array, target: float) -> Array:
    """Raise the poorest schools to one common level, the lowest that suffices."""
    top = float((x / P).max())
    level = _bisect(lambda level: within(x + _raised(x, P, level), P, target), 0.0, top)
    return _raised(x, P, level)


def _whole(x: Array, P: Array, target: float) -> Array:
    """Start with the units of the continuous optimum, which fewer cannot beat, and go on unit by unit."""
    units = np.floor(_level(x, P, target).sum() - 1e-6)
    added = _handed_out(x, P, max(units, 0.0))
    heap = [((2 * (x[i] + added[i]) + 1) / P[i], i) for i in range(len(x))]
    heapq.heapify(heap)
    for _ in range(MOST_UNITS):
        if within(x + added, P, target):
            return added
        i = heap[0][1]
        added[i] += 1
        heapq.heapreplace(heap, ((2 * (x[i] + added[i]) + 1) / P[i], i))
    raise InputError(
        "too-many-units", "whole units this small a target asks for are too many; give a larger one"
    )


def _handed_out(x: Array, P: Array, units: float) -> Array:
    """The best places of so many whole units: all whose marginal (2y + 1)/P lies below a common bound, then ties."""

    def taken(bound: float) -> Array:
        # y + j for j = 0, 1, … has the marginal (2(x + j) + 1)/P < bound.
        return np.maximum(np.ceil((bound * P - 1) / 2 - x), 0.0)

    low, high = 0.0, float(((2 * (x + units) + 1) / P).min()) * 2 + 1
    bound = _bisect(lambda bound: taken(bound).sum() >= units, low, high)
    added = taken(bound)
    # Those on the bound itself are worth the same; the last in the table give way.
    dearest = np.where(added > 0, (2 * (x + added) - 1) / P, -np.inf)
    order = np.lexsort((-np.arange(len(x)), -dearest))
    for i in order[: int(added.sum() - units)]:
        added[i] -= 1
    return added


def _priced(x: Array, P: Array, target: float, price: Array) -> Array:
    """The continuous optimum with prices, by bisection for ν and, within, for k."""
    if target == 0:
        return _raised(x, P, float((x / P).max()))
    s = float(np.sqrt(1 + target * target))

    def spread(nu: float) -> Array:
        return np.maximum(s - price / nu, 0.0)

    def added(nu: float) -> Array:
        u, total = spread(nu), P.sum()
        top = float((x / P).max()) / max(float(u.max()), 1e-300) * len(x) * 1e6 + 1.0
        k = _bisect(lambda k: bool((np.maximum(x / k, P * u) ** 2 / P).sum() <= total), 0.0, top)
        return np.maximum(x, P * u * k) - x

    ceiling = _bisect(lambda nu: bool((P * spread(nu) ** 2).sum() >= P.sum()), 0.0, float(price.max()) * 1e9)
    ceiling *= 1 - 1e-9  # at the ceiling itself k has no bound
    nu = _bisect(lambda nu: within(x + added(nu), P, target), 0.0, ceiling)
    return added(nu)


def _whole_priced(x: Array, P: Array, target: float, price: Array) -> tuple[Array, float]:
    """Whole units with prices, by tangents of the cone until a solution keeps to it; also the lower bound proven."""
    divisible = _priced(x, P, target, price)
    good, bound = _rounded(x, P, target, price, divisible), float(divisible @ price)
    if good.sum() > MOST_EXACT:
        return good, bound
    most = float(good @ price)
    cuts = [_tangent(x + added, x, P, target) for added in (divisible, good)]
    for _ in range(_ROUNDS):
        rows, limits = (np.array(part) for part in zip(*cuts, strict=True))
        found = milp(price, constraints=LinearConstraint(rows, -np.inf, limits), integrality=np.ones(len(x)),
                     bounds=(np.zeros(len(x)), np.floor(most / price)),
                     options={"mip_rel_gap": 0.0, "time_limit": _SECONDS})  # fmt: skip
        if found.status != 0:
            break
        added = np.rint(found.x)
        bound = float(added @ price)
        if within(x + added, P, target) or bound >= most:
            return (added, bound) if bound < most else (good, most)
        cuts.append(_tangent(x + added, x, P, target))
    return good, bound


def _rounded(x: Array, P: Array, target: float, price: Array, divisible: Array) -> Array:
    """A good solution in whole units: the divisible one rounded, or the one that ignores prices if that is cheaper."""
    plain = _whole(x, P, target)
    added = np.floor(divisible)
    for _ in range(len(x) + MOST_EXACT):
        if within(x + added, P, target) or added @ price >= plain @ price:
            break
        # Rounding moved it off the limit: one more unit where it lowers the cone most for its price.
        row, _ = _tangent(x + added, x, P, target)
        added[int(np.argmin(row / price))] += 1
    return added if within(x + added, P, target) and added @ price < plain @ price else plain


def _tangent(y: Array, x: Array, P: Array, target: float) -> tuple[Array, float]:
    """Return row and limit with row·d ≤ limit for every d ≥ 0 that keeps to the cone, touching it along y."""
    s = np.sqrt(1 + target * target)
    row = np.sqrt(P.sum()) * (y / P) / np.sqrt((y * y / P).sum()) - s
    # The cone is homogeneous: row·(x + d) ≤ 0. HiGHS allows 1e-7; a larger row leaves less of that.
    row = row * (1000 / np.abs(row).max())
    return row, float(-row @ x)
