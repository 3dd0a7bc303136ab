"""``xuequ growth drift``: a school's value of a year predicted from its other years."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.drift import DriftFit, From


def drift(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row for each school and year.")],
    unit: Annotated[str, typer.Option(help="Column of the school, class or teacher.")] = "unit",
    year: Annotated[str, typer.Option(help="Column of the year, a whole number.")] = "year",
    value: Annotated[str, typer.Option(help="Column of the mean residual, not shrunken.")] = "value",
    se: Annotated[str, typer.Option(help="Column of its sampling standard error.")] = "se",
    source: Annotated[
        str, typer.Option("--from", help="past: from earlier years; other: from all other years.")
    ] = "past",
    confidence: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Predict every school's value of a year from its other years, and name those outside their interval."""
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.drift import fit_drift

    table = _read(file, {unit: "unit", year: "year", value: "value", se: "se"})
    result = fit_drift(table, source=cast("From", source), confidence=confidence)
    if result.no_detectable_difference:
        print("xuequ: note: the values differ no more than by chance", file=sys.stderr)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: DriftFit) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "lags": result.lags.to_dicts(),
        "no_detectable_difference": result.no_detectable_difference,
        "outside": int(result.predictions["outside"].sum()),
        "expected_outside": result.expected_outside,
        "predictions": result.predictions.to_dicts(),
    }


def _read(file: Path, names: dict[str, str]) -> pl.DataFrame:
    from xuequ.cli.table_file import open_table
    from xuequ.engines.growth.frame import Reader

    with open_table(file, columns=list(names), texts=[next(iter(names))]) as table:
        Reader(table, list(names))
        return table.select(list(names)).rename(names).collect()


def _print_tables(result: DriftFit) -> None:
    lags = result.lags.select("lag", "pairs", "covariance", "correlation")
    print_table("Covariance of values some years apart", lags.columns, lags.rows())
    judged = result.predictions.drop_nulls("predicted")
    names = ["unit", "year", "value", "predicted", "new_low", "new_high", "z", "outside"]
    rows = judged.select(names).rows()
    print_table(
        "Values and their predictions", names, [(*row[:-1], "outside" if row[-1] else "") for row in rows]
    )
    outside = int(judged["outside"].sum())
    print(
        f"{outside} of {judged.height} outside their interval; chance alone would put {result.expected_outside:.1f}"
    )
