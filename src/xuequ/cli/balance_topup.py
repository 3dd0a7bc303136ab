"""``xuequ balance topup``: the least that brings the official coefficient down to a target, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.balance_tables import note_left_out, read, solver_on_stderr
from xuequ.cli.growth_tables import rows, show
from xuequ.cli.output import print_json

if TYPE_CHECKING:
    from xuequ.engines.balance.topup import TopUp, TopUps


def topup(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each school.")],
    value: Annotated[str, typer.Option(help="Column of the school's amount.")],
    pupils: Annotated[str, typer.Option(help="Column of the pupils.")],
    target: Annotated[float, typer.Option(min=0, help="Limit of the coefficient to be reached.")],
    cost: Annotated[str, typer.Option(help="Column of the price of one unit: the least money instead.")] = "",
    divisible: Annotated[bool, typer.Option("--divisible", help="Amounts need not be whole units.")] = False,
    per_pupil: Annotated[bool, typer.Option("--per-pupil", help="The amount is per pupil already.")] = False,
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    stage: Annotated[str, typer.Option(help="Column of the stage, if there is one.")] = "stage",
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Find the least units, or money, that bring the pupil-weighted 差异系数 down to a target."""
    from xuequ.engines.balance.topup import TopUpDesign, top_up

    design = TopUpDesign(value, pupils, target, not divisible, cost, per_pupil, school, stage)
    with solver_on_stderr():
        result = top_up(read(file, school, stage), design)
    note_left_out(result.left_out)
    if json_:
        print_json(document(result))
    else:
        for one in result.stages:
            _print_stage(one)


def document(result: TopUps) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "target": result.design.target,
        "stages": [
            {"stage": one.stage, "schools_counted": one.schools_counted, "before": one.before, "after": one.after,
             "units": one.units, "cost": one.cost, "bound": one.bound, "schools": rows(one.schools)}
            for one in result.stages
        ],
        "left_out": [{"school": school, "reason": reason} for school, reason in result.left_out],
    }  # fmt: skip


def _print_stage(one: TopUp) -> None:
    print(f"{one.stage}: {one.schools_counted} schools, coefficient {one.before:.6g} → {one.after:.6g}")
    print(f"least units {one.units:.6g}, cost {one.cost:.6g} (not below {one.bound:.6g})")
    if one.schools.height:
        show("Where", one.schools, {name: name.replace("_", " ") for name in one.schools.columns})
