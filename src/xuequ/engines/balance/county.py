"""The county's verdict on the whole of the rules: resources, government, quality, satisfaction, vetoes.

All items must be met and no veto may be given. One item that is not met decides; while none is, one that is unknown
leaves the verdict open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from xuequ.engines.balance.compliance import Compliance, comply
from xuequ.engines.balance.facts import Fact, Facts, school_facts
from xuequ.engines.balance.indicators import IndicatorSet
from xuequ.engines.balance.judging import (
    MET,
    NOT_MET,
    UNKNOWN,
    Found,
    Judged,
    by_readings,
    judge,
    summary,
)

RESOURCES = "resources"
SCHOOLS_CODE = "R-schools"
"""Code of the item that asks every school for enough indicators; ``R1`` … ask for the coefficient of each."""


@dataclass(frozen=True, slots=True)
class County:
    """What the county meets.

    Attributes
    ----------
    verdict : ``met``, ``not-met`` or ``unknown``
    deciding : codes of the items that make the verdict what it is; none when met
    found : every item, resources first
    compliance : the resources school by school
    readings, reading : three-year retention judged by each reading, and the reading that the verdict uses
    version : of the rules' document
    to_confirm : codes of items whose thresholds have still to be compared with their source
    """

    verdict: str
    deciding: tuple[str, ...]
    found: tuple[Found, ...]
    compliance: Compliance
    readings: tuple[tuple[str, Judged], ...]
    reading: str
    version: str
    to_confirm: tuple[str, ...]

    @property
    def depends_on_reading(self) -> bool:
        """Whether the other reading of the retention would give another verdict on it."""
        return len({one.verdict for _, one in self.readings}) > 1


def judge_county(
    table: pl.DataFrame,
    rules: IndicatorSet,
    county: Mapping[str, Fact],
    *,
    pupils: str = "pupils",
    school: str = "school",
    stage: str = "stage",
) -> County:
    """Judge the whole: ``table`` with one row for each school (resources and school facts), ``county`` the rest.

    Raises
    ------
    InputError
        What `compliance.comply` and `judging.judge` raise.
    """
    compliance = comply(table, rules, pupils=pupils, school=school, stage=stage)
    needed = {name for one in rules.requirements for condition in one.conditions for name in condition.facts}
    facts = Facts(county, school_facts(table, pupils=pupils, school=school, stage=stage, needed=needed))
    items = judge(rules.requirements, facts, exceptions=rules.exceptions, reading=rules.retention_reading)
    found = (*_resources(compliance, rules), *items)
    verdict = _verdict(found)
    return County(
        verdict=verdict,
        deciding=tuple(one.code for one in found if one.verdict == verdict != MET),
        found=found,
        compliance=compliance,
        readings=by_readings(rules.requirements, facts),
        reading=rules.retention_reading,
        version=rules.version,
        to_confirm=tuple(one.code for one in found if one.to_confirm),
    )


def _verdict(found: tuple[Found, ...]) -> str:
    for verdict in (NOT_MET, UNKNOWN):
        if any(one.verdict == verdict for one in found):
            return verdict
    return MET


def _resources(compliance: Compliance, rules: IndicatorSet) -> Iterator[Found]:
    """The schools' rule as one item, then the coefficient of each indicator over all stages."""
    judged = tuple(_school(row, rules) for row in compliance.schools.iter_rows(named=True))
    yield _found(SCHOOLS_CODE, "", judged, to_confirm=bool(compliance.to_confirm))
    for code in dict.fromkeys(compliance.indicators["code"]):
        rows = compliance.indicators.filter(pl.col("code") == code, pl.col("cv_limit").is_not_null())
        if rows.height:
            judged = tuple(_coefficient(row) for row in rows.iter_rows(named=True))
            yield _found(code, rows["name"][0], judged, to_confirm=code in compliance.to_confirm)


def _found(code: str, name: str, judged: tuple[Judged, ...], *, to_confirm: bool) -> Found:
    verdict, reason = summary(judged)
    return Found(code, RESOURCES, name, verdict, reason, judged, to_confirm)


def _three(holds: bool | None) -> tuple[str, str]:
    if holds is None:
        return UNKNOWN, "no-fact"
    return (MET, "reached") if holds else (NOT_MET, "missed")


def _school(row: Mapping[str, object], rules: IndicatorSet) -> Judged:
    """Indicators met of those asked for; a waived one counts as met."""
    counts = {name: int(str(row[name])) for name in ("met", "waived", "missed", "missing")}
    complies = row["complies"]
    verdict, reason = _three(complies if isinstance(complies, bool) else None)
    if verdict == NOT_MET and counts["missed"] <= rules.may_miss:
        reason = "below-floor"
    return Judged(
        name=f"{SCHOOLS_CODE}/{row['stage']}",
        scope="school",
        school=str(row["school"]),
        verdict=verdict,
        reason=reason,
        value=Decimal(counts["met"] + counts["waived"]),
        threshold=Decimal(sum(counts.values()) - rules.may_miss),
        direction="at-least",
    )


def _coefficient(row: Mapping[str, object]) -> Judged:
    met, cv = row["cv_met"], row["cv"]
    verdict, reason = _three(met if isinstance(met, bool) else None)
    return Judged(
        name=f"cv/{row['stage']}",
        scope="county",
        school="",
        verdict=verdict,
        reason=reason,
        value=None if cv is None else Decimal(repr(cv)),
        threshold=Decimal(repr(row["cv_limit"])),
        direction="at-most",
        status=str(row["status"]),
    )
