"""The values in force of one year as one immutable book, and the tables that the engine judges.

A nine-year school is split: a fact that was given for each part stands as it is, one that was given for the whole
school is shared by the parts' pupils. What is not known stays unknown; it is never a zero.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from xuequ.district.choices import Stage
from xuequ.systems.balance.catalogue import COLUMNS, FACTS, PART_FACTS, SCHOOL_FACTS, Form, Scope
from xuequ.systems.balance.choices import Part

Place = tuple[int, str, str]
"""Primary key of the school (0: the county), part ("" the whole), fact."""

PARTS: Mapping[str, tuple[str, ...]] = {
    Stage.PRIMARY: (Part.PRIMARY,),
    Stage.JUNIOR: (Part.JUNIOR,),
    Stage.NINE_YEAR: (Part.PRIMARY, Part.JUNIOR),
    Stage.COMPLETE: (Part.JUNIOR,),
}
"""Parts that the rules judge, by the school's stage; a senior school has none."""
KINDS: Mapping[str, str] = {
    Stage.PRIMARY: "primary", Stage.JUNIOR: "junior", Stage.NINE_YEAR: "nine-year", Stage.COMPLETE: "complete",
}  # fmt: skip
_WORDS = {Part.PRIMARY: "小学", Part.JUNIOR: "初中"}
_WAN = Fraction(10_000)


@dataclass(frozen=True, slots=True)
class SchoolPlace:
    """A school as the book names it."""

    pk: int
    uid: str
    name: str
    stage: str
    area: str
    latitude: float | None = None
    longitude: float | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that are judged."""
        return PARTS.get(self.stage, ())

    @property
    def is_split(self) -> bool:
        """Whether its facts may be given for each part."""
        return self.stage == Stage.NINE_YEAR


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a school that is judged by itself."""

    school: SchoolPlace
    part: str

    @property
    def key(self) -> str:
        """How the engine's tables call it."""
        return f"{self.school.pk}/{self.part}"


@dataclass(frozen=True, slots=True)
class Book:
    """All values of one year; ``evidence`` says which county facts are backed by evidence, and by what."""

    year: str
    schools: tuple[SchoolPlace, ...]
    values: Mapping[Place, Decimal]
    evidence: Mapping[str, str] = field(default_factory=dict)

    def changed(self, changes: Mapping[Place, Decimal]) -> "Book":
        """Return the book with other values; this one stays as it is."""
        return replace(self, values={**self.values, **changes})

    def sections(self) -> Iterator[Section]:
        """The parts of schools that have pupils, school by school."""
        for school in self.schools:
            for part in school.parts:
                if self.pupils(school, part) > 0:
                    yield Section(school, part)

    def without_pupils(self) -> list[SchoolPlace]:
        """Schools whose pupils nobody knows: they cannot be judged and keep the verdict open."""
        return [s for s in self.schools if s.parts and not any(self.pupils(s, part) > 0 for part in s.parts)]

    def pupils(self, school: SchoolPlace, part: str) -> int:
        """Pupils of a part; 0 where they are not known."""
        found = self.values.get((school.pk, part, "pupils"))
        if found is None and len(school.parts) == 1 and school.stage != Stage.COMPLETE:
            found = self.values.get((school.pk, "", "pupils"))
        return int(found or 0)

    def share(self, school: SchoolPlace, part: str) -> Fraction:
        """The part of what belongs to the whole school that the rules give to one part."""
        if school.stage == Stage.COMPLETE:
            whole = int(self.values.get((school.pk, "", "pupils"), Decimal(0)))
        else:
            whole = sum(self.pupils(school, one) for one in school.parts)
        own = self.pupils(school, part)
        return Fraction(own, whole) if whole >= own > 0 else Fraction(1)

    def amount(self, school: SchoolPlace, part: str, fact: str) -> Fraction | None:
        """A fact of a part: its own, or its share of the whole school's."""
        own = self.values.get((school.pk, part, fact))
        if own is not None:
            return Fraction(own)
        whole = self.values.get((school.pk, "", fact))
        return None if whole is None else Fraction(whole) * self.share(school, part)

    def column(self, section: Section, name: str) -> float | None:
        """A column of the rules' document for one section; None while a fact that it needs is unknown.

        A subject or degree that nobody filled in is unknown, unless others of its kind are there: tables leave out
        what a school does not have (no doctors, no teachers of "the arts" beside music and fine art).
        """
        facts = COLUMNS[name]
        if name == "teachers_above" and section.part == Part.JUNIOR:
            facts = facts[1:]
        found = [self.amount(section.school, section.part, fact) for fact in facts]
        known = [one for one in found if one is not None]
        if not known or (len(facts) > 1 and found[_NEEDED[name][section.part]] is None):
            return None
        total = sum(known, Fraction(0))
        return float(total / _WAN if name == "equipment_wan" else total)

    def table(self) -> pl.DataFrame:
        """One row for each section: ``school`` (its key), ``stage``, ``area``, ``pupils`` and the rules' columns."""
        rows: list[dict[str, Any]] = []
        for section in self.sections():
            row: dict[str, Any] = {
                "school": section.key,
                "stage": _WORDS[Part(section.part)],
                "area": section.school.area,
                "pupils": float(self.pupils(section.school, section.part)),
            }
            rows.append(row | {name: self.column(section, name) for name in COLUMNS})
        schema = {"school": pl.String, "stage": pl.String, "area": pl.String, "pupils": pl.Float64}
        return pl.DataFrame(rows, schema={**schema, **dict.fromkeys(COLUMNS, pl.Float64)}, orient="row")

    def long(self) -> pl.DataFrame:
        """All values as they are, for the snapshot of a run: school (uid, empty for the county), part, fact, number."""
        uids = {school.pk: school.uid for school in self.schools} | {0: ""}
        rows = [
            (uids[pk], part, fact, str(number))
            for (pk, part, fact), number in sorted(self.values.items())
            if pk in uids
        ]
        rows += [("", "evidence", fact, text) for fact, text in sorted(self.evidence.items())]
        names = ("school", "part", "fact", "number")
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")

    def school_facts(self, school: SchoolPlace) -> dict[str, Decimal | bool | None]:
        """Facts of a whole school, as the requirements of the rules read them."""
        return {
            kind.code: _typed(kind.form, self.values.get((school.pk, "", kind.code))) for kind in SCHOOL_FACTS
        }

    def county_facts(self) -> dict[str, Decimal | bool | None]:
        """Facts of the county."""
        return {
            code: _typed(kind.form, self.values.get((0, "", code)))
            for code, kind in FACTS.items()
            if kind.scope == Scope.COUNTY
        }

    def missing(self, school: SchoolPlace) -> list[str]:
        """Facts of a school that nobody has given yet, in the order of the catalogue; what is counted is not asked."""
        asked = [kind for kind in PART_FACTS if not kind.known]
        columns = {fact: name for name, facts in COLUMNS.items() for fact in facts}
        sections = [Section(school, part) for part in school.parts]
        gaps = [
            kind.code
            for kind in asked
            if any(self.column(s, columns[kind.code]) is None for s in sections)
            and any(self.amount(school, s.part, kind.code) is None for s in sections)
        ]
        whole = [k.code for k in SCHOOL_FACTS if not k.known and (school.pk, "", k.code) not in self.values]
        return [*gaps, *whole]


# Which fact of a sum must be there for the sum to be known: bachelors, and teachers of sport.
_NEEDED: Mapping[str, Mapping[str, int]] = {
    "teachers_above": {Part.PRIMARY: 1, Part.JUNIOR: 0},
    "sports_arts_teachers": {Part.PRIMARY: 0, Part.JUNIOR: 0},
}


def _typed(form: Form, number: Decimal | None) -> Decimal | bool | None:
    return None if number is None else bool(number) if form == Form.YES_NO else number
