"""What ``xuequ growth percentiles`` computes for each grade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.cli.growth_percentiles_options import Wishes
    from xuequ.engines.growth.baseline import BaselinePercentiles
    from xuequ.engines.growth.fit_grid import FitGrid
    from xuequ.engines.growth.panel import Cohort
    from xuequ.engines.growth.percentiles import GrowthPercentiles, PercentileDesign
    from xuequ.engines.growth.projection import NextGrade, Projection
    from xuequ.engines.growth.simex import SimexPercentiles

_NOT_JUDGED = ("too-few-pupils", "constant-outcome")
_NOT_BY_NORMS = ("no-norms", "no-prior")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One grade: its percentiles or why there are none, and what else was asked for."""

    cohort: Cohort
    own: GrowthPercentiles | None
    reason: str
    baseline: BaselinePercentiles | None = None
    baseline_reason: str = ""
    bands: pl.DataFrame | None = None
    simex: SimexPercentiles | None = None
    projection: Projection | None = None
    targets: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    grids: tuple[tuple[int, FitGrid], ...] = ()


def judge(cohorts: Sequence[Cohort], wishes: Wishes) -> list[Judged]:
    """All grades; a small one must not withhold the others."""
    from rich.console import Console
    from rich.progress import track

    own = {cohort.grade: _own(cohort, wishes) for cohort in cohorts}
    steps = {cohort.grade: _steps(cohort.grade, cohorts, own, wishes.years) for cohort in cohorts}
    quiet = wishes.simex is None
    shown = track(cohorts, "SIMEX", console=Console(stderr=True), transient=True, disable=quiet)
    return [_judged(cohort, own[cohort.grade], steps[cohort.grade], wishes) for cohort in shown]


def _judged(cohort: Cohort, own: GrowthPercentiles | str, steps: list[NextGrade], wishes: Wishes) -> Judged:
    baseline, why_not = _by_norms(cohort, wishes)
    projection = _projection(cohort, steps)
    targets = _targets(cohort, projection, wishes)
    if isinstance(own, str):
        return Judged(cohort, None, own, baseline, why_not, projection=projection, targets=targets)
    design = _design(cohort, wishes)
    bands = simex = None
    if wishes.has_csem:
        table = _with_errors(cohort, wishes)
        bands = _bands(table, own, design)
        simex = _simex(table, cohort.grade, design, wishes)
    grids = tuple(_grids(cohort, own)) if wishes.fit_grid else ()
    return Judged(cohort, own, "", baseline, why_not, bands, simex, projection, targets, grids)


def _design(cohort: Cohort, wishes: Wishes) -> PercentileDesign:
    from xuequ.engines.growth.percentiles import PercentileDesign

    cuts, span = wishes.percentiles, cohort.score_range
    return PercentileDesign(cohort.bases, wishes.min_cohort, cuts, cohort.decimals, span)


def _own(cohort: Cohort, wishes: Wishes) -> GrowthPercentiles | str:
    """The percentiles of a grade among itself, or why there are none."""
    from xuequ.engines.growth.percentiles import growth_percentiles

    if not cohort.bases:
        return "nobody has a score from the grade below a year before"
    try:
        return growth_percentiles(cohort.table, _design(cohort, wishes))
    except InputError as error:
        if error.code not in _NOT_JUDGED:
            raise
        return error.message


def _by_norms(cohort: Cohort, wishes: Wishes) -> tuple[BaselinePercentiles | None, str]:
    from xuequ.engines.growth.baseline import baseline_percentiles

    if wishes.baseline is None:
        return None, ""
    try:
        norms = wishes.baseline.norms(cohort.grade, wishes.scale)
        return baseline_percentiles(cohort.table, norms, wishes.percentiles), ""
    except InputError as error:
        if error.code not in _NOT_BY_NORMS:
            raise
        return None, error.message


def _with_errors(cohort: Cohort, wishes: Wishes) -> pl.DataFrame:
    from xuequ.engines.growth.measurement_error import with_csem

    return cohort.table if wishes.csem is None else with_csem(cohort.table, wishes.csem)


def _bands(table: pl.DataFrame, own: GrowthPercentiles, design: PercentileDesign) -> pl.DataFrame:
    from xuequ.engines.growth.measurement_error import percentile_bands

    return percentile_bands(table, own.models, design)


def _simex(
    table: pl.DataFrame, grade: int, design: PercentileDesign, wishes: Wishes
) -> SimexPercentiles | None:
    import numpy as np

    from xuequ.engines.growth.simex import simex_percentiles

    if wishes.simex is None:
        return None
    # A stream of its own for each grade: another grade in the file must not change this one.
    return simex_percentiles(table, design, np.random.default_rng([wishes.seed, grade]), wishes.simex)


def _steps(
    grade: int, cohorts: Sequence[Cohort], own: Mapping[int, GrowthPercentiles | str], years: int
) -> list[NextGrade]:
    """The grades ahead that were judged this year, without a gap."""
    from xuequ.engines.growth.projection import NextGrade

    spans = {cohort.grade: cohort.score_range for cohort in cohorts}
    steps: list[NextGrade] = []
    for ahead in range(grade + 1, grade + years + 1):
        found = own.get(ahead, "")
        if isinstance(found, str):
            break
        steps.append(NextGrade(ahead, found.models, spans[ahead]))
    return steps


def _projection(cohort: Cohort, steps: list[NextGrade]) -> Projection | None:
    from xuequ.engines.growth.projection import project

    return project(cohort.table, steps) if steps else None


def _targets(cohort: Cohort, projection: Projection | None, wishes: Wishes) -> dict[str, pl.DataFrame]:
    from xuequ.engines.growth.projection import growth_targets

    if projection is None:
        return {}
    targets = {}
    for name, cuts in wishes.cuts.items():
        if cohort.grade not in cuts:
            raise InputError("missing-cut", f"{name}: there is no cut for grade {cohort.grade}")
        targets[name] = growth_targets(projection, cuts, cuts[cohort.grade])
    return targets


def _grids(cohort: Cohort, own: GrowthPercentiles) -> Iterator[tuple[int, FitGrid]]:
    from xuequ.engines.growth.fit_grid import fit_grid
    from xuequ.engines.growth.percentiles import design_matrix

    for model in own.models:
        names = [f"prior_{j}" for j in range(1, model.order + 1)]
        priors = cohort.table.drop_nulls(["score", *names]).select(names).to_numpy()
        sgp = own.table[f"sgp_order_{model.order}"].drop_nulls().to_numpy()
        yield model.order, fit_grid(sgp, priors[:, 0], design_matrix(priors, model.bases))
