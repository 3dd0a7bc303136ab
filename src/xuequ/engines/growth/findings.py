"""What an evaluation finds: frozen tables, numbers and codes, no prose."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.engines.growth.pooling import Scale

BANDS = ("much-less", "less", "as-expected", "more", "much-more")
"""A pupil's growth in words, least first; cut points on the z of the residual in ``BAND_CUTS``."""

BAND_CUTS = (-1.5, -0.5, 0.5, 1.5)

VERDICTS = ("below", "cannot-tell", "above", "too-few")
"""What can be said of a school against the average school of this run."""

QUADRANTS = (
    "high-growth-high-level",
    "high-growth-low-level",
    "low-growth-low-level",
    "low-growth-high-level",
)


@dataclass(frozen=True, slots=True)
class Term:
    """One fixed coefficient in SD units of the outcome."""

    name: str
    estimate: float
    se: float


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One fitted model.

    ``code`` is ``main``, ``without-school-mean`` or ``with-factors``. Variances are in squared SD units of
    the outcome;
    ``icc`` is the schools' share of what the predictors leave; ``explained`` the share of the outcome's
    variance that the predictors take; ``correlation`` Spearman's with the main model's effects; ``changed``
    the schools whose verdict differs.
    """

    code: str
    formula: str
    terms: tuple[Term, ...]
    dropped: tuple[str, ...]
    school_variance: float
    residual_variance: float
    icc: float
    explained: float
    deviance: float
    boundary: bool
    n: int
    schools: int
    correlation: float | None = None
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a school needs attention: a code and the numbers that show it."""

    code: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """One school that needs something; ``tier`` 1 is the most pressing, ``pupils`` how many are concerned."""

    school: str
    tier: int
    pupils: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Distinguishability:
    """How far the schools can be told apart at all.

    ``pairs`` of shown schools, ``distinct_pairs`` those whose difference stays certain when the false
    discovery rate over all pairs is held at 1 − confidence; ``above``, ``below``, ``cannot_tell`` against the
    average.
    """

    schools: int
    above: int
    below: int
    cannot_tell: int
    too_few: int
    pairs: int
    distinct_pairs: int
    median_reliability: float | None


@dataclass(frozen=True, slots=True)
class Remark:
    """A limit that must stand beside the results, as a code with numbers or a name."""

    code: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class GrowthFindings:
    """Everything one evaluation finds about one cohort.

    Tables (rows sorted by key; growth and levels in SD of the outcome over the cohort):

    - ``schools``: school, enrolled, with_prior, with_outcome, n (in the model), coverage, prior_gap (mean
      start of pupils without an outcome minus that of the others, null when unknown), prior_mean, level,
      level_low, level_high, effect, se, low, high (null when not shown), conditional_se, reliability,
      verdict, distinct_from (number of schools), quadrant, share_above, share_above_low, share_above_high,
      share_low (band ``much-less`` or ``less``), and one share per band
    - ``classes``: school, class, n, growth (mean residual against the district), within, within_low,
      within_high (against the own school; null below the minimum number)
    - ``pupils``: pupil, school, class, prior_form, outcome_form, prior, actual, expected, expected_low,
      expected_high, residual, z, band, band_low, band_high
    - ``alternatives``: model, school, effect, low, high, verdict
    - ``scales``: mean and SD by which each measure was put on a common scale; with one outcome, an effect
      times its SD is in the outcome's own units
    """

    design: GrowthDesign
    schools: pl.DataFrame
    classes: pl.DataFrame
    pupils: pl.DataFrame
    alternatives: pl.DataFrame
    models: tuple[ModelSummary, ...]
    scales: tuple[Scale, ...]
    distinguishability: Distinguishability
    needs: tuple[Need, ...]
    remarks: tuple[Remark, ...]

    @property
    def main(self) -> ModelSummary:
        """The main model."""
        return self.models[0]

    @property
    def outcome_sd(self) -> float | None:
        """SD of the outcome in its own units, when there is exactly one outcome measure."""
        return self.scales[0].sd if len(self.design.outcomes) == 1 else None

    def summary(self) -> dict[str, Any]:
        """Return all but the tables as plain JSON values."""
        return {
            "design": self.design.as_dict(),
            "models": [asdict(model) for model in self.models],
            "scales": [asdict(scale) for scale in self.scales],
            "distinguishability": asdict(self.distinguishability),
            "needs": [asdict(need) for need in self.needs],
            "remarks": [asdict(remark) for remark in self.remarks],
        }

    def summary_json(self) -> str:
        """Return ``summary`` as canonical JSON; a number that is not finite is refused."""
        return json.dumps(
            self.summary(), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )


def decode_summary(data: Mapping[str, Any]) -> dict[str, Any]:
    """Rebuild the objects of ``GrowthFindings.summary`` from its plain values, by field name."""
    return {
        "design": GrowthDesign.from_dict(data["design"]),
        "models": tuple(
            ModelSummary(
                **{
                    **model,
                    "terms": tuple(Term(**term) for term in model["terms"]),
                    "dropped": tuple(model["dropped"]),
                }
            )
            for model in data["models"]
        ),
        "scales": tuple(Scale(**scale) for scale in data["scales"]),
        "distinguishability": Distinguishability(**data["distinguishability"]),
        "needs": tuple(
            Need(**{**need, "reasons": tuple(Reason(**reason) for reason in need["reasons"])})
            for need in data["needs"]
        ),
        "remarks": tuple(Remark(**remark) for remark in data["remarks"]),
    }
