"""``xuequ evaluate fuzzy``: fuzzy comprehensive evaluation of a scheme."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import note, read_json, remark_documents
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.evaluation.fuzzy import FuzzyEvaluation


def fuzzy(
    file: Annotated[Path, typer.Argument(help="JSON: grades, scores, and a tree of factors.")],
    operator: Annotated[
        str | None,
        typer.Option(help="weighted, min-max, prod-max or min-bsum; the scheme's own if not given."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Evaluate a tree of factors with weights and memberships, and read the result."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    scheme = read_json(file)
    from xuequ.engines.evaluation.fuzzy import evaluate
    from xuequ.engines.evaluation.scheme import design_of

    found = evaluate(design_of(scheme, operator))
    note(found.remarks)
    if json_:
        print_json(_document(found))
    else:
        _print(found)


def _document(found: FuzzyEvaluation) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "grades": list(found.design.grades),
        "operator": found.design.operator,
        "nodes": [
            {
                "path": list(node.path),
                "weight": node.weight,
                "memberships": list(node.memberships),
                "reading": asdict(node.reading),
            }
            for node in found.nodes
        ],
        "remarks": remark_documents(found.remarks),
    }


def _print(found: FuzzyEvaluation) -> None:
    heads = ["factor", "weight", *found.design.grades, "leading", "score"]
    rows = [
        [" / ".join(node.path) or "the whole", node.weight, *node.memberships, node.reading.leading,
         node.reading.score]
        for node in found.nodes
    ]  # fmt: skip
    print_table(f"Memberships ({found.design.operator})", heads, rows)
    reading = found.root.reading
    validity = "one grade holds all" if reading.alpha is None else f"{reading.alpha:.4f} ({reading.validity})"
    print(f"verdict: {reading.verdict or 'none'}; leading: {reading.leading}{', tied' if reading.tie else ''}; "
          f"validity of the largest membership: {validity}")  # fmt: skip
    print(f"{found.design.confidence:.0%} hold {reading.at_least} or better; entropy {reading.entropy:.4f}")
    if reading.score is not None:
        print(f"score {reading.score:.4f}, standard deviation over the grades {reading.spread:.4f}")
