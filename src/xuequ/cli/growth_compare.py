"""``xuequ growth compare``: the simple methods side by side, with their errors and their biases on these data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.growth_tables import note, numbers, read, remarks, rows, show
from xuequ.cli.output import print_json

if TYPE_CHECKING:
    from xuequ.engines.growth.simple import Comparison


def compare(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    outcome: Annotated[str, typer.Option(help="Column of the result at the end.")],
    prior: Annotated[str, typer.Option(help="Column of the result at the start.")],
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    shares: Annotated[
        str, typer.Option(help="Shares of the levels from the lowest to the highest.")
    ] = "0.2,0.2,0.2,0.2,0.2",
    cap: Annotated[
        float, typer.Option(help="SDs below the own prior group at which scores are capped.")
    ] = 2.5,
    minimum: Annotated[int, typer.Option(min=2, help="Fewest pupils for a value to be shown.")] = 10,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Compare gains, ranks, level changes, residuals, prior groups and the mixed model on the same pupils."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.simple import CompareDesign, compare_methods

    design = CompareDesign(outcome, prior, numbers(shares, "--shares"), cap, minimum)
    table = read(file, [outcome, prior], renamed={school: "school"})
    result = compare_methods(table, design)
    note(result.remarks)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: Comparison) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "n": result.n,
        "groups": result.groups,
        "methods": rows(result.methods),
        "biases": rows(result.biases),
        "schools": rows(result.schools),
        "transitions": rows(result.transitions),
        "remarks": remarks(result.remarks),
    }


def _print_tables(result: Comparison) -> None:
    print(f"{result.n} pupils, {result.groups} prior groups")
    heads = {"method": "method", "unit": "unit", "intake_correlation": "r with intake",
             "intake_slope": "slope on intake", "regression": "slope on own start", "cannot_rise": "cannot rise",
             "little_room": "little room", "agreement": "rank r with mixed"}  # fmt: skip
    show("Methods", result.methods, heads)
    show("Biases on these data", result.biases, {"method": "method", "code": "bias", "number": "number"})
    values = result.schools.pivot("method", index=["school", "n"], values="value")
    show("Values of schools", values, {name: name for name in values.columns})
