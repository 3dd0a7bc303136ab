"""Score files for the command line: CSV in the encodings schools use, and Parquet, as Polars tables."""

from __future__ import annotations

import codecs
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

# A CSV file below this size is read once into memory; above it every pass streams from the disk.
LARGE = 256 * 2**20
MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null"]
_CHUNK = 2**22
_INFERRED_ROWS = 10_000


@contextmanager
def open_table(path: Path, columns: Sequence[str], texts: Sequence[str]) -> Iterator[pl.LazyFrame]:
    """A table of a CSV or Parquet file; of the ``columns`` needed, ``texts`` keep their exact spelling."""
    _check_file(path)
    if path.suffix.lower() == ".parquet":
        with _parquet(path) as table:
            yield table
    else:
        with _in_utf8(path) as readable:
            yield _csv(readable, columns, texts)


def headings(path: Path) -> list[str]:
    """The column headings of a CSV or Parquet file."""
    import polars as pl

    _check_file(path)
    try:
        if path.suffix.lower() == ".parquet":
            return pl.scan_parquet(path).collect_schema().names()
        with _in_utf8(path) as readable:
            return pl.scan_csv(readable, infer_schema=False).collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise InputError("unreadable-table", f"{path.name} cannot be read: {_first_line(error)}") from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError("no-such-file", f"there is no file {path}")
    if path.stat().st_size == 0:
        raise InputError("empty-file", f"{path.name} is empty")
    if path.suffix.lower() in (".xlsx", ".xls", ".et", ".ods"):
        message = f"{path.name} is a spreadsheet; save the sheet as CSV (UTF-8) and name that file"
        raise InputError("spreadsheet", message)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise InputError("unknown-file-type", f"{path.name} is neither .csv nor .parquet")


@contextmanager
def _parquet(path: Path) -> Iterator[pl.LazyFrame]:
    """Never held in memory: it is compressed, and reading it twice costs little."""
    import polars as pl

    try:
        table = pl.scan_parquet(path)
        table.collect_schema()
        yield table
    except pl.exceptions.ComputeError as error:
        message = f"{path.name} cannot be read as Parquet: {_first_line(error)}"
        raise InputError("unreadable-parquet", message) from error


def _csv(path: Path, columns: Sequence[str], texts: Sequence[str]) -> pl.LazyFrame:
    """Types are guessed from the first rows; when a later row refutes the guess, all is read as text."""
    import polars as pl

    try:
        guessed = pl.scan_csv(path, null_values=MISSING, infer_schema_length=_INFERRED_ROWS)
        kinds = dict(guessed.collect_schema())
        _check_headings(list(kinds), columns)
        chosen = {name: _chosen(kind, text=name in texts) for name, kind in kinds.items()}
        table = pl.scan_csv(path, null_values=MISSING, schema_overrides=chosen)
        return _held(table, path, columns)
    except pl.exceptions.NoDataError as error:
        raise InputError("empty-table", f"{path.name} has no rows") from error
    except pl.exceptions.ComputeError:
        return _csv_as_text(path, columns)


def _csv_as_text(path: Path, columns: Sequence[str]) -> pl.LazyFrame:
    import polars as pl

    try:
        table = pl.scan_csv(path, null_values=MISSING, infer_schema=False)
        return _held(table, path, columns)
    except pl.exceptions.PolarsError as error:
        message = f"the file cannot be read as CSV: {_first_line(error)}"
        raise InputError("unreadable-csv", message) from error


def _chosen(kind: pl.DataType, *, text: bool) -> pl.DataType | type[pl.DataType]:
    import polars as pl

    if text or not kind.is_numeric():
        return pl.String
    # Whole numbers at the top of a column promise nothing about the rest of it.
    return pl.Float64


def _held(table: pl.LazyFrame, path: Path, columns: Sequence[str]) -> pl.LazyFrame:
    """The needed columns in memory when the file is small; the table itself when it is large or lacks one."""
    there = table.collect_schema().names()
    if any(name not in there for name in columns):
        return table
    narrow = table.select(columns)
    if path.stat().st_size > LARGE:
        # Fails here rather than half-way when a cell refutes the guessed types.
        narrow.select(_all_counts()).collect(engine="streaming")
        return narrow
    return narrow.collect().lazy()


def _all_counts() -> pl.Expr:
    import polars as pl

    return pl.all().count()


def _check_headings(found: Sequence[str], columns: Sequence[str]) -> None:
    for name in columns:
        if f"{name}_duplicated_0" in found:
            raise InputError("repeated-column", "two columns have this heading; rename one", column=name)


@contextmanager
def _in_utf8(path: Path) -> Iterator[Path]:
    """The file itself when it is UTF-8, else a temporary copy in UTF-8."""
    encoding = _encoding(path)
    if encoding == "utf-8":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with (
            path.open(encoding=encoding, newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            shutil.copyfileobj(source, target, _CHUNK)
        yield copy


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    message = f"{path.name} is neither UTF-8 nor GBK text; save it as CSV (UTF-8)"
    raise InputError("unknown-encoding", message)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
