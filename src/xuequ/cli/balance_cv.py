"""``xuequ balance cv``: the official coefficient and other measures of how even schools are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.balance_tables import note_left_out, read
from xuequ.cli.growth_tables import rows, show
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.balance.dispersion import Balance, Dispersion


def cv(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each school.")],
    value: Annotated[str, typer.Option(help="Column of the school's amount.")],
    pupils: Annotated[str, typer.Option(help="Column of the pupils.")],
    per_pupil: Annotated[bool, typer.Option("--per-pupil", help="The amount is per pupil already.")] = False,
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    stage: Annotated[str, typer.Option(help="Column of the stage, if there is one.")] = "stage",
    area: Annotated[str, typer.Option(help="Column of the area, if there is one.")] = "area",
    limit: Annotated[
        float | None, typer.Option(min=0, help="Limit of the coefficient for all stages.")
    ] = None,
    replicates: Annotated[int, typer.Option(min=0, help="Bootstrap samples; 0 for no intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Measure the pupil-weighted 差异系数, plain CV, Gini, Theil by area, and ratios, for each stage."""
    import numpy as np

    from xuequ.engines.balance.dispersion import CvDesign, measure

    design = CvDesign(value, pupils, per_pupil, school, stage, area, limit, replicates)
    result = measure(read(file, school, stage, area), design, np.random.default_rng(seed))
    note_left_out(result.left_out)
    if json_:
        print_json(document(result))
    else:
        for one in result.stages:
            _print_stage(one)


def document(result: Balance) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "stages": [_stage(one) for one in result.stages],
        "left_out": [{"school": school, "reason": reason} for school, reason in result.left_out],
    }


def _stage(one: Dispersion) -> dict[str, Any]:
    return {
        "stage": one.stage,
        "schools": one.schools,
        "pupils": one.pupils,
        **asdict(one.indices),
        "limit": one.limit,
        "met": one.met,
        "met_plain": one.met_plain,
        "theil_t_between": one.between_t,
        "theil_t_within": one.within_t,
        "theil_l_between": one.between_l,
        "theil_l_within": one.within_l,
        "intervals": {i.measure: [i.low, i.high] for i in one.intervals},
        "areas": rows(one.areas),
        "values": rows(one.values),
    }


def _print_stage(one: Dispersion) -> None:
    ends = {i.measure: (i.low, i.high) for i in one.intervals}
    measures = [(name, number, *ends.get(name, (None, None))) for name, number in asdict(one.indices).items()]
    parts = (("theil_t between areas", one.between_t), ("theil_t within areas", one.within_t),
             ("theil_l between areas", one.between_l), ("theil_l within areas", one.within_l))  # fmt: skip
    measures += [(name, number, None, None) for name, number in parts if number is not None]
    title = f"{one.stage}: {one.schools} schools, {one.pupils:g} pupils"
    print_table(title, ["measure", "value", "from", "to"], measures)
    if one.limit is not None:
        word = "kept" if one.met else "exceeded"
        print(f"limit {one.limit:g} of the official coefficient: {word}")
    if one.met != one.met_plain:
        print("the unweighted coefficient, which the rules do not use, would say the opposite")
    if one.areas.height:
        show("Areas", one.areas, {name: name.replace("_", " ") for name in one.areas.columns})
