"""The engine's judgement of a book: the county, each school's parts, each coefficient with what it hangs on.

Nothing here reads the database; a what-if is the same function over a changed book.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.balance.compliance import Compliance
from xuequ.engines.balance.county import judge_county
from xuequ.engines.balance.curves import lorenz, without_each
from xuequ.engines.balance.dispersion import CvDesign, Dispersion, measure
from xuequ.engines.balance.facts import Fact, Facts, SchoolFacts
from xuequ.engines.balance.indicators import Exemption, Indicator, IndicatorSet
from xuequ.engines.balance.judging import MET, NOT_MET, UNKNOWN, Found, Judged, by_readings, judge
from xuequ.engines.balance.moves import Move, paired
from xuequ.engines.balance.to_pass import Plan, Stage, least_to_pass
from xuequ.systems.balance.book import KINDS, Book, SchoolPlace, Section
from xuequ.systems.balance.catalogue import COLUMNS

_EARTH_KM = 6371.0
MOVABLE = ("R1", "R2", "R3")
"""Items that are people: they may go from one school to another of the same stage."""
MOST_NAMED = 60
"""So many schools that miss a condition are kept by name in the findings; the count is always whole."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """The coefficient of one item of one stage.

    ``without`` leads from a section's key to the coefficient without that school; ``flips`` are those without which
    the verdict would be another. ``curve`` are the points of the Lorenz curve.
    """

    stage: str
    code: str
    name: str
    cv: float | None
    limit: float | None
    met: bool | None
    plain: float | None
    plain_met: bool | None
    mean: float | None = None
    sd: float | None = None
    gini: float | None = None
    theil: float | None = None
    between: float | None = None
    within: float | None = None
    areas: tuple[Mapping[str, Any], ...] = ()
    without: Mapping[str, float] | None = None
    flips: tuple[str, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All that the rules say of a book."""

    verdict: str
    deciding: tuple[str, ...]
    found: tuple[Found, ...]
    compliance: Compliance
    coefficients: tuple[Coefficient, ...]
    readings: Mapping[str, Judged]
    reading: str
    version: str
    to_confirm: tuple[str, ...]
    without_pupils: tuple[SchoolPlace, ...]
    enrolled: Mapping[str, float]

    @property
    def depends_on_reading(self) -> bool:
        """Whether the other reading of the retention would be judged otherwise."""
        return len({one.verdict for one in self.readings.values()}) > 1

    def item(self, section: Section, code: str) -> Mapping[str, Any] | None:
        """One item of one section."""
        rows = self.compliance.items.filter(pl.col("school") == section.key, pl.col("code") == code)
        return rows.row(0, named=True) if rows.height else None


def judge_book(book: Book, rules: IndicatorSet) -> Verdicts:
    """Judge everything; ``rules`` carry the exceptions by section key (items) and school key (requirements).

    Raises ``InputError`` as the engine does, such as ``mixed-units``.
    """
    table = book.table()
    resources = judge_county(table, replace(rules, requirements=(), exceptions=_of_sections(rules, book)), {})
    facts = _facts(book)
    items = judge(
        rules.requirements, facts, exceptions=_of_schools(rules, book), reading=rules.retention_reading
    )
    found = (*resources.found, *items)
    gaps = tuple(book.without_pupils())
    verdict = _verdict(found, bool(gaps))
    return Verdicts(
        verdict=verdict,
        deciding=tuple(one.code for one in found if one.verdict == verdict != MET),
        found=found,
        compliance=resources.compliance,
        coefficients=tuple(_coefficients(table, resources.compliance, rules)),
        readings=dict(by_readings(rules.requirements, facts)),
        reading=rules.retention_reading,
        version=rules.version,
        to_confirm=tuple(one.code for one in found if one.to_confirm),
        without_pupils=gaps,
        enrolled=dict(zip(table["school"], table["pupils"], strict=True)),
    )


def _verdict(found: Sequence[Found], gaps: bool) -> str:
    states = {one.verdict for one in found}
    if NOT_MET in states:
        return NOT_MET
    return UNKNOWN if UNKNOWN in states or gaps else MET


def _of_sections(rules: IndicatorSet, book: Book) -> tuple[Exemption, ...]:
    keys, codes = {section.key for section in book.sections()}, {one.code for one in rules.indicators}
    return tuple(one for one in rules.exceptions if one.school in keys and one.code in codes)


def _of_schools(rules: IndicatorSet, book: Book) -> tuple[Exemption, ...]:
    keys = {str(school.pk) for school in book.schools}
    return tuple(one for one in rules.exceptions if one.school in keys)


def _facts(book: Book) -> Facts:
    county = {code: Fact(value, book.evidence.get(code, "")) for code, value in book.county_facts().items()}
    schools = tuple(
        SchoolFacts(str(school.pk), KINDS[school.stage], _school_facts(book, school))
        for school in book.schools
        if school.parts and any(book.pupils(school, part) > 0 for part in school.parts)
    )
    return Facts(county, schools)


def _school_facts(book: Book, school: SchoolPlace) -> dict[str, Fact]:
    """A school's own word, confirmed by the district, is what proves its yes or no."""
    return {
        code: Fact(value, "confirmed" if isinstance(value, bool) else "")
        for code, value in book.school_facts(school).items()
    }


def _coefficients(table: pl.DataFrame, compliance: Compliance, rules: IndicatorSet) -> "list[Coefficient]":
    amounts = _item_amounts(compliance, table)
    found = []
    for row in compliance.indicators.iter_rows(named=True):
        one = next(item for item in rules.of(row["stage"]) if item.code == row["code"])
        found.append(_coefficient(row, one, amounts.filter(stage=row["stage"], code=row["code"])))
    return found


def _item_amounts(compliance: Compliance, table: pl.DataFrame) -> pl.DataFrame:
    """Items with pupils and area; ``amount_all`` is value × pupils, so that what an exception adds is in it."""
    places = table.select("school", "area", "pupils")
    return compliance.items.join(places, on="school", how="left", maintain_order="left").with_columns(
        amount_all=pl.col("value") * pl.col("pupils")
    )


def _coefficient(row: Mapping[str, Any], one: Indicator, items: pl.DataFrame) -> Coefficient:
    plain = Coefficient(
        row["stage"], row["code"], row["name"], row["cv"], row["cv_limit"], row["cv_met"], row["cv_plain"],
        row["cv_plain_met"],
    )  # fmt: skip
    if plain.cv is None or not one.per_pupil:
        return plain
    x, P = items["amount_all"].to_numpy(), items["pupils"].to_numpy()
    spread = _dispersion(items)
    alone = dict(zip(items["school"], without_each(x, P).tolist(), strict=True))
    alone = {key: value for key, value in alone.items() if np.isfinite(value)}
    limit = plain.limit
    flips = () if limit is None else tuple(k for k, cv in alone.items() if (cv <= limit) != plain.met)
    curve = lorenz(x, P)
    return replace(
        plain,
        mean=spread.indices.mean,
        sd=spread.indices.sd,
        gini=spread.indices.gini,
        theil=spread.indices.theil_t,
        between=spread.between_t,
        within=spread.within_t,
        areas=tuple(spread.areas.iter_rows(named=True)),
        without=alone,
        flips=flips,
        curve=tuple(zip(curve.pupils.tolist(), curve.amount.tolist(), strict=True)),
    )


def _dispersion(items: pl.DataFrame) -> Dispersion:
    """A census: no intervals are drawn."""
    design = CvDesign("value", "pupils", per_pupil=True, stage="", replicates=0)
    return measure(
        items.select("school", "area", "pupils", "value"), design, np.random.default_rng(0)
    ).stages[0]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """The least to pass of one stage: the plan over ``codes`` × ``sections``, or why there is none.

    ``gaps`` are sections with an amount that is not known. ``moves`` say of each item (by its place in ``codes``) who
    goes from which section to which; ``bought_only`` is the plan in which nobody moves.
    """

    stage: str
    codes: tuple[str, ...]
    sections: tuple[Section, ...]
    plan: Plan | None
    gaps: tuple[Section, ...] = ()
    moves: tuple[tuple[int, Move], ...] = ()
    bought_only: Plan | None = None


def plans_to_pass(
    book: Book,
    rules: IndicatorSet,
    prices: Mapping[str, Decimal],
    fees: Mapping[str, Decimal] = MappingProxyType({}),
) -> "list[StagePlan]":
    """Find the least to pass of each stage.

    ``prices`` are in 元 for one unit of an item's column, ``fees`` for one that moves to another school; an item
    without a fee is bought only.
    """
    verdicts = judge_book(book, rules)
    return [
        _plan(book, stage, [s for s in book.sections() if s.part == stage], verdicts, rules, prices, fees)
        for stage in verdicts.compliance.stages["stage"]
    ]


def _plan(
    book: Book, stage: str, sections: "list[Section]", verdicts: Verdicts, rules: IndicatorSet,
    prices: Mapping[str, Decimal], fees: Mapping[str, Decimal],
) -> StagePlan:  # fmt: skip
    items = [one for one in rules.of(stage) if one.per_pupil and one.direction == "at-least"]
    codes = tuple(one.code for one in items)
    table = verdicts.compliance.items.filter(stage=stage)
    cells = {(r["code"], r["school"]): r for r in table.iter_rows(named=True)}
    gaps = tuple(s for s in sections if any(cells[c, s.key]["value"] is None for c in codes))
    if gaps:
        return StagePlan(stage, codes, tuple(sections), None, gaps)
    pupils = np.array([verdicts.enrolled[s.key] for s in sections])
    value = np.array([[cells[one.code, s.key]["value"] for s in sections] for one in items])
    factors = np.array([one.factor for one in items])
    bought = Stage(
        # A value times its pupils is a count again but for the last bit.
        amounts=np.round(value * pupils / factors[:, None], 9),
        pupils=pupils,
        per_pupil=np.array([one.threshold / one.factor for one in items]),
        limits=np.array([np.inf if one.cv is None else one.cv for one in items]),
        prices=np.array([float(prices.get(one.code, Decimal(1))) for one in items]),
        whole=np.array([one.factor == 100 for one in items]),
        exempt=np.array([[cells[c, s.key]["state"] == "waived" for s in sections] for c in codes]),
        may_miss=rules.may_miss,
        floor=rules.floor,
    )
    moved = replace(
        bought,
        fees=np.array([float(fees[one.code]) if _may_move(one, fees) else np.inf for one in items]),
        keeps=np.array([[_keeps(book, rules, one, s) for s in sections] for one in items]),
    )
    plan = least_to_pass(moved)
    return StagePlan(
        stage, codes, tuple(sections), plan, (), _moves(plan, sections),
        least_to_pass(bought) if plan.given.any() else plan,
    )  # fmt: skip


def _may_move(one: Indicator, fees: Mapping[str, Decimal]) -> bool:
    return one.code in MOVABLE and one.code in fees


def _keeps(book: Book, rules: IndicatorSet, one: Indicator, section: Section) -> bool:
    """Whether a school gives none of an item: an exception adds to it, or it is known for the whole school alone.

    Whoever leaves a nine-year school that reports its teachers together would be taken from both parts.
    """
    if any((e.school, e.code) == (section.key, one.code) for e in rules.exceptions):
        return True
    facts = [fact for column in one.columns for fact in COLUMNS[column.removeprefix("-")]]
    own = any((section.school.pk, section.part, fact) in book.values for fact in facts)
    return not own and book.share(section.school, section.part) != 1


def _moves(plan: Plan, sections: Sequence[Section]) -> tuple[tuple[int, Move], ...]:
    distance = np.array([[_distance(a, b) for b in sections] for a in sections])
    change = plan.units - plan.given
    return tuple((k, move) for k in range(len(change)) for move in paired(change[k], distance))


def _distance(a: Section, b: Section) -> float:
    """Kilometres as the crow flies where both places are known; else the same area is nearer than another."""
    places = (a.school.latitude, a.school.longitude, b.school.latitude, b.school.longitude)
    if None in places:
        return 0.0 if a.school.area == b.school.area else 1.0
    north, east, north_b, east_b = (math.radians(float(one or 0.0)) for one in places)
    return _EARTH_KM * math.hypot(north - north_b, (east - east_b) * math.cos((north + north_b) / 2))
