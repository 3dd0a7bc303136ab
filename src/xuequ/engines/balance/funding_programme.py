"""Limits of the money and the integer programmes over projects, solved by HiGHS to a stated gap.

Sources k with amounts A_k and earmarks: money can be divided so that every chosen project is paid if and only if, for
every set T of sources, the projects that only sources of T may pay cost no more than Σ_{k∈T} A_k (Gale's condition of
supply and demand, 1957). So earmarks need no further variables.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from xuequ.engines.balance.funding_task import FundDesign, Source, Task
from xuequ.engines.balance.inputs import Array, Flags
from xuequ.engines.errors import InputError

GAP = 0.9e-4
SLACK = 1e-6
"""Earlier steps are kept to within this share of their optimum, for HiGHS works in floats."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Constraints low ≤ A·v ≤ high over the projects and further columns, ``whole`` telling which of these are 0/1."""

    A: Array
    low: Array
    high: Array
    whole: Flags

    def widened(self, columns: int, *, whole: bool = False) -> "Rows":
        """The same rows over more columns."""
        A = np.hstack([self.A, np.zeros((len(self.A), columns))])
        return replace(self, A=A, whole=np.append(self.whole, np.full(columns, whole)))

    def plus(self, A: Array, low: Array | float, high: Array | float) -> "Rows":
        """These rows and others; further columns of ``self`` count 0 in others that are narrower."""
        n = len(A)
        wide = np.hstack([A, np.zeros((n, self.A.shape[1] - A.shape[1]))])
        return replace(
            self,
            A=np.vstack([self.A, wide]),
            low=np.concatenate([self.low, np.broadcast_to(low, n) * 1.0]),
            high=np.concatenate([self.high, np.broadcast_to(high, n) * 1.0]),
        )

    def keeps(self, x: Array) -> bool:
        """Whether a choice of projects keeps every row (without further columns)."""
        found = self.A[:, : len(x)] @ x
        room = SLACK + 1e-12 * np.abs(found)
        return bool((found >= self.low - room).all() and (found <= self.high + room).all())


def limits_of(task: Task, design: FundDesign) -> Rows:
    """Money by source, the weak schools' share, and what a project requires."""
    rows = links_of(task)
    for who, amount, _ in purses(task, design):
        rows = rows.plus((task.cost * who)[None], -np.inf, amount)
    return rows.plus(task.weak_cost[None], design.weak_share * design.budget, np.inf)


def links_of(task: Task) -> Rows:
    """What a project requires, without any money."""
    n = len(task.cost)
    A = np.zeros((len(task.requires), n))
    for row, (one, other) in enumerate(task.requires):
        A[row, one], A[row, other] = 1, -1
    none = np.zeros(0, dtype=bool)
    return Rows(A, np.full(len(A), -np.inf), np.zeros(len(A)), none)


def purses(task: Task, design: FundDesign) -> Iterator[tuple[Flags, float, tuple[int, ...]]]:
    """Projects that only some sources may pay, what these have together, and which they are; the whole budget first."""
    sources = tuple(range(len(design.sources)))
    yield np.ones(len(task.cost), dtype=bool), design.budget, sources
    pays = [task.payable(source) for source in design.sources]
    for size in range(len(pays)):
        for chosen in combinations(sources, size):
            only = ~np.any([pays[k] for k in sources if k not in chosen], axis=0)
            if only.any():
                yield only, sum(design.sources[k].amount for k in chosen), chosen


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A choice of projects (and further columns), the objective's value, the relative gap and the proven bound."""

    x: Array
    value: float
    gap: float
    bound: float


def solve(task: Task, objective: Array, rows: Rows, design: FundDesign, gap: float = GAP) -> Solved | None:
    """Minimise over projects (whole) and further columns; None when it cannot be done.

    Raises
    ------
    InputError
        ``not-solved`` when time ran out before any choice was found.
    """
    n, more = len(task.cost), len(rows.whole)
    low = np.concatenate([task.must.astype(np.float64), np.where(rows.whole, 0.0, -np.inf)])
    high = np.concatenate([np.ones(n), np.where(rows.whole, 1.0, np.inf)])
    found = milp(
        np.concatenate([objective, np.zeros(n + more - len(objective))]),
        constraints=LinearConstraint(csr_array(rows.A), rows.low, rows.high),
        bounds=Bounds(low, high),
        integrality=np.concatenate([np.ones(n), rows.whole]),
        options={"mip_rel_gap": gap, "time_limit": design.seconds},
    )
    if found.status == 2:
        return None
    if found.x is None:
        raise InputError("not-solved", f"no choice was found within {design.seconds:g} seconds")
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    return Solved(found.x, float(found.fun), float(found.mip_gap or 0.0), float(bound))


def tried(task: Task, objective: Array, rows: Rows, design: FundDesign, gap: float = GAP) -> Solved | None:
    """None also when time ran out before any choice was found: the step before then stands."""
    try:
        return solve(task, objective, rows, design, gap)
    except InputError:
        return None


def scores(task: Task, more: int = 0) -> Array:
    """Rows of Σ_p g x by school, shape (schools, projects + more)."""
    A = np.zeros((len(task.schools), len(task.cost) + more))
    A[task.of, np.arange(len(task.cost))] = task.gain
    return A


def relaxed_price(task: Task, objective: Array, rows: Rows, row: int) -> float | None:
    """What one more unit of the limit of ``row`` adds to the maximum when projects may be done in part.

    The dual of the linear relaxation; None where it has no optimum.
    """
    up, down = np.isfinite(rows.high), np.isfinite(rows.low)
    found = linprog(
        -objective,
        A_ub=csr_array(np.vstack([rows.A[up], -rows.A[down]])),
        b_ub=np.concatenate([rows.high[up], -rows.low[down]]),
        bounds=np.column_stack([task.must.astype(np.float64), np.ones(len(task.cost))]),
        method="highs",
    )
    if found.status != 0:
        return None
    return float(-found.ineqlin.marginals[int(up[:row].sum())])


def divide(task: Task, design: FundDesign, x: Array) -> list[tuple[str, int, float]]:
    """Which source pays how much of which project: what is earmarked most narrowly is used first."""
    chosen = np.flatnonzero(x > 0.5)
    sources = design.sources or (Source("", design.budget),)
    payable = np.array([task.payable(source) for source in sources])
    # How narrow an earmark is shows in all projects: of those chosen a free source may pay no more than it does.
    rank = np.argsort(np.argsort(payable.sum(axis=1), kind="stable"), kind="stable")
    pays = payable[:, chosen]
    K, P = pays.shape
    if not P:
        return []
    found = None
    # Only where the solver's tolerance overspent a purse is that tolerance allowed here.
    for room in (0.0, SLACK):
        found = linprog(
            np.repeat(rank.astype(np.float64), P),
            A_ub=np.kron(np.eye(K), np.ones((1, P))),
            b_ub=[source.amount + room for source in sources],
            A_eq=np.kron(np.ones((1, K)), np.eye(P)),
            b_eq=task.cost[chosen],
            bounds=[(0, None if may else 0) for may in pays.ravel()],
            method="highs-ds",
        )
        if found.x is not None:
            break
    if found is None or found.x is None:
        raise InputError("not-solved", "the money cannot be divided among its sources")
    given = found.x.reshape(K, P)
    return [
        (sources[k].name, int(chosen[p]), round(float(given[k, p]), 6))
        for p in range(P)
        for k in range(K)
        if given[k, p] > SLACK
    ]
