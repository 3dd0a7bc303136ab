"""The least that brings every school of a stage over its thresholds and every coefficient under its limit.

A school may leave ``may_miss`` items below their thresholds if it reaches ``floor`` of each; which ones is its choice
to make. Once chosen, each item is a problem of its own: amounts y ≥ b with b the thresholds (or floors) and CV(y) ≤ t,
solved exactly by ``topup`` from b on, because units handed out by least marginal never need fewer than the bound
itself. Where units may also move from school to school, ``moves`` solves the item just as exactly; a school gives only
what it has beyond its own threshold. So only the choices couple the items, and they are searched: a school with as many
items missing as it may miss leaves just these; others are branched on, and what is still open is bounded from below by
its floors, and by the cheapest choice of each school.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import floor

import numpy as np
import numpy.typing as npt

from xuequ.engines.balance.exact import fraction
from xuequ.engines.balance.inputs import Array
from xuequ.engines.balance.moves import Task, least_change
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
    fees : of one unit that moves from school to school, shape (K,), above 0; infinite where none may; None: none moves
    keeps : schools that give none of an item, shape (K, S); None: all that have more than their threshold may
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
    fees: Array | None = None
    keeps: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The least that was found.

    Attributes
    ----------
    units : shape (K, S); what each school gets of each item, bought or moved
    given : shape (K, S); what each school gives to others; the sum of an item's units less this is bought
    for_schools : of the units, what the thresholds of the school itself ask for
    left : items that each school leaves below their threshold
    cost, bound : in the unit of the prices, and what it cannot fall below; equal where the least is proven
    """

    units: Array
    given: Array
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
        ``free-unit`` for a price or a fee of 0, ``missing-value`` for an amount that is not known, ``zero-pupils``.
    """
    _check(stage)
    search = _Search(stage)
    search.run()
    return search.plan()


def _check(stage: Stage) -> None:
    if not (stage.prices > 0).all() or not (stage.fees is None or (stage.fees > 0).all()):
        raise InputError("free-unit", "a unit must have a price, and a move must have one as well")
    if np.isnan(stage.amounts).any():
        raise InputError("missing-value", "an amount is not known, so the least cannot be told")
    if not (stage.pupils > 0).all():
        raise InputError("zero-pupils", "a school without pupils has no amount per pupil")


def _needed(stage: Stage, share: float) -> Array:
    """Amounts that a share of the thresholds asks for, shape (K, S), without rounding errors of the product."""
    asked = [[float(one) for one in row] for row in _asked(stage, share)]
    found = np.array(asked).reshape(stage.amounts.shape)
    lifted = np.where(stage.whole[:, None], _lifted(found, stage.amounts), found)
    return np.where(stage.exempt, stage.amounts, np.maximum(lifted, stage.amounts))


def _asked(stage: Stage, share: float) -> "list[list[Fraction]]":
    part = fraction(share)
    return [
        [fraction(float(one)) * part * fraction(float(count)) for count in stage.pupils]
        for one in stage.per_pupil
    ]


def _spare(stage: Stage) -> Array:
    """Whole units that each school has beyond its own threshold and may give, shape (K, S)."""
    fees = stage.fees if stage.fees is not None else np.full(len(stage.prices), np.inf)
    moving = np.isfinite(fees) & stage.whole
    found = [
        [
            max(0, floor(fraction(float(x)) - one)) if moving[k] else 0
            for x, one in zip(have, row, strict=True)
        ]
        for k, (have, row) in enumerate(zip(stage.amounts, _asked(stage, 1.0), strict=True))
    ]
    held = stage.exempt if stage.keeps is None else stage.exempt | stage.keeps
    return np.where(held, 0.0, np.array(found, dtype=float).reshape(stage.amounts.shape))


def _lifted(asked: Array, have: Array) -> Array:
    """Whole units on top of what is there."""
    return have + np.ceil(np.maximum(asked - have, 0.0) - 1e-9)


class _Search:
    """Branch and bound over what each school leaves below its threshold."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.known: dict[tuple[int, bytes], Array] = {}
        self.full, self.low = _needed(stage, 1.0), _needed(stage, stage.floor)
        self.spare = _spare(stage)
        self.fees = np.where(
            self.spare.any(axis=1), stage.prices if stage.fees is None else stage.fees, np.inf
        )
        missing = self.full > stage.amounts
        self.options = [self._options(np.flatnonzero(missing[:, s])) for s in range(len(stage.pupils))]
        self.open = [s for s, found in enumerate(self.options) if len(found) > 1]
        self.open.sort(key=lambda s: -self._spread(s))
        self.left = [self._cheapest(s) for s in range(len(self.options))]
        self.cost, self.changes = self._solve(self.left)
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
        """What a school's own thresholds cost at least: each unit is bought or moved."""
        gained = self._bounds(school, choice) - self.stage.amounts[:, school]
        return float(gained @ np.minimum(self.stage.prices, self.fees))

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
        changes = np.array([self._changed(k, bounds[k]) for k in range(len(bounds))])
        return self._cost(changes), changes

    def _cost(self, changes: Array) -> float:
        moved = np.maximum(-changes, 0.0).sum(axis=1)
        return float(changes.sum(axis=1) @ self.stage.prices + moved @ np.where(moved > 0, self.fees, 0.0))

    def _changed(self, k: int, bounds: Array) -> Array:
        """What each school gets or gives of one item; most choices leave most items as they were."""
        key = (k, bounds.tobytes())
        if key not in self.known:
            bought = bounds - self.stage.amounts[k] + self._levelled(k, bounds)
            self.known[key] = self._moved(k, bounds, bought) if self.spare[k].any() else bought
        return self.known[key]

    def _levelled(self, k: int, bounds: Array) -> Array:
        """What the coefficient of one item asks for on top of the bounds."""
        limit = float(self.stage.limits[k])
        if not np.isfinite(limit) or not bounds.any():
            return bounds * 0
        return solved(bounds, self.stage.pupils, limit, None, whole=bool(self.stage.whole[k]))[0]

    def _moved(self, k: int, bounds: Array, bought: Array) -> Array:
        task = Task(
            self.stage.amounts[k], self.stage.pupils, bounds, self.spare[k], float(self.stage.limits[k]),
            float(self.stage.prices[k]), float(self.fees[k]),
        )  # fmt: skip
        return least_change(task, bought)

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
            cost, changes = self._solve(tried)
            if cost < self.cost:
                self.cost, self.changes, self.left = cost, changes, tried
            below = self._below(tried, frozenset(rest[1:]))
            if rest[1:] and below < self.cost:
                waiting.append((below, tried, rest[1:]))

    def plan(self) -> Plan:
        """What was found."""
        own = np.column_stack([self._bounds(s, c) for s, c in enumerate(self.left)]) - self.stage.amounts
        got, given = np.maximum(self.changes, 0.0), np.maximum(-self.changes, 0.0)
        return Plan(got, given, own, tuple(self.left), self.cost, self.bound)
