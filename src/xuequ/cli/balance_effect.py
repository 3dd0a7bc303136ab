"""``xuequ balance effect``: what help did, by difference in differences."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xuequ.cli.balance_tables import read
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.balance.pairs_effect import PairsEffect, Watched

_YES, _NO = ("1", "yes", "true", "是"), ("", "0", "no", "false", "否")
_NOTES = {
    "baseline-differs": "the groups were far apart before, so that the weak may have risen by themselves",
    "no-common-start": "all helped schools started on one side of all others; the same start is never observed",
    "shared-partners": "helped schools share a giver and are not independent; the interval is too narrow",
}


def effect(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: school, helped, before, after, perhaps partner, partner_before, partner_after."
        ),
    ],
    confidence: Annotated[float, typer.Option(help="Of the interval, 0.5 to below 1.")] = 0.95,
    seed: Annotated[
        int | None,
        typer.Option(help="Draw assignments where they are too many to try; without it Welch's t."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Compare the change of helped schools to that of others, with an exact interval or a refusal."""
    table = read(file, "helped")
    import numpy as np

    from xuequ.engines.balance.pairs_effect import pairs_effect

    rng = None if seed is None else np.random.default_rng(seed)
    found = pairs_effect(_watched(table), confidence=confidence, rng=rng)
    if json_:
        print_json(asdict(found))
    else:
        _print(found)


def _watched(table: pl.DataFrame) -> list[Watched]:
    from xuequ.engines.balance.inputs import amounts, keys, numbers, require, texts
    from xuequ.engines.balance.pairs_effect import Watched

    require(table, ("school", "helped", "before", "after"))
    school, partner, helped = keys(table, "school"), texts(table, "partner"), texts(table, "helped")
    before, after = amounts(table, "before"), amounts(table, "after")
    given = {
        name: numbers(table, name) for name in ("partner_before", "partner_after") if name in table.columns
    }

    def of(name: str, at: int) -> float | None:
        return float(given[name][at]) if name in given and given[name][at] == given[name][at] else None

    return [
        Watched(school[at], _flag(helped[at], at + 1), float(before[at]), float(after[at]), partner[at],
                of("partner_before", at), of("partner_after", at))
        for at in range(table.height)
    ]  # fmt: skip


def _flag(text: str, row: int) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise InputError("bad-flag", "write 1 or 0", column="helped", row=row, value=text)
    return text.lower() in _YES


def _print(found: PairsEffect) -> None:
    print(
        f"{found.helped} helped {found.change_helped:+.4g}, {found.others} others {found.change_others:+.4g}: "
        f"difference {found.effect:+.4g}, {found.confidence:.0%} from {found.low:.4g} to {found.high:.4g}, "
        f"p {found.p:.3g} ({found.method.replace('-', ' ')})"
    )
    for what, estimate in (("at the same start", found.adjusted), ("gap to the partner closed", found.gap)):
        if estimate is not None:
            print(f"{what}: {estimate.value:+.4g}, from {estimate.low:.4g} to {estimate.high:.4g}")
    for remark in found.remarks:
        print(f"note: {_NOTES[remark]}")
    rows = [(p.school, p.partner, p.change, p.gap_before, p.gap_after, p.closed) for p in found.pairs]
    print_table("Helped schools", ["school", "partner", "change", "gap before", "gap after", "closed"], rows)
