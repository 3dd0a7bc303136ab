"""``xuequ growth sample``: sampled monitoring in which each pupil sits one of several subjects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.growth_tables import names, note, read, remarks, rows, show
from xuequ.cli.output import print_json

if TYPE_CHECKING:
    from xuequ.engines.growth.sampling import SamplingFindings


def sample(
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet, one row for each enrolled pupil, drawn or not.")
    ],
    outcomes: Annotated[str, typer.Option(help="Columns of the results, one for each subject.")],
    priors: Annotated[str, typer.Option(help="Columns of the starting point, one or more.")],
    weight: Annotated[str, typer.Option(help="Column of 1/probability of being drawn.")] = "",
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    reliability: Annotated[
        float, typer.Option(help="Reliability below which nothing is said of a school.")
    ] = 0.5,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Evaluate a sample: school effects, what the design costs, and the smallest school it can speak of."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.growth_design import Measure
    from xuequ.engines.growth.sampling import SamplingDesign, evaluate_sample

    sat, started = (tuple(Measure(name) for name in names(text)) for text in (outcomes, priors))
    design = SamplingDesign(sat, started, weight=weight, least_reliability=reliability)
    columns = [measure.column for measure in (*sat, *started)] + ([weight] if weight else [])
    result = evaluate_sample(read(file, columns, renamed={school: "school"}), design)
    note(result.remarks)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: SamplingFindings) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "school_variance": result.school_variance,
        "residual_variance": result.residual_variance,
        "smallest": result.smallest,
        "smallest_school": result.smallest_school,
        "one_subject": result.one_subject,
        "schools": rows(result.schools),
        "subjects": rows(result.subjects),
        "remarks": remarks(result.remarks),
    }


def _print_tables(result: SamplingFindings) -> None:
    if result.smallest is not None:
        print(f"a statement needs {result.smallest} pupils drawn in a school:"
              f" {result.smallest_school} enrolled at this rate")  # fmt: skip
    heads = {"school": "school", "enrolled": "enrolled", "n": "drawn", "design_effect": "design effect",
             "reliability": "reliability", "effect": "effect", "se": "SE", "low": "low", "high": "high",
             "verdict": "verdict"}  # fmt: skip
    show("Effects of school (SD within subject)", result.schools, heads)
