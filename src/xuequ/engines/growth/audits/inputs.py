"""What all audits work on: the pupils of the model with what the design did not use, and their schools."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.errors import InputError
from xuequ.engines.growth.findings import GrowthFindings
from xuequ.engines.growth.pooling import numbers


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Columns of the table that only audits read.

    Parameters
    ----------
    earlier : a result from before the pupils entered their school; needed for the falsification test
    followup : a later or independent measure of the same pupils; needed to see whether growth persists
    forms : columns that say which paper a pupil sat where papers were put on one scale by linking
    groups : text or numeric columns by which pupils are grouped; the design's factors are added
    """

    earlier: str = ""
    followup: str = ""
    forms: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column named here."""
        named = (self.earlier, self.followup, *self.forms, *self.groups)
        return tuple(dict.fromkeys(name for name in named if name))


@dataclass(frozen=True, slots=True, eq=False)
class Audited:
    """The findings beside the columns that audits read.

    Attributes
    ----------
    findings : what is audited
    table : the table of the evaluation, sorted by pupil, with measures, ``earlier`` and ``followup`` as numbers
    used : pupils in the model: pupil, school, prior, actual, residual, ``within`` (residual minus the mean of
        the own school) and the columns of the options
    groups : the columns by which pupils are grouped
    """

    findings: GrowthFindings
    options: AuditOptions
    table: pl.DataFrame
    used: pl.DataFrame
    groups: tuple[str, ...]

    @property
    def school_means(self) -> pl.DataFrame:
        """By school: n, ``gain`` (mean residual) and ``intake`` (mean prior), sorted by school."""
        return (
            self.used.group_by("school")
            .agg(
                pl.len().alias("n"),
                pl.col("residual").mean().alias("gain"),
                pl.col("prior").mean().alias("intake"),
            )
            .sort("school")
        )


def audited(table: pl.DataFrame, findings: GrowthFindings, options: AuditOptions) -> Audited:
    """Join the table of an evaluation with its findings.

    Raises
    ------
    InputError
        ``unknown-column`` for an option that names no column, ``not-numeric`` for text among results.
    """
    design = findings.design
    groups = tuple(dict.fromkeys((*options.groups, *design.factors)))
    for name in (*options.columns, *design.columns):
        if name not in table.columns:
            raise InputError("unknown-column", "the table has no such column", column=name)
    measures = [measure.column for measure in (*design.outcomes, *design.priors)]
    values = [*measures, *(name for name in (options.earlier, options.followup) if name)]
    kept = dict.fromkeys((*values, *options.forms, *groups))
    own = table.select(pl.col("pupil").cast(pl.String), *kept)
    own = own.with_columns(numbers(own[name]) for name in dict.fromkeys(values)).sort("pupil")
    facts = findings.pupils.select("pupil", "school", "prior", "actual", "residual")
    used = facts.drop_nulls("residual").join(own, on="pupil", how="left", maintain_order="left")
    used = used.with_columns(
        (pl.col("residual") - pl.col("residual").mean().over("school")).alias("within")
    ).sort("pupil")
    return Audited(findings, options, own, used, groups)


def slope(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the weighted least-squares slope of y on x and its HC3 standard error.

    MacKinnon and White (1985), Journal of Econometrics 29, 305-325: schools differ in how exactly they are known.
    """
    X = np.column_stack([np.ones_like(x), x]) * np.sqrt(weights)[:, None]
    z = y * np.sqrt(weights)
    inverse = np.linalg.pinv(X.T @ X)
    beta = inverse @ X.T @ z
    leverage = np.einsum("ij,jk,ik->i", X, inverse, X)
    error = (z - X @ beta) / np.clip(1 - leverage, 1e-6, None)
    covariance = inverse @ (X.T * error**2) @ X @ inverse
    return float(beta[1]), float(np.sqrt(covariance[1, 1]))
