"""``xuequ growth factors``: where differences lie, and what goes along with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.growth_tables import names, note, plain, read, remarks, rows, show
from xuequ.cli.output import print_json

if TYPE_CHECKING:
    from xuequ.engines.growth.decomposition import Decomposition
    from xuequ.engines.growth.dominance import FactorShares


def factors(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    outcome: Annotated[str, typer.Option(help="Column of the result.")],
    factor: Annotated[
        str, typer.Option("--factors", help="Columns of numbers or texts, separated by commas.")
    ],
    base: Annotated[str, typer.Option(help="Columns always in the model, such as the starting point.")] = "",
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    klass: Annotated[str, typer.Option("--class", help="Column of the class, for the decomposition.")] = "",
    counted: Annotated[
        bool,
        typer.Option("--counted", help="The result has a natural zero: tell the coefficient of variation."),
    ] = False,
    replicates: Annotated[int, typer.Option(min=20, help="Bootstrap samples.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap and of random orders.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Decompose the variance by school, class and pupil and divide what the factors explain."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy as np

    from xuequ.engines.growth.decomposition import DecompositionDesign, decompose
    from xuequ.engines.growth.dominance import FactorDesign, factor_shares

    design = FactorDesign(outcome, names(factor), names(base), replicates=replicates)
    classes = [klass] if klass else []
    table = read(
        file, [outcome, *design.factors, *design.base, *classes], renamed={school: "school"}, texts=classes
    )
    rng = np.random.default_rng(seed)
    parts = decompose(
        table, DecompositionDesign(outcome, klass=klass, counted=counted, replicates=replicates), rng
    )
    shares = factor_shares(table, design, rng)
    note([*parts.remarks, *(remark for remark in shares.remarks if remark not in parts.remarks)])
    if json_:
        print_json(document(parts, shares))
    else:
        _print_tables(parts, shares)


def document(parts: Decomposition, shares: FactorShares) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "decomposition": {
            "n": parts.n, "schools": parts.schools, "classes": parts.classes, "deviance": parts.deviance,
            "parts": rows(parts.parts),
            "variation": {
                "observed": parts.variation, "chance": parts.chance, "true": parts.true_variation,
                "low": plain(parts.low), "high": plain(parts.high),
            },
        },
        "factors": {
            "n": shares.n, "schools": shares.schools, "explained": shares.explained, "low": shares.low,
            "high": shares.high, "exact": shares.exact, "shares": rows(shares.shares),
            "terms": rows(shares.terms), "school_variance": shares.school_variance,
            "school_variance_base": shares.school_variance_base, "residual_variance": shares.residual_variance,
        },
        "remarks": remarks([*parts.remarks, *shares.remarks]),
    }  # fmt: skip


def _print_tables(parts: Decomposition, shares: FactorShares) -> None:
    classes = "" if parts.classes is None else f", {parts.classes} classes"
    print(f"{parts.n} pupils, {parts.schools} schools{classes}")
    heads = {"part": "between", "variance": "variance", "share": "share", "low": "low", "high": "high"}
    show("Where the differences lie", parts.parts, heads)
    if parts.variation is not None:
        print(f"coefficient of variation between schools: {parts.variation:.4f} observed, {parts.chance:.4f} by"
              f" chance, {parts.true_variation:.4f} without it [{parts.low:.4f}, {parts.high:.4f}]")  # fmt: skip
    kind = "all sets" if shares.exact else "random orders"
    heads = {
        "factor": "factor",
        "share": "share",
        "low": "low",
        "high": "high",
        "alone": "alone",
        "last": "last",
        "chance": "by chance",
    }
    show(f"What the factors explain ({kind}; together {shares.explained:.4f})", shares.shares, heads)
    show("Coefficients", shares.terms, {"term": "term", "estimate": "estimate", "se": "SE"})
