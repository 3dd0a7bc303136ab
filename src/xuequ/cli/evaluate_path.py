"""``xuequ evaluate path``: the cheapest path of a school to its next star."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import read_json
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.evaluation import pathway
    from xuequ.engines.evaluation.diagnosis import Obstacle


def path(
    file: Annotated[Path, typer.Argument(help="JSON: items, options and the target.")],
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit of one step.")] = 10.0,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Find the cheapest set of options that lifts a school to its next star, or how far it can go."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    document = read_json(file)
    from xuequ.cli.balance_tables import solver_on_stderr
    from xuequ.engines.evaluation.pathway import marginals, obstacles_of
    from xuequ.engines.evaluation.pathway import path as engine
    from xuequ.engines.evaluation.pathway_scheme import scheme_of

    scheme = scheme_of(document)
    with solver_on_stderr():
        found = engine(scheme.items, scheme.options, scheme.target, seconds=seconds)
    obstacles = obstacles_of(scheme.items)
    worth = marginals(scheme.items, scheme.options)
    if json_:
        print_json(_document(found, obstacles, worth))
    else:
        _print(found, obstacles, worth)


def _document(
    found: pathway.Path, obstacles: tuple[Obstacle, ...], worth: tuple[pathway.Marginal, ...]
) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(found) | {
        "obstacles": [asdict(one) for one in obstacles],
        "marginals": [asdict(one) for one in worth],
    }


def _print(found: pathway.Path, obstacles: tuple[Obstacle, ...], worth: tuple[pathway.Marginal, ...]) -> None:
    if found.already:
        print(f"the target of {found.target:g} is reached already with {found.before:g} points")
    elif found.short is None:
        print(f"{found.before:g} → {found.after:g} points, target {found.target:g}: {len(found.steps)} steps, "
              f"{found.cost:.10g} 元; nothing cheaper does it (gap {found.gap:g})")  # fmt: skip
    else:
        print(f"the target cannot be reached; short at best: {_short(found.short)}")
    steps = [
        (s.option, s.item, s.dimension, s.gained, s.cost, s.effort, "veto" if s.meets else "")
        for s in found.steps
    ]
    if steps:
        print_table("Steps", ["option", "item", "dimension", "points", "元", "effort", ""], steps)
    rows = [(d.dimension, d.before, d.after, d.minimum) for d in found.dimensions]
    print_table("Dimensions", ["dimension", "before", "after", "minimum"], rows)
    print_table(
        "Obstacles 障碍度", ["item", "part of what is lacking"], [(o.name, o.degree) for o in obstacles]
    )
    rated = [(m.option, m.gained, m.cost, None if m.per_yuan is None else m.per_yuan * 10_000) for m in worth]
    if rated:
        print_table("Points for money", ["option", "points", "元", "points per 万元"], rated)


def _short(short: pathway.Shortfall) -> str:
    parts = [f"{short.total:g} points in all"] if short.total else []
    parts += [f"{points:g} points of {dimension}" for dimension, points in short.dimensions]
    parts += [f"veto item {code} unmet" for code in short.vetoes]
    return ", ".join(parts)
