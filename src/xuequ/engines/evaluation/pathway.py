"""The cheapest path of a school to its next star, exactly.

Options o with cost c_o and gain g_o (points reached less points now), x_o ∈ {0, 1}; at most one option of an item, an
option only with those that it requires; Σ g x lifts the total to the cut-off and each dimension to its minimum, and
every veto item that the star asks for is met. Smallest Σ c x first, then the fewest steps, then the options that stand
first: so the same input gives the same path. Costs are whole 分 and points whole multiples of their smallest part, so
the integer programmes (HiGHS, Huangfu & Hall 2018) are solved to a gap of 0 and the answer is checked in integers.

Where no path exists, the smallest relaxation is sought: as few vetoes unmet as possible, then as few points short.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.circles import circle_in
from xuequ.engines.evaluation.diagnosis import Obstacle, obstacles
from xuequ.engines.evaluation.pathway_programme import Programme, parts_of

FINEST = 10_000
"""Points have four decimals at most: beyond that the solver's tolerance is wider than a part of a point."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the scheme at one school: its points now and at most; ``met`` counts for veto items only."""

    code: str
    dimension: str
    points: float
    full: float
    veto: bool = False
    met: bool = True


@dataclass(frozen=True, slots=True)
class Option:
    """One way to better an item.

    Parameters
    ----------
    item, code : the item's code, and the option's own, which no other option has
    points : points of the item once it is done, not below those now
    cost : 元
    effort : optional, in any unit, e.g. working days; added up and shown, not minimised
    requires : codes of options of other items that must be done as well; leave out what is done already
    meets : whether it meets the item's veto
    """

    item: str
    code: str
    points: float
    cost: float
    effort: float = 0.0
    requires: tuple[str, ...] = ()
    meets: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """What the star asks for.

    Parameters
    ----------
    total : cut-off of the total
    minimums : least points of a dimension
    vetoes : codes of veto items that must be met; None for all of them
    step : smallest part of a point, 0.5 where half points are given, 1 where not, None for anything
    """

    total: float
    minimums: Mapping[str, float] = field(default_factory=dict)
    vetoes: tuple[str, ...] | None = None
    step: float | None = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """One chosen option with the points that it adds and its cost in 元; ``meets`` where it lifts a veto."""

    option: str
    item: str
    dimension: str
    gained: float
    cost: float
    effort: float
    meets: bool


@dataclass(frozen=True, slots=True)
class DimensionAfter:
    """Points of a dimension before and after, and the minimum that the star asks for (None for none)."""

    dimension: str
    before: float
    after: float
    minimum: float | None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The smallest relaxation: points short of the total, of dimensions, and vetoes that cannot be met with it.

    The number of vetoes is as small as can be, then the sum of all points short; among equals the total gives way
    last, and of dimensions and vetoes those that stand first are met first.
    """

    total: float
    dimensions: tuple[tuple[str, float], ...]
    vetoes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """The path.

    Attributes
    ----------
    feasible : whether the star can be reached; if not, ``steps`` are the cheapest that leave only ``short``
    already : nothing needs to be done
    steps : in the order of the options given
    before, after, target : points in all, and the cut-off
    dimensions : in the order of the items
    cost, effort : in all
    gap : proven relative gap of the cost; 0 means that no path is cheaper
    short : what cannot be reached; None when feasible
    """

    feasible: bool
    already: bool
    steps: tuple[Step, ...]
    before: float
    after: float
    target: float
    dimensions: tuple[DimensionAfter, ...]
    cost: float
    effort: float
    gap: float
    short: Shortfall | None


@dataclass(frozen=True, slots=True)
class Marginal:
    """Points that an option adds alone, and points per 元; None where it costs nothing."""

    option: str
    item: str
    gained: float
    cost: float
    per_yuan: float | None


def path(items: Sequence[Item], options: Sequence[Option], target: Target, *, seconds: float = 10.0) -> Path:
    """Return the cheapest path to the target.

    Raises
    ------
    InputError
        ``no-items``, ``duplicate-code``, ``bad-points`` (negative, above the full points, not a multiple of the
        step, more than four decimals), ``bad-cost``, ``lowers`` (an option below the points now), ``unknown-item``,
        ``unknown-option``, ``unknown-dimension``, ``not-a-veto``, ``same-item``, ``cycle``, or ``not-solved`` within
        ``seconds``.

    >>> items = [Item("a", "D", 2, 5), Item("b", "D", 0, 5)]
    >>> options = [Option("a", "a+", 5, 900), Option("b", "b+", 3, 500), Option("b", "b++", 5, 1000)]
    >>> [step.option for step in path(items, options, Target(5)).steps]
    ['b+']
    """
    check(items, options, target)
    programme = _programme(items, options, target, seconds)
    chosen, gap = programme.cheapest()
    short = None
    if chosen is None:
        vetoes, points = programme.relaxation()
        short = _shortfall(programme, vetoes, points, target)
        chosen, gap = programme.relaxed(vetoes, points).cheapest()
    if chosen is None:
        raise InputError("not-solved", f"no path was found within {seconds:g} seconds")
    return _path(items, options, target, chosen, gap, short)


def wanted_vetoes(items: Iterable[Item], target: Target) -> tuple[str, ...]:
    """Codes of the veto items that the target asks for."""
    return tuple(i.code for i in items if i.veto) if target.vetoes is None else target.vetoes


def _programme(items: Sequence[Item], options: Sequence[Option], target: Target, seconds: float) -> Programme:
    """The same in integers: points in parts of a point, costs in 分."""
    known = {item.code: item for item in items}
    place = {option.code: at for at, option in enumerate(options)}
    points = [i.points for i in items] + [o.points for o in options] + [target.total]
    unit, whole = parts_of([*points, *target.minimums.values()])
    now = dict(zip(known, whole, strict=False))
    reached = whole[len(items) : len(items) + len(options)]
    minimums = whole[len(items) + len(options) + 1 :]
    at = {code: sum(now[i.code] for i in items if i.dimension == code) for code in target.minimums}
    names = [known[option.item].dimension for option in options]
    unmet = [code for code in wanted_vetoes(items, target) if not known[code].met]
    return Programme(
        item=np.array([list(known).index(option.item) for option in options], dtype=np.int64),
        gain=np.array([r - now[o.item] for r, o in zip(reached, options, strict=True)], dtype=np.int64),
        cost=np.array([round(option.cost * 100) for option in options], dtype=np.int64),
        needs=(
            (None, whole[len(items) + len(options)] - sum(now.values())),
            *((np.array([name == d for name in names], dtype=bool), least - at[d])
              for d, least in zip(target.minimums, minimums, strict=True)),
        ),
        vetoes=tuple(np.array([o.item == code and o.meets for o in options], dtype=bool) for code in unmet),
        veto_codes=tuple(unmet),
        requires=tuple((place[o.code], place[other]) for o in options for other in o.requires),
        unit=unit,
        seconds=seconds,
    )  # fmt: skip


def _shortfall(
    programme: Programme, vetoes: Sequence[int], points: Sequence[int], target: Target
) -> Shortfall:
    short = [float(part * programme.unit) for part in points]
    return Shortfall(
        total=short[0],
        dimensions=tuple((d, s) for d, s in zip(target.minimums, short[1:], strict=True) if s > 0),
        vetoes=tuple(programme.veto_codes[at] for at in vetoes),
    )


def _path(
    items: Sequence[Item], options: Sequence[Option], target: Target, chosen: Sequence[int], gap: float,
    short: Shortfall | None,
) -> Path:  # fmt: skip
    known = {item.code: item for item in items}
    steps = tuple(_step(options[at], known[options[at].item]) for at in chosen)
    before = _sum(item.points for item in items)
    return Path(
        feasible=short is None,
        already=short is None and not steps,
        steps=steps,
        before=before,
        after=_sum([before, *(step.gained for step in steps)]),
        target=target.total,
        dimensions=_dimensions(items, steps, target),
        cost=_sum(step.cost for step in steps),
        effort=_sum(step.effort for step in steps),
        gap=gap,
        short=short,
    )


def _step(option: Option, item: Item) -> Step:
    return Step(
        option=option.code,
        item=item.code,
        dimension=item.dimension,
        gained=_sum([option.points, -item.points]),
        cost=option.cost,
        effort=option.effort,
        meets=item.veto and not item.met and option.meets,
    )


def _dimensions(items: Sequence[Item], steps: Sequence[Step], target: Target) -> tuple[DimensionAfter, ...]:
    found = []
    for name in dict.fromkeys(item.dimension for item in items):
        before = _sum(item.points for item in items if item.dimension == name)
        gained = [step.gained for step in steps if step.dimension == name]
        found.append(DimensionAfter(name, before, _sum([before, *gained]), target.minimums.get(name)))
    return tuple(found)


def _sum(parts: Iterable[float]) -> float:
    """Add up decimals as they are written, so that 0.1 + 0.2 is 0.3."""
    unit, whole = parts_of(list(parts))
    return float(sum(whole) * unit)


def check(items: Sequence[Item], options: Sequence[Option], target: Target) -> None:
    """Raise ``InputError`` unless items, options and target fit together; see `path`."""
    if not items:
        raise InputError("no-items", "a scheme needs items")
    for kind, given in (("item", [i.code for i in items]), ("option", [o.code for o in options])):
        for row, code in enumerate(given, 1):
            if code in given[: row - 1]:
                raise InputError("duplicate-code", f"{kind} {code!r} stands twice", column=kind, row=row)
    for row, item in enumerate(items, 1):
        _refuse_points(item.points, target.step, item.full, f"item {item.code!r}", row)
        _refuse_points(item.full, target.step, item.full, f"item {item.code!r}", row)
    known = {item.code: item for item in items}
    codes = {option.code: option for option in options}
    for row, option in enumerate(options, 1):
        _check_option(option, row, known, codes, target.step)
    if circle := circle_in({option.code: option.requires for option in options}):
        raise InputError("cycle", f"options require each other: {' → '.join(circle)}")
    _check_target(items, known, target)
    _refuse_fine(items, options, target)


def _refuse_fine(items: Sequence[Item], options: Sequence[Option], target: Target) -> None:
    points = [i.points for i in items] + [i.full for i in items] + [o.points for o in options]
    unit, _whole = parts_of([*points, target.total, *target.minimums.values()])
    if unit.denominator > FINEST:
        raise InputError("bad-points", "points must have no more than four decimals", column="points")


def _refuse_points(points: float, step: float | None, full: float, what: str, row: int) -> None:
    if not 0 <= points <= full or not np.isfinite(full):
        message = f"{what}: {points:g} points are not between 0 and {full:g}"
        raise InputError("bad-points", message, column="points", row=row)
    # In decimals: as floats 0.3 is no multiple of 0.1.
    if step is not None and Fraction(repr(float(points))) % Fraction(repr(float(step))):
        message = f"{what}: {points:g} points are no multiple of {step:g}"
        raise InputError("bad-points", message, column="points", row=row)


def _check_option(
    option: Option, row: int, items: Mapping[str, Item], options: Mapping[str, Option], step: float | None
) -> None:
    what = f"option {option.code!r}"
    if option.item not in items:
        raise InputError("unknown-item", f"{what}: there is no item {option.item!r}", column="item", row=row)
    item = items[option.item]
    _refuse_points(option.points, step, item.full, what, row)
    if option.points < item.points:
        message = f"{what}: {option.points:g} points are below the {item.points:g} now"
        raise InputError("lowers", message, column="points", row=row)
    if not 0 <= option.cost < 1e12 or not 0 <= option.effort < np.inf:
        raise InputError("bad-cost", f"{what}: cost and effort must be 0 or more", column="cost", row=row)
    for other in option.requires:
        if other not in options:
            message = f"{what}: there is no option {other!r}"
            raise InputError("unknown-option", message, column="requires", row=row)
        if options[other].item == option.item:
            message = f"{what} requires {other!r} of the same item, of which only one can be done"
            raise InputError("same-item", message, column="requires", row=row)


def _check_target(items: Sequence[Item], known: Mapping[str, Item], target: Target) -> None:
    if not 0 <= target.total < np.inf:
        raise InputError("bad-points", "the cut-off must be 0 or more", column="total")
    dimensions = {item.dimension for item in items}
    for name, least in target.minimums.items():
        if name not in dimensions:
            raise InputError("unknown-dimension", f"no item belongs to dimension {name!r}", value=name)
        if not 0 <= least < np.inf:
            raise InputError("bad-points", f"the minimum of {name!r} must be 0 or more", column="minimums")
    for code in target.vetoes or ():
        if code not in known or not known[code].veto:
            raise InputError("not-a-veto", f"there is no veto item {code!r}", value=code)


def marginals(items: Sequence[Item], options: Sequence[Option]) -> tuple[Marginal, ...]:
    """Points per 元 of each option alone, the most first, what is free before all; options without gain last."""
    known = {item.code: item for item in items}
    found = []
    for option in options:
        gained = _sum([option.points, -known[option.item].points])
        per = gained / option.cost if option.cost > 0 else None
        found.append(Marginal(option.code, option.item, gained, option.cost, per))
    return tuple(sorted(found, key=_rank))


def _rank(one: Marginal) -> tuple[bool, float, float]:
    return one.gained <= 0, -np.inf if one.per_yuan is None else -one.per_yuan, -one.gained


def obstacles_of(items: Sequence[Item], most: int = 3) -> tuple[Obstacle, ...]:
    """The items that take the largest parts of what the school lacks: 障碍度 with full points as weights."""
    full = np.array([item.full for item in items])
    values = np.array([item.points / item.full if item.full > 0 else 1.0 for item in items])
    return obstacles([item.code for item in items], values[None], full, most)[0]
