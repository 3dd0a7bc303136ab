"""Published results of the growth percentiles, recomputed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from xuequ.engines.growth.baseline import Baseline, GradeNorms, baseline_percentiles
from xuequ.engines.growth.panel import Cohort, PanelLayout, panel_cohorts
from xuequ.engines.growth.percentiles import (
    TAUS,
    FloatArray,
    GrowthPercentiles,
    PercentileDesign,
    PercentileModel,
    design_matrix,
    growth_percentiles,
)
from xuequ.engines.growth.projection import NextGrade, project
from xuequ.engines.growth.quantile import check_loss, fit_quantile_process
from xuequ.engines.growth.scales import ScoreScale
from xuequ.engines.growth.splines import SplineBasis
from xuequ.engines.verification import Check

_PANEL = "sgpdata.csv"
_REFERENCE = "sgp_reference_2025.csv"
_COEFFICIENTS = "sgp_coef_qrmatrix_{grade}_{order}.csv"
_LAYOUT = PanelLayout("ID", "GRADE_{year}", "SS_{year}", 2025)
_SOURCE = "SGP 2.2-0.0, quantreg 5.94"
_GRADES = (4, 5, 6)
# Knots and boundaries of the priors as the R run printed them, by grade.
_BASES = {
    3: SplineBasis((510.0, 548.0, 580.0, 617.0), 85.5, 859.5),
    4: SplineBasis((538.0, 579.0, 609.0, 639.0), 120.7, 832.3),
    5: SplineBasis((564.0, 603.0, 635.0, 666.0), 156.7, 916.3),
}
_LOSS_TOLERANCE = 1e-10
# Expected scores are rounded to 5 decimals; R's coefficients were printed with 12 digits.
_TRAJECTORY_TOLERANCE = 1e-4
# Brownlee 1965: air flow, water temperature, acid concentration, loss.
_STACK_LOSS = (
    *((80, 27, 89, 42), (80, 27, 88, 37), (75, 25, 90, 37), (62, 24, 87, 28), (62, 22, 87, 18)),
    *((62, 23, 87, 18), (62, 24, 93, 19), (62, 24, 93, 20), (58, 23, 87, 15), (58, 18, 80, 14)),
    *((58, 18, 89, 14), (58, 17, 88, 13), (58, 18, 82, 11), (58, 19, 93, 12), (50, 18, 89, 8)),
    *((50, 18, 86, 7), (50, 19, 72, 8), (50, 19, 79, 8), (50, 20, 80, 9), (56, 20, 82, 15), (70, 20, 91, 15)),
)


def checks(data: Path) -> tuple[list[Check], list[str]]:
    """Recompute the published results; also name the files that a check needs and ``data`` lacks."""
    found = list(_built_in())
    files = [data / _PANEL, data / _REFERENCE]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        return found, missing
    reference = pl.read_csv(files[1], infer_schema_length=None)
    judged: dict[int, tuple[Cohort, GrowthPercentiles]] = {}
    for cohort in panel_cohorts(pl.read_csv(files[0]), _LAYOUT):
        if cohort.grade not in _GRADES:
            continue
        design = PercentileDesign(cohort.bases, cut_decimals=cohort.decimals, cut_range=cohort.score_range)
        result = growth_percentiles(cohort.table, design)
        judged[cohort.grade] = cohort, result
        found += _spline_checks(cohort)
        found += _norms_check(cohort, result, reference)
        found += _pupil_checks(cohort.grade, result, reference)
        for model in result.models:
            file = _file(data, cohort.grade, model)
            if file.is_file():
                found.append(_loss_check(cohort, model, file))
            else:
                missing.append(str(file))
    found += _projection_checks(judged, data)
    return found, missing


def _built_in() -> Iterator[Check]:
    table = np.array(_STACK_LOSS, dtype=float)
    X = np.column_stack([np.ones(len(table)), table[:, :3]])
    process = fit_quantile_process(X, table[:, 3], [0.5])
    obtained = " ".join(f"{b:.5f}" for b in process.coefficients[:, 0])
    published = "-39.68986 0.83188 0.57391 -0.06087"
    name = "stack loss: median regression"
    yield Check(name, published, obtained, obtained == published, "Koenker, quantreg: example of rq")


def _spline_checks(cohort: Cohort) -> Iterator[Check]:
    for back, basis in enumerate(cohort.bases, start=1):
        expected = _BASES[cohort.grade - back]
        name = f"grade {cohort.grade}: knots and boundaries of prior {back}"
        yield Check(name, _shown(expected), _shown(basis), _shown(expected) == _shown(basis), _SOURCE)


def _shown(basis: SplineBasis) -> str:
    numbers = (*basis.knots, basis.lower, basis.upper)
    return " ".join(f"{number:.6g}" for number in numbers)


def _pupil_checks(grade: int, result: GrowthPercentiles, reference: pl.DataFrame) -> Iterator[Check]:
    expected = reference.filter(pl.col("GRADE") == grade).sort("ID")
    obtained = result.table.sort("id")
    name = f"grade {grade}"
    yield _equal(f"{name}: pupils", len(expected), len(obtained))
    yield _equal(f"{name}: sum of percentiles", int(expected["SGP"].sum()), int(obtained["sgp"].sum()))
    if expected["ID"].to_list() != obtained["id"].to_list():
        yield Check(f"{name}: same pupils", "yes", "no", False, _SOURCE)
        return
    for column in expected.columns:
        ours = column.lower().replace("percentile_", "")
        if ours in obtained.columns and ours != "id":
            theirs = expected[column].cast(pl.Float64)
            unequal = int(theirs.ne_missing(obtained[ours].cast(pl.Float64)).sum())
            yield _equal(f"{name}: pupils whose {column} differs", 0, unequal)


def _norms_check(cohort: Cohort, result: GrowthPercentiles, reference: pl.DataFrame) -> Iterator[Check]:
    """The models as norms, saved and read back, must give every pupil the same percentile."""
    scales = [ScoreScale.of(cohort.table[f"prior_{j}"]) for j in range(1, len(result.models) + 1)]
    score, cohorts = ScoreScale.of(cohort.table["score"]), ((_LAYOUT.year, result.n_scored),)
    norms = GradeNorms(cohort.grade, cohorts, result.models, score, tuple(scales), cohort.decimals)
    saved = json.loads(json.dumps(Baseline("reading", (norms,)).to_dict()))
    judged = baseline_percentiles(cohort.table, Baseline.from_dict(saved).norms(cohort.grade, "reading"))
    both = reference.select("ID", "SGP").join(judged.table, left_on="ID", right_on="id", how="inner")
    differing = int((both["SGP"] != both["sgp"]).sum()) + judged.n - len(both)
    yield _equal(f"grade {cohort.grade}: pupils whose SGP differs by norms saved and read back", 0, differing)


def _projection_checks(judged: Mapping[int, tuple[Cohort, GrowthPercentiles]], data: Path) -> Iterator[Check]:
    """Grade 4 two years ahead by our models and by R's coefficients on the same splines."""
    ours = [NextGrade(grade, judged[grade][1].models, judged[grade][0].score_range) for grade in (5, 6)]
    files = [_file(data, step.grade, model) for step in ours for model in step.models]
    if not all(file.is_file() for file in files):
        return
    theirs = [replace(step, models=tuple(_by_r(data, step.grade, m) for m in step.models)) for step in ours]
    pupils = judged[4][0].table
    found, expected = project(pupils, ours), project(pupils, theirs)
    yield _equal("grade 4 two years ahead: pupils projected", 7587, len(found.ids))
    distance = float(np.abs(found.trajectories - expected.trajectories).max())
    name = "grade 4 two years ahead: trajectories from those of R's coefficients, largest, score points"
    limit = _TRAJECTORY_TOLERANCE
    yield Check(name, f"≤ {limit:.0e}", f"{distance:.1e}", distance <= limit, _SOURCE)


def _by_r(data: Path, grade: int, model: PercentileModel) -> PercentileModel:
    return replace(model, coefficients=_coefficients(_file(data, grade, model)))


def _file(data: Path, grade: int, model: PercentileModel) -> Path:
    return data / _COEFFICIENTS.format(grade=grade, order=model.order)


def _coefficients(file: Path) -> FloatArray:
    return pl.read_csv(file).select(pl.selectors.starts_with("tau")).to_numpy()


def _equal(name: str, expected: int, obtained: int) -> Check:
    return Check(name, str(expected), str(obtained), expected == obtained, _SOURCE)


def _loss_check(cohort: Cohort, model: PercentileModel, file: Path) -> Check:
    """How far our check loss exceeds that of R's coefficients, at the tau where it does so most."""
    coefficients = _coefficients(file)
    names = [f"prior_{j}" for j in range(1, model.order + 1)]
    pupils = cohort.table.drop_nulls(["score", *names])
    score = pupils["score"].to_numpy()
    fitted = design_matrix(pupils.select(names).to_numpy(), model.bases) @ coefficients
    excess = float((model.loss / check_loss(score[:, None] - fitted, TAUS) - 1.0).max())
    name = f"grade {cohort.grade}, order {model.order}: check loss above R's, largest"
    return Check(name, f"≤ {_LOSS_TOLERANCE:.0e}", f"{excess:.1e}", excess <= _LOSS_TOLERANCE, _SOURCE)
