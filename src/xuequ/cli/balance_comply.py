"""``xuequ balance comply``: what schools and the district meet of a set of indicators."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.balance_county import county_document, print_county
from xuequ.cli.balance_tables import note_left_out, read
from xuequ.cli.evaluate_notes import read_json
from xuequ.cli.growth_tables import rows, show
from xuequ.cli.output import print_json
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    from xuequ.engines.balance.compliance import Compliance


def comply(
    file: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each school.")],
    indicators: Annotated[Path, typer.Option(help="TOML with the indicators and exceptions.")],
    county: Annotated[
        Path | None, typer.Option(help="JSON with the county's facts; then the whole of the rules is judged.")
    ] = None,
    pupils: Annotated[str, typer.Option(help="Column of the pupils.")] = "pupils",
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    stage: Annotated[str, typer.Option(help="Column of the stage, if there is one.")] = "stage",
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Judge each school, indicator and stage: met, by how much missed, with the exceptions and their reasons.

    With --county the county is judged by every item of the rules.
    """
    from xuequ.engines.balance.compliance import comply as engine
    from xuequ.engines.balance.county import judge_county
    from xuequ.engines.balance.facts import county_facts
    from xuequ.engines.balance.indicators import read_indicators

    rules = read_indicators(_text(indicators))
    table = read(file, school, stage)
    whole = None
    if county is not None:
        facts = county_facts(read_json(county))
        whole = judge_county(table, rules, facts, pupils=pupils, school=school, stage=stage)
    result = whole.compliance if whole else engine(table, rules, pupils=pupils, school=school, stage=stage)
    note_left_out(result.left_out)
    _note_open(result.to_confirm if whole is None else whole.to_confirm)
    if whole is None and rules.requirements:
        print(
            "xuequ: note: only resources are judged; --county judges the rest of the rules", file=sys.stderr
        )
    if json_:
        print_json(document(result) | ({} if whole is None else {"county": county_document(whole)}))
        return
    if whole is not None:
        print_county(whole)
    _print_tables(result)


def _note_open(codes: Iterable[str]) -> None:
    found = ", ".join(codes)
    if found:
        print(f"xuequ: note: thresholds not yet compared with their source: {found}", file=sys.stderr)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError("no-such-file", f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError("not-utf8", f"{file.name} is not UTF-8") from error


def document(result: Compliance) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "complies": result.complies,
        "stages": rows(result.stages),
        "indicators": rows(result.indicators),
        "schools": rows(result.schools),
        "items": rows(result.items),
        "left_out": [{"school": school, "reason": reason} for school, reason in result.left_out],
        "to_confirm": list(result.to_confirm),
    }


def _print_tables(result: Compliance) -> None:
    import polars as pl

    for title, table in (
        ("Stages", result.stages),
        ("Indicators", result.indicators),
        ("Schools", result.schools),
    ):
        show(title, table, {name: name.replace("_", " ") for name in table.columns})
    notable = result.items.filter(pl.col("state") != "met")
    show("Not met", notable, {name: name for name in notable.columns})
