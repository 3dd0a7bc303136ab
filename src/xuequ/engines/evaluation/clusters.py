"""Groups of experts who weigh alike.

Two experts' likeness is their consensus S* (`group.consensus_of`). Groups are joined from the most alike on, by the
mean likeness between them (average linkage, Sokal & Michener 1958), as long as it is at least ``least``.
"""

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.group import consensus_of

MODERATE = 0.75
"""From here on Goepel speaks of high consensus."""


def clusters_of(weights: Array, least: float = MODERATE) -> tuple[tuple[int, ...], ...]:
    """Return groups of members by their places, the largest first, from weights (members, indexes).

    Raises
    ------
    InputError
        ``no-members``.

    >>> import numpy as np
    >>> clusters_of(np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.68, 0.21, 0.11]]))
    ((0, 2), (1,))
    """
    if not len(weights):
        raise InputError("no-members", "nobody has judged yet")
    n = len(weights)
    alike = {(i, j): consensus_of(weights[[i, j]]) for i in range(n) for j in range(i + 1, n)}
    groups: list[tuple[int, ...]] = [(i,) for i in range(n)]
    while len(groups) > 1:
        pairs = [(_between(a, b, alike), -at, a, b) for at, (a, b) in enumerate(_pairs(groups))]
        closeness, _place, first, second = max(pairs)
        if closeness < least:
            break
        groups = [group for group in groups if group not in (first, second)] + [tuple(sorted(first + second))]
    return tuple(sorted(groups, key=lambda group: (-len(group), group)))


def _pairs(groups: list[tuple[int, ...]]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(a, b) for at, a in enumerate(groups) for b in groups[at + 1 :]]


def _between(a: tuple[int, ...], b: tuple[int, ...], alike: dict[tuple[int, int], float]) -> float:
    return sum(alike[min(i, j), max(i, j)] for i in a for j in b) / (len(a) * len(b))
