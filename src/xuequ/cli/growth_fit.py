"""``xuequ growth fit``: value added by a mixed model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.growth.mixed import MixedModelFit

_SHOW_PROGRESS_FROM = 64 * 2**20


def fit(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    formula: Annotated[str, typer.Argument(help='Such as "outcome ~ prior + (prior | school)".')],
    reml: Annotated[bool, typer.Option("--reml/--ml", help="Restricted or full maximum likelihood.")] = True,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Fit a value-added model and print its terms, variances and school effects with both their errors."""
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.cli.table_file import open_table
    from xuequ.engines.growth.coding import used_columns
    from xuequ.engines.growth.formula import parse
    from xuequ.engines.growth.mixed import fit_mixed_model

    model = parse(formula)
    with (
        _progress(file),
        open_table(file, columns=used_columns(model), texts=[model.group]) as table,
    ):
        result = fit_mixed_model(table, model, method="reml" if reml else "ml")
    _print_notes(result)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: MixedModelFit) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    terms = result.random.terms
    effects, se, se_prediction = (a.tolist() for a in (result.effects, result.se, result.se_prediction))
    return {
        "n": result.n,
        "groups": len(result.groups),
        "method": result.method,
        "dropped": list(result.dropped),
        "fixed": {term: {"estimate": e.estimate, "se": e.se} for term, e in result.fixed.items()},
        "random": {
            result.model.formula.group: {
                "terms": list(terms),
                "covariance": result.random.covariance.tolist(),
            }
        },
        "residual_variance": result.residual_variance,
        "deviance": result.deviance,
        "effects": [
            {
                "group": group,
                "terms": {
                    term: {"effect": effects[j][k], "se": se[j][k], "se_prediction": se_prediction[j][k]}
                    for k, term in enumerate(terms)
                },
            }
            for j, group in enumerate(result.groups)
        ],
    }


def _print_tables(result: MixedModelFit) -> None:
    criterion = "REML criterion" if result.method == "reml" else "-2 log likelihood"
    group = result.model.formula.group
    print(f"{result.n} pupils, {len(result.groups)} groups of {group}; {criterion} {result.deviance:.4f}")
    rows = [(term, effect.estimate, effect.se) for term, effect in result.fixed.items()]
    print_table("Fixed effects", ["term", "estimate", "SE"], rows)
    terms, covariance = result.random.terms, result.random.covariance
    names = [*terms, "residual"]
    variances = [*covariance.diagonal().tolist(), result.residual_variance]
    print_table(
        f"Variances between groups of {group}",
        ["term", "variance", "SD", *(f"correlation with {term}" for term in terms[:-1])],
        [
            (name, variance, variance**0.5, *_correlations(covariance, i))
            for i, (name, variance) in enumerate(zip(names, variances, strict=True))
        ],
    )
    numbers = (result.effects, result.se, result.se_prediction, result.reliability)
    for k, term in enumerate(terms):
        print_table(
            f"Effects of {group}: {term}",
            [group, "pupils", "effect", "SE given β", "prediction SE", "reliability"],
            [
                (label, int(result.sizes[j]), *(float(array[j, k]) for array in numbers))
                for j, label in enumerate(result.groups)
            ],
        )


def _correlations(covariance: Any, row: int) -> list[float | None]:
    """Correlations with the terms before this one; nothing where one of the two has no variance."""
    found: list[float | None] = []
    for column in range(len(covariance) - 1):
        product = covariance[row, row] * covariance[column, column] if row < len(covariance) else 0.0
        below = column < row and product > 0.0
        found.append(float(covariance[row, column] / product**0.5) if below else None)
    return found


def _print_notes(result: MixedModelFit) -> None:
    """What a reader of the numbers must know, on stderr so that a program reads clean JSON."""
    group = result.model.formula.group
    if result.n_dropped:
        _note(f"{result.n_dropped} rows left out because a value is missing")
    if result.dropped:
        _note(f"terms left out because earlier terms determine them: {', '.join(result.dropped)}")
    for term in result.zero_variances:
        _note(f"the variance of {term} between groups of {group} is zero: no detectable difference")
    if result.singular and not result.zero_variances:
        _note(f"the covariance matrix of {group} is singular: its terms are perfectly correlated")


def _note(text: str) -> None:
    print(f"xuequ: note: {text}", file=sys.stderr)


@contextmanager
def _progress(file: Path) -> Iterator[None]:
    if not file.is_file() or file.stat().st_size < _SHOW_PROGRESS_FROM:
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"reading {file.name}"):
        yield
