"""Groups of experts who weigh alike.

Two experts' likeness is their consensus S* (`group.consensus_of`). Groups are joined from the most alike on, by the
mean likeness between them (average linkage, Sokal & Michener 1958), as long as it is at least ``least``.
"""

import numpy as np

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.findings import Array
from xuequ.engines.evaluation.group import consensus_of_pairs

MODERATE = 0.75
"""From here on Goepel speaks of high consensus."""
DIGITS = 12
"""Likenesses that differ later than this tie, and then those who stand first are joined."""


def clusters_of(weights: Array, least: float = MODERATE) -> tuple[tuple[int, ...], ...]:
    """Return groups of members by their places, the largest first, from weights (members, indexes).

    Raises
    ------
    InputError
        ``no-members``.

    >>> clusters_of(np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.68, 0.21, 0.11]]))
    ((0, 2), (1,))
    """
    if not len(weights):
        raise InputError("no-members", "nobody has judged yet")
    groups: list[tuple[int, ...]] = [(i,) for i in range(len(weights))]
    # Sums of likenesses between members of groups: those of a joined group are the sums of both rows.
    sums, sizes = consensus_of_pairs(weights), np.ones(len(weights))
    while len(groups) > 1:
        mean = np.round(sums / np.outer(sizes, sizes), DIGITS)
        mean[np.tril_indices(len(groups))] = -np.inf
        a, b = (int(place) for place in np.unravel_index(int(mean.argmax()), mean.shape))
        if mean[a, b] < least:
            break
        joined = np.delete(sums[a] + sums[b], (a, b))
        size = sizes[a] + sizes[b]
        sums = np.pad(np.delete(np.delete(sums, (a, b), axis=0), (a, b), axis=1), (0, 1))
        sums[-1, :-1] = sums[:-1, -1] = joined
        sizes = np.append(np.delete(sizes, (a, b)), size)
        both = tuple(sorted(groups[a] + groups[b]))
        groups = [group for at, group in enumerate(groups) if at not in (a, b)] + [both]
    return tuple(sorted(groups, key=lambda group: (-len(group), group)))
