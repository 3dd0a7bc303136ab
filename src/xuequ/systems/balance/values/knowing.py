"""What the district already knows of a year: pupils and classes by the roster, rooms and equipment by the ledger."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count

from xuequ.district.choices import Stage, YearSystem
from xuequ.district.models import Dated, Enrolment, School, SchoolYear
from xuequ.record.models import Indicator
from xuequ.systems.balance.choices import Part, Source

LEDGER = {
    "programmes.multimedia_rooms": "multimedia_rooms",
    "programmes.equipment_value_yuan": "equipment_value_yuan",
}
"""What the equipment ledger publishes, and which fact it fills."""


@dataclass(frozen=True, slots=True)
class Known:
    """A value that nobody needs to type."""

    school_id: int
    part: str
    fact: str
    number: Decimal
    source: Source
    day: dt.date


def statistics_day(year: SchoolYear) -> dt.date:
    """The day of the education statistics: the first of the school year."""
    return year.start


def known_values(year: SchoolYear, today: dt.date, schools: Iterable[School]) -> list[Known]:
    """Return what roster and ledger say of a year; a school without pupils on the statistics day is counted today."""
    listed = list(schools)
    day = statistics_day(year)
    found = _counted(year, day, listed)
    if year.start <= today < year.end and (
        absent := [s for s in listed if s.pk not in {k.school_id for k in found}]
    ):
        found += _counted(year, today, absent)
    return [*found, *_from_ledger(year, listed)]


@dataclass
class _School:
    """Pupils and classes of a school as they are added up."""

    pupils: dict[str, int]
    largest: dict[str, int]
    classes: int = 0
    others: int = 0


def _counted(year: SchoolYear, day: dt.date, schools: list[School]) -> list[Known]:
    """Count by class; a campus counts with its school."""
    of_school = {school.pk: school for school in schools}
    here = Enrolment.objects.filter(Dated.at(day), school__study=None)
    rows = here.values_list(
        "school_id", "school__campus_of_id", "school_class__entry_year", "school_class__entry_grade",
        "school_class_id",
    ).annotate(n=Count("pk")).order_by("school_id", "school_class_id")  # fmt: skip
    sums: dict[int, _School] = defaultdict(lambda: _School({}, {}))
    for own, main, entry_year, entry_grade, group, count in rows:
        school = of_school.get(main or own)
        if school is not None:
            _add(
                sums[school.pk],
                _part(school, year, entry_year, entry_grade),
                count,
                is_class=group is not None,
            )
    return [known for pk, one in sums.items() for known in _values(of_school[pk], one, day)]


def _add(one: _School, part: str, count: int, *, is_class: bool) -> None:
    if not part:
        one.others += count
        return
    one.pupils[part] = one.pupils.get(part, 0) + count
    if is_class:
        one.classes += 1
        one.largest[part] = max(one.largest.get(part, 0), count)


def _part(school: School, year: SchoolYear, entry_year: int | None, entry_grade: int | None) -> str:
    """The part that a class belongs to by its grade; pupils without a class go with a school of one stage."""
    if entry_year is None or entry_grade is None:
        return {Stage.PRIMARY: Part.PRIMARY, Stage.JUNIOR: Part.JUNIOR}.get(Stage(school.stage), Part.WHOLE)
    grade = entry_grade + year.first_year - entry_year
    last_primary = 5 if school.year_system == YearSystem.FIVE_FOUR else 6
    return Part.PRIMARY if grade <= last_primary else Part.JUNIOR if grade <= 9 else Part.WHOLE


def _values(school: School, one: _School, day: dt.date) -> list[Known]:
    def known(part: str, fact: str, number: int) -> Known:
        return Known(school.pk, part, fact, Decimal(number), Source.ROSTER, day)

    compulsory = sum(one.pupils.values())
    found = [known(part, "pupils", count) for part, count in sorted(one.pupils.items())]
    if school.stage == Stage.COMPLETE:
        found.append(known("", "pupils", compulsory + one.others))
    if one.classes:
        found += [known("", "classes", one.classes), known("", "compulsory_pupils", compulsory)]
    names = {Part.PRIMARY: "largest_primary_class", Part.JUNIOR: "largest_junior_class"}
    return found + [known("", names[Part(part)], size) for part, size in sorted(one.largest.items())]


def _from_ledger(year: SchoolYear, schools: list[School]) -> list[Known]:
    rows = Indicator.objects.filter(
        superseded=None, code__in=LEDGER, period=year.code, value__isnull=False,
        school__in=[school.pk for school in schools],
    )  # fmt: skip
    return [
        Known(
            row.school_id or 0, "", LEDGER[row.code], Decimal(str(round(row.value or 0.0, 2))), Source.LEDGER,
            row.published.date(),
        )
        for row in rows.order_by("school_id", "code")
    ]  # fmt: skip
