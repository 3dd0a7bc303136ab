"""What can be found: each system declares its kinds of things, and the search knows nothing else of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from xuequ.core.actors import Actor
from xuequ.core.figures import Text


@dataclass(frozen=True, slots=True)
class Entry:
    """What one thing is found by. ``places`` (letters and digits) say where it belongs, to narrow the search early."""

    key: int
    texts: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing as the results show it; ``texts`` are what it was found by, against which it is checked once more."""

    title: str
    detail: str
    url: str
    texts: tuple[str, ...]


def _anywhere(actor: Actor) -> None:
    """Narrow nothing."""


@dataclass(frozen=True, slots=True)
class SearchSource:
    """One kind of thing.

    ``entries(keys)`` yields what is indexed, oldest first, of all things or of those with these primary keys.
    ``visible(actor)`` returns the rows that the actor may find; it is asked inside every search, before anything is
    counted. ``places(actor)`` may narrow the index to places outside of which the actor finds nothing (None: all).
    ``show(actor, keys)`` describes a few of them. ``watches`` names the models whose single saves change what is
    indexed, with the keys that a saved row concerns; whoever writes in bulk calls ``index_rows``.
    """

    kind: str
    title: Text
    icon: str
    entries: Callable[[Collection[int] | None], Iterable[Entry]]
    visible: Callable[[Any], "models.QuerySet[Any]"]
    show: Callable[[Any, Sequence[int]], Mapping[int, Hit]]
    places: Callable[[Any], Collection[str] | None] = _anywhere
    watches: Mapping[type[models.Model], Callable[[Any], Iterable[int]]] = field(default_factory=dict)
    of_people: bool = (
        False  # keys are persons; names and numbers are indexed blind, and each search is recorded
    )


@dataclass(frozen=True, slots=True)
class SearchPages:
    """A few pages that stand in the code (help, catalogue): looked through as they are, in the reader's language."""

    kind: str
    title: Text
    icon: str
    pages: Callable[[Any], Iterable[Hit]]
