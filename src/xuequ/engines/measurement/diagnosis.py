"""From shares of marks to what to do: what to teach again, to whom, and where teaching, learning and testing part.

Codes and numbers only. Items that must not drive teaching (``flags.UNSOUND``) are left out by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from xuequ.engines.measurement.findings import ItemStatistics
from xuequ.engines.measurement.flags import UNSOUND
from xuequ.engines.measurement.groups import MASTERED
from xuequ.engines.measurement.responses import Item, Responses

MANY, SOME = 0.5, 0.2
"""From as many pupils below the mark on the whole class needs a point again, or a group of pupils."""
FEWEST = 5
EVIDENCE = 2
GAP = 0.10
FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Need:
    """A point to teach again. ``whom`` is ``class`` or ``group``; ``items`` its weakest items, at most ``EVIDENCE``.

    ``mean``, ``low``, ``high`` are shares of marks and ``below`` the share of pupils under ``MASTERED``; ``sure`` says
    that the whole interval lies below it.
    """

    point: str
    whom: str
    n: int
    mean: float
    low: float
    high: float
    below: float
    sure: bool
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """One point taught, learnt and tested. Shares: ``weight`` of the paper's marks, ``curriculum`` of the lessons,
    ``taught`` of the classes that reported; None where nobody said.

    ``codes``: ``taught-not-mastered``, ``tested-not-taught``, ``overweight``, ``underweight``, ``unsound-only``.
    """

    point: str
    weight: float
    curriculum: float | None
    taught: float | None
    mean: float | None
    low: float | None
    high: float | None
    items: int
    sound: int
    codes: tuple[str, ...]


def sound_items(items: Sequence[ItemStatistics]) -> frozenset[str]:
    """Return the numbers of the items that may be a ground for teaching."""
    return frozenset(item.number for item in items if not UNSOUND & set(item.flags))


def weak_items(items: Sequence[ItemStatistics]) -> frozenset[str]:
    """Return the numbers of the items that hardly tell pupils apart, and so show little about a point."""
    return frozenset(item.number for item in items if "weak" in item.flags)


def only(responses: Responses, numbers: frozenset[str]) -> Responses | None:
    """Return the responses of some items only; None when fewer than two are left."""
    places = [place for place, item in enumerate(responses.items) if item.number in numbers]
    if len(places) < 2:
        return None
    kept = tuple(responses.items[place] for place in places)
    return Responses(kept, responses.scores[:, places], tuple(responses.options[place] for place in places))


def needs(group: pl.DataFrame, items: Sequence[Item], weak: frozenset[str] = frozenset()) -> tuple[Need, ...]:
    """Return the points that a group needs again, most pressing first: whole class before group, then by share.

    ``group`` are the rows of one group of ``groups.by_group``, of sound items only. Items in ``weak`` hardly tell
    pupils apart: they are named as evidence only where a point has no other.
    """
    found = []
    for row in group.filter(pl.col("kind") == "point", pl.col("n") >= FEWEST).iter_rows(named=True):
        if row["below"] >= SOME and row["mean"] < 1 - SOME:
            whom = "class" if row["below"] >= MANY else "group"
            sure = row["high"] < MASTERED
            numbers = (row["n"], row["mean"], row["low"], row["high"], row["below"])
            found.append(Need(row["code"], whom, *numbers, sure, _weakest(group, items, row["code"], weak)))
    return tuple(sorted(found, key=lambda need: (need.whom, need.mean, need.point)))


def _weakest(group: pl.DataFrame, items: Sequence[Item], point: str, weak: frozenset[str]) -> tuple[str, ...]:
    every = [item.number for item in items if item.point == point]
    own = [number for number in every if number not in weak] or every
    rows = group.filter(pl.col("kind") == "item", pl.col("code").is_in(own)).sort("mean", maintain_order=True)
    return tuple(rows["code"].to_list()[:EVIDENCE])


def align(
    items: Sequence[Item],
    sound: frozenset[str],
    group: pl.DataFrame,
    lessons: Mapping[str, float],
    taught: Mapping[str, float],
) -> tuple[Alignment, ...]:
    """Lay teaching, learning and testing of each point side by side, in the order of the paper.

    ``lessons`` are those that the curriculum gives to points, ``taught`` the share of reporting classes that had the
    point; both may be empty. ``group`` are the rows of one group of ``groups.by_group``, of sound items only.
    """
    known = {row["code"]: row for row in group.filter(pl.col("kind") == "point").iter_rows(named=True)}
    whole, hours = sum(item.full_mark for item in items), sum(lessons.values())
    points = list(dict.fromkeys(item.point for item in items if item.point))
    return tuple(
        _aligned(
            point,
            [item for item in items if item.point == point],
            sound,
            known.get(point),
            whole,
            lessons[point] / hours if point in lessons and hours else None,
            taught.get(point),
        )
        for point in points
    )


def _aligned(
    point: str,
    own: Sequence[Item],
    sound: frozenset[str],
    row: Mapping[str, float] | None,
    whole: float,
    curriculum: float | None,
    taught: float | None,
) -> Alignment:
    weight = sum(item.full_mark for item in own) / whole
    usable = sum(item.number in sound for item in own)
    shown = row if row is not None and row["n"] >= FEWEST and usable else None
    codes = ["unsound-only"] if not usable else []
    if taught is not None and taught >= MANY and shown is not None and shown["high"] < MASTERED:
        codes.append("taught-not-mastered")
    if taught is not None and taught < MANY:
        codes.append("tested-not-taught")
    codes += _weights(weight, curriculum)
    return Alignment(
        point=point,
        weight=weight,
        curriculum=curriculum,
        taught=taught,
        mean=shown["mean"] if shown is not None else None,
        low=shown["low"] if shown is not None else None,
        high=shown["high"] if shown is not None else None,
        items=len(own),
        sound=usable,
        codes=tuple(codes),
    )


def _weights(weight: float, curriculum: float | None) -> list[str]:
    """Compare the paper's weight with the curriculum's: apart by ten points of a hundred and by half as much again."""
    if curriculum is None:
        return []
    if weight - curriculum > GAP and weight > FACTOR * curriculum:
        return ["overweight"]
    return ["underweight"] if curriculum - weight > GAP and curriculum > FACTOR * weight else []
