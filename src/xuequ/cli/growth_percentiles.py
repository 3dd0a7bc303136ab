"""``xuequ growth percentiles``: student growth percentiles from a wide panel."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.panel import Cohort, PanelLayout
    from xuequ.engines.growth.percentiles import GrowthPercentiles, PercentileModel

_CUTS = "1,35,50,65,99"


def percentiles(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    id_: Annotated[str, typer.Option("--id", help="Column of the pupil's number.")],
    grade: Annotated[str, typer.Option(help='Columns of the grade, such as "GRADE_{year}".')],
    score: Annotated[str, typer.Option(help='Columns of the score, such as "SS_{year}".')],
    year: Annotated[int, typer.Option(help="The year whose scores are judged.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    cuts: Annotated[str, typer.Option(help="Percentiles whose expected scores are written.")] = _CUTS,
    min_cohort: Annotated[
        int | None,
        typer.Option(min=1, help="Fewest pupils for a model; by default ten for each coefficient."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Compute each pupil's growth percentile among pupils with the same earlier scores."""
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.panel import PanelLayout, panel_cohorts

    wanted = _cuts(cuts)
    _check_folder(out)
    layout = PanelLayout(id_, grade, score, year)
    panel = _read(file, layout)
    found: list[tuple[Cohort, GrowthPercentiles]] = []
    skipped: list[tuple[Cohort, str]] = []
    for cohort in panel_cohorts(panel, layout):
        result = _judge(cohort, wanted, min_cohort)
        if isinstance(result, str):
            skipped.append((cohort, result))
        else:
            found.append((cohort, result))
    if not found:
        reasons = "; ".join(f"grade {cohort.grade}: {reason}" for cohort, reason in skipped)
        raise InputError("no-cohort", f"no grade of {year} can be judged: {reasons}")
    _write(_table(found, panel[id_]), id_, out)
    _report(found, skipped, year, json_=json_)


def _cuts(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.strip().isdecimal() and 1 <= int(part) <= 99 for part in parts):
        raise InputError("bad-cut", f"--cuts {text!r}: give percentiles from 1 to 99, such as {_CUTS}")
    return tuple(sorted({int(part) for part in parts}))


def _check_folder(out: Path) -> None:
    if out.is_dir():
        raise InputError("output-is-folder", f"{out} is a folder; name a file")
    if not out.parent.is_dir():
        raise InputError("no-such-folder", f"there is no folder {out.parent}; create it first")


def _read(file: Path, layout: PanelLayout) -> pl.DataFrame:
    import polars as pl

    from xuequ.cli.table_file import headings, open_table
    from xuequ.engines.growth.panel import panel_years

    years = panel_years(headings(file), layout)
    columns = [layout.id, *(column for year in years for column in layout.columns(year))]
    with open_table(file, columns=columns, texts=[layout.id]) as table:
        return table.with_columns(pl.col(layout.id).cast(pl.String).str.strip_chars()).collect()


def _judge(cohort: Cohort, cuts: tuple[int, ...], min_cohort: int | None) -> GrowthPercentiles | str:
    """The percentiles of a grade, or why there are none: a small grade must not withhold the others."""
    from xuequ.engines.growth.percentiles import PercentileDesign, growth_percentiles

    if not cohort.bases:
        return "nobody has a score from the grade below a year before"
    design = PercentileDesign(cohort.bases, min_cohort, cuts, cohort.decimals, cohort.score_range)
    try:
        return growth_percentiles(cohort.table, design)
    except InputError as error:
        if error.code not in ("too-few-pupils", "constant-outcome"):
            raise
        return error.message


def _table(found: list[tuple[Cohort, GrowthPercentiles]], ids: pl.Series) -> pl.DataFrame:
    """All grades in the order of the file."""
    import polars as pl

    tables = [result.table.with_columns(grade=cohort.grade) for cohort, result in found]
    together = pl.concat(tables, how="diagonal")
    place = pl.DataFrame({"id": ids}).with_row_index("place")
    cuts = [name for name in together.columns if name.startswith("cut_")]
    orders = sorted(name for name in together.columns if name.startswith("sgp_order_"))
    whole = all(cohort.decimals == 0 for cohort, _ in found)
    return (
        together.join(place, on="id")
        .sort("place")
        .with_columns(pl.col(cuts).cast(pl.Int64 if whole else pl.Float64))
        .select("id", "grade", "sgp", "sgp_order", *cuts, *orders)
    )


def _write(table: pl.DataFrame, id_: str, out: Path) -> None:
    """The whole file or none of it."""
    names = {name: name.upper().replace("CUT_", "PERCENTILE_CUT_") for name in table.columns[1:]}
    if id_ in names.values():
        raise InputError("repeated-column", "the result has a column of this name; rename it", column=id_)
    try:
        with _replacing(out) as part:
            table.rename(names | {"id": id_}).write_csv(part, line_terminator="\n")
    except OSError as error:
        raise InputError("cannot-write", f"{out} cannot be written: {error.strerror}") from error


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A new file beside the target that takes its place when the block ends well."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        part = Path(folder) / out.name
        yield part
        part.replace(out)


def _report(
    found: list[tuple[Cohort, GrowthPercentiles]],
    skipped: list[tuple[Cohort, str]],
    year: int,
    *,
    json_: bool,
) -> None:
    if json_:
        print_json(
            {
                "year": year,
                "grades": [_summary(cohort, result) for cohort, result in found],
                "skipped": [{"grade": cohort.grade, "reason": reason} for cohort, reason in skipped],
            }
        )
        return
    rows = [_row(_summary(cohort, result)) for cohort, result in found]
    print_table(
        f"Growth percentiles {year}",
        ["grade", "scored", "judged", "no prior", "mean", "median", "order: pupils"],
        rows,
    )
    for cohort, reason in skipped:
        print(f"xuequ: note: grade {cohort.grade} not judged: {reason}", file=sys.stderr)


def _row(summary: dict[str, Any]) -> tuple[object, ...]:
    orders = ", ".join(f"{order}: {n}" for order, n in summary["orders"].items())
    mean = summary["sum"] / summary["n"]
    numbers = (summary[name] for name in ("grade", "scored", "n", "without_prior"))
    return (*numbers, round(mean, 2), summary["median"], orders)


def _summary(cohort: Cohort, result: GrowthPercentiles) -> dict[str, Any]:
    sgp, order = result.table["sgp"], result.table["sgp_order"]
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
