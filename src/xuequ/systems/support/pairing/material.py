"""What pairs are computed from: needs and strengths out of published numbers; gaps are named and not filled."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.record import queries as record
from xuequ.systems.support.pairing.choices import Need, PairState, RuleKind
from xuequ.systems.support.pairing.models import Pair, PairRule, Room

AI = {
    name: f"stars.ai_{name}"
    for name in (Need.HOURS, Need.TEACHERS, Need.COURSES, Need.ROOMS, Need.USE, Need.CLUBS)
}
SHORTFALL = "balance.shortfall"
GROWTH = tuple(f"growth.effect.g{grade}" for grade in range(3, 13))
CODES = (*AI.values(), SHORTFALL, *GROWTH)
STRONGEST, PLACES = 3, 2
"""The third of schools with the most strength helps, each two others, until the district says otherwise."""


@dataclass(frozen=True, slots=True)
class Known:
    """A school's needs and strengths, 0 to 1 (growth in standard deviations); ``gaps``: dimensions nobody published."""

    school: School
    need: Mapping[str, float]
    strength: Mapping[str, float]
    gaps: tuple[str, ...]

    @property
    def mean_strength(self) -> float:
        """How strong it is over what is known; 0 where nothing is."""
        return sum(self.strength.values()) / len(self.strength) if self.strength else 0.0


def known_schools(actor: Actor, period: str) -> list[Known]:
    """Return what is known of each school up to a school year: two queries."""
    schools = list(School.objects.of_district().filter(closed_on=None, campus_of=None).order_by("code"))
    newest: dict[int, dict[str, float]] = defaultdict(dict)
    rows = record.indicators(actor, *CODES).filter(period__lte=period, value__isnull=False, school_class=None)
    for row in rows.order_by("period", "id"):
        if row.school_id is not None and row.value is not None:
            newest[row.school_id][row.code] = row.value
    return [_known(school, newest[school.pk]) for school in schools]


def _known(school: School, values: Mapping[str, float]) -> Known:
    strength: dict[str, float] = {}
    need: dict[str, float] = {}
    for name, code in AI.items():
        if code in values:
            strength[name], need[name] = values[code] / 100, 1 - values[code] / 100
    if SHORTFALL in values:
        strength[Need.EQUIPMENT], need[Need.EQUIPMENT] = 1 - values[SHORTFALL], values[SHORTFALL]
    growth = [values[code] for code in GROWTH if code in values]
    if growth:
        mean = sum(growth) / len(growth)
        strength[Need.GROWTH], need[Need.GROWTH] = max(mean, 0.0), max(-mean, 0.0)
    gaps = tuple(name for name in Need.values if name not in strength)
    return Known(school, need, strength, gaps)


def default_places(known: Sequence[Known]) -> dict[int, int]:
    """Return how many partners each school can help while nobody has said so: the strongest third two each."""
    ordered = sorted(known, key=lambda one: (-one.mean_strength, one.school.code))
    helping = {one.school.pk for one in ordered[: max(len(ordered) // STRONGEST, 1)]}
    return {one.school.pk: PLACES if one.school.pk in helping else 0 for one in known}


def places(known: Sequence[Known], year: SchoolYear) -> dict[int, int | None]:
    """Return how many partners each school can help: as the district said, else by default; None takes no part."""
    said = dict(Room.objects.filter(year=year).values_list("school", "places"))
    return {**default_places(known), **said}


def unplaced(known: Sequence[Known]) -> list[School]:
    """Return the schools whose place is on no record; while there are any, distance counts for nobody."""
    return [one.school for one in known if one.school.latitude is None or one.school.longitude is None]


def last_partners(year: SchoolYear) -> dict[int, School]:
    """Return each helped school's partner of the year before; of several the one that stood last."""
    before = f"{year.first_year - 1}-{year.first_year}"
    rows = Pair.objects.filter(year__code=before, state__in=(PairState.AGREED, PairState.ENDED))
    ordered = sorted(rows.select_related("giver"), key=lambda row: (row.state == PairState.AGREED, row.pk))
    return {row.receiver_id: row.giver for row in ordered}


def pair_table(known: Sequence[Known], year: SchoolYear) -> pl.DataFrame:
    """Return the table that ``engines.balance.pairing`` wants; pairs agreed already stay.

    Schools that take no part are not in it, and what was agreed or settled with a school that has closed since is void.
    """
    room, last = places(known, year), last_partners(year)
    known = [one for one in known if room[one.school.pk] is not None]
    there = {one.school.pk for one in known}
    rules = PairRule.objects.filter(year=year, kind=RuleKind.LOCKED).select_related("giver")
    locked = {row.receiver_id: row.giver for row in rules}
    agreed = Pair.objects.filter(year=year, state=PairState.AGREED).select_related("giver")
    locked |= {row.receiver_id: row.giver for row in agreed}
    locked = {receiver: giver for receiver, giver in locked.items() if giver.pk in there}
    placed = not unplaced(known)
    rows = [_row(one, room, last, locked, placed=placed) for one in known]
    return pl.DataFrame(rows)


def _row(
    one: Known,
    room: Mapping[int, int | None],
    last: Mapping[int, School],
    locked: Mapping[int, School],
    *,
    placed: bool,
) -> dict[str, object]:
    school = one.school
    before, settled = last.get(school.pk), locked.get(school.pk)
    row: dict[str, object] = {
        "school": str(school.uid), "capacity": room[school.pk], "stage": school.stage.replace("_", "-"),
        "last": str(before.uid) if before is not None else "",
        "locked": str(settled.uid) if settled is not None else "",
    }  # fmt: skip
    for name in Need.values:
        row[f"need_{name}"] = one.need.get(name, 0.0)
        row[f"strength_{name}"] = one.strength.get(name, 0.0)
    if placed:
        row |= {"latitude": school.latitude, "longitude": school.longitude}
    return row


def forbidden(year: SchoolYear) -> list[tuple[str, str]]:
    """Return the pairs that are not to be, as (helping, helped) keys: ruled out, or declined or ended this year.

    A pair that was declined is settled again only by a rule that says so.
    """
    rules = PairRule.objects.filter(year=year).values_list("kind", "giver__uid", "receiver__uid")
    gone = Pair.objects.filter(year=year, state__in=(PairState.DECLINED, PairState.ENDED))
    never = set(gone.values_list("giver__uid", "receiver__uid"))
    never -= {(giver, receiver) for kind, giver, receiver in rules if kind == RuleKind.LOCKED}
    never |= {(giver, receiver) for kind, giver, receiver in rules if kind == RuleKind.FORBIDDEN}
    return sorted((str(giver), str(receiver)) for giver, receiver in never)


# What help did.

OUTCOMES = ("stars.ai_level", "stars.district_score", SHORTFALL)
"""What is watched: the one that most schools have in both years, of equals the first; shortfall counts downwards."""


@dataclass(frozen=True, slots=True)
class Values:
    """One number of each school in two school years, oriented so that more is better."""

    code: str
    before: Mapping[int, float]
    after: Mapping[int, float]


def watched_values(day: dt.date, year: SchoolYear) -> Values:
    """Return the number that most schools have in this year and the last."""
    last = f"{year.first_year - 1}-{year.first_year}"
    rows = record.indicators(Actor.system(day), *OUTCOMES).filter(
        period__in=(last, year.code), value__isnull=False, school__isnull=False, school_class=None
    )
    found: dict[str, dict[str, dict[int, float]]] = {code: {last: {}, year.code: {}} for code in OUTCOMES}
    for row in rows:
        value = -100 * (row.value or 0.0) if row.code == SHORTFALL else row.value or 0.0
        found[row.code][row.period][row.school_id or 0] = value
    best = max(OUTCOMES, key=lambda code: len(found[code][last].keys() & found[code][year.code].keys()))
    return Values(best, found[best][last], found[best][year.code])
