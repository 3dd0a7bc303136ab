"""Whether things require each other in a circle, so that none can be first."""

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter


def circle_in(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return codes of which each requires the next, the first again at the end; empty where there is no circle.

    >>> circle_in({"a": ["b"], "b": ["c"], "c": []})
    ()
    >>> circle_in({"a": ["b"], "b": ["a"]})
    ('a', 'b', 'a')
    """
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        # Its nodes stand the other way round: each before what requires it.
        return tuple(reversed(error.args[1]))
    return ()
