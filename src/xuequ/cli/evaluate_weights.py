"""``xuequ evaluate weights`` and ``objective``: weights from judgements of pairs, and from the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import note, read_texts, remark_documents
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.evaluation.ahp import Priorities
    from xuequ.engines.evaluation.repair import Repair


def weights(
    file: Annotated[
        Path, typer.Argument(help="CSV, square: the names in the first row and again in the first column.")
    ],
    ri: Annotated[str, typer.Option(help="Table of random indices: mc, saaty2005 or saaty1980.")] = "mc",
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Weigh indexes by AHP, and say how far the judgements contradict each other."""
    table = read_texts(file)
    from xuequ.engines.evaluation.ahp import prioritise
    from xuequ.engines.evaluation.judgements import read_judgements
    from xuequ.engines.evaluation.repair import advise

    matrix = read_judgements(table)
    found = prioritise(matrix, ri=ri)
    geometric = prioritise(matrix, "geometric", ri)
    advice = advise(matrix, found)
    if json_:
        print_json(_document(found, geometric, advice))
    else:
        _print(found, geometric, advice)


def _document(found: Priorities, geometric: Priorities, advice: Repair | None) -> dict[str, Any]:
    from dataclasses import asdict

    pairs = zip(found.names, found.weights.tolist(), geometric.weights.tolist(), strict=True)
    return {
        "weights": [{"name": name, "eigenvector": a, "geometric": b} for name, a, b in pairs],
        "lambda_max": found.lambda_max,
        "ci": found.ci,
        "ri": found.ri,
        "ri_table": found.ri_table,
        "cr": found.cr,
        "consistent": found.consistent,
        "gci": found.gci,
        "koczkodaj": found.koczkodaj,
        "missing": found.missing,
        "advice": None if advice is None else asdict(advice),
    }


def _print(found: Priorities, geometric: Priorities, advice: Repair | None) -> None:
    rows = zip(found.names, found.weights.tolist(), geometric.weights.tolist(), strict=True)
    print_table("Weights", ["index", "eigenvector", "geometric mean"], rows)
    print(f"λ = {found.lambda_max:.6g}, CI = {found.ci:.4g}, RI = {found.ri:.4g} ({found.ri_table}), "
          f"CR = {found.cr:.4f}, GCI = {found.gci:.4f}, Koczkodaj = {found.koczkodaj:.4f}")  # fmt: skip
    if found.missing:
        print(f"{found.missing} pairs were not judged and were filled in so that they contradict least")
    print("consistent: CR is below 0.1" if found.consistent else "not consistent: CR is 0.1 or more; revisit")
    if advice is not None:
        pair, given = f"{advice.first} to {advice.second}", _ratio(advice.given)
        print(f"most would help: {pair} {_ratio(advice.suggested)} instead of {given} "
              f"(the weights say {advice.fitting:.2f}); CR would be {advice.cr:.4f}")  # fmt: skip


def _ratio(value: float) -> str:
    """A judgement as it is written: 3, or 1/3."""
    return f"1/{1 / value:.3g}" if value < 1 else f"{value:.3g}"


def objective(
    file: Annotated[
        Path, typer.Argument(help="CSV, one row for each school; a first column of text is its name.")
    ],
    method: Annotated[str, typer.Option(help="entropy or critic.")],
    cost: Annotated[
        list[str] | None, typer.Option(help="Column where less is better; may be repeated.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Weigh indexes by how far the data tell schools apart."""
    table = read_texts(file)
    from xuequ.engines.evaluation.objective import objective_weights, read_indexes

    indexes = read_indexes(table, cost or [])
    found = objective_weights(indexes, method)
    rows = list(
        zip(found.names, found.weights.tolist(), found.information.tolist(), indexes.costs, strict=True)
    )
    note(found.remarks)
    if json_:
        keys = ("name", "weight", "information", "cost")
        print_json({
            "method": found.method,
            "rows": found.n,
            "weights": [dict(zip(keys, row, strict=True)) for row in rows],
            "remarks": remark_documents(found.remarks),
        })  # fmt: skip
        return
    shown = [(name, weight, information, "cost" if less else "") for name, weight, information, less in rows]
    print_table(f"Weights by {found.method}, {found.n} rows", ["index", "weight", "information", ""], shown)
