"""Leximin of schools that share nothing but money and a reserve for weak schools: exact, slot by slot.

A sorted vector t_1 ≤ … ≤ t_S can be had if schools can be put into its slots so that the cheapest sets of projects
that lift each school to its slot cost no more than the budget: an assignment problem (Kuhn 1955). So t_1 is raised as
far as that holds with every slot at t_1, then t_2 with t_1 fixed, and so on. Of what is kept for weak schools follows
that the others have at most the rest: one more row of the assignment problem, decided by its Lagrangian (Fisher 1981).
Earmarks, and whether the weak use up their share, are looked at afterwards: an answer that keeps them is the optimum,
for without them there is none better.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from xuequ.engines.balance.funding_task import Task
from xuequ.engines.balance.inputs import Array, Flags

MOST_SETS = 14
"""Projects of one school whose sets are all tried; 2^14 sets."""
_SAME = 1e-9
_NEVER = 1e15
MOST_MULTIPLIERS = 40


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
class _Money:
    """The budget, and what of it schools that are not weak may have at most: the rest is kept for the weak."""

    budget: float
    others: float
    strong: Flags

    @classmethod
    def of(cls, task: Task, budget: float, reserve: float) -> "_Money":
        """The money of a task with a reserve for its weak schools."""
        strong = ~task.weak if reserve > 0 else np.zeros(len(task.schools), dtype=bool)
        return cls(budget, budget - reserve, strong)

    def allows(self, price: Array) -> bool:
        """Whether schools (rows) can be put into slots (columns) within the money; so too where it was not decided."""
        return self.places(price)[0] is not False

    def places(self, price: Array) -> tuple[bool | None, np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """The same, None where it was not decided, and the slot of each school in the last answer.

        Least cost + λ · (cost of the others − what they may have) bounds the least cost from below for every λ ≥ 0
        (the Lagrangian of the assignment problem); λ is narrowed between answers in which the others have too much and
        answers that cost too much.
        """
        room, low, high = self.budget * (1 + 1e-12), 0.0, np.inf
        step = 0.0
        for _try in range(MOST_MULTIPLIERS):
            rows, columns = linear_sum_assignment(price * np.where(self.strong, 1 + step, 1.0)[:, None])
            paid = price[rows, columns]
            cost, over = float(paid.sum()), float(paid[self.strong].sum()) - self.others
            if cost + step * over > room:
                return False, columns
            if over <= 1e-12 * self.budget:
                if cost <= room:
                    return True, columns
                high = step
            else:
                low = step
            step = max(2 * low, 1.0) if high == np.inf else (low + high) / 2
        return None, columns


def leximin(task: Task, budget: float, levels: int | None = None, reserve: float = 0.0) -> Array | None:
    """Return the highest sorted scores that the money can bring, the first ``levels`` of them raised in turn, or all.

    None when a school has too many sets to try or the budget is too small. With a ``reserve`` for weak schools the
    others get at most what is left of the budget; that the weak can use up theirs is not asked. So these are bounds: no
    choice that keeps the reserve has higher scores in this order, and one that reaches them is the best (`reaching`).
    """
    S, ways = len(task.schools), _all_ways(task)
    if ways is None:
        return None
    values = np.unique(np.concatenate([way.score for way in ways]))
    slots = np.full(S, -np.inf)
    price = np.stack([np.full(S, way.cost[0]) for way in ways])
    money = _Money.of(task, budget, reserve)
    if not money.allows(price):
        return None
    place = 0
    for k in range(S if levels is None else min(levels, S)):
        place = _highest(ways, values, price, k, place, money)
        slots[k:] = values[place]
        price[:, k:] = _column(ways, values[place])
    return slots


def reaching(task: Task, slots: Array, budget: float, reserve: float = 0.0) -> Array | None:
    """Return a choice whose sorted scores are at least the slots', within the money; None where none was found."""
    ways = _all_ways(task)
    if ways is None:
        return None
    found, slot = _Money.of(task, budget, reserve).places(np.stack([way.price(slots) for way in ways]))
    return _chosen(task, ways, slots, slot) if found else None


def _all_ways(task: Task) -> list[_Ways] | None:
    found = [ways_of(task, school) for school in range(len(task.schools))]
    ways = [way for way in found if way is not None]
    return ways if len(ways) == len(found) else None


def _chosen(
    task: Task, ways: list[_Ways], slots: Array, slot: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Array:
    """The cheapest projects with which each school reaches its slot."""
    x = np.zeros(len(task.cost))
    for school, way in enumerate(ways):
        x[way.at] = way.reaching(float(slots[slot[school]]))
    return x


def _highest(ways: list[_Ways], values: Array, price: Array, k: int, low: int, money: _Money) -> int:
    """Place of the highest value that slots from k on can have; what was not decided counts as possible."""
    high = len(values)
    while high - low > 1:
        middle = (low + high) // 2
        tried = price.copy()
        tried[:, k:] = _column(ways, values[middle])
        if money.allows(tried):
            low = middle
        else:
            high = middle
    return low


def _column(ways: list[_Ways], value: float) -> Array:
    return np.array([way.price(np.array([value])) for way in ways])
