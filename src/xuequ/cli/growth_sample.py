"""``xuequ growth sample``: sampled monitoring in which each pupil sits one of several subjects."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.growth_tables import names, note, read, remarks, rows, show
from xuequ.cli.output import print_json
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

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
    year: Annotated[
        int, typer.Option(help="Year of this sample; needed with --past and for later ones.")
    ] = 0,
    past: Annotated[
        list[Path] | None, typer.Option("--past", help="JSON of an earlier year's sample; may be repeated.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Evaluate a sample: school effects, what the design costs, and the smallest school it can speak of."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.growth_design import Measure
    from xuequ.engines.growth.sampling import SamplingDesign, evaluate_sample
    from xuequ.engines.growth.sampling_years import with_earlier

    earlier = read_past(past or [], year)
    subjects, begun = names(outcomes), names(priors)
    # Starts written in the order of the results are those of the same subjects.
    same = subjects if len(begun) == len(subjects) else ("",) * len(begun)
    sat = tuple(Measure(name, name) for name in subjects)
    started = tuple(Measure(name, subject) for name, subject in zip(begun, same, strict=True))
    design = SamplingDesign(sat, started, weight=weight, least_reliability=reliability)
    columns = [measure.column for measure in (*sat, *started)] + ([weight] if weight else [])
    result = evaluate_sample(read(file, columns, renamed={school: "school"}), design)
    together = with_earlier(result, year, earlier) if earlier is not None else None
    note(result.remarks)
    if json_:
        more = {} if together is None else {"together": rows(together)}
        print_json(document(result) | {"year": year or None} | more)
    else:
        _print_tables(result)
    if together is not None and not json_:
        heads = {"school": "school", "years": "earlier years", "effect": "effect", "se": "SE", "low": "low",
                 "high": "high", "own": "weight of this year"}  # fmt: skip
        show("Together with earlier years", together, heads)


def read_past(files: list[Path], year: int) -> pl.DataFrame | None:
    """Read earlier years' JSON documents of this command; None without any.

    Raises
    ------
    InputError
        ``no-such-file``, ``past-file`` or ``past-year``.
    """
    import polars as pl

    if not files:
        return None
    if not year:
        raise InputError("past-year", "with --past name the year of this sample: --year 2026")
    found = [row for file in files for row in _past_rows(file)]
    schema = {"school": pl.String, "year": pl.Int64, "value": pl.Float64, "se": pl.Float64}
    return pl.DataFrame(found, schema=schema, orient="row")


def _past_rows(file: Path) -> list[tuple[str, int, float, float]]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        year, variance = int(data["year"] or 0), float(data["school_variance"])
        known = [
            (str(s["school"]), float(s["effect"]), float(s["reliability"]))
            for s in data["schools"]
            if s["effect"] is not None
        ]
    except OSError as error:
        raise InputError("no-such-file", f"{file} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("past-file", f"{file.name} is no JSON of an earlier “growth sample”") from error
    if not year:
        raise InputError("past-year", f"{file.name} was written without --year")
    return [
        (school, year, effect / lam, math.sqrt(variance * (1 - lam) / lam)) for school, effect, lam in known
    ]


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
