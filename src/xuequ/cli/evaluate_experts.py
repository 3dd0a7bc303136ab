"""``xuequ evaluate content`` and ``group``: what experts say of indexes, one by one and together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import read_texts
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.evaluation.group import GroupPriorities

_ADVISED, _ADVISED_MEAN = 0.78, 0.90


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
        list[Path], typer.Argument(help="CSV of each expert: a square matrix of judgements, as for weights.")
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
    from xuequ.engines.evaluation.group import aggregate
    from xuequ.engines.evaluation.judgements import read_judgements

    found = aggregate([read_judgements(table) for table in tables], way, shares=share, ri=ri)
    weights = _weights(found)
    alike = [[files[at].stem for at in members] for members in clusters_of(weights)]
    if json_:
        print_json(_document(found, files, alike))
        return
    rows = zip(found.names, found.weights.tolist(), *weights.tolist(), strict=True)
    print_table(f"Weights ({found.way})", ["index", "group", *(file.stem for file in files)], rows)
    consistent = [
        (file.stem, m.cr, "" if m.consistent else "revisit")
        for file, m in zip(files, found.members, strict=True)
    ]
    print_table("Consistency", ["expert", "CR", ""], [*consistent, ("joined", found.cr, "")])
    print(f"consensus S* {found.consensus:.4f} ({found.word.replace('-', ' ')})")
    if len(alike) > 1:
        print("experts who weigh alike: " + "; ".join(", ".join(names) for names in alike))


def _weights(found: GroupPriorities) -> Any:
    import numpy as np

    return np.array([member.weights for member in found.members])


def _document(found: GroupPriorities, files: list[Path], alike: list[list[str]]) -> dict[str, Any]:
    pairs = zip(found.names, found.weights.tolist(), strict=True)
    members = zip(files, found.members, strict=True)
    return {
        "way": found.way,
        "weights": [{"name": name, "weight": weight} for name, weight in pairs],
        "cr": found.cr,
        "consensus": found.consensus,
        "word": found.word,
        "members": [
            {"name": file.stem, "weights": m.weights.tolist(), "cr": m.cr, "consistent": m.consistent}
            for file, m in members
        ],
        "clusters": alike,
    }
