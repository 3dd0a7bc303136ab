"""``xuequ items analyse``: classical item analysis of a table with one row for each pupil."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.measurement.findings import ItemAnalysis
    from xuequ.engines.measurement.responses import Item

_KEY_HELP = "CSV with the columns item, key and full_mark; items named here alone are read."
_POINTS_HELP = "CSV with the columns item and point (the knowledge point), and full_mark if not in the key."


def analyse(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet; a column for each item.")],
    key: Annotated[Path | None, typer.Option(help=_KEY_HELP)] = None,
    points: Annotated[Path | None, typer.Option(help=_POINTS_HELP)] = None,
    by: Annotated[str, typer.Option(help="Column of a group (class, school) to compare as well.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Analyse difficulty, discrimination, options, reliability and knowledge points of a paper."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.measurement.analysis import analyse as engine
    from xuequ.engines.measurement.groups import by_group
    from xuequ.engines.measurement.responses import read_responses

    table = _read(file)
    items = _items(table, key, points, by)
    responses = read_responses(table, items)
    found = engine(responses)
    groups = by_group(responses, _groups(table, by)) if by else None
    if json_:
        document = found.as_dict() | ({"groups": groups.to_dicts()} if groups is not None else {})
        print_json(document)
    else:
        _print_tables(found, groups)


def _read(file: Path) -> pl.DataFrame:
    from xuequ.cli.table_file import headings, open_table

    names = headings(file)
    with open_table(file, columns=names, texts=()) as table:
        return table.collect()


def _items(table: pl.DataFrame, key: Path | None, points: Path | None, by: str) -> list[Item]:
    """Return the items that the key and the points name, or every column that holds numbers only."""
    from xuequ.engines.measurement.responses import Item

    keys, named = _described(key), _described(points)
    numbers = list(dict.fromkeys([*keys, *named])) or [
        name for name in table.columns if table[name].dtype.is_numeric() and name != by
    ]
    items = []
    for number in numbers:
        facts = named.get(number, {}) | keys.get(number, {})
        point = facts.get("point", "")
        full = _full_mark(table, number, facts)
        items.append(Item(number, full, facts.get("key", ""), (point,) if point else ()))
    return items


def _described(file: Path | None) -> dict[str, dict[str, str]]:
    """Return what a file says of each item, by its number: only what is filled in."""
    if file is None:
        return {}
    import polars as pl

    from xuequ.cli.table_file import headings, open_table

    names = headings(file)
    if "item" not in names:
        raise InputError("no-item-column", f"{file.name} has no column 'item'")
    with open_table(file, columns=names, texts=names) as table:
        rows = table.select(pl.all().cast(pl.String)).collect().to_dicts()
    return {
        str(row["item"]).strip(): {name: value.strip() for name, value in row.items() if value}
        for row in rows
    }


def _full_mark(table: pl.DataFrame, number: str, facts: dict[str, str]) -> float:
    if text := facts.get("full_mark"):
        try:
            return float(text)
        except ValueError as error:
            raise InputError("full-mark", f"{text!r} is not a full mark", column=number) from error
    if number not in table.columns:
        return 1.0  # given by options alone: right or wrong
    best = float(table[number].cast(float, strict=False).fill_null(0.0).to_numpy().max(initial=0.0))
    print(f"xuequ: note: full mark of {number} taken as the best result, {best:g}", file=sys.stderr)
    return best


def _groups(table: pl.DataFrame, by: str) -> list[str | None]:
    if by not in table.columns:
        raise InputError("unknown-column", "there is no such column to group by", column=by)
    return table[by].cast(str).to_list()


def _print_tables(found: ItemAnalysis, groups: pl.DataFrame | None) -> None:
    total = found.reliability
    print(
        f"{total.n} pupils, {total.items} items, full mark {found.full_mark:g}, "
        f"mean {total.mean:.4g}, SD {total.sd:.4g}"
    )
    _print("Reliability", [total], _RELIABILITY)
    _print("Items", found.items, _ITEMS)
    _print("Options", found.options, _OPTIONS)
    _print("Knowledge points", found.points, _POINTS)
    if groups is not None:
        print_table("By group", groups.columns, groups.rows())


_RELIABILITY = {
    "alpha": "alpha", "from": "low", "to": "high", "omega": "omega", "split half": "split_half",
    "stratified": "stratified", "SEM": "sem",
}  # fmt: skip
_ITEMS = {
    "item": "number", "pupils": "n", "difficulty": "difficulty", "with the rest": "discrimination", "from": "low",
    "to": "high", "upper − lower": "upper_lower", "alpha without": "alpha_without", "flags": "flags",
}  # fmt: skip
_OPTIONS = {
    "item": "number", "option": "option", "key": "is_key", "share": "share", "lower 27 %": "lower",
    "middle": "middle", "upper 27 %": "upper", "with the rest": "point_biserial", "flags": "flags",
}  # fmt: skip
_POINTS = {
    "point": "point", "items": "items", "weight": "weight", "mean": "mean", "SD": "sd", "reliability": "reliability",
    "PRMSE own": "prmse_own", "PRMSE total": "prmse_total", "PRMSE both": "prmse_both", "use": "use",
}  # fmt: skip


def _print(title: str, rows: Sequence[object], columns: dict[str, str]) -> None:
    """Print what the columns name of each row: heading to field."""
    if rows:
        print_table(
            title, list(columns), [[_cell(getattr(row, name)) for name in columns.values()] for row in rows]
        )


def _cell(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value
