"""Whose row is it? Pupils are found by number, then by school, class and name; what is not certain is asked.

Names and numbers are compared by their blind indexes, so that no name is decrypted to match a file.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import QuerySet

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, Enrolment, School, SchoolClass
from xuequ.district.people import name_index, number_index, plain
from xuequ.kit.sheets.class_names import ClassName, parse_class, parse_grade


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A pupil in a class on the day, by primary keys; ``name`` and ``number`` are blind indexes."""

    pupil: int
    school: int
    school_class: int | None
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """What a row says about whose it is."""

    school: str = ""
    grade: str = ""
    school_class: str = ""
    name: str = ""
    number: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the row names nobody."""
        return not (self.name or self.number)


@dataclass(frozen=True, slots=True)
class Match:
    """Who was found; or a ``problem`` (its code and text); or ``candidates`` to choose from, with the reason."""

    enrolled: Enrolled | None = None
    problem: str = ""
    text: str = ""
    reason: str = ""
    candidates: tuple[Enrolled, ...] = ()


@dataclass
class Roster:
    """Schools, classes and pupils on one day, as far as the actor may bring in results for them."""

    day: dt.date
    first_year: int
    own: frozenset[int]
    schools: dict[str, int]
    classes: dict[int, list[SchoolClass]]
    pupils: list[Enrolled]
    grade: int | None = None
    only_school: int | None = None
    _classes: dict[tuple[int, str, str], int | None] = field(default_factory=dict)

    @cached_property
    def by_number(self) -> dict[str, Enrolled]:
        """Pupils by the index of their number."""
        return {pupil.number: pupil for pupil in self.pupils if pupil.number}

    @cached_property
    def by_name(self) -> dict[tuple[int, str], list[Enrolled]]:
        """Pupils by school and the index of their name."""
        found: dict[tuple[int, str], list[Enrolled]] = defaultdict(list)
        for pupil in self.pupils:
            found[pupil.school, pupil.name].append(pupil)
        return found

    @cached_property
    def grades(self) -> dict[int, int]:
        """Grade of each class in the school year."""
        return {c.pk: c.grade_in(self.first_year) for rows in self.classes.values() for c in rows}

    def school_of(self, identity: RowIdentity) -> int | None:
        """Return the school that a row names, or the only one there can be; None when it is unknown."""
        if identity.school:
            return self.schools.get(plain(identity.school))
        if self.only_school is not None:
            return self.only_school
        return next(iter(self.own)) if len(self.own) == 1 else None

    def class_of(self, school: int, identity: RowIdentity) -> int | None:
        """Return the class that a row names within its school."""
        key = (school, identity.school_class, identity.grade)
        if key not in self._classes:
            self._classes[key] = self._find_class(*key)
        return self._classes[key]

    def _find_class(self, school: int, text: str, grade_text: str) -> int | None:
        rows = self.classes.get(school, [])
        if labelled := [c.pk for c in rows if c.label and plain(c.label) == plain(text)]:
            return labelled[0]
        name = parse_class(text)
        if name is None:
            return None
        grade = name.grade or parse_grade(grade_text) or self.grade
        fitting = [c.pk for c in rows if self._fits(c, name, grade)]
        return fitting[0] if len(fitting) == 1 else None

    def _fits(self, row: SchoolClass, name: ClassName, grade: int | None) -> bool:
        if row.number != name.number:
            return False
        if name.entry_year is not None:
            return row.entry_year == name.entry_year
        return grade is None or self.grades[row.pk] == grade

    def match(self, identity: RowIdentity) -> Match:
        """Return whose row this is."""
        if identity.is_empty:
            return Match(problem="nobody")
        school = self.school_of(identity)
        if identity.school and school is None:
            return Match(problem="unknown-school", text=identity.school[:60])
        if school is not None and school not in self.own:
            return Match(problem="other-school", text=identity.school[:60])
        if identity.number:
            return self._by_number(identity, school)
        return self._by_name(identity, school)

    def _by_number(self, identity: RowIdentity, school: int | None) -> Match:
        found = self.by_number.get(number_index(identity.number))
        if found is not None and self._agrees(found, identity, school):
            return Match(found)  # nearly all; nobody need look for namesakes
        namesakes = self._namesakes(identity, school)
        if found is None:
            if namesakes:
                return Match(reason="number-unknown", candidates=tuple(namesakes))
            return Match(problem="unknown-pupil")
        if identity.school and found.school != school:
            return Match(reason="school-differs", candidates=(found, *namesakes))
        return Match(reason="name-differs", candidates=_without_repeats([found, *namesakes]))

    @staticmethod
    def _agrees(found: Enrolled, identity: RowIdentity, school: int | None) -> bool:
        """Whether what else the row says of the pupil is so."""
        if identity.school and found.school != school:
            return False
        return not identity.name or name_index(identity.name) == found.name

    def _namesakes(self, identity: RowIdentity, school: int | None) -> list[Enrolled]:
        if not identity.name or school is None:
            return []
        found = self.by_name.get((school, name_index(identity.name)), [])
        wanted = self.class_of(school, identity) if identity.school_class else None
        return [pupil for pupil in found if wanted is None or pupil.school_class == wanted]

    def _by_name(self, identity: RowIdentity, school: int | None) -> Match:
        if school is None:
            return Match(problem="no-school")
        found = self.by_name.get((school, name_index(identity.name)), [])
        if identity.school_class:
            wanted = self.class_of(school, identity)
            if wanted is None:
                return Match(problem="unknown-class", text=identity.school_class[:40])
            in_class = [pupil for pupil in found if pupil.school_class == wanted]
            if not in_class and found:
                return Match(reason="class-differs", candidates=tuple(found))
            found = in_class
        elif self.grade is not None:
            found = [p for p in found if p.school_class is None or self.grades[p.school_class] == self.grade]
        if len(found) == 1:
            return Match(found[0])
        return Match(reason="several", candidates=tuple(found)) if found else Match(problem="unknown-pupil")


def _without_repeats(pupils: Iterable[Enrolled]) -> tuple[Enrolled, ...]:
    return tuple({pupil.pupil: pupil for pupil in pupils}.values())


def load_roster(
    actor: Actor, day: dt.date, *, first_year: int, grade: int | None = None, only_school: int | None = None
) -> Roster:
    """Load the roster of ``day``: three queries, whatever the number of pupils."""
    everyone = list(School.objects.of_district().values_list("id", "name", "short_name", "code"))
    own = frozenset(School.objects.filter(policy.import_schools(actor)).values_list("id", flat=True))
    schools = {plain(text): pk for pk, *texts in everyone for text in texts if text}
    classes: dict[int, list[SchoolClass]] = defaultdict(list)
    for school_class in SchoolClass.objects.filter(school__in=own).order_by("-entry_year"):
        classes[school_class.school_id].append(school_class)
    pupils = [Enrolled(*row) for row in _enrolled(own, day)]
    return Roster(day, first_year, own, schools, dict(classes), pupils, grade, only_school)


def _enrolled(
    schools: frozenset[int], day: dt.date
) -> "QuerySet[Enrolment, tuple[int, int, int | None, str, str]]":
    identity = "pupil__person__identity"
    rows = Enrolment.objects.filter(Dated.at(day), school__in=schools, **{f"{identity}__isnull": False})
    fields = (
        "pupil_id",
        "school_id",
        "school_class_id",
        f"{identity}__name_index",
        f"{identity}__number_index",
    )
    return rows.order_by("id").values_list(*fields)
