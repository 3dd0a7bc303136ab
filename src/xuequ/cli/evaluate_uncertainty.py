"""``xuequ evaluate uncertainty``: the probability of each grade, the interval of the rank, the smallest flip."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_tables import Weighed, read_weighed
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.evaluation.uncertainty import Standings


FEW_RATERS = 5


def uncertainty(
    file: Annotated[
        Path, typer.Argument(help="CSV: school, perhaps rater, and a column of values for each index.")
    ],
    cuts: Annotated[str, typer.Option(help="Rising limits of the grades, e.g. 60,75,90.")],
    weights: Annotated[
        Path | None, typer.Option(help="CSV: index, weight; equal weights if not given.")
    ] = None,
    grades: Annotated[
        str | None, typer.Option(help="Names of the grades from the lowest, one more than limits.")
    ] = None,
    noise: Annotated[float, typer.Option(help="Weights vary by this share up and down.")] = 0.2,
    draws: Annotated[int, typer.Option(min=100, max=100_000, help="Draws of weights (and raters).")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Say how probable each grade is when weights and raters might have been others, and what would flip it."""
    given = read_weighed(file, weights)
    limits = _limits(cuts)
    names = _names(grades, len(limits))
    import numpy as np

    from xuequ.engines.evaluation.uncertainty import draw_weights, standings

    rng = np.random.default_rng(seed)
    raters = len(given.ratings.raters)
    several = raters > 1
    if several and raters < FEW_RATERS:
        print(
            f"xuequ: note: only {raters} raters: drawing among so few understates what raters leave open",
            file=sys.stderr,
        )
    values = given.ratings.values if several else given.ratings.means
    drawn = draw_weights(given.weights, draws, rng, noise=noise)
    found = standings(values, drawn, given.weights, limits, rng)
    rows = [_row(i, given, found, limits, names) for i in range(len(given.ratings.schools))]
    if json_:
        print_json({"draws": draws, "noise": noise, "raters_drawn": several, "confidence": found.confidence,
                    "grades": names, "cuts": limits, "schools": rows})  # fmt: skip
    else:
        _print(rows, names, draws, several=several)


def _limits(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError("bad-cuts", f"write limits as 60,75,90, not {text!r}") from None


def _names(text: str | None, limits: int) -> list[str]:
    names = (
        [f"grade {k}" for k in range(limits + 1)] if text is None else [n.strip() for n in text.split(",")]
    )
    if len(names) != limits + 1:
        raise InputError("bad-grades", f"{limits} limits part {limits + 1} grades, not {len(names)}")
    return names


def _row(at: int, given: Weighed, found: Standings, limits: list[float], names: list[str]) -> dict[str, Any]:
    probability = [float(p) for p in found.probability[at]]
    grade = sum(float(found.score[at]) >= limit for limit in limits)
    return {
        "school": given.ratings.schools[at],
        "score": float(found.score[at]),
        "low": float(found.low[at]),
        "high": float(found.high[at]),
        "grade": names[grade],
        "probability": probability,
        "rank_low": int(found.rank_low[at]),
        "rank_high": int(found.rank_high[at]),
        "flip": _flip(at, given, limits, grade),
    }


def _flip(at: int, given: Weighed, limits: list[float], grade: int) -> dict[str, Any] | None:
    """The smallest change of weights that takes the school to another grade: the nearer of the limits around it."""
    from xuequ.engines.evaluation.uncertainty import flip

    near = [limit for limit in (limits[grade - 1] if grade else None, limits[grade] if grade < len(limits) else None)
            if limit is not None]  # fmt: skip
    tried = [(limit, flip(given.ratings.means[at], given.weights, limit)) for limit in near]
    found = [(change.moved, limit, change) for limit, change in tried if change is not None]
    if not found:
        return None
    moved, limit, change = min(found, key=lambda one: one[:2])
    indexes = given.ratings.indexes
    return {
        "moved": moved,
        "to": limit,
        "gains": indexes[change.gains],
        "gives": [indexes[j] for j in change.gives],
    }


def _print(rows: list[dict[str, Any]], names: list[str], draws: int, *, several: bool) -> None:
    shown = [
        (r["school"], r["score"], f"{r['low']:.2f}–{r['high']:.2f}", r["grade"],
         *(f"{p:.1%}" for p in r["probability"]), f"{r['rank_low']}–{r['rank_high']}", _told(r["flip"]))
        for r in rows
    ]  # fmt: skip
    heads = [
        "school",
        "score",
        "interval",
        "grade",
        *(f"P({name})" for name in names),
        "ranks",
        "smallest flip",
    ]
    print_table(f"Over {draws} draws of weights{' and raters' if several else ''}", heads, shown)


def _told(flip: dict[str, Any] | None) -> str:
    if flip is None:
        return "no weights"
    if not flip["moved"]:
        return f"on the limit {flip['to']:g}"
    return f"{flip['moved']:.1%} of the weight to {flip['gains']} gives {flip['to']:g}"
