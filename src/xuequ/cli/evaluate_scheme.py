"""``xuequ evaluate scheme``: read a star scheme and say what is in it, or what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import read_json, read_text
from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.evaluation.star_scheme import StarScheme


def scheme(
    file: Annotated[Path, typer.Argument(help="A star scheme as TOML or JSON.")],
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Check a star scheme: points, levels, vetoes, improvements and cut-offs."""
    from xuequ.engines.evaluation.star_scheme import scheme_of

    found = scheme_of(_read(file))
    if json_:
        print_json(_document(found))
    else:
        _print(found)


def _read(file: Path) -> object:
    if file.suffix.lower() != ".toml":
        return read_json(file)
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise InputError("not-toml", f"{file.name} is not TOML: {error}") from None


def _document(found: StarScheme) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "name": found.name,
        "official": found.official,
        "points": found.points,
        "items": len(found.items),
        "unverified": found.unverified(),
        "vetoes": [item.code for item in found.items if item.veto],
        "dimensions": [
            {"code": d.code, "title": d.title, "items": len(d.items), "points": d.points} for d in found.dimensions
        ],
        "stars": [{"star": s.star, "total": s.total, "minimums": dict(s.minimums)} for s in found.stars],
    }  # fmt: skip


def _print(found: StarScheme) -> None:
    rows: list[list[Any]] = [[d.code, d.title, len(d.items), d.points] for d in found.dimensions]
    print_table(
        found.name,
        ["code", "dimension", "items", "points"],
        [*rows, ["", "all", len(found.items), found.points]],
    )
    for rule in found.stars:
        least = "".join(f", {code} ≥ {points:g}" for code, points in rule.minimums.items())
        print(f"{rule.star} stars: {rule.total:g} points{least}")
    vetoes = ", ".join(item.code for item in found.items if item.veto)
    print(f"vetoes: {vetoes or 'none'}; values not verified: {found.unverified()}; "
          f"{'official' if found.official else 'an example, not official'}")  # fmt: skip
