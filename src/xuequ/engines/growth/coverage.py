"""Who is in the model and who is not: the table that stands beside every effect."""

import polars as pl


def coverage(pupils: pl.DataFrame) -> pl.DataFrame:
    """Count pupils by school.

    Parameters
    ----------
    pupils : school, prior and actual (null when missing), one row for each enrolled pupil

    Returns
    -------
    pl.DataFrame
        school, enrolled, with_prior, with_outcome, n (both), coverage (n over enrolled), prior_gap (mean
        start of the pupils without an outcome minus that of those with one, in SD; null where either group
        has fewer than 5) and prior_mean over the pupils in the model.
    """
    has_prior, has_outcome = pl.col("prior").is_not_null(), pl.col("actual").is_not_null()
    missing, present = has_prior & ~has_outcome, has_prior & has_outcome
    gap = pl.col("prior").filter(missing).mean() - pl.col("prior").filter(present).mean()
    return (
        pupils.group_by("school", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("enrolled"),
            has_prior.sum().cast(pl.Int64).alias("with_prior"),
            has_outcome.sum().cast(pl.Int64).alias("with_outcome"),
            present.sum().cast(pl.Int64).alias("n"),
            pl.when((missing.sum() >= 5) & (present.sum() >= 5)).then(gap).alias("prior_gap"),
            pl.col("prior").filter(present).mean().alias("prior_mean"),
        )
        .with_columns((pl.col("n") / pl.col("enrolled")).alias("coverage"))
        .sort("school")
    )
