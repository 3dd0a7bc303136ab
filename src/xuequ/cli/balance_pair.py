"""``xuequ balance pair``: partners for schools, each explained."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.balance_tables import read
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.balance.pairing import Pairing, Reason


def pair(
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet: school, capacity, need_… and strength_… columns.")
    ],
    per_km: Annotated[float, typer.Option(min=0, help="Points off for each km.")] = 0.02,
    other_stage: Annotated[float, typer.Option(min=0, help="Points off where no stage is in common.")] = 0.5,
    stay: Annotated[float, typer.Option(min=0, help="Points for last year's partner.")] = 0.1,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Pair schools that need help with schools that are strong where they are weak."""
    from xuequ.engines.balance.pairing import PairDesign
    from xuequ.engines.balance.pairing import pair as engine

    result = engine(read(file), PairDesign(per_km, other_stage, stay))
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: Pairing) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "worth": result.worth,
        "pairs": [asdict(one) for one in result.pairs],
        "unpaired": list(result.unpaired),
        "ended": [{"giver": giver, "receiver": receiver} for giver, receiver in result.ended],
    }


def _print_tables(result: Pairing) -> None:
    lines = [
        (
            one.receiver,
            one.giver,
            one.worth,
            "settled" if one.locked else "",
            "; ".join(map(_words, one.reasons)),
        )
        for one in result.pairs
    ]
    print_table(f"Pairs, worth {result.worth:.6g}", ["receiver", "giver", "worth", "", "why"], lines)
    for school in result.unpaired:
        print(f"no room left for {school}")
    for giver, receiver in result.ended:
        print(f"ended: {giver} with {receiver}")


def _words(reason: Reason) -> str:
    """Code, name and number of one part."""
    what = f"{reason.code} {reason.name}".strip()
    size = f" {reason.size:.3g} km" if reason.code == "distance" else ""
    return f"{what}{size} {reason.part:+.3g}"
