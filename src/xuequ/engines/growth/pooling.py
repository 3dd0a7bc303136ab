"""From the columns of a design to one score each for start and end: z within each measure, then pooled."""

from dataclasses import dataclass

import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.growth_design import Measure

ALL = "all"
"""Form of a pupil whose score pools several measures."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation (n − 1) of one measure over the cohort, in the measure's own units."""

    column: str
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """Pooled scores.

    ``scores`` is a frame with ``score`` (float, SD 1 over the cohort, null when missing) and ``form`` (which
    measure the pupil sat, or ``all``), in the order of the table. ``planned`` tells whether each pupil sat
    one of several.
    """

    scores: pl.DataFrame
    scales: tuple[Scale, ...]
    planned: bool


def pool(table: pl.DataFrame, measures: tuple[Measure, ...]) -> Pooled:
    """Put each measure on mean 0, SD 1 over the cohort and give each pupil one score.

    Where no pupil has more than one of several measures (each pupil sits one subject), the score is that
    measure's z. Otherwise it is the mean z of a pupil who has at least half of the measures, scaled to SD 1
    again.

    Raises
    ------
    InputError
        ``constant`` or ``no-scores``, naming the column.
    """
    scales = tuple(_scale(table, measure.column) for measure in measures)
    z = table.select(((pl.col(s.column) - s.mean) / s.sd).alias(s.column) for s in scales)
    held = z.select(pl.sum_horizontal(pl.all().is_not_null()).alias("held"))["held"]
    most = int(held.to_numpy().max(initial=0))
    if len(measures) == 1 or most == 1:
        form = pl.coalesce(
            pl.when(pl.col(m.column).is_not_null()).then(pl.lit(m.subject or m.column)) for m in measures
        )
        scores = z.select(pl.coalesce(pl.all()).alias("score"), form.alias("form"))
        return Pooled(scores, scales, planned=len(measures) > 1)
    enough = pl.Series("enough", held * 2 >= len(measures))
    mean = z.select(pl.mean_horizontal(pl.all()).alias("score"))["score"]
    kept = pl.DataFrame({"score": mean, "enough": enough}).select(
        pl.when("enough").then("score").alias("score")
    )["score"]
    spread = kept.std()
    scores = pl.DataFrame({"score": (kept - kept.mean()) / spread}).with_columns(
        pl.when(pl.col("score").is_not_null()).then(pl.lit(ALL)).alias("form")
    )
    return Pooled(scores, scales, planned=False)


def _scale(table: pl.DataFrame, column: str) -> Scale:
    values = table[column].drop_nulls()
    if values.is_infinite().any():
        raise InputError("not-finite", "a result is infinite", column=column)
    if len(values) < 2:
        raise InputError("no-scores", "the column has fewer than two results", column=column)
    sd = float(values.std())  # type: ignore[arg-type]
    # Rounding leaves a constant column with an SD of about 1e-16 times its size.
    if sd <= 1e-12 * max(1.0, abs(float(values.abs().max()))):  # type: ignore[arg-type]
        raise InputError("constant", "all results are equal, so nothing can be compared", column=column)
    return Scale(column, float(values.mean()), sd)  # type: ignore[arg-type]


def numbers(series: pl.Series) -> pl.Series:
    """Return results as numbers; text that writes a number is one, other text is refused with its row."""
    if series.dtype.is_numeric() or series.dtype == pl.Null:
        return series.cast(pl.Float64).fill_nan(None)
    text = series.cast(pl.String).str.strip_chars()
    text = text.set(text == "", None)
    found = text.cast(pl.Float64, strict=False)
    bad = text.is_not_null() & found.is_null()
    if bad.any():
        row = int(bad.arg_max() or 0) + 1
        reason = "text where a result is expected; correct it or leave the cell empty"
        raise InputError("not-numeric", reason, column=series.name, row=row, value=str(text[row - 1]))
    return found.fill_nan(None)
