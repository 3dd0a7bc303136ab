"""Writes the demo's places and people: schools, years, classes, pupils with their stays, guardians."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from django.db import connection, models

from xuequ.district.choices import Relation
from xuequ.district.models import (
    Area,
    District,
    Enrolment,
    Guardianship,
    Person,
    Pupil,
    School,
    SchoolClass,
    SchoolYear,
    Subject,
    Term,
)
from xuequ.district.people import create_people
from xuequ.kit.demo import names
from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.plan import Scale
from xuequ.kit.demo.timeline import spring_start, year_code, year_start

Row = TypeVar("Row", bound=models.Model)
Values = tuple[bool | int | float | str | dt.date | None, ...]

SUBJECTS = (
    ("chinese", "语文", "Chinese"),
    ("mathematics", "数学", "Mathematics"),
    ("english", "英语", "English"),
    ("physics", "物理", "Physics"),
    ("chemistry", "化学", "Chemistry"),
    ("history", "历史", "History"),
    ("morality_law", "道德与法治", "Morality and law"),
)
SEA = (29.0, 126.0)
"""The demo district lies in the open sea, where no real school stands: latitude and longitude of its middle."""
GUARDIAN_SHARE = {Scale.SMALL: 1.0, Scale.DISTRICT: 0.1}
"""Share of the pupils whose guardians are known; a bureau fills the rest school by school."""
SECOND_GUARDIAN = 0.3


@dataclass
class Roster:
    """The rows written, in the order of the plan's indices."""

    schools: list[School]
    classes: list[SchoolClass]
    pupils: list[Pupil]
    subjects: dict[str, Subject]
    terms: dict[str, Term]


def insert(model: type[Row], rows: Iterable[Row]) -> list[Row]:
    """Insert rows and return them with their keys."""
    return list(model._default_manager.bulk_create(rows, batch_size=2000))


def insert_stream(model: type[Row], rows: Iterable[Row]) -> None:
    """Insert many rows a piece at a time, so that memory stays small."""
    waiting = iter(rows)
    while piece := list(islice(waiting, 20_000)):
        model._default_manager.bulk_create(piece, batch_size=2000)


def insert_values(model: type[models.Model], columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Insert plain rows: hundreds of thousands of model objects would take several times as long."""
    quote = connection.ops.quote_name
    named = ", ".join(quote(column) for column in columns)
    places = ", ".join(["%s"] * len(columns))
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({named}) VALUES ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        waiting = iter(rows)
        while piece := list(islice(waiting, 20_000)):
            cursor.executemany(sql, piece)


def write_roster(demo: DemoContext) -> Roster:
    """Write places, years, subjects, classes, pupils and stays."""
    District.objects.create(
        name=names.DISTRICT, code=names.DISTRICT_CODE, bureau=names.BUREAU, college=names.COLLEGE
    )
    terms = [term for year in demo.timeline.years for term in _write_year(year)]
    subjects = insert(
        Subject, [Subject(code=c, name=n, name_en=e, order=i + 1) for i, (c, n, e) in enumerate(SUBJECTS)]
    )
    schools = _write_schools(demo)
    classes = insert(
        SchoolClass,
        [
            SchoolClass(
                school=schools[c.school], entry_year=c.entry_year, entry_grade=c.entry_grade, number=c.number
            )
            for c in demo.population.classes
        ],
    )
    demo.progress(0.1, "pupils")
    pupils = _write_pupils(demo)
    demo.progress(0.2, "enrolments")
    _write_stays(demo, pupils, classes, schools)
    return Roster(
        schools, classes, pupils, {row.code: row for row in subjects}, {row.code: row for row in terms}
    )


def _write_year(year: int) -> list[Term]:
    code = year_code(year)
    row = SchoolYear.objects.create(code=code, start=year_start(year), end=year_start(year + 1))
    autumn = Term(code=f"{code}-1", year=row, start=row.start, end=spring_start(year))
    spring = Term(code=f"{code}-2", year=row, start=spring_start(year), end=row.end)
    return insert(Term, [autumn, spring])


def _write_schools(demo: DemoContext) -> list[School]:
    areas = insert(Area, [Area(name=name) for name in names.AREAS])
    rng = demo.rng("where schools stand")
    centres = [
        (SEA[0] + north * 0.02, SEA[1] + east * 0.022) for north, east in ((0, 1), (0, -1), (-1, 0), (1, 0))
    ]
    rows = [
        School(
            code=names.school_code(101 + index),
            name=f"{names.DISTRICT_SHORT}{plan.short_name}",
            short_name=plan.short_name,
            stage=plan.stage,
            sector=plan.sector,
            area=areas[plan.area],
            latitude=round(centres[plan.area][0] + float(rng.normal(0, 0.008)), 5),
            longitude=round(centres[plan.area][1] + float(rng.normal(0, 0.009)), 5),
        )
        for index, plan in enumerate(demo.schools)
    ]
    return insert(School, rows)


def _write_pupils(demo: DemoContext) -> list[Pupil]:
    facts = demo.population.pupils
    called = names.person_names(demo.rng("pupil names"), facts.female)
    numbers = [names.pupil_number(year, serial + 1) for serial, year in enumerate(facts.entry_year.tolist())]
    people = create_people(list(zip(called, numbers, strict=True)))
    return insert(Pupil, [Pupil(person=person) for person in people])


def _write_stays(
    demo: DemoContext, pupils: Sequence[Pupil], classes: Sequence[SchoolClass], schools: Sequence[School]
) -> None:
    plans = demo.population.classes
    rows = (
        Enrolment(
            pupil_id=pupils[stay.pupil].pk,
            school_id=schools[plans[stay.school_class].school].pk,
            school_class_id=classes[stay.school_class].pk,
            start=stay.start,
            end=stay.end,
            ended=stay.ended,
        )
        for stay in demo.population.stays
    )
    insert_stream(Enrolment, rows)


def write_guardians(demo: DemoContext, pupils: Sequence[Pupil]) -> dict[int, Person]:
    """Write guardians of pupils enrolled today; returns the first guardian by the pupil's index."""
    rng = demo.rng("guardians")
    here = np.array(sorted({stay.pupil for stay in demo.population.stays if stay.end is None}), np.int64)
    known = here[rng.random(len(here)) < GUARDIAN_SHARE[demo.scale]]
    wards = np.concatenate([known, known[rng.random(len(known)) < SECOND_GUARDIAN]])
    # The second guardian of a child is of the other sex than the first.
    first = rng.random(len(pupils)) < 0.7
    female = np.where(np.arange(len(wards)) < len(known), first[wards], ~first[wards])
    called = names.person_names(rng, female, adult=True)
    people = create_people([(name, "") for name in called])
    relation = np.where(female, Relation.MOTHER, Relation.FATHER)
    insert_stream(
        Guardianship,
        (
            Guardianship(
                guardian=person,
                pupil=pupils[ward],
                relation=relation[i],
                start=year_start(int(demo.population.pupils.entry_year[ward])),
            )
            for i, (person, ward) in enumerate(zip(people, wards.tolist(), strict=True))
        ),
    )
    return dict(zip(known.tolist(), people, strict=False))
