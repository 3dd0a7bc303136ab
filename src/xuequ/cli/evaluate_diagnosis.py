"""``xuequ evaluate obstacles`` and ``ipa``: where to work next."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from xuequ.cli.evaluate_notes import read_texts
from xuequ.cli.evaluate_tables import read_weighed
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError


def obstacles(
    file: Annotated[
        Path, typer.Argument(help="CSV: school, perhaps rater, and a column of values for each index.")
    ],
    weights: Annotated[
        Path | None,
        typer.Option(help="CSV: index, weight, perhaps full (points); equal weights if not given."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many for each school.")] = 3,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Find what each school lacks most: degrees of obstruction 障碍度."""
    given = read_weighed(file, weights)
    from xuequ.engines.evaluation.diagnosis import obstacles as engine

    names = given.ratings.indexes
    _refuse_gaps(given.ratings.schools, names, given.ratings.means)
    found = engine(names, given.ratings.means / given.full, given.weights, most)
    pairs = list(zip(given.ratings.schools, found, strict=True))
    if json_:
        print_json([{"school": school, "obstacles": [asdict(one) for one in own]} for school, own in pairs])
        return
    rows = [
        (school, "; ".join(f"{one.name} {one.degree:.1%}" for one in own) or "none") for school, own in pairs
    ]
    print_table("Obstacles 障碍度", ["school", "largest parts of what is lacking"], rows)


def _refuse_gaps(schools: tuple[str, ...], indexes: tuple[str, ...], means: object) -> None:
    import numpy as np

    for i, j in np.argwhere(np.isnan(np.asarray(means))):
        message = f"school {schools[i]!r} has no value of this index"
        raise InputError("no-ratings", message, column=indexes[j], row=int(i) + 1)


def ipa(
    file: Annotated[Path, typer.Argument(help="CSV: index, importance, performance.")],
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Place indexes by importance and performance; ``concentrate`` is important and poorly done."""
    table = read_texts(file)
    from xuequ.engines.evaluation.diagnosis import importance_performance
    from xuequ.engines.evaluation.objective import column_of_numbers

    for name in ("index", "importance", "performance"):
        if name not in table.columns:
            raise InputError("unknown-column", "the table has no such column", column=name)
    if not table.height:
        raise InputError("no-rows", "the table has no rows")
    importance, performance = (column_of_numbers(table[name]) for name in ("importance", "performance"))
    found = importance_performance([str(name or "") for name in table["index"]], importance, performance)
    if json_:
        means = {"importance": float(importance.mean()), "performance": float(performance.mean())}
        print_json({"means": means, "indexes": [asdict(one) for one in found]})
        return
    rows = [(one.name, one.importance, one.performance, one.quadrant.replace("-", " ")) for one in found]
    print_table("Importance and performance", ["index", "importance", "performance", "quadrant"], rows)
