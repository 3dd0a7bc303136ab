"""Believable points for the demo: a goal reached by lot, carried on through the years, seen a little differently."""

import numpy as np

from xuequ.engines.evaluation.star_scheme import SchemeItem, StarScheme

Points = dict[str, float]


def raised(rng: np.random.Generator, scheme: StarScheme, start: Points, goal: float) -> Points:
    """Return points of at least ``goal`` in all: vetoes lifted, then one level of one item after another, by lot."""
    points = {item.code: start.get(item.code, 0.0) for item in scheme.items}
    for item in scheme.items:
        if item.veto:
            points[item.code] = max(points[item.code], item.veto_points)
    while sum(points.values()) < goal:
        open_ = [item for item in scheme.items if points[item.code] < item.points]
        # What is easy comes first: items of which little is there, in dimensions that lag behind.
        lag = {d.code: 1 - sum(points[item.code] for item in d.items) / d.points for d in scheme.dimensions}
        weight = np.array([(item.points - points[item.code]) * lag[item.dimension] ** 3 for item in open_])
        item = open_[int(rng.choice(len(open_), p=weight / weight.sum()))]
        points[item.code] = min(value for value in item.given if value > points[item.code])
    return points


def carried_on(first: StarScheme, later: StarScheme, points: Points) -> Points:
    """Return the same levels in another version of the scheme."""
    found = {}
    for item in later.items:
        old = first.item(item.code)
        place = old.given.index(points[item.code]) if points[item.code] in old.given else 0
        found[item.code] = item.given[min(place, len(item.given) - 1)]
    return found


def scattered(
    rng: np.random.Generator, scheme: StarScheme, points: Points, *, up: float, down: float
) -> Points:
    """Return points of which a share is one level higher, and a share one level lower."""
    return {item.code: _moved(rng, item, points[item.code], up, down) for item in scheme.items}


def _moved(rng: np.random.Generator, item: SchemeItem, points: float, up: float, down: float) -> float:
    place, chance = item.given.index(points), rng.random()
    if item.veto:
        return points
    move = 1 if chance < up else -1 if chance < up + down else 0
    return item.given[min(max(place + move, 0), len(item.given) - 1)]
