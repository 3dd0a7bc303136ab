"""``xuequ evaluate change``: how much of a changed score a school did itself, and how much the scheme did."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import read_texts
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.evaluation.change import Change
    from xuequ.engines.evaluation.year_tables import ItemYear

_PARTS = ("own", "weights", "standard", "items")


def change(
    before: Annotated[
        Path,
        typer.Argument(
            help="CSV of the earlier year: item, weight, points, perhaps school, perhaps other_standard (points by the"
            " later year's standard)."
        ),
    ],
    after: Annotated[Path, typer.Argument(help="CSV of the later year, in the same form.")],
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Split the change of a score into the school's own part, new weights, a new standard, and new or dropped items."""
    from dataclasses import asdict

    years = [_read(file) for file in (before, after)]
    schools = _in_both(years[0], years[1])
    found = {school: _split(school, years[0][school], years[1][school]) for school in schools}
    left = {name: [school for school in year if school not in found]
            for name, year in zip(("only_before", "only_after"), years, strict=True)}  # fmt: skip
    for school in [school for names in left.values() for school in names]:
        print(f"xuequ: note: school {school!r} stands in one year only and was left out", file=sys.stderr)
    if json_:
        print_json({"schools": [{"school": school, **asdict(one)} for school, one in found.items()], **left})
    else:
        _print(found)


def _read(file: Path) -> dict[str, dict[str, ItemYear]]:
    table = read_texts(file)
    from xuequ.engines.evaluation.year_tables import read_year

    try:
        return read_year(table)
    except InputError as error:
        # Two files are open, so that a row alone would not say where.
        message = f"{file.name}: {error.message}"
        raise InputError(error.code, message, column=error.column, row=error.row) from None


def _in_both(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    if ("" in before) != ("" in after):
        raise InputError("unknown-column", "only one of the two files has this column", column="school")
    schools = [school for school in before if school in after]
    if not schools:
        raise InputError("no-items", "no school stands in both files", column="school")
    return schools


def _split(school: str, before: dict[str, ItemYear], after: dict[str, ItemYear]) -> Change:
    from xuequ.engines.evaluation.change import split
    from xuequ.engines.evaluation.year_tables import item_years

    try:
        return split(item_years(before, after))
    except InputError as error:
        message = f"school {school!r}: {error.message}" if school else error.message
        raise InputError(error.code, message, column=error.column) from None


def _print(found: dict[str, Change]) -> None:
    names = ["before", "after", *_PARTS, "after by the old scheme"]
    rows = [[school, one.before, one.after, *_parts(one), one.after_by_old] for school, one in found.items()]
    if list(found) == [""]:
        print_table("The score", names, [row[1:] for row in rows])
    else:
        print_table("Schools", ["school", *names], rows)
    if len(found) == 1:
        (one,) = found.values()
        print_table("Items", ["item", *_PARTS], [[row.code, *_parts(row)] for row in one.rows])
    print("the parts add up to the change; errors of raters count as own, so a change below what a second rating would "
          "differ by says nothing")  # fmt: skip


def _parts(of: object) -> list[float]:
    return [getattr(of, part) for part in _PARTS]
