"""What the evaluation commands share: a whole table of text, and remarks as notes on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.evaluation.findings import Remark

_NOTES = {
    "constant": "index {name} does not vary and has no weight",
    "cost-scaled": "cost index {name} was mirrored on its range before its entropy was taken",
    "few-for-factors": "{schools:.0f} schools for {indexes:.0f} indexes: KMO and alpha are unstable below 5 each",
    "few-rows": "only {rows:.0f} rows: the weights rest on little",
    "few-schools": "only {schools:.0f} schools: verdicts on indexes are rough",
    "incomplete": "{share:.1%} of the ratings are missing",
    "one-rater": "one rater: nothing can be said of agreement",
    "raters-apart": "too few schools that all raters rated: nothing can be said of agreement on them",
    "reversed-may-hide": "{schools:.0f} schools, and indexes that hardly go together: a reversed index may be missed, "
    "so read again those that correlate negatively with the rest",
    "standardised": "the indexes are on different scales, so each was divided by its own spread",
    "two-raters": "two raters: Kendall's W says nothing, and careless ones cannot be told",
    "verdict-doubtful": "the largest membership hardly stands out, so no grade is given as the verdict; read the score",
    "weights-normalised": "the weights below {name} add up to {sum:.4g} and were divided by that",
}


def read_texts(file: Path) -> pl.DataFrame:
    """Every column of a CSV or Parquet file as text."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import polars as pl

    from xuequ.cli.table_file import headings, open_table

    names = headings(file)
    with open_table(file, columns=names, texts=names) as table:
        return table.select(pl.all().cast(pl.String)).collect()


def read_text(file: Path) -> str:
    """UTF-8 text; ``InputError`` where there is no such file or it is in another encoding."""
    if not file.is_file():
        raise InputError("no-such-file", f"there is no file {file}")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("unknown-encoding", f"{file.name} is not UTF-8 text") from None


def read_json(file: Path) -> object:
    """A JSON document of UTF-8 text; ``InputError`` says where it is none."""
    text = read_text(file)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"{file.name} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise InputError("not-json", message) from None


def note(remarks: Iterable[Remark]) -> None:
    """Say on stderr what a reader must know."""
    for remark in remarks:
        text = _NOTES[remark.code].format(name=remark.name, **remark.numbers)
        print(f"xuequ: note: {text}", file=sys.stderr)


def remark_documents(remarks: Iterable[Remark]) -> list[dict[str, Any]]:
    """Remarks as JSON documents."""
    return [{"code": r.code, "name": r.name, "numbers": dict(r.numbers)} for r in remarks]
