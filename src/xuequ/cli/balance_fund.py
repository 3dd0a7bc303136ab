"""``xuequ balance fund``: projects under a budget, weak schools first."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.balance_tables import read, solver_on_stderr
from xuequ.cli.growth_tables import rows, show
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.balance.funding import Funding, More, Source


def fund(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: school, project, cost, gain, base.")],
    weak_share: Annotated[float, typer.Option(help="Part of the budget reserved for weak schools, 0 to 1.")],
    budget: Annotated[
        float | None,
        typer.Option(help="Money, in the unit of the costs; the sum of the sources if not given."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=AMOUNT, or NAME=AMOUNT:KIND,KIND for money that pays only these kinds; may be repeated."
        ),
    ] = None,
    levels: Annotated[int, typer.Option(min=1, help="Smallest scores raised in turn before the gain.")] = 1,
    leximin: Annotated[
        bool, typer.Option("--leximin", help="Raise all scores in turn, the smallest first.")
    ] = False,
    alpha: Annotated[
        float | None,
        typer.Option(help="Share α-fairly instead: 0 gain alone, 1 Nash, 2 more for low scores."),
    ] = None,
    weak_weight: Annotated[float, typer.Option(help="Weight of a weak school's gain.")] = 1.0,
    front: Annotated[
        int, typer.Option(min=0, help="Points of the front of gain against the weakest school.")
    ] = 0,
    more: Annotated[float | None, typer.Option(help="Say what so much further money would be worth.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit of one step.")] = 30.0,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Choose projects: raise the weakest school as far as the budget allows, then gain the most."""
    from xuequ.engines.balance.funding import FundDesign
    from xuequ.engines.balance.funding import front as trade
    from xuequ.engines.balance.funding import fund as engine
    from xuequ.engines.balance.funding import more as further

    sources = tuple(_source(text) for text in source or [])
    design = FundDesign(
        budget=_budget(budget, sources),
        weak_share=weak_share,
        levels=None if leximin else levels,
        weak_weight=weak_weight,
        seconds=seconds,
        alpha=alpha,
        sources=sources,
    )
    table = read(file)
    with solver_on_stderr():
        result = engine(table, design)
        if not result.feasible:
            raise InputError("infeasible", _why(result))
        points = trade(table, design, front) if front else None
        worth = None if more is None else further(table, design, more, now=result)
    if json_:
        print_json(document(result, points, worth))
    else:
        _print_tables(result, points, worth)


def _source(text: str) -> Source:
    from xuequ.engines.balance.funding import Source

    name, _, rest = text.partition("=")
    amount, _, kinds = rest.partition(":")
    try:
        money = float(amount)
    except ValueError:
        message = f"write a source as NAME=AMOUNT or NAME=AMOUNT:KIND,KIND, not {text!r}"
        raise InputError("bad-sources", message) from None
    return Source(name.strip(), money, tuple(kind.strip() for kind in kinds.split(",") if kind.strip()))


def _budget(budget: float | None, sources: tuple[Source, ...]) -> float:
    if budget is None and not sources:
        raise InputError("bad-budget", "give --budget, or --source once or more")
    return sum(source.amount for source in sources) if budget is None else budget


def _why(result: Funding) -> str:
    relaxed = result.relaxation
    ways = []
    if relaxed is not None and relaxed.budget is not None:
        ways.append(f"a budget of {relaxed.budget:.10g}")
    for name, amount in () if relaxed is None else relaxed.sources:
        ways += [] if amount is None else [f"{amount:.10g} from {name}"]
    if relaxed is not None and relaxed.weak_share is not None:
        ways.append(f"a share of {relaxed.weak_share:.6g} for weak schools")
    advice = (
        f"the smallest change that suffices: {' or '.join(ways)}" if ways else "no single change suffices"
    )
    return f"budget, share for weak schools and what must be done cannot be kept together; {advice}"


def document(result: Funding, points: pl.DataFrame | None, worth: More | None) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    found = {
        "budget": result.design.budget,
        "spent": result.spent,
        "weak_spent": result.weak_spent,
        "gain": result.gain,
        "worst": result.worst,
        "greedy_worst": result.greedy_worst,
        "steps": [asdict(step) for step in result.steps],
        "projects": rows(result.projects),
        "schools": rows(result.schools),
        "money": rows(result.money),
        "equivalent": result.equivalent,
        "most_gain": result.most_gain,
        "price": result.price,
    }
    further = {} if worth is None else {"more": asdict(worth)}
    return found | ({} if points is None else {"front": rows(points)}) | further


def _print_tables(result: Funding, points: pl.DataFrame | None, worth: More | None) -> None:
    import polars as pl

    print(
        f"spent {result.spent:.10g} of {result.design.budget:.10g}, {result.weak_spent:.10g} at weak schools; "
        f"weakest score {result.worst:.6g} (gain per cost alone: {result.greedy_worst:.6g})"
    )
    print(
        f"equally distributed equivalent {result.equivalent:.6g}; price of fairness {result.price:.2%} of the gain"
    )
    if worth is not None:
        print(
            f"{worth.amount:.10g} more would raise the weakest score by {worth.worst:.4g}, the gain by {worth.gain:.4g}"
        )
    print_table("Proven", ["step", "value", "gap"], [(s.name, s.value, s.gap) for s in result.steps])
    chosen = result.projects.filter(pl.col("chosen")).drop("chosen")
    show("Projects", chosen, {name: name for name in chosen.columns})
    show("Schools", result.schools, {name: name for name in result.schools.columns})
    if result.design.sources:
        show("Money", result.money, {name: name for name in result.money.columns})
    if points is not None:
        show("Gain against the weakest school", points, {name: name for name in points.columns})
