"""What a growth report is written from, names looked up: the same for a page, a file and the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from xuequ.core.ordering import natural_key
from xuequ.engines.growth.findings import (
    BANDS,
    Distinguishability,
    ModelSummary,
    Need,
    Remark,
    decode_summary,
)
from xuequ.engines.growth.growth_design import GrowthDesign


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """One school in words and numbers; ``key`` is stable within the report, ``None`` is "not shown"."""

    key: str
    name: str
    enrolled: int
    with_prior: int
    with_outcome: int
    n: int
    coverage: float
    verdict: str
    prior_gap: float | None = None
    level: float | None = None
    level_low: float | None = None
    level_high: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    reliability: float | None = None
    distinct_from: int = 0
    share_above: float | None = None
    share_above_low: float | None = None
    share_above_high: float | None = None
    share_low: float | None = None
    bands: Mapping[str, float] = field(default_factory=dict)
    alternatives: Mapping[str, float] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class of a school."""

    key: str
    name: str
    n: int
    growth: float | None = None
    within: float | None = None
    within_low: float | None = None
    within_high: float | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """An evaluation as far as its reader may know it.

    ``schools`` are in the order in which they are shown: by need, then by name. ``key_of`` leads from the
    engine's school key to a line's. ``outcome_sd`` with ``outcome_unit`` translates growth into the test's
    own points where that makes sense.
    """

    title: str
    issuer: str
    period: str
    outcome: str
    prior: str
    stamp: str
    run: UUID | None
    design: GrowthDesign
    models: tuple[ModelSummary, ...]
    distinguishability: Distinguishability
    needs: tuple[Need, ...]
    remarks: tuple[Remark, ...]
    schools: tuple[SchoolLine, ...]
    outcome_sd: float | None = None
    is_study: bool = False

    def need_of(self, key: str) -> Need | None:
        """Return what a school needs, if anything."""
        return next((need for need in self.needs if need.school == key), None)

    def line(self, key: str) -> SchoolLine:
        """Return a school's line; KeyError when it has none."""
        for line in self.schools:
            if line.key == key:
                return line
        raise KeyError(key)

    def shares(self) -> dict[str, float]:
        """Return the shares of the pupils in the model by band of growth, over all schools."""
        counted = [(line.n, line.bands) for line in self.schools if line.bands]
        total = sum(n for n, _bands in counted)
        return (
            {band: sum(n * bands.get(band, 0.0) for n, bands in counted) / total for band in BANDS}
            if total
            else {}
        )


def unpacked(findings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a stored summary that ``Material`` takes."""
    parts = decode_summary(findings)
    scales = parts.pop("scales")
    design: GrowthDesign = parts["design"]
    return {**parts, "outcome_sd": scales[0].sd if len(design.outcomes) == 1 else None}


def in_order(lines: list[SchoolLine], needs: tuple[Need, ...]) -> tuple[SchoolLine, ...]:
    """Return the schools by need, then by name: never by their values."""
    place = {need.school: index for index, need in enumerate(needs)}
    return tuple(sorted(lines, key=lambda line: (place.get(line.key, len(place)), natural_key(line.name))))
