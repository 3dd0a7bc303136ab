"""Published results of the growth percentiles, recomputed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from xuequ.engines.growth.panel import Cohort, PanelLayout, panel_cohorts
from xuequ.engines.growth.percentiles import (
    TAUS,
    GrowthPercentiles,
    PercentileDesign,
    PercentileModel,
    design_matrix,
    growth_percentiles,
)
from xuequ.engines.growth.quantile import check_loss, fit_quantile_process
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
    for cohort in panel_cohorts(pl.read_csv(files[0]), _LAYOUT):
        if cohort.grade not in _GRADES:
            continue
        design = PercentileDesign(cohort.bases, cut_decimals=cohort.decimals, cut_range=cohort.score_range)
        result = growth_percentiles(cohort.table, design)
        found += _spline_checks(cohort)
        found += _pupil_checks(cohort.grade, result, reference)
        for model in result.models:
            file = data / _COEFFICIENTS.format(grade=cohort.grade, order=model.order)
            if file.is_file():
                found.append(_loss_check(cohort, model, file))
            else:
                missing.append(str(file))
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


def _equal(name: str, expected: int, obtained: int) -> Check:
    return Check(name, str(expected), str(obtained), expected == obtained, _SOURCE)


def _loss_check(cohort: Cohort, model: PercentileModel, file: Path) -> Check:
    """How far our check loss exceeds that of R's coefficients, at the tau where it does so most."""
    coefficients = pl.read_csv(file).select(pl.selectors.starts_with("tau")).to_numpy()
    names = [f"prior_{j}" for j in range(1, model.order + 1)]
    pupils = cohort.table.drop_nulls(["score", *names])
    score = pupils["score"].to_numpy()
    fitted = design_matrix(pupils.select(names).to_numpy(), model.bases) @ coefficients
    excess = float((model.loss / check_loss(score[:, None] - fitted, TAUS) - 1.0).max())
    name = f"grade {cohort.grade}, order {model.order}: check loss above R's, largest"
    return Check(name, f"≤ {_LOSS_TOLERANCE:.0e}", f"{excess:.1e}", excess <= _LOSS_TOLERANCE, _SOURCE)
