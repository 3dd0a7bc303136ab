"""``xuequ growth percentiles``: student growth percentiles from a wide panel."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xuequ.cli.growth_percentiles_options import DEFAULT_PERCENTILES
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.cli.growth_percentiles_analyses import Judged
    from xuequ.cli.growth_percentiles_options import Wishes
    from xuequ.engines.growth.baseline import Baseline
    from xuequ.engines.growth.panel import PanelLayout


def percentiles(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    id_: Annotated[str, typer.Option("--id", help="Column of the pupil's number.")],
    grade: Annotated[str, typer.Option(help='Columns of the grade, such as "GRADE_{year}".')],
    score: Annotated[str, typer.Option(help='Columns of the score, such as "SS_{year}".')],
    year: Annotated[int, typer.Option(help="The year whose scores are judged.")],
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    wanted: Annotated[
        str, typer.Option("--percentiles", help="Percentiles whose expected scores are written.")
    ] = DEFAULT_PERCENTILES,
    min_cohort: Annotated[
        int | None,
        typer.Option(min=1, help="Fewest pupils for a model; by default ten for each coefficient."),
    ] = None,
    csem: Annotated[
        str | None,
        typer.Option(help='Measurement errors: columns such as "SEM_{year}", a number, or a .csv by score.'),
    ] = None,
    simex: Annotated[
        int | None, typer.Option(min=2, help="Correct for them by SIMEX with so many simulations.")
    ] = None,
    extrapolation: Annotated[str, typer.Option(help="SIMEX extrapolation: linear or quadratic.")] = "linear",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulations.")] = 1,
    baseline: Annotated[Path | None, typer.Option(help="Judge by the norms in this file too.")] = None,
    baseline_save: Annotated[
        Path | None, typer.Option(help="Save norms of all years up to --year in this file.")
    ] = None,
    scale: Annotated[str, typer.Option(help="Name of the scale of the scores, for norms.")] = "",
    project: Annotated[int, typer.Option(min=0, help="Project so many years ahead.")] = 0,
    cuts: Annotated[
        Path | None, typer.Option(help="CSV of grade, name, score: cuts to catch up with and keep.")
    ] = None,
    fit_grid: Annotated[bool, typer.Option("--fit-grid", help="Test the fit of each model.")] = False,
    school: Annotated[str | None, typer.Option(help="Column of the school, for a summary of each.")] = None,
    levels: Annotated[str, typer.Option(help="Growth levels: three, five, or a .json file.")] = "three",
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Compute each pupil's growth percentile among pupils with the same earlier scores."""
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.cli import growth_percentiles_options as options
    from xuequ.engines.growth.panel import PanelLayout
    from xuequ.engines.growth.simex import SimexSettings

    pattern, errors = options.read_csem(csem)
    settings = None if simex is None else SimexSettings(simex, extrapolation=extrapolation)  # type: ignore[arg-type]
    wishes = options.Wishes(
        percentiles=options.read_percentiles(wanted),
        min_cohort=min_cohort,
        csem=errors,
        has_csem=csem is not None,
        simex=settings,
        seed=seed,
        baseline=options.read_baseline(baseline),
        baseline_save=baseline_save,
        scale=scale,
        years=project,
        cuts=options.read_cuts(cuts),
        fit_grid=fit_grid,
        school=school,
        levels=options.read_levels(levels),
    )
    options.check_together(wishes)
    _run(file, PanelLayout(id_, grade, score, year, pattern), out, wishes, json_=json_)


def _run(file: Path, layout: PanelLayout, out: Path, wishes: Wishes, *, json_: bool) -> None:
    from xuequ.cli.growth_percentiles_analyses import judge
    from xuequ.cli.growth_percentiles_report import document, report
    from xuequ.cli.growth_percentiles_table import pupils_table
    from xuequ.engines.growth.panel import panel_cohorts

    for target in filter(None, (out, wishes.baseline_save)):
        _check_folder(target)
    panel = _read(file, layout, wishes.school)
    judged = judge(panel_cohorts(panel, layout), wishes)
    _refuse_nothing(judged, layout.year)
    saved = _norms(panel, layout, wishes)
    table = pupils_table(judged, panel[layout.id], wishes)
    schools = _schools(table, panel, layout, wishes)
    found = document(judged, wishes, layout.year, saved, schools)
    _write(table, layout.id, out, saved, wishes.baseline_save)
    report(found, json_=json_)


def _check_folder(out: Path) -> None:
    if out.is_dir():
        raise InputError("output-is-folder", f"{out} is a folder; name a file")
    if not out.parent.is_dir():
        raise InputError("no-such-folder", f"there is no folder {out.parent}; create it first")


def _read(file: Path, layout: PanelLayout, school: str | None) -> pl.DataFrame:
    import polars as pl

    from xuequ.cli.table_file import headings, open_table
    from xuequ.engines.growth.panel import panel_years

    there = headings(file)
    years = panel_years(there, layout)
    if school is not None and school not in there:
        raise InputError("unknown-column", "there is no such column of schools", column=school)
    texts = [layout.id, *([school] if school else [])]
    numbers = [column for year in years for column in layout.columns(year)]
    columns = [*texts, *numbers, *layout.csem_columns(years)]
    with open_table(file, columns=columns, texts=texts) as table:
        return table.with_columns(pl.col(texts).cast(pl.String).str.strip_chars()).collect()


def _refuse_nothing(judged: Sequence[Judged], year: int) -> None:
    """A file without a single percentile would look like a result."""
    if not any(grade.own or grade.baseline for grade in judged):
        reasons = "; ".join(f"grade {grade.cohort.grade}: {grade.reason}" for grade in judged)
        raise InputError("no-cohort", f"no grade of {year} can be judged: {reasons}")


def _norms(panel: pl.DataFrame, layout: PanelLayout, wishes: Wishes) -> Baseline | None:
    from xuequ.engines.growth.baseline import panel_baseline

    if wishes.baseline_save is None:
        return None
    return panel_baseline(panel, layout, wishes.scale, wishes.min_cohort)


def _schools(
    table: pl.DataFrame, panel: pl.DataFrame, layout: PanelLayout, wishes: Wishes
) -> pl.DataFrame | None:
    """Each school's percentiles, and those by the norms of the base where there are any."""
    import polars as pl

    from xuequ.engines.growth.levels import summarise_growth
    from xuequ.engines.growth.percentiles import summarise_percentiles

    if wishes.school is None:
        return None
    schools = panel.select(pl.col(layout.id).alias("id"), pl.col(wishes.school).alias("school"))
    pupils = table.join(schools, on="id")
    own = summarise_growth(pupils, ["school"], wishes.levels)
    if "sgp_baseline" not in pupils.columns:
        return own
    by_norms = summarise_percentiles(pupils.with_columns(sgp="sgp_baseline"), ["school"])
    named = by_norms.select("school", n_baseline="n", mean_baseline="mean", se_mean_baseline="se_mean")
    return named.join(own, on="school", how="left", nulls_equal=True, maintain_order="left")


def _write(table: pl.DataFrame, id_: str, out: Path, norms: Baseline | None, norms_file: Path | None) -> None:
    """All files as a whole or none of them."""
    from xuequ.cli.growth_percentiles_table import heading

    names = {name: heading(name) for name in table.columns[1:]}
    if id_ in names.values():
        raise InputError("repeated-column", "the result has a column of this name; rename it", column=id_)
    with ExitStack() as files:
        if norms is not None and norms_file is not None:
            part = files.enter_context(_replacing(norms_file))
            part.write_text(json.dumps(norms.to_dict(), ensure_ascii=False) + "\n", encoding="utf-8")
        part = files.enter_context(_replacing(out))
        table.rename(names | {"id": id_}).write_csv(part, line_terminator="\n")


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    """A new file beside the target that takes its place when the block ends well."""
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
            part = Path(folder) / out.name
            yield part
            part.replace(out)
    except OSError as error:
        raise InputError("cannot-write", f"{out} cannot be written: {error.strerror}") from error
