"""A wide panel of scores, a row for each pupil and columns for each year, as cohorts for percentiles."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.percentiles import check_ids, least_cohort
from xuequ.engines.growth.splines import SplineBasis, spline_basis

YEAR = "{year}"
_MOST_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class PanelLayout:
    """Which columns of a wide panel hold what.

    Attributes
    ----------
    id : column of the pupil's number
    grade, score : columns of grade and score with ``{year}`` for the year, such as ``"GRADE_{year}"``
    year : the year whose scores are judged
    csem : columns of the standard errors of measurement, with ``{year}``; None when there are none
    """

    id: str
    grade: str
    score: str
    year: int
    csem: str | None = None

    def columns(self, year: int) -> list[str]:
        """The columns of grade and score of one year."""
        return [pattern.replace(YEAR, str(year)) for pattern in (self.grade, self.score)]

    def csem_columns(self, years: Sequence[int]) -> list[str]:
        """The columns of measurement errors of some years; none when there is no pattern."""
        return [] if self.csem is None else [self.csem.replace(YEAR, str(year)) for year in years]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The pupils of one grade in the year judged, with their scores in the grades before.

    Attributes
    ----------
    grade : grade in the year judged
    table : ``id``, ``score``, ``prior_1`` (the most recent) ...: what `growth_percentiles` takes; with a pattern
        for them also the measurement errors ``csem``, ``csem_1`` ...
    bases : splines of the priors
    reference_years : for each prior the year whose scores in that grade gave the knots
    score_range : lowest and highest score of the grade judged in the latest earlier year in which it was
        large enough; None if there was none
    decimals : decimals of the scores, at most 3
    """

    grade: int
    table: pl.DataFrame
    bases: tuple[SplineBasis, ...]
    reference_years: tuple[int, ...]
    score_range: tuple[float, float] | None
    decimals: int


def panel_years(headings: Sequence[str], layout: PanelLayout) -> list[int]:
    """The year judged and the years before it that a file has columns for, the latest first.

    Raises
    ------
    InputError
        ``bad-pattern`` (no ``{year}``), ``unknown-column``, ``no-priors``.
    """
    patterns = {"grade": layout.grade, "score": layout.score, "measurement error": layout.csem or YEAR}
    for name, pattern in patterns.items():
        if YEAR not in pattern:
            raise InputError("bad-pattern", f"the pattern of the {name} columns, {pattern!r}, lacks {YEAR}")
    for column in [layout.id, *layout.columns(layout.year)]:
        if column not in headings:
            there = ", ".join(list(headings)[:20])
            raise InputError("unknown-column", f"there is no such column; there are: {there}", column=column)
    years = [layout.year]
    while all(column in headings for column in layout.columns(years[-1] - 1)):
        years.append(years[-1] - 1)
    if len(years) == 1:
        before = " and ".join(layout.columns(layout.year - 1))
        raise InputError("no-priors", f"growth needs an earlier year; there are no columns {before}")
    for column in layout.csem_columns(years):
        if column not in headings:
            message = "there is no such column; every year used needs its measurement errors"
            raise InputError("unknown-column", message, column=column)
    return years


def panel_cohorts(panel: pl.DataFrame, layout: PanelLayout) -> list[Cohort]:
    """The cohorts of the year judged, by grade.

    A prior counts when the pupil was one grade lower for each year back, without a gap: grade g - 1 a year
    before, g - 2 two years before. Knots and boundaries of a prior's spline come from all scores in that
    grade in the latest earlier year in which they were enough for a model of their own.

    Parameters
    ----------
    panel : one row for each pupil; grades and scores may be text of numbers
    layout : which columns hold what

    Returns
    -------
    list of Cohort
        grades nobody entered from the grade below have no priors and no bases

    Raises
    ------
    InputError
        those of `panel_years`; ``missing-id`` and ``duplicate-id`` with the row; ``text-in-number-column``
        and ``not-a-grade`` with column and row; ``missing-csem`` and ``bad-csem`` with column and row where a
        score has no measurement error above 0 beside it; ``no-scores``.
    """
    years = panel_years(panel.columns, layout)
    scores = _numbers(panel, layout, years)
    grades = scores.drop_nulls(f"score_{layout.year}")[f"grade_{layout.year}"].drop_nulls()
    if grades.is_empty():
        raise InputError("no-scores", f"nobody has a grade and a score in {layout.year}")
    return [_grade_cohort(scores, grade, years) for grade in grades.unique().sort().to_list()]


def _grade_cohort(scores: pl.DataFrame, grade: int, years: Sequence[int]) -> Cohort:
    judged = scores.filter(pl.col(f"grade_{years[0]}") == grade)
    columns, steady = {}, pl.lit(True)
    for back, year in enumerate(years[1:], start=1):
        steady = steady & (pl.col(f"grade_{year}") == grade - back)
        columns[f"prior_{back}"] = pl.when(steady).then(pl.col(f"score_{year}"))
    table = judged.select(
        "id", pl.col(f"score_{years[0]}").alias("score"), **columns, **_errors(scores, years)
    )
    bases: list[SplineBasis] = []
    references: list[int] = []
    complete = table.drop_nulls("score")
    for back in range(1, len(years)):
        complete = complete.drop_nulls(f"prior_{back}")
        if complete.is_empty():
            break
        year, values = _reference(scores, grade - back, years[1:])
        bases.append(_basis(values, grade - back))
        references.append(year)
    unused = [f"{name}_{j}" for name in ("prior", "csem") for j in range(len(bases) + 1, len(years))]
    kept = table.drop(unused, strict=False)
    span, decimals = _span(scores, grade, years[1:]), decimals_of(table["score"])
    return Cohort(grade, kept, tuple(bases), tuple(references), span, decimals)


def _errors(scores: pl.DataFrame, years: Sequence[int]) -> dict[str, pl.Expr]:
    """Measurement errors under the names of `measurement_error`, if the panel has them."""
    names = ["csem", *(f"csem_{back}" for back in range(1, len(years)))]
    there = [f"csem_{year}" in scores.columns for year in years]
    return {name: pl.col(f"csem_{year}") for name, year, has in zip(names, years, there, strict=True) if has}


def _reference(scores: pl.DataFrame, grade: int, years: Sequence[int]) -> tuple[int, pl.Series]:
    """The latest year with enough scores in a grade, or the one with most."""
    candidates = []
    for year in years:
        values = scores.filter(pl.col(f"grade_{year}") == grade)[f"score_{year}"].drop_nulls()
        if len(values) >= least_cohort(1):
            return year, values
        candidates.append((year, values))
    return max(candidates, key=lambda candidate: len(candidate[1]))


def _span(scores: pl.DataFrame, grade: int, years: Sequence[int]) -> tuple[float, float] | None:
    values = _reference(scores, grade, years)[1].to_numpy()
    return (float(values.min()), float(values.max())) if len(values) >= least_cohort(1) else None


def _basis(values: pl.Series, grade: int) -> SplineBasis:
    try:
        return spline_basis(values.to_numpy())
    except InputError as error:
        raise InputError(error.code, f"grade {grade}: {error.message}") from error


def decimals_of(scores: pl.Series) -> int:
    """Decimals of the scores, at most 3."""
    return next((d for d in range(_MOST_DECIMALS) if (scores.round(d) == scores).all()), _MOST_DECIMALS)


def _numbers(panel: pl.DataFrame, layout: PanelLayout, years: Sequence[int]) -> pl.DataFrame:
    numbers = {"id": _blank_to_null(panel[layout.id])}
    check_ids(numbers["id"])
    for year in years:
        grade, score = layout.columns(year)
        numbers[f"grade_{year}"] = _grades(_number(panel[grade]))
        numbers[f"score_{year}"] = _number(panel[score])
    for year, column in zip(years, layout.csem_columns(years), strict=False):
        numbers[f"csem_{year}"] = _csem(_number(panel[column]), numbers[f"score_{year}"])
    return pl.DataFrame(numbers)


def _csem(errors: pl.Series, scores: pl.Series) -> pl.Series:
    missing = scores.is_not_null() & errors.is_null()
    if missing.any():
        row = missing.arg_true()[0] + 1
        message = "a score has no measurement error beside it"
        raise InputError("missing-csem", message, column=errors.name, row=row)
    wrong = (scores.is_not_null() & (errors <= 0.0)).fill_null(value=False)
    if wrong.any():
        row = wrong.arg_true()[0] + 1
        message = f"a standard error of measurement is a number above 0, not {errors[row - 1]:g}"
        raise InputError("bad-csem", message, column=errors.name, row=row)
    return errors


def _blank_to_null(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        return values.str.strip_chars().replace("", None)
    return values.fill_nan(None) if values.dtype.is_float() else values


def _number(values: pl.Series) -> pl.Series:
    values = _blank_to_null(values)
    numbers = values.cast(pl.Float64, strict=False)
    wrong = values.is_not_null() & ~numbers.is_finite().fill_null(False)
    if wrong.any():
        row = wrong.arg_true()[0]
        message = f"{values[row]!r} is not a number; correct it or leave the cell empty"
        raise InputError(
            "text-in-number-column", message, column=values.name, row=row + 1, value=str(values[row])
        )
    return numbers


def _grades(numbers: pl.Series) -> pl.Series:
    broken = (numbers != numbers.round()).fill_null(False)
    if broken.any():
        row = broken.arg_true()[0]
        message = f"{numbers[row]:g} is no grade; grades are whole numbers, one higher each year"
        raise InputError("not-a-grade", message, column=numbers.name, row=row + 1)
    return numbers.cast(pl.Int64)
