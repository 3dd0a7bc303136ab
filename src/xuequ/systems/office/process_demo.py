"""The demo's facts of process: attendance and reading of every class in the last two school years."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from xuequ.engines.growth.simulation import Floats
from xuequ.kit.demo import DemoContext
from xuequ.kit.demo.roster import Roster
from xuequ.kit.demo.timeline import year_code
from xuequ.record.actions import IndicatorValue
from xuequ.systems.office.catalogue import ATTENDANCE, BORROWED
from xuequ.systems.office.process import publish_ledgers

YEARS = 2
BREADTH = 0.15
"""SD of what schools and classes add in a year: attendance goes along with part of it, reading with hardly any."""


def publish(demo: DemoContext, roster: Roster) -> None:
    """Publish each class, its school and the district; a few schools have not handed their ledgers in."""
    rng = demo.rng("ledgers")
    silent = set(rng.choice(len(roster.schools), max(1, len(roster.schools) // 12), replace=False).tolist())
    reading = rng.normal(0, 2.0, len(roster.schools))
    for year in range(demo.timeline.last - YEARS + 1, demo.timeline.last + 1):
        found = dict(_classes(demo, rng, year, reading))
        kept = {place: facts for place, facts in found.items() if _owner(demo, place) not in silent}
        values = [value for code in (ATTENDANCE, BORROWED) for value in _values(demo, roster, code, kept)]
        publish_ledgers(actor=demo.actor, period=year_code(year), values=values)


def _owner(demo: DemoContext, place: int) -> int:
    return demo.population.classes[place].school


def _classes(
    demo: DemoContext, rng: np.random.Generator, year: int, reading: Floats
) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Yield every class (index) of a year with its facts and the number of its pupils under ``n``."""
    for part in demo.population.years:
        if part.year != year:
            continue
        for place in np.unique(part.classes).tolist():
            inside = part.classes == place
            added = float(part.added[inside].mean()) / BREADTH
            present = 0.972 + 0.007 * (0.6 * added + 0.8 * rng.normal())
            books = 9.0 + reading[_owner(demo, place)] + 0.2 * added + 1.5 * rng.normal()
            facts = {ATTENDANCE: min(present, 0.998), BORROWED: max(books, 1.0), "n": int(inside.sum())}
            yield place, facts


def _values(
    demo: DemoContext, roster: Roster, code: str, found: Mapping[int, Mapping[str, float]]
) -> Iterator[IndicatorValue]:
    decimals = 4 if code == ATTENDANCE else 1
    schools: dict[int, list[Mapping[str, float]]] = {}
    for place, facts in found.items():
        school = roster.schools[_owner(demo, place)].pk
        schools.setdefault(school, []).append(facts)
        value = round(facts[code], decimals)
        yield IndicatorValue(code, value, None, None, int(facts["n"]), school, roster.classes[place].pk)
    for school, rows in schools.items():
        yield _together(code, rows, decimals, school)
    yield _together(code, list(found.values()), decimals, None)


def _together(
    code: str, rows: Sequence[Mapping[str, float]], decimals: int, school: int | None
) -> IndicatorValue:
    pupils = sum(row["n"] for row in rows)
    value = sum(row[code] * row["n"] for row in rows) / pupils
    return IndicatorValue(code, round(value, decimals), None, None, int(pupils), school)
