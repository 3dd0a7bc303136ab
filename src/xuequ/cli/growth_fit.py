"""``xuequ growth fit``: value added by a mixed model."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.formula import Formula
    from xuequ.engines.growth.mixed import MixedModelFit

_SHOW_PROGRESS_FROM = 64 * 2**20


def fit(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    formula: Annotated[str, typer.Argument(help='Such as "outcome ~ prior + (prior | school)".')],
    reml: Annotated[bool, typer.Option("--reml/--ml", help="Restricted or full maximum likelihood.")] = True,
    class_: Annotated[
        str | None, typer.Option("--class", help="Column of the class, a third level within the school.")
    ] = None,
    reliability: Annotated[
        str | None, typer.Option(help="Reliability of the prior score, such as prior=0.85.")
    ] = None,
    sem: Annotated[
        str | None,
        typer.Option(
            help="Its standard error of measurement instead: prior=3.2, or a column of them: prior=csem."
        ),
    ] = None,
    school_mean: Annotated[
        bool, typer.Option("--school-mean", help="With either: add the school's mean of the prior as a term.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Fit a value-added model and print its terms, variances and school effects with both their errors."""
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.cli import growth_fit_classes, growth_fit_error
    from xuequ.engines.growth.formula import parse

    model, method = parse(formula), "reml" if reml else "ml"
    error = growth_fit_error.prior_error(reliability, sem)
    _check_options(class_, error=error is not None, school_mean=school_mean, reml=reml)
    if class_ is not None:
        with _table(file, model, [class_]) as table:
            nested = growth_fit_classes.fitted(table, model, class_, method)
        growth_fit_classes.show(nested, class_, json_=json_)
    elif error is not None:
        with _table(file, model, growth_fit_error.extra_columns(error)) as table:
            corrected = growth_fit_error.fitted(table, model, error, school_mean=school_mean)
        growth_fit_error.show(corrected, json_=json_)
    else:
        with _table(file, model, []) as table:
            result = _fitted(table, model, method)
        show(result, json_=json_)


def show(result: MixedModelFit, *, json_: bool) -> None:
    """Print a fit of two levels."""
    print_notes(result)
    if json_:
        print_json(document(result))
    else:
        print_tables(result)


def _fitted(table: pl.LazyFrame, model: Formula, method: str) -> MixedModelFit:
    from xuequ.engines.growth.mixed import fit_mixed_model

    return fit_mixed_model(table, model, method="reml" if method == "reml" else "ml")


def _check_options(class_: str | None, *, error: bool, school_mean: bool, reml: bool) -> None:
    if class_ is not None and error:
        raise InputError("class-and-error", "--class cannot be combined with --reliability or --sem")
    if school_mean and not error:
        raise InputError("school-mean-alone", "--school-mean needs --reliability or --sem")
    if error and not reml:
        raise InputError(
            "error-by-ml", "with --reliability or --sem the variances are by REML; leave --ml out"
        )


@contextmanager
def _table(file: Path, model: Formula, more: Sequence[str]) -> Iterator[pl.LazyFrame]:
    from xuequ.cli.table_file import open_table
    from xuequ.engines.growth.coding import used_columns

    wanted = list(dict.fromkeys([*used_columns(model), *more]))
    with _progress(file), open_table(file, columns=wanted, texts=[model.group, *more]) as table:
        yield table


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


def print_tables(result: MixedModelFit) -> None:
    """The terms, variances and effects, for people."""
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


def print_notes(result: MixedModelFit) -> None:
    """What a reader of the numbers must know, on stderr so that a program reads clean JSON."""
    group = result.model.formula.group
    if result.n_dropped:
        note(f"{result.n_dropped} rows left out because a value is missing")
    if result.dropped:
        note(f"terms left out because earlier terms determine them: {', '.join(result.dropped)}")
    for term in result.zero_variances:
        note(f"the variance of {term} between groups of {group} is zero: no detectable difference")
    if result.singular and not result.zero_variances:
        note(f"the covariance matrix of {group} is singular: its terms are perfectly correlated")


def note(text: str) -> None:
    """One line on stderr."""
    print(f"xuequ: note: {text}", file=sys.stderr)


@contextmanager
def _progress(file: Path) -> Iterator[None]:
    if not file.is_file() or file.stat().st_size < _SHOW_PROGRESS_FROM:
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"reading {file.name}"):
        yield
