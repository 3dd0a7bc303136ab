"""``xuequ growth moves``: growth by class when pupils changed classes (分班)."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.growth_tables import names, note, read, remarks, rows, show
from xuequ.cli.output import print_json

if TYPE_CHECKING:
    from xuequ.engines.growth.reassignment import Reassignment

_DAY = ["%Y-%m-%d"]


def moves(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row for each pupil.")],
    outcome: Annotated[str, typer.Option(help="Column of the result.")],
    predictors: Annotated[str, typer.Option(help="Columns of numbers, the starting point among them.")],
    unit: Annotated[str, typer.Option(help="Stem of the class columns: class_1, class_2, …")] = "class",
    shares: Annotated[str, typer.Option(help="Stem of the columns with the share of the time.")] = "share",
    since: Annotated[str, typer.Option(help="Stem of the columns with the first day in a class.")] = "from",
    start: Annotated[
        dt.datetime | None, typer.Option(formats=_DAY, help="First day of the period, with days.")
    ] = None,
    end: Annotated[
        dt.datetime | None, typer.Option(formats=_DAY, help="The day after its last, with days.")
    ] = None,
    minimum: Annotated[float, typer.Option(help="Smallest sum of shares for an effect to be shown.")] = 10.0,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Attribute growth to classes by the time pupils spent in them and report who changed."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.cli.table_file import headings
    from xuequ.engines.growth.memberships import MembershipDesign
    from xuequ.engines.growth.reassignment import ReassignmentDesign, evaluate_reassignment

    days = [None if day is None else day.date() for day in (start, end)]
    design = ReassignmentDesign(
        outcome, names(predictors), MembershipDesign(unit, shares, since, days[0], days[1]), minimum
    )
    stems = tuple(f"{stem}_" for stem in (unit, shares, since))
    history = [
        name for name in headings(file) if name.startswith(stems) and name.rpartition("_")[2].isdecimal()
    ]
    texts = [name for name in history if name.startswith(stems[0])]
    result = evaluate_reassignment(read(file, [outcome, *design.predictors, *history], texts=texts), design)
    note(result.remarks)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: Reassignment) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "n": result.memberships.n,
        "changed": result.memberships.changed,
        "unit_variance": result.unit_variance,
        "residual_variance": result.residual_variance,
        "deviance": result.deviance,
        "agreement": result.agreement,
        "terms": rows(result.terms),
        "units": rows(result.units),
        "changes": rows(result.memberships.changes),
        "remarks": remarks(result.remarks),
    }


def _print_tables(result: Reassignment) -> None:
    found = result.memberships
    print(f"{found.n} pupils, {found.changed} of them changed classes")
    show("Changes", found.changes, {"from": "from", "to": "to", "pupils": "pupils"})
    heads = {"unit": "class", "pupils": "pupils", "joined": "joined", "left": "left", "weight": "weight",
             "effect": "effect", "se": "SE", "low": "low", "high": "high", "effect_last": "by last class"}  # fmt: skip
    show("Effects of class", result.units, heads)
    show("Terms", result.terms, {"term": "term", "estimate": "estimate", "se": "SE"})
