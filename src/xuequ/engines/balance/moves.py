"""The least for one item when whole units are bought or moved: staff who go to another school 交流轮岗.

With amounts x, bounds b ≥ x, and schools that may give up to m units, let N be bought and M be moved. Then Σy = Σx + N,
and CV(y) ≤ t reads ΣP · Σ(y²/P) ≤ (1 + t²)(Σx + N)², so for each (N, M) only the least Σ(y²/P) matters. It is that of
giving M units away where (2y − 1)/P is greatest and handing out N + M where (2y + 1)/P is least, from b on: both are
separable and convex, so unit by unit is exact (Fox 1966; Ibaraki and Katoh 1988). No school gives and gets: what would
do both costs less with fewer moves. All M whose fees do not exceed the best cost are looked into, each with the first N
that suffices; the cost is price · N + fee · M.
"""

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from xuequ.engines.balance.exact import within
from xuequ.engines.balance.inputs import Array

_CLOSE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One item of S schools.

    Attributes
    ----------
    amounts, pupils : shape (S,); pupils above 0
    bounds : what each school must have, shape (S,); whole units above its amount
    spare : whole units that it may give, shape (S,); 0 where its bound lies above its amount
    limit : of the coefficient; infinite where there is none
    price, fee : of a unit bought and of a unit moved, both above 0
    """

    amounts: Array
    pupils: Array
    bounds: Array
    spare: Array
    limit: float
    price: float
    fee: float


def least_change(task: Task, bought: Array) -> Array:
    """Return what each school gets (above 0) or gives (below 0), shape (S,), at the least cost.

    ``bought`` is the least without moves, shape (S,): it is kept where no move saves anything.

    >>> rich_and_poor = Task(np.array([6.0, 0.0]), np.array([100.0, 100.0]), np.array([6.0, 2.0]),
    ...                      np.array([4.0, 0.0]), float("inf"), price=3.0, fee=1.0)
    >>> least_change(rich_and_poor, np.array([0.0, 2.0])).tolist()
    [-2.0, 2.0]
    """
    best, found = float(bought.sum()) * task.price, (round(float(bought.sum())), 0)
    most = min(int(task.spare.sum()), int(best / task.fee) if best else 0)
    given = _given(task, most)
    taken = _taken(task, found[0] + len(given))
    search = _Search(task, given, taken)
    for moved in range(1, len(given) + 1):
        if moved * task.fee >= best - _CLOSE * best:
            break
        first = search.first(moved, (best - moved * task.fee) / task.price)
        if first is not None:
            found, best = (first, moved), first * task.price + moved * task.fee
    return search.change(*found) if found[1] else bought


def _given(task: Task, most: int) -> npt.NDArray[np.intp]:
    """The schools that give, unit by unit, the most telling first."""
    place = np.repeat(np.arange(len(task.spare)), task.spare.astype(int))
    order = np.concatenate([np.arange(int(n)) for n in task.spare]) if len(place) else np.zeros(0)
    gain = (2 * (task.amounts[place] - order) - 1) / task.pupils[place]
    return place[np.lexsort((place, -gain))][:most]


def _taken(task: Task, count: int) -> npt.NDArray[np.intp]:
    """The schools that get, unit by unit: first what the bounds ask for, then where it helps most."""
    need = np.rint(task.bounds - task.amounts).astype(int)
    first = np.repeat(np.arange(len(need)), need)
    y, P = task.bounds.copy(), task.pupils
    heap = [((2 * y[i] + 1) / P[i], i) for i in range(len(y))]
    heapq.heapify(heap)
    rest = []
    for _ in range(count - len(first)):
        i = heap[0][1]
        rest.append(i)
        y[i] += 1
        heapq.heapreplace(heap, ((2 * y[i] + 1) / P[i], i))
    return np.concatenate([first, np.array(rest, dtype=np.intp)]).astype(np.intp)


class _Search:
    """Σ(y²/P) of every number of units given and taken, and the first number bought that suffices."""

    def __init__(self, task: Task, given: npt.NDArray[np.intp], taken: npt.NDArray[np.intp]) -> None:
        self.task, self.given, self.taken = task, given, taken
        self.needed = round(float((task.bounds - task.amounts).sum()))
        self.start = float((task.amounts**2 / task.pupils).sum())
        self.less = self._sums(given, -1)
        self.more = self._sums(taken, 1)

    def _sums(self, places: npt.NDArray[np.intp], sign: int) -> Array:
        y, sums = self.task.amounts.copy(), np.zeros(len(places) + 1)
        for n, i in enumerate(places):
            sums[n + 1] = sums[n] + (2 * sign * y[i] + 1) / self.task.pupils[i]
            y[i] += sign
        return sums

    def first(self, moved: int, below: float) -> int | None:
        """The first number bought, under ``below``, that suffices with so many moves; None where none does."""
        low = max(0, self.needed - moved)
        high = min(len(self.taken) - moved, int(np.ceil(below - _CLOSE)) - 1)
        if high < low:
            return None
        bought = np.arange(low, high + 1)
        if not np.isfinite(self.task.limit):
            return low
        total = self.task.amounts.sum() + bought
        spread = self.task.pupils.sum() * (self.start + self.less[moved] + self.more[bought + moved])
        allowed = (1 + self.task.limit**2) * total**2
        for n in bought[spread <= allowed * (1 + _CLOSE)]:
            y = self.task.amounts + self.change(int(n), moved)
            if within(y, self.task.pupils, self.task.limit):
                return int(n)
        return None

    def change(self, bought: int, moved: int) -> Array:
        """What each school gets or gives."""
        size = len(self.task.amounts)
        got = np.bincount(self.taken[: bought + moved], minlength=size)
        return (got - np.bincount(self.given[:moved], minlength=size)).astype(float)


@dataclass(frozen=True, slots=True)
class Move:
    """So many units from one school to another, by their places."""

    giver: int
    taker: int
    units: int


def paired(change: Array, distance: Array) -> tuple[Move, ...]:
    """Say who goes where: the least sum of distances (Kuhn 1955); what is left over at the takers is bought.

    Parameters
    ----------
    change : shape (S,), whole; below 0 a school gives
    distance : shape (S, S), in any unit

    >>> paired(np.array([-1.0, 2.0, 1.0]), np.array([[0, 5, 1], [5, 0, 9], [1, 9, 0.0]]))
    (Move(giver=0, taker=2, units=1),)
    """
    places = np.arange(len(change))
    givers = np.repeat(places, np.maximum(-change, 0).astype(int))
    takers = np.repeat(places, np.maximum(change, 0).astype(int))
    if not len(givers):
        return ()
    rows, columns = linear_sum_assignment(distance[np.ix_(givers, takers)])
    pairs, counts = np.unique(np.column_stack([givers[rows], takers[columns]]), axis=0, return_counts=True)
    return tuple(Move(int(a), int(b), int(n)) for (a, b), n in zip(pairs, counts, strict=True))
