"""Partners for schools (数字帮扶): what one lacks the other is strong in, near by, as last year if it can be.

A giver a with room for cap_a partners and a receiver b are worth
    v_ab = Σ_k need_bk · strength_ak − λ·km_ab − μ·[no stage in common] + σ·[paired last year].
Every receiver gets one giver while there is room. With each giver's column repeated cap_a times this is the linear
assignment problem, whose optimum is whole (Birkhoff 1946); solved exactly by ``linear_sum_assignment``
(Crouse 2016).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from xuequ.engines.balance.inputs import Array, Flags, amounts, keys, numbers, optional, require, texts
from xuequ.engines.balance.sections import taught
from xuequ.engines.errors import InputError

NEED, STRENGTH = "need_", "strength_"
_EARTH_KM = 6371.0088


@dataclass(frozen=True, slots=True)
class PairDesign:
    """What counts beside needs met: points per km, for another stage, and for a pair that goes on.

    ``forbidden`` are pairs (giver, receiver) that are not to be: as many receivers as possible get another giver, and
    one for whom none is left stays unpaired.
    """

    per_km: float = 0.02
    other_stage: float = 0.5
    stay: float = 0.1
    forbidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a pair's worth: ``need`` (of a dimension), ``distance``, ``other-stage``, ``same-as-last-year``.

    ``size`` is the quantity behind the part: need times strength, km, or 1.
    """

    code: str
    part: float
    size: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair; the parts of its reasons add up to ``worth``."""

    giver: str
    receiver: str
    worth: float
    locked: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """All pairs in the order of receivers, those for whom no room was left, and last year's pairs that ended."""

    design: PairDesign
    pairs: tuple[Pair, ...]
    unpaired: tuple[str, ...]
    ended: tuple[tuple[str, str], ...]
    worth: float


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Needs and strengths of shape (schools, dimensions); rows are schools."""

    school: list[str]
    dimensions: tuple[str, ...]
    need: Array
    strength: Array
    capacity: Array
    stage: list[str]
    place: Array | None
    spherical: bool
    last: list[str]
    locked: list[str]


def pair(table: pl.DataFrame, design: PairDesign) -> Pairing:
    """Pair the schools of a table: ``capacity`` above 0 gives, 0 receives.

    Columns: school, capacity, a ``need_<dimension>`` and ``strength_<dimension>`` each; perhaps stage, x and y (km) or
    longitude and latitude (degrees), last (the giver of last year), locked (the giver that is settled). A nine-year
    school has a stage in common with primary and with junior schools.

    Raises
    ------
    InputError
        ``unknown-column``, ``no-dimensions``, ``missing-key``, ``duplicate-school``, ``missing-value``, ``negative``,
        ``not-finite``, ``bad-capacity``, ``bad-place``, ``bad-design``, ``unknown-giver``, ``over-capacity``,
        ``locked-forbidden``, ``no-givers`` or ``no-receivers``.
    """
    _check_design(design)
    task = _read(table)
    givers, receivers = np.flatnonzero(task.capacity > 0), np.flatnonzero(task.capacity == 0)
    if not len(givers) or not len(receivers):
        side = "givers" if not len(givers) else "receivers"
        raise InputError(f"no-{side}", f"the table has no {side}: capacity above 0 gives, 0 receives")
    fixed = _locked(task, design)
    free = np.array([b for b in receivers if b not in fixed], dtype=np.int64)
    room = task.capacity.astype(np.int64)
    for a in fixed.values():
        room[a] -= 1
    seats = np.repeat(givers, room[givers])
    with np.errstate(over="ignore", invalid="ignore"):
        worth = _worth(task, seats, free, design)
    if not np.isfinite(worth).all():
        raise InputError("not-finite", "needs, strengths or distances are too large to be multiplied")
    never = _forbidden(task, seats, free, design)
    # So dear that no sum of other pairs outweighs it: one forbidden pair fewer comes before everything else.
    dear = 1 + 2 * len(free) * float(np.abs(worth).max(initial=0.0))
    at_b, at_a = linear_sum_assignment(np.where(never, -dear, worth), maximize=True)
    chosen = dict(fixed) | {
        int(free[b]): int(seats[a]) for b, a in zip(at_b, at_a, strict=True) if not never[b, a]
    }
    pairs = tuple(_explained(task, chosen[int(b)], int(b), design) for b in receivers if int(b) in chosen)
    return Pairing(
        design=design,
        pairs=pairs,
        unpaired=tuple(task.school[b] for b in receivers if int(b) not in chosen),
        # A school that helps others this year has no giver, so its pair of last year ended too.
        ended=tuple(
            (last, task.school[b])
            for b, last in enumerate(task.last)
            if last and (b not in chosen or task.school[chosen[b]] != last)
        ),
        worth=float(sum(one.worth for one in pairs)),
    )


def _check_design(design: PairDesign) -> None:
    for name in ("per_km", "other_stage", "stay"):
        value = getattr(design, name)
        if not np.isfinite(value) or value < 0:
            raise InputError("bad-design", f"{name} must be a number of 0 or more", value=str(value))


def _read(table: pl.DataFrame) -> _Task:
    require(table, ("school", "capacity"))
    dimensions = tuple(name.removeprefix(NEED) for name in table.columns if name.startswith(NEED))
    if not dimensions:
        raise InputError("no-dimensions", f"the table has no column that begins with {NEED!r}")
    school = keys(table, "school")
    for row, name in enumerate(school):
        if name in school[:row]:
            message = "the same school stands in two rows"
            raise InputError("duplicate-school", message, column="school", row=row + 1, value=name)
    place, spherical = _places(table)
    return _Task(
        school=school,
        dimensions=dimensions,
        need=np.column_stack([amounts(table, NEED + name) for name in dimensions]),
        strength=np.column_stack([amounts(table, STRENGTH + name) for name in dimensions]),
        capacity=_capacity(table),
        stage=texts(table, "stage"),
        place=place,
        spherical=spherical,
        last=texts(table, "last"),
        locked=texts(table, "locked"),
    )


def _capacity(table: pl.DataFrame) -> Array:
    found = optional(table, "capacity", 0.0)
    wrong = found != np.floor(found)
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        raise InputError("bad-capacity", "the capacity is a whole number", column="capacity", row=row)
    return found


def _places(table: pl.DataFrame) -> tuple[Array | None, bool]:
    """Places of shape (schools, 2), and whether they are degrees."""
    for names in (("longitude", "latitude"), ("x", "y")):
        if all(name in table.columns for name in names):
            found = np.column_stack([numbers(table, name) for name in names])
            _refuse_nowhere(found, names)
            if names[0] == "longitude":
                _refuse_off_the_globe(found)
            return found, names[0] == "longitude"
    return None, False


def _refuse_nowhere(found: Array, names: tuple[str, str]) -> None:
    if np.isnan(found).any():
        row, column = (int(i) for i in np.argwhere(np.isnan(found))[0])
        raise InputError("missing-value", "the place of a school is empty", column=names[column], row=row + 1)


def _refuse_off_the_globe(found: Array) -> None:
    """Longitude and latitude that were taken for each other, in China, leave the globe here."""
    wrong = np.abs(found) > np.array([180.0, 90.0])
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        name = ("longitude", "latitude")[column]
        message = "no such place: longitude is at most 180 degrees and latitude at most 90"
        raise InputError("bad-place", message, column=name, row=row + 1, value=f"{found[row, column]:g}")


def _locked(task: _Task, design: PairDesign) -> dict[int, int]:
    """Receivers whose giver is settled: by name one with room, and not one that is forbidden."""
    fixed: dict[int, int] = {}
    for b, name in enumerate(task.locked):
        if not name:
            continue
        if name not in task.school:
            raise _unsettled(b, name, "the settled giver stands in no row")
        if not task.capacity[task.school.index(name)]:
            raise _unsettled(b, name, "the settled giver has no room for a partner")
        if task.capacity[b]:
            raise _unsettled(b, name, f"{task.school[b]!r} helps others itself and cannot be given a helper")
        if (name, task.school[b]) in design.forbidden:
            message = f"{name!r} with {task.school[b]!r} is settled and forbidden at once"
            raise _unsettled(b, name, message, "locked-forbidden")
        fixed[b] = task.school.index(name)
        if list(fixed.values()).count(fixed[b]) > task.capacity[fixed[b]]:
            raise _unsettled(b, name, f"{name!r} has more settled partners than room", "over-capacity")
    return fixed


def _unsettled(b: int, giver: str, message: str, code: str = "unknown-giver") -> InputError:
    return InputError(code, message, column="locked", row=b + 1, value=giver)


def _worth(
    task: _Task,
    a: np.ndarray[tuple[int], np.dtype[np.int64]],
    b: np.ndarray[tuple[int], np.dtype[np.int64]],
    design: PairDesign,
) -> Array:
    """Worth of receivers (rows) with givers (columns)."""
    last = np.array(task.last)
    worth = task.need[b] @ task.strength[a].T
    worth = worth - design.per_km * _distance(task, a, b)
    worth = worth - design.other_stage * _apart(task, a, b)
    return np.asarray(worth + design.stay * (last[b][:, None] == np.array(task.school)[a][None, :]))


def _apart(
    task: _Task, a: np.ndarray[tuple[int], np.dtype[np.int64]], b: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Flags:
    """Which receivers (rows) and givers (columns) teach no stage in common."""
    stages = [taught(name) for name in task.stage]
    return np.array([[stages[i].isdisjoint(stages[j]) for i in a] for j in b], dtype=bool).reshape(
        len(b), len(a)
    )


def _forbidden(
    task: _Task,
    a: np.ndarray[tuple[int], np.dtype[np.int64]],
    b: np.ndarray[tuple[int], np.dtype[np.int64]],
    design: PairDesign,
) -> Flags:
    """Which pairs of receivers (rows) and givers (columns) are not to be."""
    never = set(design.forbidden)
    names = task.school
    return np.array([[(names[i], names[j]) in never for i in a] for j in b], dtype=bool).reshape(
        len(b), len(a)
    )


def _distance(
    task: _Task, a: np.ndarray[tuple[int], np.dtype[np.int64]], b: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Array:
    """km between receivers (rows) and givers (columns), as the crow flies; 0 without places."""
    if task.place is None:
        return np.zeros((len(b), len(a)))
    A, B = task.place[a][None], task.place[b][:, None]
    if not task.spherical:
        return np.asarray(np.hypot(*np.moveaxis(A - B, 2, 0)))
    A, B = np.radians(A), np.radians(B)
    half = np.sin((A - B) / 2) ** 2
    h = half[..., 1] + np.cos(A[..., 1]) * np.cos(B[..., 1]) * half[..., 0]
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


def _explained(task: _Task, a: int, b: int, design: PairDesign) -> Pair:
    """The parts of one pair, the largest needs first."""
    met = task.need[b] * task.strength[a]
    order = np.argsort(-met, kind="stable")
    reasons = [Reason("need", float(met[k]), float(met[k]), task.dimensions[k]) for k in order if met[k] > 0]
    km = float(_distance(task, np.array([a]), np.array([b]))[0, 0])
    if task.place is not None:
        reasons.append(Reason("distance", -design.per_km * km, km))
    if taught(task.stage[a]).isdisjoint(taught(task.stage[b])):
        reasons.append(Reason("other-stage", -design.other_stage, 1.0))
    if task.last[b] == task.school[a]:
        reasons.append(Reason("same-as-last-year", design.stay, 1.0))
    worth = float(sum(reason.part for reason in reasons))
    return Pair(task.school[a], task.school[b], worth, bool(task.locked[b]), tuple(reasons))
