"""``xuequ growth audit``: can the numbers of an evaluation be relied on?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.design_file import read_design, read_table
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.growth.audits.verdicts import AuditFinding


def audit(
    scores: Annotated[Path, typer.Argument(help="CSV (UTF-8 or GBK) or Parquet, one row for each pupil.")],
    design: Annotated[
        Path,
        typer.Option(
            "--design", help="TOML as for “growth report”; its [audit] names columns for audits only."
        ),
    ],
    evidence: Annotated[bool, typer.Option("--evidence", help="Print the tables behind as well.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Evaluate a score file and audit the evaluation: eleven audits, each with a verdict and its figures."""
    from xuequ.engines.growth.audits.auditing import audit as look
    from xuequ.engines.growth.evaluation import evaluate

    wanted = read_design(design)
    table = read_table(scores, wanted)
    found = look(table, evaluate(table, wanted.design), wanted.audit)
    if json_:
        print_json({"audits": [document(one) for one in found]})
        return
    rows = [
        (one.code.value, one.verdict.value, one.statistic, one.p, ", ".join(one.schools) or one.missing)
        for one in found
    ]
    print_table("Audits", ["audit", "verdict", "statistic", "p", "schools concerned or input missing"], rows)
    for one in found if evidence else ():
        if not one.evidence.is_empty():
            print_table(one.code.value, one.evidence.columns, one.evidence.rows())


def document(one: AuditFinding) -> dict[str, Any]:
    """One audit as JSON values; numbers that are not finite become null."""
    import polars as pl
    from polars import selectors

    tidy = one.evidence.with_columns(
        pl.when(selectors.float().is_finite()).then(selectors.float()).name.keep()
    )
    return {
        "audit": one.code.value,
        "verdict": one.verdict.value,
        "statistic": one.statistic,
        "p": one.p,
        "numbers": dict(one.numbers),
        "schools": list(one.schools),
        "missing": one.missing,
        "evidence": tidy.to_dicts(),
    }
