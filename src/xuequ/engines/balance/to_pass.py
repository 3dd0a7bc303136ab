"""The least that brings every school of a stage over its thresholds and every coefficient under its limit.

A school may leave ``may_miss`` items below their thresholds if it reaches ``floor`` of each; which ones is its choice
to make. Once chosen, each item is a problem of its own: amounts y ≥ b with b the thresholds (or floors) and CV(y) ≤ t,
solved exactly by ``topup`` from b on, because units handed out by least marginal never need fewer than the bound
itself. So only the choices couple the items, and they are searched: a school with as many items missing as it may
miss leaves just these; others are branched on, and what is still open is bounded from below by its floors, and by the
cheapest choice of each school.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from xuequ.engines.balance.exact import fraction
from xuequ.engines.balance.inputs import Array
from xuequ.engines.balance.topup import solved
from xuequ.engines.errors import InputError

Choice = tuple[int, ...]
MOST_NODES = 200
"""Choices that are looked into; beyond, the best found stands beside what it cannot fall below."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One stage, with K items and S schools.

    Attributes
    ----------
    amounts : shape (K, S), in the unit in which each item is bought; never missing
    pupils : shape (S,), above 0
    per_pupil : thresholds in that unit per pupil, shape (K,)
    limits : limit of the coefficient of each item, shape (K,); infinite where there is none
    prices : of one unit, shape (K,), above 0
    whole : whether units are whole, shape (K,)
    exempt : items waived for a school, shape (K, S)
    may_miss, floor : as in the rules
    """

    amounts: Array
    pupils: Array
    per_pupil: Array
    limits: Array
    prices: Array
    whole: npt.NDArray[np.bool_]
    exempt: npt.NDArray[np.bool_]
    may_miss: int = 1
    floor: float = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The least that was found.

    Attributes
    ----------
    units : shape (K, S); what each school gets of each item
    for_schools : of these, what the thresholds of the school itself ask for
    left : items that each school leaves below their threshold
    cost, bound : in the unit of the prices, and what it cannot fall below; equal where the least is proven
    """

    units: Array
    for_schools: Array
    left: tuple[Choice, ...]
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether nothing cheaper exists."""
        return self.cost <= self.bound + 1e-9 * max(1.0, self.cost)


def least_to_pass(stage: Stage) -> Plan:
    """Find the cheapest plan.

    Raises
    ------
    InputError
        ``free-unit`` for a price of 0, ``missing-value`` for an amount that is not known, ``zero-pupils``.
    """
    _check(stage)
    search = _Search(stage)
    search.run()
    return search.plan()


def _check(stage: Stage) -> None:
    if not (stage.prices > 0).all():
        raise InputError("free-unit", "a unit must have a price")
    if np.isnan(stage.amounts).any():
        raise InputError("missing-value", "an amount is not known, so the least cannot be told")
    if not (stage.pupils > 0).all():
        raise InputError("zero-pupils", "a school without pupils has no amount per pupil")


def _needed(stage: Stage, share: float) -> Array:
    """Amounts that a share of the thresholds asks for, shape (K, S), without rounding errors of the product."""
    part = fraction(share)
    asked = [
        [float(fraction(float(one)) * part * fraction(float(count))) for count in stage.pupils]
        for one in stage.per_pupil
    ]
    found = np.array(asked).reshape(stage.amounts.shape)
    lifted = np.where(stage.whole[:, None], _lifted(found, stage.amounts), found)
    return np.where(stage.exempt, stage.amounts, np.maximum(lifted, stage.amounts))


def _lifted(asked: Array, have: Array) -> Array:
    """Whole units on top of what is there."""
    return have + np.ceil(np.maximum(asked - have, 0.0) - 1e-9)


class _Search:
    """Branch and bound over what each school leaves below its threshold."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.known: dict[tuple[int, bytes], Array] = {}
        self.full, self.low = _needed(stage, 1.0), _needed(stage, stage.floor)
        missing = self.full > stage.amounts
        self.options = [self._options(np.flatnonzero(missing[:, s])) for s in range(len(stage.pupils))]
        self.open = [s for s, found in enumerate(self.options) if len(found) > 1]
        self.open.sort(key=lambda s: -self._spread(s))
        self.left = [self._cheapest(s) for s in range(len(self.options))]
        self.cost, self.units = self._solve(self.left)
        self.bound = self.cost
        self.nodes = 0

    def _options(self, missing: npt.NDArray[np.intp]) -> list[Choice]:
        """To leave a missing item is never dearer than to leave a met one, so only missing ones are left."""
        count = min(self.stage.may_miss, len(missing))
        return list(combinations((int(k) for k in missing), count)) or [()]

    def _bounds(self, school: int, choice: Choice) -> Array:
        bounds = self.full[:, school].copy()
        for k in choice:
            bounds[k] = self.low[k, school]
        return bounds

    def _own(self, school: int, choice: Choice) -> float:
        gained = self._bounds(school, choice) - self.stage.amounts[:, school]
        return float(gained @ self.stage.prices)

    def _cheapest(self, school: int) -> Choice:
        costs = [self._own(school, choice) for choice in self.options[school]]
        return self.options[school][costs.index(min(costs))]

    def _spread(self, school: int) -> float:
        costs = [self._own(school, choice) for choice in self.options[school]]
        return max(costs) - min(costs)

    def _solve(self, left: "list[Choice]", undecided: frozenset[int] = frozenset()) -> tuple[float, Array]:
        """The exact least for these choices; undecided schools are held to floors only where they may choose."""
        bounds = np.empty_like(self.stage.amounts)
        for s, choice in enumerate(left):
            free = tuple({k for option in self.options[s] for k in option}) if s in undecided else choice
            bounds[:, s] = self._bounds(s, free)
        units = bounds - self.stage.amounts
        for k in range(len(bounds)):
            units[k] += self._levelled(k, bounds[k])
        return float((units * self.stage.prices[:, None]).sum()), units

    def _levelled(self, k: int, bounds: Array) -> Array:
        """What the coefficient of one item asks for on top; most choices leave most items as they were."""
        limit, key = float(self.stage.limits[k]), (k, bounds.tobytes())
        if key not in self.known:
            needless = not np.isfinite(limit) or not bounds.any()
            whole = bool(self.stage.whole[k])
            added = bounds * 0 if needless else solved(bounds, self.stage.pupils, limit, None, whole=whole)[0]
            self.known[key] = added
        return self.known[key]

    def _below(self, left: "list[Choice]", undecided: frozenset[int]) -> float:
        """What no choice of the undecided can beat: the relaxed coefficients, or each school's own cheapest choice."""
        own = sum(
            min(self._own(s, c) for c in self.options[s]) if s in undecided else self._own(s, choice)
            for s, choice in enumerate(left)
        )
        return max(self._solve(left, undecided)[0], own)

    def run(self) -> None:
        """Search until nothing is open; stop at ``MOST_NODES`` with the lowest bound of what is left."""
        start = self._below(self.left, frozenset(self.open))
        waiting = [(start, list(self.left), tuple(self.open))]
        self.bound = self.cost
        while waiting:
            waiting.sort(key=lambda node: -node[0])
            below, left, rest = waiting.pop()
            if below >= self.cost * (1 - 1e-12):
                break
            if self.nodes >= MOST_NODES:
                self.bound = below
                return
            self._branch(left, rest, waiting)
        self.bound = self.cost

    def _branch(
        self,
        left: "list[Choice]",
        rest: tuple[int, ...],
        waiting: "list[tuple[float, list[Choice], tuple[int, ...]]]",
    ) -> None:
        for choice in self.options[rest[0]]:
            self.nodes += 1
            tried = list(left)
            tried[rest[0]] = choice
            cost, units = self._solve(tried)
            if cost < self.cost:
                self.cost, self.units, self.left = cost, units, tried
            below = self._below(tried, frozenset(rest[1:]))
            if rest[1:] and below < self.cost:
                waiting.append((below, tried, rest[1:]))

    def plan(self) -> Plan:
        """What was found."""
        own = np.column_stack([self._bounds(s, c) for s, c in enumerate(self.left)]) - self.stage.amounts
        return Plan(self.units, own, tuple(self.left), self.cost, self.bound)
