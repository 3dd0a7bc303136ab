"""Leximin of schools that share nothing but money: exact, slot by slot.

A sorted vector t_1 ≤ … ≤ t_S can be had if schools can be put into its slots so that the cheapest sets of projects
that lift each school to its slot cost no more than the budget: an assignment problem (Kuhn 1955). So t_1 is raised as
far as that holds with every slot at t_1, then t_2 with t_1 fixed, and so on. Earmarks and the weak schools' share are
looked at afterwards: an answer that keeps them is the optimum, for without them there is none better.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from xuequ.engines.balance.funding_task import Task
from xuequ.engines.balance.inputs import Array

MOST_SETS = 14
"""Projects of one school whose sets are all tried; 2^14 sets."""
_SAME = 1e-9
_NEVER = 1e15


@dataclass(frozen=True, slots=True, eq=False)
class _Ways:
    """Sets of projects of one school that no cheaper set beats: scores rising, costs rising, the projects chosen."""

    at: np.ndarray[tuple[int], np.dtype[np.int64]]
    score: Array
    cost: Array
    chosen: Array

    def price(self, floors: Array) -> Array:
        """Cost of the cheapest set that reaches each floor."""
        place = np.searchsorted(self.score, floors - _SAME)
        return np.append(self.cost, _NEVER)[place]

    def reaching(self, floor: float) -> Array:
        """The projects of that set."""
        return np.asarray(self.chosen[int(np.searchsorted(self.score, floor - _SAME))])


def ways_of(task: Task, school: int) -> _Ways | None:
    """Efficient sets of one school's projects; None when there are too many to try or none is permitted."""
    at = np.flatnonzero(task.of == school)
    if len(at) > MOST_SETS:
        return None
    sets = ((np.arange(2 ** len(at))[:, None] >> np.arange(len(at))) & 1).astype(np.float64)
    kept = (sets >= task.must[at]).all(axis=1)
    for one, other in task.requires:
        if task.of[one] == school:
            kept &= sets[:, at == one][:, 0] <= sets[:, at == other][:, 0]
    sets = sets[kept]
    cost, score = sets @ task.cost[at], np.round(task.base[school] + sets @ task.gain[at], 9)
    order = np.lexsort((-score, cost))
    best = np.maximum.accumulate(score[order])
    first = np.append(True, best[1:] > best[:-1] + _SAME)
    order = order[first]
    return _Ways(at, score[order], cost[order], sets[order]) if len(order) else None


@dataclass(frozen=True, slots=True, eq=False)
class Leximin:
    """The first values of the sorted scores, and a choice of projects that has them; shape (projects,)."""

    slots: Array
    x: Array


def leximin(task: Task, budget: float, levels: int | None = None) -> Leximin | None:
    """Raise the smallest scores in turn, ``levels`` of them or all.

    None when a school has too many sets to try or the budget is too small. Of several
    choices with these scores it is one that costs least.
    """
    S = len(task.schools)
    found = [ways_of(task, school) for school in range(S)]
    ways = [way for way in found if way is not None]
    if len(ways) < S:
        return None
    values = np.unique(np.concatenate([way.score for way in ways]))
    slots = np.full(S, -np.inf)
    price = np.stack([np.full(S, way.cost[0]) for way in ways])
    if _cost(price)[0] > budget * (1 + 1e-12):
        return None
    place = 0
    for k in range(S if levels is None else min(levels, S)):
        place = _highest(ways, values, price, k, place, budget)
        slots[k:] = values[place]
        price[:, k:] = _column(ways, values[place])
    _, slot = _cost(price)
    x = np.zeros(len(task.cost))
    for school, way in enumerate(ways):
        x[way.at] = way.reaching(float(slots[slot[school]]))
    return Leximin(slots, x)


def _highest(ways: list[_Ways], values: Array, price: Array, k: int, low: int, budget: float) -> int:
    """Place of the highest value that slots from k on can have."""
    high = len(values)
    while high - low > 1:
        middle = (low + high) // 2
        tried = price.copy()
        tried[:, k:] = _column(ways, values[middle])
        if _cost(tried)[0] <= budget * (1 + 1e-12):
            low = middle
        else:
            high = middle
    return low


def _column(ways: list[_Ways], value: float) -> Array:
    return np.array([way.price(np.array([value])) for way in ways])


def _cost(price: Array) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The least cost of putting schools (rows) into slots (columns), and the slot of each school."""
    rows, columns = linear_sum_assignment(price)
    return float(price[rows, columns].sum()), columns
