"""``xuequ evaluate content`` and ``group``: what experts say of indexes, one by one and together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import read_texts
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.evaluation.group import GroupPriorities, WeightRanges

_ADVISED, _ADVISED_MEAN = 0.78, 0.90
_MOST_COLUMNS = 12


def content(
    file: Annotated[
        Path, typer.Argument(help="CSV, a row for each expert: name, then relevance of each index.")
    ],
    relevant: Annotated[float, typer.Option(help="Ratings from here on count as relevant.")] = 3.0,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Judge content validity: the share of experts who find each index relevant, corrected for chance."""
    table = read_texts(file)
    import numpy as np

    from xuequ.engines.evaluation.agreement import content_validity
    from xuequ.engines.evaluation.objective import column_of_numbers

    names = table.columns[1:]
    if not names or not table.height:
        raise InputError("no-ratings", "a row for each expert and a column for each index are needed")
    ratings = np.column_stack([column_of_numbers(table[name], complete=False) for name in names])
    found, mean = content_validity(names, ratings, relevant)
    if json_:
        from dataclasses import asdict

        print_json({"relevant": relevant, "indexes": [asdict(one) for one in found], "s_cvi_ave": mean})
        return
    rows = [
        (one.name, one.experts, one.i_cvi, one.kappa, "" if one.i_cvi >= _ADVISED else "low") for one in found
    ]
    print_table("Content validity", ["index", "experts", "I-CVI", "κ*", ""], rows)
    print(
        f"S-CVI/Ave {mean:.4f}; by custom I-CVI {_ADVISED} with six experts or more, S-CVI/Ave {_ADVISED_MEAN:.2f}"
    )


def group(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="CSV of each expert: a square matrix of judgements, as for weights. Or one survey: a row for each"
            " expert, a column a_b for each pair, −k for a k times as important as b, k for the opposite."
        ),
    ],
    way: Annotated[
        str,
        typer.Option(help="judgements (AIJ), priorities-arithmetic or priorities-geometric (AIP)."),
    ] = "judgements",
    share: Annotated[
        list[float] | None, typer.Option(help="How much each expert counts, in the order of the files.")
    ] = None,
    ri: Annotated[str, typer.Option(help="Table of random indices: mc, saaty2005 or saaty1980.")] = "mc",
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Join the judgements of several experts, and say how far they agree."""
    tables = [read_texts(file) for file in files]
    from xuequ.engines.evaluation.clusters import clusters_of
    from xuequ.engines.evaluation.group import aggregate, weight_ranges
    from xuequ.engines.evaluation.judgements import is_pairs, read_judgements, read_pairs

    if len(tables) == 1 and is_pairs(tables[0].columns):
        judged = read_pairs(tables[0])
        called = [str(row) for row in range(1, len(judged) + 1)]
    else:
        judged, called = [read_judgements(table) for table in tables], [file.stem for file in files]
    found = aggregate(judged, way, shares=share, ri=ri)
    # Shares say that experts are no sample of their like, of whom a range would speak.
    ranges = weight_ranges(found) if share is None else None
    weights = _weights(found)
    alike = [[called[at] for at in members] for members in clusters_of(weights)]
    if json_:
        print_json(_document(found, ranges, called, alike))
        return
    _show(found, ranges, called, alike)


def _show(
    found: GroupPriorities, ranges: WeightRanges | None, called: list[str], alike: list[list[str]]
) -> None:
    few = len(called) <= _MOST_COLUMNS
    own = _weights(found).tolist() if few else []
    told = (
        [] if ranges is None else [[f"{a:.4f}–{b:.4f}" for a, b in zip(ranges.low, ranges.high, strict=True)]]
    )
    heads = ["index", "group", *(["95 % range"] if told else []), *(called if few else [])]
    rows = zip(found.names, found.weights.tolist(), *told, *own, strict=True)
    print_table(f"Weights ({found.way})", heads, rows)
    if ranges is None:
        print("no ranges: they need three experts or more who count alike")
    consistent = [
        (name, m.cr, "" if m.consistent else "revisit") for name, m in zip(called, found.members, strict=True)
    ]
    shown = consistent if few else []
    print_table("Consistency", ["expert", "CR", ""], [*shown, ("joined", found.cr, "")])
    if not few:
        print(f"{sum(m.consistent for m in found.members)} of {len(called)} experts are consistent")
    print(f"consensus S* {found.consensus:.4f} ({found.word.replace('-', ' ')})")
    if len(alike) > 1:
        print("experts who weigh alike: " + "; ".join(_together(names) for names in alike))


def _together(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= _MOST_COLUMNS else f"{len(names)} experts"


def _weights(found: GroupPriorities) -> Any:
    import numpy as np

    return np.array([member.weights for member in found.members])


def _document(
    found: GroupPriorities, ranges: WeightRanges | None, called: list[str], alike: list[list[str]]
) -> dict[str, Any]:
    none = [None] * len(found.names)
    low, high = (none, none) if ranges is None else (ranges.low.tolist(), ranges.high.tolist())
    pairs = zip(found.names, found.weights.tolist(), low, high, strict=True)
    members = zip(called, found.members, strict=True)
    return {
        "way": found.way,
        "weights": [{"name": name, "weight": w, "low": a, "high": b} for name, w, a, b in pairs],
        "cr": found.cr,
        "consensus": found.consensus,
        "word": found.word,
        "members": [
            {"name": name, "weights": m.weights.tolist(), "cr": m.cr, "consistent": m.consistent}
            for name, m in members
        ],
        "clusters": alike,
    }
