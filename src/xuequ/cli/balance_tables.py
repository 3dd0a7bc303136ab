"""What the balance commands share: a whole file as a table in which keys keep their spelling."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_TEXTS = ("school", "stage", "area", "project", "requires", "last", "locked")


def read(file: Path, *texts: str) -> pl.DataFrame:
    """The whole file; ``texts`` are further columns that hold names."""
    from xuequ.cli.table_file import headings, open_table

    names = headings(file)
    with open_table(file, columns=names, texts=[*_TEXTS, *texts]) as table:
        return table.collect()


def note_left_out(left_out: Iterable[tuple[str, str]]) -> None:
    """Schools that the rules do not count, on stderr."""
    for school, reason in left_out:
        print(f"xuequ: note: {school} is left out: {reason.replace('-', ' ')}", file=sys.stderr)


@contextmanager
def solver_on_stderr() -> Iterator[None]:
    """HiGHS now and then writes to stdout by itself; there it would spoil the document, so it goes to stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
