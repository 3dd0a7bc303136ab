"""The file that ``xuequ growth percentiles`` writes: one row for each pupil, in the order of the panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from xuequ.cli.growth_percentiles_analyses import Judged
    from xuequ.cli.growth_percentiles_options import Wishes

_FIRST = ("id", "grade", "sgp", "sgp_order")
_GROUPS = ("cut_", "sgp_order_", "sgp_low", "sgp_high", "sgp_simex", "sgp_baseline", "p", "target_")
_KINDS = (("catch-up", "keep-up"), ("move-up", "stay-up"))


def pupils_table(judged: Sequence[Judged], ids: pl.Series, wishes: Wishes) -> pl.DataFrame:
    """All grades together; columns in lower case, ``id`` and ``grade`` first."""
    import polars as pl

    together = pl.concat([_grade_table(grade, wishes) for grade in judged], how="diagonal")
    place = pl.DataFrame({"id": ids}).with_row_index("place")
    scores = [name for name in together.columns if name.startswith(("cut_", "p"))]
    whole = all(grade.cohort.decimals == 0 for grade in judged)
    return (
        together.join(place, on="id")
        .sort("place")
        .with_columns(pl.col(scores).cast(pl.Int64 if whole else pl.Float64))
        .select(*sorted(together.columns, key=_group))
    )


def heading(column: str) -> str:
    """The heading of a result column."""
    return column.upper().replace("CUT_", "PERCENTILE_CUT_") if column.startswith("cut_") else column.upper()


def _group(column: str) -> tuple[int, str]:
    """Columns stand in groups whatever the first grade has; orders by number, the others as they come."""
    if column in _FIRST:
        return -1, str(_FIRST.index(column))
    group = next(i for i, start in enumerate(_GROUPS) if column.startswith(start))
    return group, column if _GROUPS[group] == "sgp_order_" else ""


def _grade_table(grade: Judged, wishes: Wishes) -> pl.DataFrame:
    import polars as pl

    parts = list(_parts(grade, wishes))
    pupils = pl.concat([part.select("id") for part in parts]).unique(maintain_order=True)
    for part in parts:
        pupils = pupils.join(part, on="id", how="left")
    return pupils.with_columns(grade=grade.cohort.grade)


def _parts(grade: Judged, wishes: Wishes) -> Iterator[pl.DataFrame]:
    """Tables by ``id`` in the order of their columns in the file."""
    import polars as pl

    if grade.own is not None:
        yield grade.own.table
    else:
        ids = grade.cohort.table["id"].clear()
        yield pl.DataFrame({"id": ids}).with_columns(
            sgp=pl.lit(None, pl.Int64), sgp_order=pl.lit(None, pl.Int64)
        )
    if grade.bands is not None:
        yield grade.bands
    if grade.simex is not None:
        yield grade.simex.table.select("id", "sgp_simex", "sgp_simex_ranked")
    if grade.baseline is not None:
        yield grade.baseline.table.select("id", sgp_baseline="sgp", sgp_baseline_order="sgp_order")
    if grade.projection is not None:
        yield grade.projection.table(wishes.percentiles, grade.cohort.decimals)
    for place, (name, targets) in enumerate(grade.targets.items()):
        yield _named(targets, name, _KINDS[min(place, 1)])


def _named(targets: pl.DataFrame, name: str, kinds: tuple[str, str]) -> pl.DataFrame:
    import polars as pl

    below, above = kinds
    kind = pl.when("above").then(pl.lit(above)).otherwise(pl.lit(below))
    years = {f"target_{name}_year_{y}": f"target_year_{y}" for y in range(1, len(targets.columns) - 2)}
    return targets.select(
        "id", pl.col("target").alias(f"target_{name}"), kind.alias(f"target_{name}_kind"), **years
    )
