"""What a walk has seen, and which of it a browser looks at."""

import json
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from .walker import Visit


@dataclass(frozen=True, slots=True)
class Walked:
    """A whole walk: the routes that answer a GET, and every page that anybody saw."""

    pages: tuple[str, ...]
    visits: tuple[Visit, ...]

    @classmethod
    def read(cls, file: Path) -> "Walked":
        """Read what ``walker.main`` wrote."""
        data = json.loads(file.read_text("utf-8"))
        visits = (Visit(**{**one, "english": tuple(one["english"])}) for one in data["visits"])
        return cls(tuple(data["pages"]), tuple(visits))


@dataclass(frozen=True, slots=True)
class Look:
    """A page for the browser; ``closely``: also with axe, since no page of its kind was looked at before."""

    who: str
    address: str
    closely: bool


def looks(walked: Walked) -> list[Look]:
    """Return every kind of page once, by who has it first, and each role's home and menu; role by role."""
    known: set[tuple[str, str]] = set()
    found = []
    for visit in walked.visits:
        is_new = visit.is_page and (visit.pattern, visit.kind) not in known
        if is_new or (visit.is_page and visit.menu):
            known.add((visit.pattern, visit.kind))
            found.append(Look(visit.who, visit.address, closely=is_new or visit.address == "/"))
    return found


def shares(found: list[Look], count: int) -> list[list[Look]]:
    """Cut the looks into ``count`` shares that take about as long; close looks take four times as long."""
    weights = [4 if look.closely else 1 for look in found]
    whole, passed, places = sum(weights), 0, []
    for weight in weights:
        places.append(passed * count // whole)
        passed += weight
    return [
        [found[i] for i in group]
        for _place, group in groupby(range(len(found)), key=lambda index: places[index])
    ]
