"""Where each school's tile stands: by its coordinates where all have them, else area by area."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spot:
    """A school to be placed."""

    key: str
    area: str
    latitude: float | None
    longitude: float | None


def tiled(spots: Sequence[Spot], across: int = 0) -> dict[str, tuple[int, int]]:
    """Return column and row of each spot, the same for the same spots whatever their order.

    With coordinates, rows are filled from north to south and each row from west to east, so that neighbours stay
    near; no two share a place. Without them, each area has rows of its own, schools in the order of their keys.

    >>> spots = [Spot("a", "", 2.0, 1.0), Spot("b", "", 2.0, 3.0), Spot("c", "", 1.0, 2.0)]
    >>> tiled(spots, 2)
    {'a': (0, 0), 'b': (1, 0), 'c': (0, 1)}
    """
    across = across or max(1, math.ceil(math.sqrt(len(spots) * 1.6)))
    if all(spot.latitude is not None and spot.longitude is not None for spot in spots):
        return _by_place(spots, across)
    return _by_area(spots, across)


def _by_place(spots: Sequence[Spot], across: int) -> dict[str, tuple[int, int]]:
    southward = sorted(spots, key=lambda s: (-(s.latitude or 0.0), s.longitude or 0.0, s.key))
    found = {}
    for line, start in enumerate(range(0, len(southward), across)):
        eastward = sorted(southward[start : start + across], key=lambda s: (s.longitude or 0.0, s.key))
        found.update({spot.key: (column, line) for column, spot in enumerate(eastward)})
    return found


def _by_area(spots: Sequence[Spot], across: int) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    line = 0
    for area in sorted({spot.area for spot in spots}):
        own = sorted((spot for spot in spots if spot.area == area), key=lambda s: s.key)
        for place, spot in enumerate(own):
            found[spot.key] = (place % across, line + place // across)
        line += math.ceil(len(own) / across)
    return found
