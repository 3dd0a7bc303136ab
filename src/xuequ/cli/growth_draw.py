"""``xuequ growth draw``: who sits which subject in a sampled monitoring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xuequ.cli.growth_tables import names, read, rows, show, write_csv
from xuequ.cli.output import print_json


def draw(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, one row for each enrolled pupil.")],
    subjects: Annotated[str, typer.Option(help="What is sat, separated by commas.")],
    out: Annotated[Path, typer.Option(help="CSV of the pupils with subject and weight.")],
    rate: Annotated[float, typer.Option(help="Share of each school's pupils that is drawn.")] = 0.25,
    least: Annotated[int, typer.Option(help="Pupils drawn in each school at least.")] = 30,
    before: Annotated[str, typer.Option(help="Column of the subject that a pupil sat at the start.")] = "",
    pupil: Annotated[str, typer.Option(help="Column of the pupil.")] = "pupil",
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    seed: Annotated[int, typer.Option(help="Seed of the draw: the same seed draws the same pupils.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Draw a sample: each pupil one subject, the one of the start where that is known, subjects equal in schools."""
    import numpy as np

    from xuequ.engines.growth.sampling_plan import PlanDesign, plan_sample

    design = PlanDesign(names(subjects), rate, least, before)
    keys = {pupil: "pupil", school: "school"}
    table = read(file, [before] if before else [], renamed=keys, texts=[before] if before else [])
    plan = plan_sample(table, design, np.random.default_rng(seed))
    write_csv(plan.pupils.drop_nulls("subject"), out)
    if json_:
        print_json(
            {"out": str(out), "drawn": int(plan.schools["drawn"].sum()), "schools": rows(plan.schools)}
        )
    else:
        heads = {
            "school": "school",
            "enrolled": "enrolled",
            "drawn": "drawn",
            "matched": "same subject",
            "weight": "weight",
        }
        show(f"Drawn ({out})", plan.schools, heads)
