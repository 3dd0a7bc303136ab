"""The task of sharing out money: how it is to be given, and the projects of schools as arrays."""

from dataclasses import dataclass

import numpy as np
import polars as pl

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

MOST_SOURCES = 8
_YES = ("1", "1.0", "yes", "true", "是")
_NO = ("", "0", "0.0", "no", "false", "否")


@dataclass(frozen=True, slots=True)
class Source:
    """Money of one origin, e.g. the budget, society, an enterprise.

    Parameters
    ----------
    name : of the source
    amount : in the unit of the costs
    kinds : kinds of projects that it may pay (the table's column ``kind``); empty for all
    schools : schools whose projects it may pay; empty for all
    weak_only : whether it pays at weak schools only
    """

    name: str
    amount: float
    kinds: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    weak_only: bool = False


@dataclass(frozen=True, slots=True)
class FundDesign:
    """How money is given.

    Parameters
    ----------
    budget : money in the unit of the costs; with ``sources`` the sum of theirs
    weak_share : part of the budget that must go to weak schools, 0..1
    levels : how many of the smallest scores are raised in turn before the gain counts; None for all (leximin)
    weak_weight : weight of the gain of a weak school; that of the others is 1
    seconds : time limit of one step; what is not proven by then shows in the gap
    alpha : None to raise the smallest scores first; otherwise Σ ω u^(1−α)/(1−α) is as large as it can be: 0 counts
        gain alone, 1 is Nash's (Σ ω ln u), 2 favours low scores more, towards infinity it becomes leximin
    sources : money with earmarks; a project may be paid from several
    """

    budget: float
    weak_share: float = 0.0
    levels: int | None = 1
    weak_weight: float = 1.0
    seconds: float = 30.0
    alpha: float | None = None
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.budget < np.inf:
            raise InputError("bad-budget", "the budget must be above 0")
        if not 0 <= self.weak_share <= 1:
            raise InputError("bad-weak-share", "the share for weak schools must lie between 0 and 1")
        if (self.levels is not None and self.levels < 1) or not self.weak_weight > 0:
            raise InputError("bad-levels", "levels and the weight of weak schools must be above 0")
        if self.alpha is not None and not 0 <= self.alpha <= 20:
            raise InputError(
                "bad-alpha", "alpha must lie between 0 and 20; beyond that raise the smallest scores"
            )
        _check_sources(self.sources, self.budget)


def _check_sources(sources: tuple[Source, ...], budget: float) -> None:
    if len(sources) > MOST_SOURCES:
        raise InputError("bad-sources", f"more than {MOST_SOURCES} sources of money; join some")
    names = [source.name for source in sources]
    if len(set(names)) < len(names) or not all(names):
        raise InputError("bad-sources", "each source of money needs a name of its own")
    if any(not 0 <= source.amount < np.inf for source in sources):
        raise InputError("bad-sources", "the amount of a source must be 0 or more")
    total = sum(source.amount for source in sources)
    if sources and abs(total - budget) > 1e-9 * max(1.0, budget):
        raise InputError("bad-sources", f"the sources have {total:.10g} in all, the budget is {budget:.10g}")


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
    kind: tuple[str, ...]

    def after(self, x: Array) -> Array:
        """Scores after funding, shape (schools,)."""
        return self.base + np.bincount(self.of, self.gain * x, len(self.schools))

    @property
    def worth(self) -> Array:
        """Weighted gain of each project."""
        return self.gain * self.weight[self.of]

    @property
    def weak_cost(self) -> Array:
        """Cost of each project that counts for the weak schools' share."""
        return np.asarray(self.cost * self.weak[self.of])

    def payable(self, source: Source) -> Flags:
        """Projects that a source may pay, shape (projects,)."""
        kinds = np.array([not source.kinds or kind in source.kinds for kind in self.kind], dtype=bool)
        named = np.array([not source.schools or name in source.schools for name in self.schools], dtype=bool)
        weak = self.weak if source.weak_only else np.ones(len(self.schools), dtype=bool)
        return np.asarray(kinds & named[self.of] & weak[self.of])


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
    scores = _by_school(base, school, names, "base")
    weak = _weak(table, school, names, scores)
    kind = texts(table, "kind")
    _refuse_unknown(design.sources, set(kind), set(names))
    return Task(
        schools=names,
        project=tuple(project[row] for row in order),
        of=np.array([names.index(school[row]) for row in order]),
        cost=cost[order],
        gain=gain[order],
        must=_flags(table, "must")[order],
        base=scores,
        weak=weak,
        weight=np.where(weak, design.weak_weight, 1.0),
        requires=_requires(texts(table, "requires"), school, project, order),
        kind=tuple(kind[row] for row in order),
    )


def _refuse_unknown(sources: tuple[Source, ...], kinds: set[str], schools: set[str]) -> None:
    for source in sources:
        for what, named, there in (("kind", source.kinds, kinds), ("school", source.schools, schools)):
            for name in named:
                if name not in there:
                    message = f"source {source.name!r} is for {what} {name!r}, which no project has"
                    raise InputError("unknown-earmark", message, column=what, value=name)


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


def greedy(task: Task, design: FundDesign) -> Array:
    """Return what gain per cost would choose, the reserve for weak schools first; shape (projects,).

    Earmarks are not looked at: it is a yardstick, no plan.
    """
    x = task.must.astype(np.float64)
    order = np.argsort(-task.worth / task.cost, kind="stable")
    reserve = design.weak_share * design.budget
    for only_weak in (True, False):
        for i in order:
            if only_weak and float(task.weak_cost @ x) >= reserve:
                break
            if (not only_weak or task.weak[task.of[i]]) and _affordable(task, design, x, int(i)):
                x[i] = 1
    return x


def _affordable(task: Task, design: FundDesign, x: Array, i: int) -> bool:
    ready = all(x[needed] for one, needed in task.requires if one == i)
    return ready and not x[i] and float(task.cost @ x + task.cost[i]) <= design.budget
