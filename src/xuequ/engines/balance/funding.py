"""Choose projects under a budget: weak schools first, then the most gain, each step solved to a proven gap.

With x_sp ∈ {0, 1}, costs c, gains g and scores before b: u_s = b_s + Σ_p g_sp x_sp, Σ c x ≤ B, Σ_{s weak} c x ≥ ρB,
a project only with the one that it requires, and what must be done is done.

1. Leximin: the smallest score after funding as large as it can be, then the sum of the two smallest, of the three
   smallest, … (Ogryczak and Śliwiński 2003: sums of the k smallest in turn are the same as leximin).
2. Of what is left, the most weighted gain Σ ω g x.

The first floor follows exactly from the cheapest sets of projects of each school where these meet the reserve; every
other step is a mixed-integer programme for HiGHS (Huangfu and Hall 2018).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from xuequ.engines.balance.inputs import (
    Array,
    Flags,
    amounts,
    keys,
    positives,
    refuse_mixed_units,
    require,
    texts,
)
from xuequ.engines.errors import InputError

GAP = 0.9e-4
_SLACK = 1e-6
"""Earlier steps are kept to within this share of their optimum, for HiGHS works in floats."""
_MOST_SETS = 14
_YES = ("1", "1.0", "yes", "true", "是")
_NO = ("", "0", "0.0", "no", "false", "否")


@dataclass(frozen=True, slots=True)
class FundDesign:
    """How money is given.

    Parameters
    ----------
    budget : money in the unit of the costs
    weak_share : part of the budget that must go to weak schools, 0..1
    levels : how many of the smallest scores are raised in turn before the gain counts; beyond 1 a district of 45
        schools takes minutes, or stops at ``seconds`` with a gap
    weak_weight : weight of the gain of a weak school; that of the others is 1
    seconds : time limit of one step; what is not proven by then shows in the gap
    """

    budget: float
    weak_share: float = 0.0
    levels: int = 1
    weak_weight: float = 1.0
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.budget < np.inf:
            raise InputError("bad-budget", "the budget must be above 0")
        if not 0 <= self.weak_share <= 1:
            raise InputError("bad-weak-share", "the share for weak schools must lie between 0 and 1")
        if self.levels < 1 or not self.weak_weight > 0:
            raise InputError("bad-levels", "levels and the weight of weak schools must be above 0")


@dataclass(frozen=True, slots=True)
class Step:
    """One solved step: ``worst-1``, ``worst-2``, … (sum of the k smallest scores) or ``gain``; gap is relative."""

    name: str
    value: float
    gap: float


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The smallest change of one setting alone that makes an impossible task possible; None where none does."""

    budget: float | None
    weak_share: float | None


@dataclass(frozen=True, slots=True)
class Funding:
    """What is funded.

    Attributes
    ----------
    feasible : False when budget, share and what must be done cannot be kept together; then only ``relaxation`` counts
    projects : school, project, cost, gain, chosen
    schools : school, weak, before, after, cost (given to it)
    steps : what was proven, in order
    spent, weak_spent, gain : in all; ``gain`` is weighted
    worst, greedy_worst : lowest score after funding, here and when gain per cost decides alone
    """

    design: FundDesign
    feasible: bool
    projects: pl.DataFrame
    schools: pl.DataFrame
    steps: tuple[Step, ...]
    spent: float
    weak_spent: float
    gain: float
    worst: float
    greedy_worst: float
    relaxation: Relaxation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The table as arrays; projects of shape (projects,), schools of shape (schools,)."""

    schools: tuple[str, ...]
    project: tuple[str, ...]
    of: np.ndarray[tuple[int], np.dtype[np.int64]]
    cost: Array
    gain: Array
    must: Flags
    base: Array
    weak: Flags
    weight: Array
    requires: tuple[tuple[int, int], ...]

    def after(self, x: Array) -> Array:
        """Scores after funding, shape (schools,)."""
        return self.base + np.bincount(self.of, self.gain * x, len(self.schools))


def fund(table: pl.DataFrame, design: FundDesign) -> Funding:
    """Choose projects of a table with the columns school, project, cost, gain, base and perhaps weak, must, requires.

    ``base`` is the school's score before, the same in all its rows. Without a column ``weak`` the third of the schools
    with the lowest scores is weak. The order of rows does not matter.

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``duplicate-project``, ``missing-value``, ``negative``, ``free-project``,
        ``mixed-units``, ``base-differs``, ``bad-flag``, ``unknown-project`` or ``not-solved``.
    """
    task = read_task(table, design)
    limits = _limits(task, design)
    if _solve(task, np.zeros(len(task.cost)), limits, design) is None:
        return _impossible(task, design)
    limits, steps, x = _leximin(task, limits, design)
    found = _tried(task, -_worth(task), limits, design, GAP)
    if found is not None:
        steps.append(Step("gain", -found.value, found.gap))
        x = found.x[: len(task.cost)]
    return _result(task, design, np.rint(x), steps)


def read_task(table: pl.DataFrame, design: FundDesign) -> Task:
    """Read and check the table; rows are put in the order of school and project, so their order does not matter."""
    require(table, ("school", "project", "cost", "gain", "base"))
    school, project = keys(table, "school"), keys(table, "project")
    _refuse_twice(school, project)
    cost = positives(table, "cost", "free-project", "a project must have a cost")
    refuse_mixed_units(cost, "cost")
    gain, base = amounts(table, "gain"), amounts(table, "base")
    names = tuple(sorted(set(school)))
    order = sorted(range(len(school)), key=lambda row: (school[row], project[row]))
    of = np.array([names.index(school[row]) for row in order])
    scores = _by_school(base, school, names, "base")
    weak = _weak(table, school, names, scores)
    return Task(
        schools=names,
        project=tuple(project[row] for row in order),
        of=of,
        cost=cost[order],
        gain=gain[order],
        must=_flags(table, "must")[order],
        base=scores,
        weak=weak,
        weight=np.where(weak, design.weak_weight, 1.0),
        requires=_requires(texts(table, "requires"), school, project, order),
    )


def _refuse_twice(school: list[str], project: list[str]) -> None:
    seen = set()
    for row, pair in enumerate(zip(school, project, strict=True), 1):
        if pair in seen:
            message = "the same project of a school stands in two rows"
            raise InputError("duplicate-project", message, column="project", row=row, value=pair[1])
        seen.add(pair)


def _by_school(values: Array, school: list[str], names: tuple[str, ...], column: str) -> Array:
    found: dict[str, float] = {}
    for row, (name, value) in enumerate(zip(school, values, strict=True), 1):
        if found.setdefault(name, float(value)) != value:
            raise InputError("base-differs", "all rows of a school must agree", column=column, row=row)
    return np.array([found[name] for name in names])


def _flags(table: pl.DataFrame, name: str) -> Flags:
    found = [text.lower() for text in texts(table, name)]
    for row, text in enumerate(found, 1):
        if text not in (*_YES, *_NO):
            raise InputError("bad-flag", "write 1 or 0", column=name, row=row, value=text)
    return np.array([text in _YES for text in found])


def _weak(table: pl.DataFrame, school: list[str], names: tuple[str, ...], scores: Array) -> Flags:
    if "weak" in table.columns:
        return _by_school(_flags(table, "weak").astype(np.float64), school, names, "weak") > 0
    count = max(len(names) // 3, 1)
    return scores <= np.sort(scores)[count - 1]


def _requires(
    wanted: list[str], school: list[str], project: list[str], order: list[int]
) -> tuple[tuple[int, int], ...]:
    place = {(school[row], project[row]): at for at, row in enumerate(order)}
    found = []
    for row, name in enumerate(wanted):
        if name and (school[row], name) not in place:
            message = f"school {school[row]!r} has no project {name!r}"
            raise InputError("unknown-project", message, column="requires", row=row + 1, value=name)
        if name:
            found.append((place[school[row], project[row]], place[school[row], name]))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Constraints low ≤ A·v ≤ high over the projects and ``more`` further columns."""

    A: csr_array
    low: Array
    high: Array
    more: int = 0

    def widened(self, columns: int) -> "_Rows":
        """The same rows over more columns."""
        A = csr_array(
            (self.A.data, self.A.indices, self.A.indptr), (self.A.shape[0], self.A.shape[1] + columns)
        )
        return replace(self, A=A, more=self.more + columns)

    def plus(self, rows: "_Rows") -> "_Rows":
        """Both sets of rows."""
        stacked = csr_array(np.vstack([self.A.toarray(), rows.A.toarray()]))
        return _Rows(
            stacked, np.concatenate([self.low, rows.low]), np.concatenate([self.high, rows.high]), self.more
        )


def _rows(A: Array, low: Array | float, high: Array | float, more: int = 0) -> _Rows:
    n = len(A)
    return _Rows(csr_array(A), np.broadcast_to(low, n) * 1.0, np.broadcast_to(high, n) * 1.0, more)


def _limits(task: Task, design: FundDesign) -> _Rows:
    """Budget, the weak schools' share, and what a project requires."""
    rows = [task.cost, task.cost * task.weak[task.of]]
    low, high = [-np.inf, design.weak_share * design.budget], [design.budget, np.inf]
    for one, other in task.requires:
        row = np.zeros(len(task.cost))
        row[one], row[other] = 1, -1
        rows.append(row)
        low.append(-np.inf)
        high.append(0)
    return _rows(np.array(rows), np.array(low), np.array(high))


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    x: Array
    value: float
    gap: float


def _solve(task: Task, objective: Array, rows: _Rows, design: FundDesign, gap: float = GAP) -> _Solved | None:
    """Minimise over projects (whole) and further columns (free); None when it cannot be done."""
    n = len(task.cost)
    low = np.concatenate([task.must.astype(np.float64), np.full(rows.more, -np.inf)])
    high = np.concatenate([np.ones(n), np.full(rows.more, np.inf)])
    found = milp(
        np.concatenate([objective, np.zeros(n + rows.more - len(objective))]),
        constraints=LinearConstraint(rows.A, rows.low, rows.high),
        bounds=Bounds(low, high),
        integrality=np.concatenate([np.ones(n), np.zeros(rows.more)]),
        options={"mip_rel_gap": gap, "time_limit": design.seconds},
    )
    if found.status == 2:
        return None
    if found.x is None:
        raise InputError("not-solved", f"no choice was found within {design.seconds:g} seconds")
    return _Solved(found.x, float(found.fun), float(found.mip_gap or 0.0))


def _tried(task: Task, objective: Array, rows: _Rows, design: FundDesign, gap: float) -> _Solved | None:
    """None also when time ran out before any choice was found: the step before then stands."""
    try:
        return _solve(task, objective, rows, design, gap)
    except InputError:
        return None


def _scores(task: Task, more: int) -> Array:
    """Rows of Σ_p g x by school, shape (schools, projects + more)."""
    A = np.zeros((len(task.schools), len(task.cost) + more))
    A[task.of, np.arange(len(task.cost))] = task.gain
    return A


def _leximin(task: Task, limits: _Rows, design: FundDesign) -> tuple[_Rows, list[Step], Array]:
    """Raise the sums of the k smallest scores in turn; each optimum becomes a limit for what follows."""
    steps: list[Step] = []
    x = np.zeros(len(task.cost))
    for k in range(1, min(design.levels, len(task.schools)) + 1):
        wide = _with_sum_of_smallest(task, limits, k)
        objective = _sum_of_smallest(task, wide, k)
        found = _cheapest(task, design) if k == 1 else None
        found = found or _tried(task, -objective, wide, design, 0.0)
        if found is None:
            break
        x = np.rint(found.x[: len(task.cost)])
        reached = float(np.sort(task.after(x))[:k].sum())
        steps.append(Step(f"worst-{k}", reached, found.gap))
        floor = reached - _SLACK * max(1.0, abs(reached))
        limits = wide.plus(_rows(objective[None], floor, np.inf))
    return limits, steps, x


def _cheapest(task: Task, design: FundDesign) -> _Solved | None:
    """The highest floor under all scores, by the cheapest set of projects of each school that lifts it there.

    Schools share nothing but the money, so the floor whose cheapest sets cost no more than the budget is the highest.
    None when the weak schools' reserve is not met by them or a school has too many projects to try all sets; then the
    programme decides.
    """
    options = [_sets(task, s) for s in range(len(task.schools))]
    if any(option is None for option in options):
        return None
    known = [option for option in options if option is not None]
    floors = np.unique(np.concatenate([score for _, _, score in known]))
    low, high = 0, len(floors)
    while high - low > 1:
        middle = (low + high) // 2
        chosen = _cheapest_sets(task, known, float(floors[middle]))
        low, high = (
            (middle, high) if chosen is not None and task.cost @ chosen <= design.budget else (low, middle)
        )
    x = _cheapest_sets(task, known, float(floors[low]))
    if x is None or task.cost @ x > design.budget:
        return None
    if (task.cost * x)[task.weak[task.of]].sum() < design.weak_share * design.budget:
        return None
    return _Solved(x, -float(task.after(x).min()), 0.0)


def _sets(task: Task, school: int) -> tuple[Array, Array, Array] | None:
    """All permitted sets of one school's projects, shape (sets, projects), by cost; their costs and scores."""
    at = np.flatnonzero(task.of == school)
    if len(at) > _MOST_SETS:
        return None
    masks = ((np.arange(2 ** len(at))[:, None] >> np.arange(len(at))) & 1).astype(np.float64)
    kept = (masks >= task.must[at]).all(axis=1)
    for one, other in task.requires:
        if task.of[one] == school:
            kept &= masks[:, at == one][:, 0] <= masks[:, at == other][:, 0]
    masks = masks[kept]
    cost = masks @ task.cost[at]
    order = np.argsort(cost, kind="stable")
    return masks[order], cost[order], task.base[school] + (masks @ task.gain[at])[order]


def _cheapest_sets(task: Task, options: list[tuple[Array, Array, Array]], floor: float) -> Array | None:
    """The cheapest set of each school whose score reaches the floor, shape (projects,); None if one has none."""
    x = np.zeros(len(task.cost))
    for school, (masks, _, score) in enumerate(options):
        enough = score >= floor - 1e-9
        if not enough.any():
            return None
        x[task.of == school] = masks[int(np.argmax(enough))]
    return x


def _with_sum_of_smallest(task: Task, rows: _Rows, k: int) -> _Rows:
    """Further columns r and d_s ≥ 0 with r − d_s ≤ u_s; then k·r − Σd ≤ the sum of the k smallest u_s.

    For k = 1 the column r alone does.
    """
    S, first = len(task.schools), len(task.cost) + rows.more
    extra = 1 if k == 1 else 1 + S
    wide = rows.widened(extra)
    A = _scores(task, wide.more)
    A[:, first] = -1
    if k == 1:
        return wide.plus(_rows(A, -task.base, np.inf))
    A[np.arange(S), first + 1 + np.arange(S)] = 1
    positive = np.zeros((S, A.shape[1]))
    positive[np.arange(S), first + 1 + np.arange(S)] = 1
    return wide.plus(_rows(A, -task.base, np.inf)).plus(_rows(positive, 0.0, np.inf))


def _sum_of_smallest(task: Task, wide: _Rows, k: int) -> Array:
    row = np.zeros(len(task.cost) + wide.more)
    if k == 1:
        row[-1] = 1
    else:
        S = len(task.schools)
        row[-S - 1] = k
        row[-S:] = -1
    return row


def _worth(task: Task) -> Array:
    return task.gain * task.weight[task.of]


def greedy(task: Task, design: FundDesign) -> Array:
    """Return what gain per cost would choose, the reserve for weak schools first; shape (projects,)."""
    x = task.must.astype(np.float64)
    order = np.argsort(-_worth(task) / task.cost, kind="stable")
    reserve = design.weak_share * design.budget
    for only_weak in (True, False):
        for i in order:
            if only_weak and float((task.cost * x)[task.weak[task.of]].sum()) >= reserve:
                break
            if (not only_weak or task.weak[task.of[i]]) and _affordable(task, design, x, int(i)):
                x[i] = 1
    return x


def _affordable(task: Task, design: FundDesign, x: Array, i: int) -> bool:
    ready = all(x[needed] for one, needed in task.requires if one == i)
    return ready and not x[i] and float(task.cost @ x + task.cost[i]) <= design.budget


def _impossible(task: Task, design: FundDesign) -> Funding:
    found = _result(task, design, np.zeros(len(task.cost)), [])
    return replace(found, feasible=False, relaxation=_relaxation(task, design))


def _relaxation(task: Task, design: FundDesign) -> Relaxation:
    """The least budget with this share, and the largest share with this budget."""
    weak = task.cost * task.weak[task.of]
    linked = _limits(task, replace(design, weak_share=0.0))
    spent = _solve(task, -weak, linked, design, 0.0)
    share = None if spent is None else abs(spent.value) / design.budget
    # The budget as a column: Σcx ≤ B', Σ_weak cx ≥ ρB'.
    free = linked.widened(1)
    A = np.vstack([np.append(task.cost, -1.0), np.append(weak, -design.weak_share)])
    A = np.vstack([free.A.toarray()[2:], A])
    low = np.concatenate([free.low[2:], [-np.inf, 0.0]])
    high = np.concatenate([free.high[2:], [0.0, np.inf]])
    needed = _solve(
        task, np.append(np.zeros(len(task.cost)), 1.0), _Rows(csr_array(A), low, high, 1), design, 0.0
    )
    budget = None if needed is None or needed.value < design.budget else needed.value
    return Relaxation(budget, share)


def _result(task: Task, design: FundDesign, x: Array, steps: Iterable[Step]) -> Funding:
    after = task.after(x)
    given = np.bincount(task.of, task.cost * x, len(task.schools))
    return Funding(
        design=design,
        feasible=True,
        projects=pl.DataFrame(
            {"school": [task.schools[s] for s in task.of], "project": task.project, "cost": task.cost,
             "gain": task.gain, "chosen": x > 0.5}
        ),
        schools=pl.DataFrame(
            {"school": task.schools, "weak": task.weak, "before": task.base, "after": after, "cost": given}
        ),
        steps=tuple(steps),
        spent=float(task.cost @ x),
        weak_spent=float(given[task.weak].sum()),
        gain=float(_worth(task) @ x),
        worst=float(after.min()),
        greedy_worst=float(task.after(greedy(task, design)).min()),
    )  # fmt: skip


_FRONT = {
    "floor": pl.Float64, "worst": pl.Float64, "gain": pl.Float64, "spent": pl.Float64, "gap": pl.Float64,
    "price": pl.Float64,
}  # fmt: skip


def front(table: pl.DataFrame, design: FundDesign, points: int = 21) -> pl.DataFrame:
    """The trade between gain and the weakest school: the most gain for each of so many floors under every score.

    Floors run evenly from the worst school of the most gainful choice up to the highest that can be reached. Returned
    are floor, worst (score reached), gain, spent, gap and price (1 − gain over the most gain).
    """
    task = read_task(table, design)
    limits = _limits(task, design)
    best = _solve(task, -_worth(task), limits, design)
    wide = _with_sum_of_smallest(task, limits, 1)
    highest = _cheapest(task, design) or _solve(task, -_sum_of_smallest(task, wide, 1), wide, design, 0.0)
    if best is None or highest is None:
        raise InputError("infeasible", "budget, share and what must be done cannot be kept together")
    low = float(task.after(np.rint(best.x)).min())
    high = float(task.after(np.rint(highest.x[: len(task.cost)])).min())
    rows = []
    for floor in np.linspace(low, high, points):
        need = floor - _SLACK * max(1.0, abs(floor)) - task.base
        found = _solve(task, -_worth(task), limits.plus(_rows(_scores(task, 0), need, np.inf)), design)
        if found is not None:
            rows.append(_point(task, float(floor), found, -best.value))
    return pl.DataFrame(rows, schema=_FRONT, orient="row")


def _point(task: Task, floor: float, found: _Solved, most: float) -> tuple[float, ...]:
    x = np.rint(found.x[: len(task.cost)])
    gain = float(_worth(task) @ x)
    price = 1 - gain / most if most > 0 else 0.0
    return floor, float(task.after(x).min()), gain, float(task.cost @ x), found.gap, price
