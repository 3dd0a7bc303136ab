"""What a plan is made from: plain facts of one school, without the database."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xuequ.kit.rollover.choices import Boundary, Listing
from xuequ.kit.rollover.grades import Span


@dataclass(frozen=True, slots=True, order=True)
class ClassKey:
    """A class of the school, whether it exists yet or not."""

    entry_year: int
    entry_grade: int
    number: int

    def grade_in(self, first_year: int) -> int:
        """Return the grade in the school year that begins in ``first_year``."""
        return self.entry_grade + first_year - self.entry_year


@dataclass(frozen=True, slots=True)
class Stay:
    """A pupil's enrolment that holds on the last day of the old year."""

    pk: int
    pupil: int
    school_class: int | None
    end: dt.date | None = None
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An enrolment that begins with the new year and names no class yet; ``known``: the pupil was in the district."""

    pk: int
    pupil: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What the school said about a pupil who does not move up."""

    kind: Listing
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What a school decided: how many first-grade classes, what follows a stage, which grades are placed anew."""

    classes: Mapping[int, int] = field(default_factory=dict)
    boundary: Mapping[int, Boundary] = field(default_factory=dict)
    placed: frozenset[int] = frozenset()
    year_heads_follow: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the choices for the database."""
        return {
            "classes": {str(grade): count for grade, count in self.classes.items()},
            "boundary": {str(grade): str(choice) for grade, choice in self.boundary.items()},
            "placed": sorted(self.placed),
            "year_heads_follow": self.year_heads_follow,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Choices":
        """Return the choices that ``as_json`` made; what was never said has its default."""
        return cls(
            {int(grade): count for grade, count in stored.get("classes", {}).items()},
            {int(grade): Boundary(choice) for grade, choice in stored.get("boundary", {}).items()},
            frozenset(stored.get("placed", ())),
            stored.get("year_heads_follow", True),
        )


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """One school on the eve of the new year.

    ``classes`` are keyed by primary key; ``filled`` are the classes that have pupils in the new year already;
    ``placings`` hold the number of the class by new grade and pupil, for placings that were confirmed.
    """

    first_year: int
    day: dt.date
    spans: tuple[Span, ...]
    classes: Mapping[int, ClassKey]
    stays: tuple[Stay, ...]
    arrivals: tuple[Arrival, ...] = ()
    filled: frozenset[int] = frozenset()
    listed: Mapping[int, Listed] = field(default_factory=dict)
    placings: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    closed: bool = False
    elsewhere: int = 0
    graduated_before: int = 0

    def old_grade(self, school_class: int) -> int:
        """Return the grade of a class in the year that ends."""
        return self.classes[school_class].grade_in(self.first_year - 1)
