"""What ``xuequ growth percentiles`` is asked for, read from its options and the small files they name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.baseline import Baseline
    from xuequ.engines.growth.levels import GrowthLevels
    from xuequ.engines.growth.measurement_error import CsemTable
    from xuequ.engines.growth.simex import SimexSettings

    Cuts = dict[str, dict[int, float]]

DEFAULT_PERCENTILES = "1,35,50,65,99"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to compute beside the percentiles themselves.

    ``csem`` is None when measurement errors stand in columns of the panel, ``has_csem`` tells whether there are any.
    ``cuts`` has the cut of each grade by name, the lowest name first.
    """

    percentiles: tuple[int, ...]
    min_cohort: int | None
    csem: float | CsemTable | None
    has_csem: bool
    simex: SimexSettings | None
    seed: int
    baseline: Baseline | None
    baseline_save: Path | None
    scale: str
    years: int
    cuts: Cuts
    fit_grid: bool
    school: str | None
    levels: GrowthLevels


def read_percentiles(text: str) -> tuple[int, ...]:
    """Percentiles separated by commas."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() and 1 <= int(part) <= 99 for part in parts):
        message = f"--percentiles {text!r}: give percentiles from 1 to 99, such as {DEFAULT_PERCENTILES}"
        raise InputError("bad-cut", message)
    return tuple(sorted({int(part) for part in parts}))


def read_csem(text: str | None) -> tuple[str | None, float | CsemTable | None]:
    """A column pattern, or a number or table by score; whatever the text names."""
    from xuequ.engines.growth.measurement_error import CsemTable

    if text is None:
        return None, None
    try:
        number = float(text)
    except ValueError:
        number = None
    if number is not None:
        if not 0.0 < number < float("inf"):
            message = f"--csem {text}: a standard error of measurement is a number above 0"
            raise InputError("bad-csem", message)
        return None, number
    if text.lower().endswith(".csv"):
        table = _numbers(Path(text), ["score", "csem"])
        return None, CsemTable.of(table["score"].to_list(), table["csem"].to_list())
    return text, None


def read_cuts(file: Path | None) -> Cuts:
    """Cut scores by name and grade, the name with the lowest scores first."""
    if file is None:
        return {}
    table = _numbers(file, ["grade", "score"], texts=["name"])
    cuts: Cuts = {}
    for row, (grade, score, name) in enumerate(table.iter_rows(), start=1):
        if grade != int(grade):
            raise InputError("not-a-grade", f"{grade:g} is no grade", column="grade", row=row)
        named = cuts.setdefault(name.strip(), {})
        if int(grade) in named:
            raise InputError("duplicate-cut", f"{name} has two cuts for grade {grade:g}", row=row)
        named[int(grade)] = score
    if not cuts:
        raise InputError("empty-table", f"{file.name} has no rows")
    return dict(sorted(cuts.items(), key=lambda item: sum(item[1].values()) / len(item[1])))


def read_baseline(file: Path | None) -> Baseline | None:
    """Norms as ``--baseline-save`` wrote them."""
    from xuequ.engines.growth.baseline import Baseline

    return None if file is None else Baseline.from_dict(_document(file))


def read_levels(text: str) -> GrowthLevels:
    """Levels by the name of an example, or a JSON file."""
    from xuequ.engines.growth.levels import LEVELS, GrowthLevels

    if text in LEVELS:
        return LEVELS[text]
    if not text.lower().endswith(".json"):
        there = ", ".join(LEVELS)
        raise InputError("unknown-levels", f"--levels {text!r}: give one of {there}, or a .json file")
    return GrowthLevels.from_dict(_document(Path(text)))


def check_together(wishes: Wishes) -> None:
    """Options that mean something only together."""
    needs = {
        "--simex needs --csem: how large the measurement errors are": bool(wishes.simex)
        and not wishes.has_csem,
        "--cuts needs --project: how many years ahead": bool(wishes.cuts) and not wishes.years,
        "--baseline and --baseline-save need --scale: the name of the scale on which the scores stand": bool(
            wishes.baseline or wishes.baseline_save
        )
        and not wishes.scale.strip(),
    }
    for message, missing in needs.items():
        if missing:
            raise InputError("missing-option", message)


def _document(file: Path) -> Any:
    if not file.is_file():
        raise InputError("no-such-file", f"there is no file {file}")
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError("unreadable-json", f"{file.name} is no JSON document") from error


def _numbers(file: Path, numbers: Sequence[str], texts: Sequence[str] = ()) -> pl.DataFrame:
    """The columns of a small CSV file; every cell is filled, those of ``numbers`` with numbers."""
    import polars as pl

    from xuequ.cli.table_file import headings, open_table

    columns = [*numbers, *texts]
    for name in columns:
        if name not in headings(file):
            raise InputError(
                "unknown-column", f"{file.name} needs the columns {', '.join(columns)}", column=name
            )
    with open_table(file, columns=columns, texts=columns) as table:
        cells = table.select(columns).collect()
    for name in columns:
        values = (
            cells[name] if name in texts else cells[name].str.strip_chars().cast(pl.Float64, strict=False)
        )
        if not values.is_not_null().all() or (name in numbers and not values.is_finite().all()):
            row = int((values.is_null() | cells[name].is_null()).arg_max() or 0) + 1
            kind = "a name" if name in texts else "a number"
            message = f"{file.name} needs {kind} here, not {cells[name][row - 1]!r}"
            raise InputError("text-in-number-column", message, column=name, row=row)
    return cells.with_columns(pl.col(numbers).str.strip_chars().cast(pl.Float64))
