"""Norms of a fixed base: models of several stacked cohorts, saved, and later cohorts judged by them.

Percentiles among one's own cohort have the mean 50 by construction. By norms of a base the whole district can rise
or fall: a mean of 55 says that pupils advanced more than pupils with equal earlier scores did in the base years.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.panel import Cohort, PanelLayout, decimals_of, panel_cohorts, panel_years
from xuequ.engines.growth.percentiles import (
    DEFAULT_CUTS,
    PercentileDesign,
    PercentileModel,
    apply_models,
    check_ids,
    growth_percentiles,
    nan_as_missing,
    summarise_percentiles,
)
from xuequ.engines.growth.scales import ScoreScale, outside, refuse_mixed_scales, refuse_other_scale
from xuequ.engines.growth.splines import spline_basis

FORMAT = "xuequ growth baseline"
VERSION = 1
_NOT_JUDGED = ("too-few-pupils", "constant-outcome", "constant-prior")


@dataclass(frozen=True, slots=True, eq=False)
class GradeNorms:
    """What the base years say about one grade.

    Attributes
    ----------
    grade : grade judged
    cohorts : years stacked, with the pupils of each that have an earlier score
    models : for the orders 1, 2 ...
    score : scale of the scores of that grade
    priors : scale of each prior, the most recent first
    decimals : decimals of the scores
    """

    grade: int
    cohorts: tuple[tuple[int, int], ...]
    models: tuple[PercentileModel, ...]
    score: ScoreScale
    priors: tuple[ScoreScale, ...]
    decimals: int

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists; `from_dict` is the way back, exactly."""
        return {
            "grade": self.grade,
            "cohorts": [list(cohort) for cohort in self.cohorts],
            "models": [model.to_dict() for model in self.models],
            "score": self.score.to_dict(),
            "priors": [prior.to_dict() for prior in self.priors],
            "decimals": self.decimals,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "GradeNorms":
        """Norms saved by `to_dict`."""
        return cls(
            data["grade"],
            tuple((year, n) for year, n in data["cohorts"]),
            tuple(PercentileModel.from_dict(model) for model in data["models"]),
            ScoreScale.from_dict(data["score"]),
            tuple(ScoreScale.from_dict(prior) for prior in data["priors"]),
            data["decimals"],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Norms of several grades on one declared scale.

    Attributes
    ----------
    scale : name of the scale as declared; scores to be judged must be declared to be on it
    grades : norms by grade
    skipped : grades without norms, with the reason
    """

    scale: str
    grades: tuple[GradeNorms, ...]
    skipped: tuple[tuple[int, str], ...] = ()

    def norms(self, grade: int, scale: str) -> GradeNorms:
        """The norms of a grade for scores declared to be on a scale.

        Raises
        ------
        InputError
            ``scale-not-linked`` when the scale is another, ``no-norms`` when the grade has none.
        """
        if scale != self.scale:
            message = (
                f"the scores are declared on {scale!r}, the norms stand on {self.scale!r}; link them first"
            )
            raise InputError("scale-not-linked", message)
        for norms in self.grades:
            if norms.grade == grade:
                return norms
        there = ", ".join(str(norms.grade) for norms in self.grades)
        raise InputError("no-norms", f"the base has no norms for grade {grade}; it has them for {there}")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that the norms say, hexadecimal."""
        return hashlib.sha256(_canonical(self._content())).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The document of a norms file: content, format, version and fingerprint."""
        return {**self._content(), "fingerprint": self.fingerprint}

    def _content(self) -> dict[str, Any]:
        grades = [norms.to_dict() for norms in self.grades]
        return {"format": FORMAT, "version": VERSION, "scale": self.scale, "grades": grades}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Baseline":
        """Norms saved by `to_dict`.

        Raises
        ------
        InputError
            ``not-a-baseline``, ``baseline-version``, or ``baseline-damaged`` when the content is not what was saved.
        """
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise InputError("not-a-baseline", f"this is no norms file: it lacks the format {FORMAT!r}")
        if data.get("version") != VERSION:
            message = f"norms of version {data.get('version')}; this program reads version {VERSION}"
            raise InputError("baseline-version", message)
        content = {name: value for name, value in data.items() if name != "fingerprint"}
        if hashlib.sha256(_canonical(content)).hexdigest() != data.get("fingerprint"):
            raise InputError("baseline-damaged", "the norms were changed after they were saved")
        return cls(data["scale"], tuple(GradeNorms.from_dict(norms) for norms in data["grades"]))


@dataclass(frozen=True, slots=True, eq=False)
class BaselinePercentiles:
    """A later cohort judged by the norms of a base.

    Attributes
    ----------
    table : as `GrowthPercentiles.table`
    n : pupils judged
    n_without_prior : pupils with a score and no most recent prior
    n_outside : pupils not judged because a score of theirs lies beyond the bounds of the base years
    mean, se_mean, median : of the percentiles; the standard error is None for fewer than 2 pupils
    scale_compared : False when there were too few pupils to compare means and spreads with the base years
    """

    table: pl.DataFrame
    n: int
    n_without_prior: int
    n_outside: int
    mean: float
    se_mean: float | None
    median: float
    scale_compared: bool


def panel_baseline(
    panel: pl.DataFrame, layout: PanelLayout, scale: str, min_cohort: int | None = None
) -> Baseline:
    """Norms from all years of a panel up to the one of the layout: each grade's cohorts stacked.

    Parameters
    ----------
    panel, layout : as for `panel_cohorts`
    scale : name of the scale on which the scores of all years and grades stand
    min_cohort : fewest pupils for a model; ``least_cohort(order)`` when None

    Raises
    ------
    InputError
        those of `panel_cohorts`; ``no-scale``; ``outside-scale`` and ``scale-not-linked`` when the years
        differ as scales do; ``no-norms`` when no grade has enough pupils.
    """
    if not scale.strip():
        raise InputError("no-scale", "name the scale on which the scores of all years stand")
    stacks: dict[int, dict[int, Cohort]] = {}
    for year in sorted(panel_years(panel.columns, layout)[:-1]):
        for cohort in panel_cohorts(panel, replace(layout, year=year, csem=None)):
            if cohort.bases:
                stacks.setdefault(cohort.grade, {})[year] = cohort
    grades, skipped = [], []
    for grade, stack in sorted(stacks.items()):
        try:
            grades.append(fit_norms(grade, {year: c.table for year, c in stack.items()}, min_cohort))
        except InputError as error:
            if error.code not in _NOT_JUDGED:
                raise
            skipped.append((grade, error.message))
    if not grades:
        reasons = "; ".join(f"grade {grade}: {reason}" for grade, reason in skipped) or "no earlier scores"
        raise InputError("no-norms", f"no grade has enough pupils for norms: {reasons}")
    return Baseline(scale, tuple(grades), tuple(skipped))


def fit_norms(grade: int, tables: Mapping[int, pl.DataFrame], min_cohort: int | None = None) -> GradeNorms:
    """Norms of one grade from several cohorts, stacked into one.

    Parameters
    ----------
    grade : grade judged
    tables : for each year a table as `growth_percentiles` takes it
    min_cohort : fewest pupils for a model; ``least_cohort(order)`` when None

    Raises
    ------
    InputError
        those of `growth_percentiles`; ``mixed-scales``; ``outside-scale`` and ``scale-not-linked`` with the year.
    """
    both = ["score", "prior_1"]
    known = {year: nan_as_missing(table).drop_nulls(both) for year, table in sorted(tables.items())}
    _refuse_unlinked(grade, {year: table for year, table in known.items() if not table.is_empty()})
    stack = pl.concat(
        (table.with_columns(id=pl.format("{}/{}", pl.lit(year), "id")) for year, table in known.items()),
        how="diagonal",
    )
    names = _prior_names(stack)
    if not names:
        raise InputError("too-few-pupils", "nobody has a score from the grade below a year before")
    design = PercentileDesign(tuple(spline_basis(stack[name].drop_nulls()) for name in names), min_cohort)
    found = growth_percentiles(stack, design)
    priors = tuple(ScoreScale.of(stack[name]) for name in names[: len(found.models)])
    cohorts = tuple((year, len(table)) for year, table in known.items())
    score = stack["score"]
    return GradeNorms(grade, cohorts, found.models, ScoreScale.of(score), priors, decimals_of(score))


def baseline_percentiles(
    table: pl.DataFrame, norms: GradeNorms, cuts: tuple[int, ...] = DEFAULT_CUTS
) -> BaselinePercentiles:
    """Percentiles of a later cohort by the norms of the base, with the same rules of order, rounding and cuts.

    The splines reach a tenth of their range beyond the scores of the base years. A pupil with a score further out
    is not judged; when these are more than 1 % of the pupils, all are refused.

    Parameters
    ----------
    table : as for `growth_percentiles`; priors beyond the norms' highest order are not used
    norms : those of the grade
    cuts : percentiles whose expected scores are wanted

    Raises
    ------
    InputError
        those of `growth_percentiles` about the table; ``mixed-scales``, ``outside-scale`` (with how many
        pupils) and ``scale-not-linked``; ``no-prior`` when nobody can be judged.
    """
    scales = {f"prior_{j}": scale for j, scale in enumerate(norms.priors, start=1)}
    scored = _scored(table, list(scales))
    scales = {"score": norms.score, **scales}
    whose = f"the base years in grade {norms.grade}"
    compared = [_on_scale(scored[name], scale, whose) for name, scale in scales.items()]
    beyond = pl.Series(np.any([outside(scored[name], scale) for name, scale in scales.items()], axis=0))
    judged = _judged(scored.filter(~beyond), norms, cuts)
    [summary] = summarise_percentiles(judged.with_columns(all=0), ["all"]).to_dicts()
    return BaselinePercentiles(
        judged,
        len(judged),
        scored["prior_1"].null_count(),
        len(scored) - scored["prior_1"].null_count() - len(judged),
        summary["mean"],
        summary["se_mean"],
        summary["median"],
        all(compared[:2]),
    )


def _scored(table: pl.DataFrame, priors: Sequence[str]) -> pl.DataFrame:
    """Pupils with a score; priors that the cohort has no year for are missing."""
    for name in ("id", "score"):
        if name not in table.columns:
            raise InputError("unknown-column", "the table lacks this column", column=name)
    check_ids(table["id"])
    absent = [pl.lit(None, pl.Float64).alias(name) for name in priors if name not in table.columns]
    return nan_as_missing(table).with_columns(absent).select("id", "score", *priors).drop_nulls("score")


def _judged(scored: pl.DataFrame, norms: GradeNorms, cuts: tuple[int, ...]) -> pl.DataFrame:
    if scored["prior_1"].null_count() == len(scored):
        raise InputError("no-prior", "nobody has a score from the grade below a year before")
    bases, span = norms.models[-1].bases, (norms.score.low, norms.score.high)
    return apply_models(scored, norms.models, PercentileDesign(bases, None, cuts, norms.decimals, span))


def _on_scale(scores: pl.Series, reference: ScoreScale, whose: str) -> bool:
    if not scores.dtype.is_numeric():
        raise InputError("not-numeric", "scores must be numbers", column=scores.name)
    refuse_mixed_scales(scores)
    return refuse_other_scale(scores, reference, whose)


def _refuse_unlinked(grade: int, tables: Mapping[int, pl.DataFrame]) -> None:
    """Cohorts are stacked only if none looks as if it stood on a scale of its own."""
    if not tables:
        return
    first, *others = tables
    for name in ["score", "prior_1"]:
        reference = ScoreScale.of(tables[first][name])
        refuse_mixed_scales(tables[first][name])
        for year in others:
            scores = tables[year][name]
            try:
                _on_scale(scores, reference, str(first))
            except InputError as error:
                message = f"grade {grade}, {year}: {error.message}"
                raise InputError(error.code, message, column=error.column) from error


def _prior_names(table: pl.DataFrame) -> list[str]:
    """Priors from the most recent on, as far as somebody has all of them."""
    names: list[str] = []
    while f"prior_{len(names) + 1}" in table.columns:
        longer = [*names, f"prior_{len(names) + 1}"]
        if table.drop_nulls(longer).is_empty():
            break
        names = longer
    return names


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
