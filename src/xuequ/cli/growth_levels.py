"""``xuequ growth levels``: value added when the outcome is a level (等级)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.growth_tables import names, note, plain, read, remarks, rows, show
from xuequ.cli.output import print_json

if TYPE_CHECKING:
    from xuequ.engines.growth.ordinal import OrdinalFit


def levels(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    outcome: Annotated[str, typer.Option(help="Column of the level.")],
    order: Annotated[str, typer.Option("--levels", help="Levels from the lowest to the highest: D,C,B,A.")],
    prior: Annotated[str, typer.Option(help="Column of the starting point, a number or a level.")],
    prior_levels: Annotated[
        str, typer.Option(help="Levels of the starting point, from the lowest to the highest.")
    ] = "",
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    factors: Annotated[str, typer.Option(help="Further columns of numbers, separated by commas.")] = "",
    school_mean: Annotated[
        bool, typer.Option("--school-mean", help="Take the school's mean starting point into the model.")
    ] = False,
    minimum: Annotated[int, typer.Option(min=2, help="Fewest pupils for an effect to be shown.")] = 10,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Fit a cumulative logit mixed model and print thresholds, terms and school effects."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.ordinal import OrdinalDesign, fit_ordinal

    design = OrdinalDesign(
        outcome, names(order), prior, names(prior_levels), names(factors), school_mean, minimum_pupils=minimum
    )
    texts = [outcome, *([prior] if prior_levels else [])]
    table = read(file, [outcome, prior, *design.factors], renamed={school: "school"}, texts=texts)
    result = fit_ordinal(table, design)
    note(result.remarks)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: OrdinalFit) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    odds = result.odds
    return {
        "n": result.n,
        "cells": result.cells,
        "deviance": result.deviance,
        "thresholds": rows(result.thresholds),
        "terms": rows(result.terms),
        "school_variance": result.school_variance,
        "variance_se": result.variance_se,
        "icc": result.icc,
        "middle": result.middle,
        "proportional_odds": None
        if odds is None
        else {
            "terms": list(odds.terms), "slopes": odds.slopes.tolist(), "statistic": odds.statistic,
            "df": odds.df, "p": odds.p, "largest_difference": plain(odds.largest_difference),
        },
        "schools": rows(result.schools),
        "remarks": remarks(result.remarks),
    }  # fmt: skip


def _print_tables(result: OrdinalFit) -> None:
    print(f"{result.n} pupils in {result.cells} cells, {result.schools.height} schools; "
          f"-2 log likelihood {result.deviance:.4f}; ICC {result.icc:.4f}")  # fmt: skip
    show("Thresholds", result.thresholds, {"level": "up to", "estimate": "estimate", "se": "SE"})
    show("Terms", result.terms,
         {"term": "term", "estimate": "estimate", "se": "SE", "odds_ratio": "odds ratio"})  # fmt: skip
    heads = {"school": "school", "n": "pupils", "effect": "effect", "se": "SE", "low": "low", "high": "high",
             "reliability": "reliability", "share_shift": f"share from {result.middle}",
             "verdict": "verdict"}  # fmt: skip
    show("Effects of school (logits)", result.schools, heads)
