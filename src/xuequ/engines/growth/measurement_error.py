"""Errors of measurement in scores: where they come from, and the band they put around a percentile."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

from xuequ.engines.errors import InputError
from xuequ.engines.growth.percentiles import PercentileDesign, PercentileModel, apply_models

FloatArray = NDArray[np.float64]

# About one standard error on each side.
BAND = (0.16, 0.84)


@dataclass(frozen=True, slots=True)
class CsemTable:
    """Conditional standard errors of measurement at some scores; linear between them, level beyond them.

    Attributes
    ----------
    scores : score points, increasing
    csem : standard error at each, score points
    """

    scores: tuple[float, ...]
    csem: tuple[float, ...]

    @classmethod
    def of(cls, scores: Sequence[float], csem: Sequence[float]) -> "CsemTable":
        """A table from columns in any order.

        Raises
        ------
        InputError
            ``empty-csem``; ``infinite-value``, ``duplicate-score`` and ``bad-csem`` with the row.
        """
        if not len(scores):
            raise InputError("empty-csem", "the table of measurement errors has no row")
        for row, (score, error) in enumerate(zip(scores, csem, strict=True), start=1):
            if not np.isfinite(score):
                raise InputError("infinite-value", "a score is not a finite number", column="score", row=row)
            if score in scores[: row - 1]:
                raise InputError(
                    "duplicate-score", f"the score {score:g} occurs again", column="score", row=row
                )
            if not 0.0 < error < np.inf:
                raise _bad_csem(error, "csem", row)
        ordered = sorted(zip(scores, csem, strict=True))
        return cls(tuple(score for score, _ in ordered), tuple(error for _, error in ordered))

    def at(self, scores: pl.Series) -> pl.Series:
        """Standard errors at these scores; null where the score is.

        Examples
        --------
        >>> CsemTable((400.0, 500.0), (30.0, 20.0)).at(pl.Series([300.0, 450.0, 900.0])).to_list()
        [30.0, 25.0, 20.0]
        """
        known = scores.cast(pl.Float64).fill_null(np.nan).to_numpy()
        errors = np.where(np.isnan(known), np.nan, np.interp(known, self.scores, self.csem))
        return pl.Series(scores.name, errors).fill_nan(None)


def with_csem(table: pl.DataFrame, csem: float | CsemTable) -> pl.DataFrame:
    """Add the standard errors of the score and of each prior: ``csem``, ``csem_1``, ``csem_2`` ...

    Parameters
    ----------
    table : as `growth_percentiles` takes it
    csem : one number for all scores, or a table by score that holds for the score and all priors

    Raises
    ------
    InputError
        ``bad-csem`` when the number is not above 0.
    """
    if not isinstance(csem, CsemTable):
        if not 0.0 < csem < np.inf:
            raise InputError("bad-csem", f"a standard error of measurement is above 0, not {csem:g}")
        csem = CsemTable((0.0,), (csem,))
    priors = [name for name in table.columns if name.startswith("prior_")]
    errors = {csem_name(name): csem.at(table[name]) for name in ["score", *priors]}
    return table.with_columns(**errors)


def csem_name(score: str) -> str:
    """The column that holds the standard errors of a score: ``csem`` for ``score``, ``csem_2`` for ``prior_2``."""
    return score.replace("score", "csem").replace("prior", "csem")


def csem_values(table: pl.DataFrame, score: str) -> FloatArray:
    """Standard errors of the scores in a column, NaN where the score is missing.

    Raises
    ------
    InputError
        ``unknown-column``, ``not-numeric``; ``missing-csem`` and ``bad-csem`` (not above 0, or no smaller than
        the standard deviation of the scores, which would then tell nothing) with column and row.
    """
    name = csem_name(score)
    if name not in table.columns:
        raise InputError("unknown-column", "the table lacks this column of measurement errors", column=name)
    if not table[name].dtype.is_numeric():
        raise InputError("not-numeric", "measurement errors must be numbers", column=name)
    errors = table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    scores = table[score].cast(pl.Float64).fill_null(np.nan).to_numpy()
    there = ~np.isnan(scores)
    if (missing := there & np.isnan(errors)).any():
        row = int(missing.argmax()) + 1
        raise InputError("missing-csem", "a score has no measurement error beside it", column=name, row=row)
    if (wrong := there & ~((errors > 0.0) & (errors < np.inf))).any():
        row = int(wrong.argmax())
        raise _bad_csem(errors[row], name, row + 1)
    if there.sum() > 1 and np.sqrt(np.mean(errors[there] ** 2)) >= scores[there].std(ddof=1):
        message = (
            "the measurement errors are as large as the differences between pupils: nothing was measured"
        )
        raise InputError("bad-csem", message, column=name)
    return np.where(there, errors, np.nan)


def percentile_bands(
    table: pl.DataFrame,
    models: Sequence[PercentileModel],
    design: PercentileDesign,
    band: tuple[float, float] = BAND,
) -> pl.DataFrame:
    """The band that the measurement error of this year's score puts around each percentile.

    If the score were drawn again and again from a normal distribution around the one obtained, with its
    standard error, a share ``band[0]`` of the percentiles would lie below ``sgp_low`` and ``1 - band[1]`` above
    ``sgp_high``. A percentile never falls when the score rises, so these quantiles are the percentiles of the
    quantiles of the score: the limit of infinitely many draws, without drawing. Errors in the earlier scores
    are not in the band; see `simex`.

    Parameters
    ----------
    table : as `growth_percentiles` takes it, and ``csem``
    models, design : as `apply_models` takes them
    band : lower and upper probability

    Returns
    -------
    DataFrame
        ``id``, ``sgp_low``, ``sgp_high`` in the order of the input

    Raises
    ------
    InputError
        those of `apply_models` and `csem_values`; ``bad-band``.
    """
    if not 0.0 < band[0] < band[1] < 1.0:
        raise InputError("bad-band", f"a band reaches from one probability to a higher one, not {band}")
    errors = pl.Series(csem_values(table, "score")).fill_nan(None)
    found = {}
    for name, probability in zip(("sgp_low", "sgp_high"), band, strict=True):
        shifted = table.with_columns(score=pl.col("score") + errors * NormalDist().inv_cdf(probability))
        judged = apply_models(shifted, models, design)
        found[name] = judged["sgp"]
    return pl.DataFrame({"id": judged["id"], **found})


def _bad_csem(error: float, column: str, row: int) -> InputError:
    message = f"a standard error of measurement is a number above 0, not {error:g}"
    return InputError("bad-csem", message, column=column, row=row)
