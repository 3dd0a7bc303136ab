"""What the growth commands share: one file as a table, results as a document, remarks as notes."""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.findings import Remark

_NOTES = {
    "association": "shares and coefficients tell what goes along with the result, not what causes it",
    "class-is-school": "no school has two classes, so classes cannot be told from schools",
    "drift-unchecked": "without the anchor's items nobody can see whether one of them became easier or harder",
    "drifted-item": "anchor item {name} changed its difficulty and does not link",
    "empty-level": "nobody has level {name}",
    "equal-shares-assumed": "{pupils:.0f} pupils have several classes without shares or days; equal parts assumed",
    "few-pupils": "only {pupils:.0f} pupils in the smaller group; {advised:.0f} are advised",
    "few-schools": "only {schools:.0f} schools: intervals are rough",
    "groups-differ": "the groups differ by {difference:.2f} SD on the anchor; methods part company",
    "left-out": "{pupils:.0f} rows left out because a value is missing",
    "no-class": "{pupils:.0f} pupils without a class left out",
    "no-detectable-difference": "the data show no difference between the groups at all",
    "proportional-odds-doubtful": "the predictors weigh differently at different levels (p = {p:.2g})",
    "pupils-changed": "{pupils:.0f} pupils ({share:.1%}) changed classes",
    "rare-level": "only {pupils:.0f} pupils have level {name}",
    "relative-to-run": "effects are against the average of these {schools:.0f} schools",
    "subject-mix": "school {name} sat the subjects in other parts than the district",
    "suspect-scale": "the results of school {name} lie {shift:.1f} SD off the other schools; is the scale the same?",
    "too-few-pupils": "groups with too few pupils have no effect shown",
    "unequal-weights": "unequal weights cost up to {design_effect:.2f} times the pupils",
    "unstable-intervals": "{failed:.0f} of {replicates:.0f} bootstrap samples could not be fitted",
    "weak-anchor": "the anchor correlates only {correlation:.2f} with the total",
}


def read(
    file: Path, columns: Iterable[str], *, renamed: Mapping[str, str] | None = None, texts: Sequence[str] = ()
) -> pl.DataFrame:
    """The needed columns of a file; ``renamed`` are columns of the file that get another name."""
    from xuequ.cli.table_file import open_table
    from xuequ.engines.growth.inputs import require

    renamed = dict(renamed or {})
    wanted = list(dict.fromkeys([*renamed, *columns]))
    for column, name in renamed.items():
        if column != name and name in wanted:
            raise InputError("reserved-column", "a column of another use cannot have this name", column=name)
    with open_table(file, columns=wanted, texts=[*renamed, *texts]) as table:
        schema = table.collect_schema()
        require(schema.to_frame(), wanted)
        return table.select(wanted).rename(renamed).collect()


def names(text: str) -> tuple[str, ...]:
    """Column names or levels in a row, separated by commas of either kind."""
    parts = text.replace("，", ",").split(",")
    return tuple(part.strip() for part in parts if part.strip())


def numbers(text: str, option: str) -> tuple[float, ...]:
    """Numbers separated by commas."""
    try:
        return tuple(float(part) for part in names(text))
    except ValueError as error:
        raise InputError("bad-numbers", f"{option} {text!r}: give numbers separated by commas") from error


def rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """A table as a list for JSON, which has no NaN."""
    return [{key: plain(value) for key, value in row.items()} for row in table.iter_rows(named=True)]


def plain(value: Any) -> Any:
    """A value for JSON: nothing for what is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def remarks(found: Iterable[Remark]) -> list[dict[str, Any]]:
    """Remarks for JSON."""
    return [
        {"code": r.code, "name": r.name, "numbers": {k: plain(v) for k, v in r.numbers.items()}}
        for r in found
    ]


def note(found: Iterable[Remark]) -> None:
    """Remarks for people, on stderr so that a program reads clean JSON."""
    for remark in found:
        sentence = _NOTES[remark.code].format(name=remark.name, **remark.numbers)
        print(f"xuequ: note: {sentence}", file=sys.stderr)


def show(title: str, table: pl.DataFrame, columns: Mapping[str, str]) -> None:
    """Print some columns of a table under the given headings."""
    from xuequ.cli.output import print_table

    print_table(title, list(columns.values()), table.select(list(columns)).iter_rows())


def write_csv(table: pl.DataFrame, out: Path) -> None:
    """The whole file or none of it."""
    if out.is_dir() or not out.parent.is_dir():
        raise InputError("no-such-folder", f"{out} cannot be written; name a file in a folder that exists")
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
            part = Path(folder) / out.name
            table.write_csv(part, line_terminator="\n")
            part.replace(out)
    except OSError as error:
        raise InputError("cannot-write", f"{out} cannot be written: {error.strerror}") from error
