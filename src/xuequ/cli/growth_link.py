"""``xuequ growth link``: scores of two papers on one scale, through a common anchor."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from xuequ.cli.growth_tables import names, note, numbers, read, remarks, rows, show, write_csv
from xuequ.cli.output import print_json
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.growth.linking import Linking, Method


def link(
    new: Annotated[Path, typer.Argument(help="CSV or Parquet of the group that sat the new form.")],
    old: Annotated[Path, typer.Argument(help="The same of the group that sat the old form.")],
    score: Annotated[str, typer.Option(help="Column of the total in both files.")],
    anchor: Annotated[str, typer.Option(help="Column of the anchor score in both files.")] = "",
    items: Annotated[str, typer.Option(help="Columns of the anchor items, separated by commas.")] = "",
    method: Annotated[
        str,
        typer.Option(
            help="mean, chained, tucker, levine, levine-true, chained-equipercentile or frequency-estimation."
        ),
    ] = "chained",
    internal: Annotated[
        bool, typer.Option("--internal/--external", help="Whether the anchor's points count in the total.")
    ] = True,
    weight: Annotated[
        float, typer.Option(help="Weight of the new form's group in the synthetic population.")
    ] = 1.0,
    degrees: Annotated[str, typer.Option(help="Moments of total and anchor that smoothing keeps.")] = "6,6",
    cross: Annotated[int, typer.Option(min=0, help="Cross-moments that smoothing keeps.")] = 2,
    replicates: Annotated[int, typer.Option(min=1, help="Bootstrap samples (equipercentile).")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 1,
    out: Annotated[Path | None, typer.Option(help="CSV file for the concordance table.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Link the scores of a new form to the scale of an old one, with standard errors."""
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy as np

    from xuequ.engines.growth.linking import LinkingDesign
    from xuequ.engines.growth.linking import link as link_forms

    kept = numbers(degrees, "--degrees")
    if len(kept) != 2 or any(degree != int(degree) or degree < 0 for degree in kept):
        raise InputError("bad-numbers", "--degrees needs two whole numbers, of the total and of the anchor")
    design = LinkingDesign(
        score, anchor, names(items), internal, cast("Method", method), weight, (int(kept[0]), int(kept[1])),
        cross, replicates,
    )  # fmt: skip
    columns = [score, *(design.items or (anchor,))]
    tables = [_read(file, columns, which) for file, which in ((new, "new"), (old, "old"))]
    result = link_forms(tables[0], tables[1], design, np.random.default_rng(seed))
    if out is not None:
        write_csv(result.concordance, out)
    note(result.remarks)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def _read(file: Path, columns: list[str], which: str) -> Any:
    try:
        return read(file, columns)
    except InputError as error:
        if error.code != "unknown-column" or error.column == columns[0]:
            raise
        message = f"the file of the {which} form has no anchor column {error.column!r}; both groups need it"
        raise InputError("no-anchor", message, column=error.column) from error


def document(result: Linking) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    line = result.line
    return {
        "method": result.design.method,
        "line": None if line is None else {"slope": line.slope, "intercept": line.intercept},
        "n": {"new": result.n_new, "old": result.n_old},
        "anchor": {
            "difference": result.difference,
            "correlation": {"new": result.new.correlation, "old": result.old.correlation},
            "items": rows(result.drift.items) if result.drift else [],
            "dropped": list(result.dropped),
        },
        "concordance": rows(result.concordance),
        "remarks": remarks(result.remarks),
    }


def _print_tables(result: Linking) -> None:
    print(f"{result.n_new} pupils on the new form, {result.n_old} on the old one; {result.design.method}")
    if result.line is not None:
        print(f"linked = {result.line.intercept:.6g} + {result.line.slope:.6g} × score")
    if result.drift is not None:
        heads = {"item": "item", "facility_new": "new", "facility_old": "old", "shift": "shift",
                 "robust_z": "robust z", "distance": "distance", "drifted": "drifted"}  # fmt: skip
        show("Anchor items", result.drift.items, heads)
    heads = {"score": "score", "linked": "linked", "se": "SE", "low": "low", "high": "high", "n": "pupils",
             "inside": "inside"}  # fmt: skip
    show("Concordance", result.concordance, heads)
