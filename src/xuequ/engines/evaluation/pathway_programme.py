"""The integer programme behind `pathway`: everything in whole numbers, so that ties and limits are exact."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from xuequ.engines.errors import InputError

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
_BLOCK = 15
"""Options whose order is settled at once: their powers of two stay far below what HiGHS' tolerances blur."""

_CLEAR = 1e6


def parts_of(numbers: Sequence[float]) -> tuple[Fraction, list[int]]:
    """Write decimals as whole multiples of one unit.

    >>> parts_of([0.5, 2, 0.1])
    (Fraction(1, 10), [5, 20, 1])
    """
    exact = [Fraction(repr(float(number))) for number in numbers]
    below = math.lcm(*(one.denominator for one in exact)) if exact else 1
    return Fraction(1, below), [int(one * below) for one in exact]


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """Options o as columns, all in whole numbers.

    Attributes
    ----------
    item, gain, cost : shape (options,)
    needs : which options count (None for all) and how much they must gain; the total first
    vetoes, veto_codes : options that meet each veto which is not met yet, and the items' codes
    requires : pairs (option, the one it requires)
    unit : the part of a point that gains are counted in
    seconds : time limit of each step
    """

    item: Whole
    gain: Whole
    cost: Whole
    needs: tuple[tuple[Flags | None, int], ...]
    vetoes: tuple[Flags, ...]
    veto_codes: tuple[str, ...]
    requires: tuple[tuple[int, int], ...]
    unit: Fraction
    seconds: float

    def cheapest(self) -> tuple[list[int] | None, float]:
        """The places of the options of the cheapest path and the proven gap; None when there is no path."""
        n = len(self.cost)
        if all(least <= 0 for _, least in self.needs) and not self.vetoes:
            return [], 0.0
        if not n:
            return None, 0.0
        rows, low, high = self._rows()
        cost, count = _reduced(self.cost), np.ones(n)
        # Cost and then steps at once, where the numbers stay small enough for the solver to tell them apart.
        both = cost.max() * (n + 1) < _CLEAR
        found = self._solve(cost * (n + 1) + 1 if both else cost, rows, low, high)
        if found is None:
            return None, 0.0
        x, gap = found
        if gap > 0:
            return _places(x), gap
        rows, low, high = _plus(rows, low, high, cost, -np.inf, float(cost @ x))
        x = x if both else self._again(count, rows, low, high, x)
        rows, low, high = _plus(rows, low, high, count, -np.inf, float(count @ x))
        return _places(self._first(rows, low, high, x)), 0.0

    def _first(self, rows: NDArray[np.float64], low: list[float], high: list[float], x: Whole) -> Whole:
        """Among equals the options that stand first: block by block, earlier options weigh twice the next."""
        fixed = np.full(len(x), -1)
        for start in range(0, len(x), _BLOCK):
            if x[start:].sum() == 0:
                break
            block = np.arange(start, min(start + _BLOCK, len(x)))
            weight = np.zeros(len(x))
            weight[block] = -(2.0 ** np.arange(len(block))[::-1])
            x = self._again(weight, rows, low, high, x, fixed)
            fixed[block] = x[block]
        return x

    def _again(
        self, objective: NDArray[np.float64], rows: NDArray[np.float64], low: list[float], high: list[float],
        x: Whole, fixed: Whole | None = None,
    ) -> Whole:  # fmt: skip
        """Better the solution by a further objective; it stays where the solver has no better one."""
        found = self._solve(objective, rows, low, high, fixed)
        return x if found is None or objective @ found[0] >= objective @ x else found[0]

    def relaxation(self) -> tuple[list[int], list[int]]:
        """Places of the vetoes to give up, and points short of each need, in units."""
        n, k, m = len(self.cost), len(self.vetoes), len(self.needs)
        rows, low, high = self._rows()
        soft = np.zeros((len(rows), k + m))
        for at in range(m + k):
            # Needs stand first in the rows, then vetoes; columns: vetoes unmet, then points short.
            soft[at, k + at if at < m else at - m] = 1
        rows = np.hstack([rows, soft])
        top = [1.0] * k + [float(max(least, 0)) for _, least in self.needs]
        bounds = Bounds(np.zeros(n + k + m), np.concatenate([np.ones(n), top]))
        aims = [(range(n, n + k), 1.0), (range(n + k, n + k + m), 1.0)]
        aims += [(range(n + k, n + k + 1), 1.0)]
        aims += [(range(at, at + 1), 1.0) for at in (*range(n + k + 1, n + k + m), *range(n, n + k))]
        x = np.zeros(n + k + m)
        for places, weight in aims:
            objective = np.zeros(n + k + m)
            objective[list(places)] = weight
            if objective.any():
                x = _minimum(objective, rows, low, high, bounds, self.seconds)
                rows, low, high = _plus(rows, low, high, objective, -np.inf, float(objective @ x))
        return _places(x[n : n + k]), [int(part) for part in x[n + k :]]

    def relaxed(self, vetoes: Sequence[int], points: Sequence[int]) -> "Programme":
        """The same with these vetoes given up and these points short."""
        kept = [at for at in range(len(self.vetoes)) if at not in vetoes]
        return replace(
            self,
            needs=tuple((who, least - less) for (who, least), less in zip(self.needs, points, strict=True)),
            vetoes=tuple(self.vetoes[at] for at in kept),
            veto_codes=tuple(self.veto_codes[at] for at in kept),
        )

    def _rows(self) -> tuple[NDArray[np.float64], list[float], list[float]]:
        """Needs, vetoes, one option of an item, requirements."""
        n = len(self.cost)
        rows: list[NDArray[Any]] = [self.gain * (1 if who is None else who) for who, _ in self.needs]
        low = [float(least) for _, least in self.needs] + [1.0] * len(self.vetoes)
        high = [np.inf] * len(low)
        rows += list(self.vetoes)
        for item in np.unique(self.item):
            rows.append(self.item == item)
            low.append(-np.inf)
            high.append(1.0)
        for one, other in self.requires:
            row = np.zeros(n)
            row[one], row[other] = 1, -1
            rows.append(row)
            low.append(-np.inf)
            high.append(0.0)
        return np.array(rows, dtype=np.float64).reshape(len(rows), n), low, high

    def _solve(
        self, objective: NDArray[np.float64], rows: NDArray[np.float64], low: list[float], high: list[float],
        fixed: Whole | None = None,
    ) -> tuple[Whole, float] | None:  # fmt: skip
        n = len(objective)
        settled = np.full(n, -1) if fixed is None else fixed
        bounds = Bounds(np.where(settled > 0, 1, 0), np.where(settled == 0, 0, 1))
        found = _milp(objective, rows, low, high, bounds, self.seconds)
        if found.status == 2:
            return None
        if found.x is None:
            raise InputError("not-solved", f"no path was found within {self.seconds:g} seconds")
        x = np.rint(found.x).astype(np.int64)
        _verify(rows, low, high, x)
        return x, float(found.mip_gap or 0.0)


def _reduced(cost: Whole) -> NDArray[np.float64]:
    """Costs over their greatest common divisor: small numbers are exact for the solver."""
    return np.asarray(cost / max(int(np.gcd.reduce(cost)), 1), dtype=np.float64)


def _plus(
    rows: NDArray[np.float64], low: list[float], high: list[float], row: NDArray[np.float64], least: float,
    most: float,
) -> tuple[NDArray[np.float64], list[float], list[float]]:  # fmt: skip
    return np.vstack([rows, row]), [*low, least], [*high, most]


def _places(x: NDArray[np.int64] | NDArray[np.float64]) -> list[int]:
    return [int(at) for at in np.flatnonzero(x > 0)]


def _minimum(
    objective: NDArray[np.float64], rows: NDArray[np.float64], low: list[float], high: list[float],
    bounds: Bounds, seconds: float,
) -> NDArray[np.float64]:  # fmt: skip
    found = _milp(objective, rows, low, high, bounds, seconds)
    # A relaxation that the solver had no time to prove may not be the smallest.
    if found.x is None or found.status:
        raise InputError("not-solved", f"the smallest relaxation was not found within {seconds:g} seconds")
    return np.rint(found.x)


def _milp(
    objective: NDArray[np.float64], rows: NDArray[np.float64], low: list[float], high: list[float],
    bounds: Bounds, seconds: float,
) -> Any:  # fmt: skip
    return milp(
        objective,
        constraints=LinearConstraint(rows, np.array(low), np.array(high)),
        bounds=bounds,
        integrality=np.ones(len(objective)),
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )


def _verify(rows: NDArray[np.float64], low: list[float], high: list[float], x: Whole) -> None:
    """A rounded solution must keep every limit; half a unit away from whole limits is beyond doubt."""
    found = rows @ x
    if (found < np.array(low) - 0.5).any() or (found > np.array(high) + 0.5).any():
        raise InputError("not-solved", "the solver's answer does not keep the limits")
