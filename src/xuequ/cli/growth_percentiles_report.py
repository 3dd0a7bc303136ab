"""What ``xuequ growth percentiles`` prints: tables for people, or one JSON document."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    import polars as pl

    from xuequ.cli.growth_percentiles_analyses import Judged
    from xuequ.cli.growth_percentiles_options import Wishes
    from xuequ.engines.growth.baseline import Baseline
    from xuequ.engines.growth.fit_grid import FitGrid
    from xuequ.engines.growth.percentiles import GrowthPercentiles, PercentileModel
    from xuequ.engines.growth.simex import SimexSettings

# As many as fit a terminal; the document has the rest.
_SCHOOL_COLUMNS = ("school", "n", "mean", "se_mean", "median", "n_baseline", "mean_baseline")


def document(
    judged: Sequence[Judged], wishes: Wishes, year: int, saved: Baseline | None, schools: pl.DataFrame | None
) -> dict[str, Any]:
    """Everything but the pupils' rows; what was not asked for is left out."""
    found: dict[str, Any] = {
        "year": year,
        "grades": [_summary(grade, grade.own) for grade in judged if grade.own],
        "skipped": [{"grade": g.cohort.grade, "reason": g.reason} for g in judged if not g.own],
    }
    if wishes.has_csem:
        found["bands"] = [_band(grade) for grade in judged if grade.bands is not None]
    if wishes.simex:
        found["simex"] = _corrected(judged, wishes.simex, wishes.seed)
    if wishes.baseline:
        found["baseline"] = _by_norms(judged, wishes.baseline)
    if saved:
        found["baseline_saved"] = _saved(saved)
    if wishes.years:
        found["projection"] = [_projection(grade) for grade in judged if grade.projection]
        found["not_projected"] = [grade.cohort.grade for grade in judged if not grade.projection]
    if wishes.fit_grid:
        found["fit_grid"] = [_grid(g.cohort.grade, order, grid) for g in judged for order, grid in g.grids]
    if schools is not None:
        found["schools"] = schools.to_dicts()
    return found


def report(found: dict[str, Any], *, json_: bool) -> None:
    """Print the document or tables made from it."""
    if json_:
        print_json(found)
        return
    for title, columns, rows in _tables(found):
        print_table(title, columns, rows)
    for note in _notes(found):
        print(f"xuequ: note: {note}", file=sys.stderr)


def _tables(found: dict[str, Any]) -> Iterator[tuple[str, list[str], Sequence[Sequence[object]]]]:
    columns = ["grade", "scored", "judged", "no prior", "mean", "median", "order: pupils"]
    yield f"Growth percentiles {found['year']}", columns, [_row(grade) for grade in found["grades"]]
    if "baseline" in found:
        names = ["grade", "n", "n_outside", "mean", "se_mean", "median"]
        title = f"By the norms of the base years, scale {found['baseline']['scale']}"
        yield title, names, [[g[name] for name in names] for g in found["baseline"]["grades"]]
    if "simex" in found:
        names = ["grade", "n", "mean", "correlation", "simulation_error"]
        rows = [[_shown(g[name]) for name in names] for g in found["simex"]["grades"]]
        yield f"SIMEX, {found['simex']['simulations']} simulations", names, rows
    if found.get("projection"):
        rows = [[g["grade"], _shown(g["to"]), g["n"], _targets(g["targets"])] for g in found["projection"]]
        yield "Projection", ["grade", "to", "pupils", "cut: at or above; below, their median target"], rows
    if "fit_grid" in found:
        names = ["grade", "order", "n", "verdict", "p_value", "rms"]
        yield "Goodness of fit", names, [[g[name] for name in names] for g in found["fit_grid"]]
        yield from _cells(found["fit_grid"])
    if found.get("schools"):
        columns = [name for name in _SCHOOL_COLUMNS if name in found["schools"][0]]
        yield "Schools", columns, [[school[name] for name in columns] for school in found["schools"]]


def _cells(grids: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[str], Sequence[Sequence[object]]]]:
    """The grid of each grade's highest order."""
    columns = ["prior", "1+", *(f"{ten}+" for ten in range(10, 100, 10))]
    for grid in {grid["grade"]: grid for grid in grids}.values():
        rows = [
            [f"{low:g}+", *(round(100 * n / sum(counts), 1) for n in counts)]
            for (low, _), counts in zip(grid["edges"], grid["counts"], strict=True)
        ]
        yield f"Grade {grid['grade']}, order {grid['order']}: % of pupils, 10 expected", columns, rows


def _notes(found: dict[str, Any]) -> Iterator[str]:
    for skipped in found["skipped"]:
        yield f"grade {skipped['grade']} not judged: {skipped['reason']}"
    base = found.get("baseline", {"skipped": [], "grades": []})
    for skipped in base["skipped"]:
        yield f"grade {skipped['grade']} not judged by the norms: {skipped['reason']}"
    for grade in base["grades"]:
        if not grade["scale_compared"]:
            yield (
                f"grade {grade['grade']}: too few pupils to compare their scale with that of the base years; "
                "only the bounds were checked"
            )
    for grade in found.get("not_projected", []):
        yield f"grade {grade} not projected: grade {grade + 1} was not judged this year"
    for skipped in found.get("baseline_saved", {"skipped": []})["skipped"]:
        yield f"grade {skipped['grade']} has no norms: {skipped['reason']}"


def _row(summary: dict[str, Any]) -> tuple[object, ...]:
    orders = ", ".join(f"{order}: {n}" for order, n in summary["orders"].items())
    mean = summary["sum"] / summary["n"]
    numbers = (summary[name] for name in ("grade", "scored", "n", "without_prior"))
    return (*numbers, round(mean, 2), summary["median"], orders)


def _shown(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(f"{part:.3g}" for part in value)
    return value


def _targets(targets: dict[str, dict[str, Any]]) -> str:
    return " · ".join(
        f"{name}: {t['above']}; {t['below']}, {t['median_below']}" for name, t in targets.items()
    )


def _summary(grade: Judged, result: GrowthPercentiles) -> dict[str, Any]:
    sgp, order, cohort = result.table["sgp"], result.table["sgp_order"], grade.cohort
    return {
        "grade": cohort.grade,
        "scored": result.n_scored,
        "without_prior": result.n_without_prior,
        "n": len(sgp),
        "sum": int(sgp.sum()),
        "median": sgp.median(),
        "orders": {str(model.order): int((order == model.order).sum()) for model in result.models},
        "too_small": {str(order): n for order, n in result.too_small},
        "knots": [list(basis.knots) for basis in cohort.bases],
        "boundaries": [[basis.lower, basis.upper] for basis in cohort.bases],
        "reference_years": list(cohort.reference_years),
        "models": [_model(model) for model in result.models],
    }


def _model(model: PercentileModel) -> dict[str, Any]:
    return {
        "order": model.order,
        "n": model.n,
        "dropped": list(model.dropped),
        "loss": model.loss.tolist(),
    }


def _band(grade: Judged) -> dict[str, Any]:
    from xuequ.engines.growth.measurement_error import BAND

    assert grade.bands is not None
    width = (grade.bands["sgp_high"] - grade.bands["sgp_low"]).mean()
    return {"grade": grade.cohort.grade, "probabilities": list(BAND), "mean_width": width}


def _corrected(judged: Sequence[Judged], settings: SimexSettings, seed: int) -> dict[str, Any]:
    return {
        "simulations": settings.simulations,
        "lambdas": list(settings.lambdas),
        "extrapolation": settings.extrapolation,
        "seed": seed,
        "grades": [_simex(grade) for grade in judged if grade.simex],
    }


def _by_norms(judged: Sequence[Judged], norms: Baseline) -> dict[str, Any]:
    skipped = [{"grade": g.cohort.grade, "reason": g.baseline_reason} for g in judged if g.baseline_reason]
    return {
        "scale": norms.scale,
        "fingerprint": norms.fingerprint,
        "grades": [_baseline(grade) for grade in judged if grade.baseline],
        "skipped": skipped,
    }


def _simex(grade: Judged) -> dict[str, Any]:
    import polars as pl

    assert grade.simex is not None and grade.own is not None
    corrected = grade.simex.table["sgp_simex"]
    both = pl.DataFrame({"naive": grade.own.table["sgp"], "corrected": corrected})
    return {
        "grade": grade.cohort.grade,
        "n": len(corrected),
        "mean": corrected.mean(),
        "correlation": both.select(pl.corr("naive", "corrected")).item(),
        "fits": grade.simex.fits,
        "simulation_error": list(grade.simex.simulation_error),
    }


def _baseline(grade: Judged) -> dict[str, Any]:
    found = grade.baseline
    assert found is not None
    return {
        "grade": grade.cohort.grade,
        "n": found.n,
        "without_prior": found.n_without_prior,
        "n_outside": found.n_outside,
        "mean": found.mean,
        "se_mean": found.se_mean,
        "median": found.median,
        "scale_compared": found.scale_compared,
    }


def _saved(saved: Baseline) -> dict[str, Any]:
    return {
        "scale": saved.scale,
        "fingerprint": saved.fingerprint,
        "grades": [
            {
                "grade": norms.grade,
                "cohorts": {str(year): n for year, n in norms.cohorts},
                "orders": {str(model.order): model.n for model in norms.models},
            }
            for norms in saved.grades
        ],
        "skipped": [{"grade": grade, "reason": reason} for grade, reason in saved.skipped],
    }


def _projection(grade: Judged) -> dict[str, Any]:
    assert grade.projection is not None
    targets = {}
    for name, table in grade.targets.items():
        above, below = table.filter("above")["target"], table.filter(~table["above"])["target"]
        targets[name] = {
            "above": len(above),
            "above_within_reach": above.count(),
            "median_above": above.median(),
            "below": len(below),
            "below_within_reach": below.count(),
            "median_below": below.median(),
        }
    return {
        "grade": grade.cohort.grade,
        "to": list(grade.projection.grades),
        "n": len(grade.projection.ids),
        "targets": targets,
    }


def _grid(grade: int, order: int, grid: FitGrid) -> dict[str, Any]:
    return {
        "grade": grade,
        "order": order,
        "n": int(grid.counts.sum()),
        "verdict": grid.verdict,
        "statistic": grid.statistic,
        "df": grid.df,
        "p_value": grid.p_value,
        "rms": grid.rms,
        "edges": grid.edges.tolist(),
        "counts": grid.counts.tolist(),
        "expected": grid.expected.tolist(),
        "qq_expected": grid.qq_expected.tolist(),
        "qq_observed": grid.qq_observed.tolist(),
    }
