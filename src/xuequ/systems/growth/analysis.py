"""What the comprehensive report says beyond the evaluation itself, as it is kept with the run."""

from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

NO_FACTORS = "no-factors"
EARLIER = {
    "school": pl.String, "period": pl.String, "effect": pl.Float64, "conditional_se": pl.Float64,
    "reliability": pl.Float64,
}  # fmt: skip
"""Schools in earlier evaluations of the same grade: shrunken effects, their conditional SE and reliability."""


@dataclass(frozen=True, slots=True)
class Part:
    """What share of the differences lies between schools, classes or pupils."""

    part: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FactorShare:
    """What share of the differences in growth goes along with one factor, and what chance alone would give it."""

    factor: str
    share: float
    low: float | None
    high: float | None
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class Factors:
    """The factors of one evaluation; ``missing`` says why there are none."""

    rows: tuple[FactorShare, ...] = ()
    explained: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ProcessShare:
    """One process fact beside growth: see ``engines.growth.process.ProcessFindings.facts``."""

    fact: str
    level: str
    places: int
    mean: float
    sd: float
    slope: float
    low: float
    high: float
    share: float
    share_low: float
    share_high: float
    chance: float
    missing: int


@dataclass(frozen=True, slots=True)
class Process:
    """What classes and schools did, beside the growth of their pupils; no rows where no facts were chosen."""

    rows: tuple[ProcessShare, ...] = ()
    explained: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    n: int = 0
    missing: int = 0
    places: int = 0
    schools: int = 0


@dataclass(frozen=True, slots=True)
class Method:
    """A simple method on this district's own data, with what it is known to do wrong."""

    method: str
    agreement: float | None
    intake_slope: float | None
    cannot_rise: float | None
    biases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """All of it; ``level`` and ``growth`` are parts of the differences in results and in growth."""

    level: tuple[Part, ...] = ()
    growth: tuple[Part, ...] = ()
    factors: Factors = field(default_factory=Factors)
    methods: tuple[Method, ...] = ()
    process: Process = field(default_factory=Process)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Analysis":
        """Read what ``as_dict`` wrote."""
        factors, process = data["factors"], data.get("process", {"rows": ()})
        return cls(
            level=tuple(Part(**part) for part in data["level"]),
            growth=tuple(Part(**part) for part in data["growth"]),
            factors=Factors(**{**factors, "rows": tuple(FactorShare(**row) for row in factors["rows"])}),
            methods=tuple(Method(**{**row, "biases": tuple(row["biases"])}) for row in data["methods"]),
            process=Process(**{**process, "rows": tuple(ProcessShare(**row) for row in process["rows"])}),
        )
