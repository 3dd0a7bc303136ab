"""Which schools need help first, and why: by need and certainty, never a ranking by score."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from xuequ.engines.growth.findings import Need, Reason

LOW_COVERAGE = 0.8
LOW_LEVEL = -0.3
"""A level is low when its whole interval lies below the average and the level itself below this, in SD."""
PRIOR_GAP = 0.3
"""Pupils without an outcome started this much lower or higher, in SD: the effect may mislead."""

TIERS = {
    "low-growth": 2,
    "many-behind": 3,
    "low-level": 3,
    "low-coverage": 4,
    "uneven-absence": 4,
    "too-few": 4,
}


def needs(schools: pl.DataFrame, district_low: float) -> tuple[Need, ...]:
    """Return the schools with a reason for attention, most pressing first.

    A school stands in the tier of its most pressing reason; growth that is low beyond doubt together with a
    level that is low beyond doubt is tier 1. Within a tier the school with more pupils concerned stands
    first, then by name.

    Parameters
    ----------
    schools : the table of ``GrowthFindings.schools``
    district_low : share of the district's pupils in the two lowest bands of growth
    """
    found = [_need(row, district_low) for row in schools.sort("school").iter_rows(named=True)]
    return tuple(
        sorted((need for need in found if need.reasons), key=lambda n: (n.tier, -n.pupils, n.school))
    )


def _need(row: Mapping[str, Any], district_low: float) -> Need:
    reasons = tuple(_reasons(row, district_low))
    codes = {reason.code for reason in reasons}
    pressing = "low-growth" in codes and "low-level" in codes
    tier = 1 if pressing else min((TIERS[code] for code in codes), default=5)
    behind = round((row["share_low"] or 0.0) * row["n"])
    return Need(row["school"], tier, behind if tier < 4 else row["enrolled"] - row["n"], reasons)


def _reasons(row: Mapping[str, Any], district_low: float) -> Iterable[Reason]:
    if row["verdict"] == "too-few":
        yield Reason("too-few", {"n": row["n"], "enrolled": row["enrolled"]})
        return
    if row["verdict"] == "below":
        yield Reason("low-growth", {"effect": row["effect"], "low": row["low"], "high": row["high"]})
    if row["share_low_low"] > district_low:
        yield Reason("many-behind", {"share": row["share_low"], "district": district_low})
    if row["level_high"] < 0 and row["level"] < LOW_LEVEL:
        yield Reason("low-level", {"level": row["level"], "low": row["level_low"], "high": row["level_high"]})
    if row["coverage"] < LOW_COVERAGE:
        yield Reason("low-coverage", {"share": row["coverage"], "n": row["n"], "enrolled": row["enrolled"]})
    if row["prior_gap"] is not None and abs(row["prior_gap"]) >= PRIOR_GAP:
        yield Reason("uneven-absence", {"gap": row["prior_gap"]})
