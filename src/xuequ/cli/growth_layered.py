"""``xuequ growth layered``: growth over several years and subjects at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.layered import LayeredDesign, LayeredFit

_FEW_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where a file holds what; ``subjects`` are columns of scores, else there is one of subject and one of score."""

    keys: dict[str, str]
    subjects: tuple[str, ...]

    @property
    def read(self) -> list[str]:
        return list(dict.fromkeys([*self.keys.values(), *self.subjects]))


def layered(
    files: Annotated[
        list[Path],
        typer.Argument(help="CSV or Parquet, a row for each pupil, year and school; one or more files."),
    ],
    pupil: Annotated[str, typer.Option(help="Column of the pupil's number.")] = "pupil",
    school: Annotated[str, typer.Option(help="Column of the school.")] = "school",
    year: Annotated[str, typer.Option(help="Column of the year or term.")] = "year",
    subjects: Annotated[
        str, typer.Option(help="Columns of scores, one for each subject, such as 语文,数学,英语.")
    ] = "",
    subject: Annotated[str, typer.Option(help="Without --subjects: column of the subject.")] = "subject",
    score: Annotated[str, typer.Option(help="Without --subjects: column of the score.")] = "score",
    share: Annotated[
        str | None, typer.Option(help="Column of the share of the year spent in the school.")
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(help="Column of the subject's teacher, for their effects.")
    ] = None,
    scale: Annotated[str, typer.Option(help="nce (normal curve equivalents), z or raw.")] = "nce",
    persistence: Annotated[
        str, typer.Option(help="What is left of an effect a year later: a number, or estimate.")
    ] = "1",
    minimum: Annotated[int, typer.Option(min=0, help="Fewest pupils for an effect to be shown.")] = 10,
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Judge what schools add in each year and subject, from all scores of a pupil together.

    A pupil who moves keeps what the earlier schools gave; missing scores need not be filled in.
    """
    # The matrices are small: more threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from xuequ.engines.growth.layered import fit_layered

    keys = {"pupil": pupil, "school": school, "year": year}
    listed = tuple(name.strip() for name in subjects.split(",") if name.strip())
    keys |= {} if listed else {"subject": subject, "score": score}
    keys |= {name: column for name, column in (("share", share), ("teacher", teacher)) if column is not None}
    if teacher is not None and listed:
        raise InputError(
            "teacher-of-what", "--teacher needs a row for each subject; use --subject and --score"
        )
    table = _table(files, _Columns(keys, listed))
    result = fit_layered(table, _design(scale, persistence, minimum))
    _print_notes(result)
    if json_:
        print_json(document(result))
    else:
        _print_tables(result)


def document(result: LayeredFit) -> dict[str, Any]:
    """The result as the JSON document of the command."""
    return {
        "n": result.n,
        "n_without_score": result.n_without_score,
        "n_movers": result.n_movers,
        "fewest_together": result.fewest_together,
        "scale": result.design.scale,
        "persistence": {"estimate": result.persistence, "se": result.persistence_se},
        "criterion": result.criterion,
        "cells": [
            {"subject": cell.subject, "year": cell.year, "mean": mean, "se": se}
            for cell, mean, se in zip(
                result.cells, result.mean.tolist(), result.mean_se.tolist(), strict=True
            )
        ],
        "residual_covariance": result.residual_covariance.tolist(),
        "variances": result.variances.to_dicts(),
        "effects": result.effects.to_dicts(),
        "cumulative": result.cumulative.to_dicts(),
        "coverage": result.coverage.to_dicts(),
        "patterns": result.patterns.to_dicts(),
    }


def _design(scale: str, persistence: str, minimum: int) -> LayeredDesign:
    from xuequ.engines.growth.layered import LayeredDesign
    from xuequ.engines.growth.layered_data import Scale

    try:
        alpha = None if persistence == "estimate" else float(persistence)
    except ValueError:
        message = f"{persistence!r} is neither a number nor the word estimate"
        raise InputError("bad-persistence", message) from None
    return LayeredDesign(scale=cast("Scale", scale), persistence=alpha, minimum_pupils=minimum)


def _table(files: Sequence[Path], columns: _Columns) -> pl.DataFrame:
    import polars as pl

    return pl.concat([_read(file, columns) for file in files], how="vertical_relaxed")


def _read(file: Path, columns: _Columns) -> pl.DataFrame:
    import polars as pl

    from xuequ.cli.table_file import headings, open_table

    there = headings(file)
    for name in columns.read:
        if name not in there:
            message = f"{file.name} has no column {name!r}; there are: {', '.join(there)}"
            raise InputError("unknown-column", message, column=name)
    texts = [column for key, column in columns.keys.items() if key not in ("score", "share")]
    with open_table(file, columns=columns.read, texts=texts) as table:
        rows = table.collect()
    named = rows.select(pl.col(column).alias(key) for key, column in columns.keys.items())
    if not columns.subjects:
        return named
    from xuequ.engines.growth.pooling import numbers

    scores = rows.select(numbers(rows[name]) for name in columns.subjects)
    wide = pl.concat([named, scores], how="horizontal")
    return wide.unpivot(
        list(columns.subjects), index=named.columns, variable_name="subject", value_name="score"
    )


def _print_notes(result: LayeredFit) -> None:
    if result.n_without_score:
        _note(f"{result.n_without_score} pupils left out because they have no score")
    if result.fewest_together < _FEW_TOGETHER:
        _note(
            f"some two scores are held together by {result.fewest_together} pupils only: how they go together is unsure"
        )
    zero = result.variances.filter(variance=0.0)
    for row in zero.iter_rows(named=True):
        _note(f"{row['kind']}s do not differ detectably in {row['subject']}, {row['year']}")
    few = result.effects.filter(result.effects["n"] < result.design.minimum_pupils)
    if few.height:
        _note(
            f"{few.height} effects not shown because fewer than {result.design.minimum_pupils} pupils stand behind"
        )


def _note(text: str) -> None:
    print(f"xuequ: note: {text}", file=sys.stderr)


def _print_tables(result: LayeredFit) -> None:
    print(
        f"{result.n} pupils, {result.n_movers} of them in more than one school;"
        f" {len(result.cells)} subjects × years; REML criterion {result.criterion:.4f}"
    )
    if result.persistence_se is not None:
        print(f"persistence {result.persistence:.3f}, SE {result.persistence_se:.3f}")
    rows = result.variances.select("kind", "subject", "year", "variance")
    print_table("Variances of the effects", rows.columns, rows.rows())
    _print_effects("Growth by year", result.effects.filter(~result.effects["is_start"]))
    _print_effects("Cumulative growth", result.cumulative)


def _print_effects(title: str, table: pl.DataFrame) -> None:
    import polars as pl

    kind = ["kind"] if table["kind"].n_unique() > 1 else []
    headings = {
        "unit": "unit",
        "subject": "subject",
        "year": "year",
        "n": "pupils",
        "effect": "effect",
        "se": "SE",
    }
    headings |= {"index": "index", "level": "level"}
    shown = table.select(*kind, *headings).with_columns(
        pl.col("subject").fill_null("(mean)"), pl.col("n").round(1)
    )
    print_table(title, [*kind, *headings.values()], shown.rows())
