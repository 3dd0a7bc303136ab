"""The demo's facts of process: attendance and reading of every class in the last two school years, by month."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile

from xuequ.district.models import SchoolYear
from xuequ.engines.growth.simulation import Floats
from xuequ.kit.demo import DemoContext
from xuequ.kit.demo.roster import Roster
from xuequ.kit.demo.timeline import year_code
from xuequ.systems.office.ledgers.actions import publish as publish_year
from xuequ.systems.office.ledgers.actions import store, upload
from xuequ.systems.office.ledgers.reading import Line

YEARS = 2
MONTHS = ((9, 21), (10, 17), (11, 21), (12, 22), (1, 10), (3, 21), (4, 20), (5, 19), (6, 20))
"""The months of a school year with their days of school; February is holiday."""
BREADTH = 0.15
"""SD of what schools and classes add in a year: attendance goes along with part of it, reading with hardly any."""


def publish(demo: DemoContext, roster: Roster) -> None:
    """Store and publish the months of each class; a few schools have not handed their ledgers in."""
    rng = demo.rng("ledgers")
    silent = set(rng.choice(len(roster.schools), max(1, len(roster.schools) // 12), replace=False).tolist())
    reading = rng.normal(0, 2.0, len(roster.schools))
    for first in range(demo.timeline.last - YEARS + 1, demo.timeline.last + 1):
        year = SchoolYear.objects.get(code=year_code(first))
        lines = list(_lines(demo, roster, rng, first, reading, silent))
        store(year=year, lines=lines, operation=UUID(bytes=rng.bytes(16), version=4), batch=None)
        publish_year(actor=demo.actor, year=year)
    _leave_open(demo, roster)


def _leave_open(demo: DemoContext, roster: Roster) -> None:
    """A ledger of this school year that was checked and has a cell to be corrected."""
    year = SchoolYear.objects.filter(code=year_code(demo.timeline.running)).first()
    if year is None:
        return
    rates = ("97.4", "九成七", "96.8")
    lines = [
        f"{school.name},全校,{year.first_year}-09,{rate},{300 + 40 * place}"
        for place, (school, rate) in enumerate(zip(roster.schools, rates, strict=False))
    ]
    content = "\r\n".join(["学校,班级,月份,出勤率,借书册数", *lines]).encode("gbk")
    upload(actor=demo.actor, file=ContentFile(content, name="九月台账.csv"), year=year)


def _lines(
    demo: DemoContext, roster: Roster, rng: np.random.Generator, first: int, reading: Floats, silent: set[int]
) -> Iterator[Line]:
    """Yield the months of every class of a school year."""
    for part in demo.population.years:
        if part.year != first:
            continue
        for place in np.unique(part.classes).tolist():
            inside = part.classes == place
            owner = demo.population.classes[place].school
            added = float(part.added[inside].mean()) / BREADTH
            present = 0.972 + 0.007 * (0.6 * added + 0.8 * rng.normal())
            books = max(9.0 + reading[owner] + 0.2 * added + 1.5 * rng.normal(), 1.0)
            swing = rng.normal(0, 0.003, len(MONTHS))
            lent = rng.poisson(books / len(MONTHS) * int(inside.sum()), len(MONTHS))
            if owner in silent:
                continue
            for (month, days), by_chance, number in zip(MONTHS, swing, lent, strict=True):
                yield Line(
                    school=roster.schools[owner].pk,
                    school_class=roster.classes[place].pk,
                    month=dt.date(first + (month < 9), month, 1),
                    pupils=int(inside.sum()),
                    days=days,
                    attendance=round(min(max(present + by_chance, 0.0), 0.998), 4),
                    books=int(number),
                )
