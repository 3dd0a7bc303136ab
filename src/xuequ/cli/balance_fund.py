"""``xuequ balance fund``: projects under a budget, weak schools first."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.balance_tables import read, solver_on_stderr
from xuequ.cli.growth_tables import rows, show
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.balance.funding import Funding


def fund(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: school, project, cost, gain, base.")],
    budget: Annotated[float, typer.Option(help="Money, in the unit of the costs.")],
    weak_share: Annotated[float, typer.Option(help="Part of the budget reserved for weak schools, 0 to 1.")],
    levels: Annotated[int, typer.Option(min=1, help="Smallest scores raised in turn before the gain.")] = 1,
    weak_weight: Annotated[float, typer.Option(help="Weight of a weak school's gain.")] = 1.0,
    front: Annotated[
        int, typer.Option(min=0, help="Points of the front of gain against the weakest school.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit of one step.")] = 30.0,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Choose projects: raise the weakest school as far as the budget allows, then gain the most."""
    from xuequ.engines.balance.funding import FundDesign
    from xuequ.engines.balance.funding import front as trade
    from xuequ.engines.balance.funding import fund as engine

    design = FundDesign(budget, weak_share, levels, weak_weight, seconds)
    table = read(file)
    with solver_on_stderr():
        result = engine(table, design)
        if not result.feasible:
            raise InputError("infeasible", _why(result))
        points = trade(table, design, front) if front else None
    if json_:
        print_json(document(result, points))
    else:
        _print_tables(result, points)


def _why(result: Funding) -> str:
    relaxed = result.relaxation
    ways = []
    if relaxed is not None and relaxed.budget is not None:
        ways.append(f"a budget of {relaxed.budget:.10g}")
    if relaxed is not None and relaxed.weak_share is not None:
        ways.append(f"a share of {relaxed.weak_share:.6g} for weak schools")
    advice = (
        f"the smallest change that suffices: {' or '.join(ways)}" if ways else "no single change suffices"
    )
    return f"budget, share for weak schools and what must be done cannot be kept together; {advice}"


def document(result: Funding, points: pl.DataFrame | None) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "budget": result.design.budget,
        "spent": result.spent,
        "weak_spent": result.weak_spent,
        "gain": result.gain,
        "worst": result.worst,
        "greedy_worst": result.greedy_worst,
        "steps": [asdict(step) for step in result.steps],
        "projects": rows(result.projects),
        "schools": rows(result.schools),
    } | ({} if points is None else {"front": rows(points)})


def _print_tables(result: Funding, points: pl.DataFrame | None) -> None:
    import polars as pl

    print(
        f"spent {result.spent:.10g} of {result.design.budget:.10g}, {result.weak_spent:.10g} at weak schools; "
        f"weakest score {result.worst:.6g} (gain per cost alone: {result.greedy_worst:.6g})"
    )
    print_table("Proven", ["step", "value", "gap"], [(s.name, s.value, s.gap) for s in result.steps])
    chosen = result.projects.filter(pl.col("chosen")).drop("chosen")
    show("Projects", chosen, {name: name for name in chosen.columns})
    show("Schools", result.schools, {name: name for name in result.schools.columns})
    if points is not None:
        show("Gain against the weakest school", points, {name: name for name in points.columns})
