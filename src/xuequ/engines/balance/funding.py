"""Choose projects under a budget: weak schools first, then the most gain, each step solved to a proven gap.

With x_sp ∈ {0, 1}, costs c, gains g and scores before b: u_s = b_s + Σ_p g_sp x_sp, Σ c x ≤ B, Σ_{s weak} c x ≥ ρB,
a project only with the one that it requires, and what must be done is done. Sources of money may be earmarked.

1. Leximin: the smallest score after funding as large as it can be, then the second smallest, … (`leximin` bounds them,
   and a choice that keeps the bounds, the reserve and the earmarks is exact; beyond what can be kept the sums of the k
   smallest are raised in turn, which is the same: Ogryczak and Śliwiński 2003).
2. Of what is left, the most weighted gain Σ ω g x.

Or, with α, the most Σ ω u^(1−α)/(1−α) (`fairness`). Integer programmes are solved by HiGHS (Huangfu and Hall 2018). The
price of fairness is 1 − gain/most gain (Bertsimas, Farias and Trichakis 2011).
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from xuequ.engines.balance.fairness import equivalent, fair
from xuequ.engines.balance.funding_programme import (
    GAP,
    SLACK,
    Rows,
    Solved,
    divide,
    limits_of,
    relaxed_price,
    scores,
    solve,
    tried,
)
from xuequ.engines.balance.funding_reasons import reasons_of
from xuequ.engines.balance.funding_relaxation import Relaxation, relaxation_of
from xuequ.engines.balance.funding_task import FundDesign, Source, Task, greedy, read_task
from xuequ.engines.balance.inputs import Array
from xuequ.engines.balance.leximin import leximin, reaching
from xuequ.engines.errors import InputError

__all__ = [
    "FundDesign",
    "Funding",
    "More",
    "Relaxation",
    "Source",
    "Step",
    "Task",
    "front",
    "fund",
    "greedy",
    "more",
    "read_task",
]


@dataclass(frozen=True, slots=True)
class Step:
    """One solved step with its relative gap; 0 is proven to be the optimum.

    ``worst-k``: sum of the k smallest scores; ``gain``: weighted gain; ``fair``: the equally distributed equivalent.
    """

    name: str
    value: float
    gap: float


@dataclass(frozen=True, slots=True)
class Funding:
    """What is funded.

    Attributes
    ----------
    feasible : False when budget, share and what must be done cannot be kept together; then only ``relaxation`` counts
    projects : school, project, cost, gain, chosen, reason (see `funding_reasons`; empty where not chosen)
    schools : school, weak, before, after, cost (given to it), why (reasons with their amounts)
    money : source, school, project, amount
    steps : what was proven, in order
    spent, weak_spent, gain : in all; ``gain`` is weighted
    worst, greedy_worst : lowest score after funding, here and when gain per cost decides alone
    equivalent : equally distributed equivalent of the scores, with the design's α or 1; 0 where a score is 0
    most_gain, price : the most gain that the money could bring, and the price of fairness 1 − gain/most_gain
    """

    design: FundDesign
    feasible: bool
    projects: pl.DataFrame
    schools: pl.DataFrame
    money: pl.DataFrame
    steps: tuple[Step, ...]
    spent: float
    weak_spent: float
    gain: float
    worst: float
    greedy_worst: float
    equivalent: float
    most_gain: float
    price: float
    relaxation: Relaxation | None = None


def fund(table: pl.DataFrame, design: FundDesign) -> Funding:
    """Choose projects of a table with the columns school, project, cost, gain, base.

    It may have weak, must, requires and kind as well. ``base`` is the school's score before, the same in all its rows.
    Without a column ``weak`` the third of the schools
    with the lowest scores is weak. The order of rows does not matter.

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``duplicate-project``, ``missing-value``, ``negative``, ``free-project``,
        ``mixed-units``, ``base-differs``, ``bad-flag``, ``unknown-project``, ``unknown-earmark``, ``zero-score``
        (with α) or ``not-solved``.
    """
    task = read_task(table, design)
    limits = limits_of(task, design)
    if solve(task, np.zeros(len(task.cost)), limits, design) is None:
        return _impossible(task, design)
    x, steps = _chosen(task, limits, design)
    best = tried(task, -task.worth, limits, design)
    return _result(task, design, np.rint(x), steps, None if best is None else -best.value)


def _chosen(task: Task, limits: Rows, design: FundDesign) -> tuple[Array, list[Step]]:
    if design.alpha is None:
        return _in_turn(task, limits, design)
    found = fair(task, limits, design, design.alpha)
    if found is None:
        raise InputError("not-solved", f"no choice was found within {design.seconds:g} seconds")
    return found.x, [Step("fair", found.equivalent, found.gap)]


def _in_turn(task: Task, limits: Rows, design: FundDesign) -> tuple[Array, list[Step]]:
    """The smallest scores in turn, then the gain of what is left."""
    limits, steps, x = _leximin(task, limits, design)
    exact = all(step.gap == 0 for step in steps)
    if exact and len(steps) == len(task.schools) and design.weak_weight == 1:
        # All scores are settled and the gain with them.
        return x, [*steps, Step("gain", float(task.worth @ x), 0.0)]
    found = tried(task, -task.worth, limits, design)
    if found is not None:
        steps.append(Step("gain", -found.value, found.gap))
        x = found.x[: len(task.cost)]
    return x, steps


def _levels(task: Task, design: FundDesign) -> int:
    return len(task.schools) if design.levels is None else min(design.levels, len(task.schools))


def _leximin(task: Task, limits: Rows, design: FundDesign) -> tuple[Rows, list[Step], Array]:
    """Take as many of the bounds of `leximin` as can be kept; the sums of more are raised in turn.

    Who keeps the first k bounds has the best there is for them, whatever the earmarks and the weak schools' share.
    """
    reserve, levels = design.weak_share * design.budget, _levels(task, design)
    bound = leximin(task, design.budget, design.levels, reserve)
    if bound is None:
        return _sums_in_turn(task, limits, design)
    low, high, middle = 0, levels + 1, levels
    kept, x = limits, np.zeros(len(task.cost))
    while high - low > 1:
        slots = np.minimum(bound, bound[middle - 1])
        given = reaching(task, slots, design.budget, reserve)
        whole = None if given is None else _filled(task, limits, given, design)
        if whole is None:
            high = middle
        else:
            low, kept, x = middle, _at_least(task, limits, slots), whole
        middle = (low + high) // 2
    sums = np.cumsum(np.sort(task.after(x)))
    steps = [Step(f"worst-{k + 1}", float(sums[k]), 0.0) for k in range(low)]
    return _sums_in_turn(task, kept, design, x, steps)


def _at_least(task: Task, limits: Rows, slots: Array) -> Rows:
    """Scores whose sorted values are at least the slots'.

    Each school takes one of the distinct values v with u_s ≥ v, and of each value no more schools take it or less than
    slots have it or less.
    """
    values, counts = np.unique(slots, return_counts=True)
    if len(values) == 1:
        return limits.plus(scores(task), _room(values[0]) - task.base, np.inf)
    S, L, first = len(task.schools), len(values), limits.A.shape[1]
    wide = limits.widened(S * L, whole=True)
    one, reach = np.zeros((S, wide.A.shape[1])), scores(task, len(wide.whole))
    for s in range(S):
        columns = first + s * L + np.arange(L)
        one[s, columns] = 1
        reach[s, columns] = [-_room(value) for value in values]
    most = np.zeros((L - 1, wide.A.shape[1]))
    for row in range(L - 1):
        for s in range(S):
            most[row, first + s * L : first + s * L + row + 1] = 1
    wide = wide.plus(one, 1.0, 1.0).plus(reach, -task.base, np.inf)
    return wide.plus(most, -np.inf, np.cumsum(counts)[:-1].astype(np.float64))


def _room(floor: float) -> float:
    return floor - SLACK * max(1.0, abs(floor))


def _filled(task: Task, limits: Rows, x: Array, design: FundDesign) -> Array | None:
    """The same choice with further projects of weak schools, so that it keeps to all limits; None where none does."""
    if limits.keeps(x):
        return x
    every, weak = np.eye(len(x)), task.weak[task.of]
    rows = limits.plus(every[x > 0.5], 1.0, 1.0).plus(every[(x < 0.5) & ~weak], 0.0, 0.0)
    found = tried(task, np.zeros(len(x)), rows, design)
    return None if found is None else np.rint(found.x)


def _sums_in_turn(
    task: Task, limits: Rows, design: FundDesign, x: Array | None = None, steps: list[Step] | None = None
) -> tuple[Rows, list[Step], Array]:
    """Raise the sums of the k smallest scores in turn; each optimum becomes a limit for what follows.

    ``steps`` are those that ``limits`` keep already. It ends with the first that is not proven within its time.
    """
    steps = [] if steps is None else steps
    x = np.zeros(len(task.cost)) if x is None else x
    for k in range(len(steps) + 1, _levels(task, design) + 1):
        wide = _with_sum_of_smallest(task, limits, k)
        objective = _sum_of_smallest(task, wide, k)
        found = tried(task, -objective, wide, design, 0.0)
        if found is None:
            break
        x = np.rint(found.x[: len(task.cost)])
        reached = float(np.sort(task.after(x))[:k].sum())
        steps.append(Step(f"worst-{k}", reached, found.gap))
        limits = wide.plus(objective[None], _room(reached), np.inf)
        if found.gap > GAP:
            # What follows a step that is not proven would be no leximin; what it reached is kept.
            break
    return limits, steps, x


def _with_sum_of_smallest(task: Task, rows: Rows, k: int) -> Rows:
    """Further columns r and d_s ≥ 0 with r − d_s ≤ u_s; then k·r − Σd ≤ the sum of the k smallest u_s.

    For k = 1 the column r alone does.
    """
    S, first = len(task.schools), rows.A.shape[1]
    wide = rows.widened(1 if k == 1 else 1 + S)
    A = scores(task, len(wide.whole))
    A[:, first] = -1
    if k == 1:
        return wide.plus(A, -task.base, np.inf)
    A[np.arange(S), first + 1 + np.arange(S)] = 1
    positive = np.zeros((S, A.shape[1]))
    positive[np.arange(S), first + 1 + np.arange(S)] = 1
    return wide.plus(A, -task.base, np.inf).plus(positive, 0.0, np.inf)


def _sum_of_smallest(task: Task, wide: Rows, k: int) -> Array:
    row = np.zeros(wide.A.shape[1])
    if k == 1:
        row[-1] = 1
    else:
        S = len(task.schools)
        row[-S - 1] = k
        row[-S:] = -1
    return row


def _impossible(task: Task, design: FundDesign) -> Funding:
    found = _result(task, design, np.zeros(len(task.cost)), [], None)
    return replace(found, feasible=False, relaxation=relaxation_of(task, design))


def _result(task: Task, design: FundDesign, x: Array, steps: list[Step], most: float | None) -> Funding:
    after, gain = task.after(x), float(task.worth @ x)
    given = np.bincount(task.of, task.cost * x, len(task.schools))
    floor = float(after.min()) if design.alpha is None else None
    reasons = reasons_of(task, x, design, floor)
    most_gain = max(gain, most if most is not None else gain)
    alpha = 1.0 if design.alpha is None else design.alpha
    able = alpha == 0 or bool((after > 0).all())
    return Funding(
        design=design,
        feasible=True,
        projects=pl.DataFrame(
            {"school": [task.schools[s] for s in task.of], "project": task.project, "cost": task.cost,
             "gain": task.gain, "chosen": x > 0.5, "reason": reasons}
        ),
        schools=pl.DataFrame(
            {"school": task.schools, "weak": task.weak, "before": task.base, "after": after, "cost": given,
             "why": _why(task, reasons)}
        ),
        money=_money(task, design, x),
        steps=tuple(steps),
        spent=float(task.cost @ x),
        weak_spent=float(given[task.weak].sum()),
        gain=gain,
        worst=float(after.min()),
        greedy_worst=float(task.after(greedy(task, design)).min()),
        equivalent=equivalent(after, task.weight, alpha) if able else 0.0,
        most_gain=most_gain,
        price=1 - gain / most_gain if most_gain > 0 else 0.0,
    )  # fmt: skip


def _why(task: Task, reasons: list[str]) -> list[str]:
    """Amounts of a school by reason, e.g. ``must 20; floor 30``; ``elsewhere`` where it gets nothing."""
    found = []
    for school in range(len(task.schools)):
        own = [(reasons[i], task.cost[i]) for i in np.flatnonzero(task.of == school) if reasons[i]]
        sums = {code: sum(cost for other, cost in own if other == code) for code, _ in own}
        found.append("; ".join(f"{code} {cost:.10g}" for code, cost in sums.items()) or "elsewhere")
    return found


_MONEY = {"source": pl.String, "school": pl.String, "project": pl.String, "amount": pl.Float64}


def _money(task: Task, design: FundDesign, x: Array) -> pl.DataFrame:
    parts = divide(task, design, x) if limits_of(task, replace(design, weak_share=0.0)).keeps(x) else []
    rows = [(name, task.schools[task.of[i]], task.project[i], amount) for name, i, amount in parts]
    return pl.DataFrame(rows, schema=_MONEY, orient="row")


@dataclass(frozen=True, slots=True)
class More:
    """What further money is worth.

    Attributes
    ----------
    amount, source : the money, and the source that it is added to ("" for money free of earmarks)
    worst, gain, equivalent : how much these rise, both times solved anew; a higher floor may cost gain
    worst_error, error : by how much ``worst`` and ``gain`` (with α ``equivalent``) can be off at most, for each of the
        two answers is proven to its gap
    price : gain for each further unit of money with this floor if projects could be done in part (the dual of the
        linear relaxation of the budget); None with α
    """

    amount: float
    source: str
    worst: float
    gain: float
    equivalent: float
    worst_error: float
    error: float
    price: float | None


def more(
    table: pl.DataFrame,
    design: FundDesign,
    amount: float,
    source: str = "",
    *,
    now: Funding | None = None,
    weak_share: float | None = None,
) -> More:
    """Say what one more amount of money is worth, by choosing once without it and once with it.

    ``now``: the choice without it, where it is known already. ``weak_share``: that of the larger budget; the design's
    when not given.

    Raises
    ------
    InputError
        ``bad-budget``, ``unknown-source``, ``infeasible``, or what `fund` raises.
    """
    if not amount > 0:
        raise InputError("bad-budget", "the further money must be above 0")
    if source and source not in [one.name for one in design.sources]:
        raise InputError("unknown-source", f"there is no source {source!r} of money", value=source)
    now = fund(table, design) if now is None else now
    richer = _richer(design, amount, source)
    then = fund(table, richer if weak_share is None else replace(richer, weak_share=weak_share))
    if not now.feasible or not then.feasible:
        raise InputError("infeasible", "budget, share and what must be done cannot be kept together")
    return More(
        amount=amount,
        source=source,
        worst=then.worst - now.worst,
        gain=then.gain - now.gain,
        equivalent=then.equivalent - now.equivalent,
        worst_error=_off(now, "worst-1") + _off(then, "worst-1"),
        error=sum(_off(found, name) for found in (now, then) for name in ("gain", "fair")),
        price=None if design.alpha is not None else _price(table, design, now.worst),
    )


def _off(found: Funding, name: str) -> float:
    """By how much the optimum of a step can lie above what was reached."""
    return sum(step.gap * abs(step.value) for step in found.steps if step.name == name)


def _richer(design: FundDesign, amount: float, source: str) -> FundDesign:
    given = tuple(replace(s, amount=s.amount + amount) if s.name == source else s for s in design.sources)
    if design.sources and not source:
        given = (*given, Source("+", amount))
    return replace(design, budget=design.budget + amount, sources=given)


def _price(table: pl.DataFrame, design: FundDesign, floor: float) -> float | None:
    task = read_task(table, design)
    limits = limits_of(task, design).plus(scores(task), _room(floor) - task.base, np.inf)
    return relaxed_price(task, task.worth, limits, len(task.requires))


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
    limits = limits_of(task, design)
    best = solve(task, -task.worth, limits, design)
    high = _highest(task, limits, design)
    if best is None or high is None:
        raise InputError("infeasible", "budget, share and what must be done cannot be kept together")
    low = float(task.after(np.rint(best.x)).min())
    rows = []
    for floor in np.linspace(low, high, points):
        found = solve(task, -task.worth, limits.plus(scores(task), _room(floor) - task.base, np.inf), design)
        if found is not None:
            rows.append(_point(task, float(floor), found, -best.value))
    return pl.DataFrame(rows, schema=_FRONT, orient="row")


def _highest(task: Task, limits: Rows, design: FundDesign) -> float | None:
    """The highest floor under all scores."""
    _rows, steps, _x = _leximin(task, limits, replace(design, levels=1))
    return steps[0].value if steps else None


def _point(task: Task, floor: float, found: Solved, most: float) -> tuple[float, ...]:
    x = np.rint(found.x[: len(task.cost)])
    gain = float(task.worth @ x)
    price = 1 - gain / most if most > 0 else 0.0
    return floor, float(task.after(x).min()), gain, float(task.cost @ x), found.gap, price
