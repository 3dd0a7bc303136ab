"""The audit of models: would another sensible way of computing growth say the same of the schools?"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from xuequ.engines.growth.audits.inputs import Audited
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditFinding, judged, not_possible
from xuequ.engines.growth.modelling import fit_model, rank_correlation

AGREE, DISAGREE = 0.9, 0.7
FEWEST_SCHOOLS = 6
JUDGED = frozenset({"with-factors", "slopes", "curved", "unshrunken", "median"})
"""Models that a careful reader could have chosen. Shown and not judged are the plain gain, which favours low starts,
and the model without the mean start, whose difference is the question of the audit of intake."""


def models(case: Audited) -> AuditFinding:
    """Rank correlation of the schools' growth between the main model and at least six other ways to compute it.

    ``statistic`` is the lowest Spearman correlation with a model in ``JUDGED``; caution below 0.9, failure below 0.7.
    ``numbers``: ``moved``, schools whose place among all moves by more than a quarter of them in some such model.
    The evidence has one row a model: ``correlation``, ``moved``; ``gain`` is the raw difference of z scores.
    """
    shown = case.findings.schools.drop_nulls("effect")
    if shown.height < FEWEST_SCHOOLS or case.findings.main.boundary:
        return not_possible(AuditCode.MODELS, "schools")
    main = shown.select("school", pl.col("effect").alias("main"))
    rows = []
    moved_anywhere = np.zeros(main.height, dtype=bool)
    for code, effects in _others(case):
        both = main.join(effects, on="school", how="left").drop_nulls()
        if both.height < main.height:
            continue
        correlation = rank_correlation(both["main"].to_numpy(), both["effect"].to_numpy())
        moved = _moved(both)
        if code in JUDGED:
            moved_anywhere |= moved
        rows.append((code, correlation, int(moved.sum()), code in JUDGED))
    columns = {"model": pl.String, "correlation": pl.Float64, "moved": pl.Int64, "judged": pl.Boolean}
    table = pl.DataFrame(rows, schema=columns, orient="row")
    lowest = float(table.filter("judged")["correlation"].min() or 0.0)  # type: ignore[arg-type]
    return AuditFinding(
        AuditCode.MODELS,
        judged(fail=lowest < DISAGREE, caution=lowest < AGREE),
        lowest,
        None,
        {"moved": float(moved_anywhere.sum()), "models": float(table.height)},
        tuple(main.filter(pl.Series(moved_anywhere))["school"]),
        evidence=table,
    )


def _moved(both: pl.DataFrame) -> np.ndarray:
    places = both.select(pl.col("main", "effect").rank("average"))
    return ((places["main"] - places["effect"]).abs() > both.height / 4).to_numpy()


def _others(case: Audited) -> Iterator[tuple[str, pl.DataFrame]]:
    for (code,), rows in case.findings.alternatives.group_by("model", maintain_order=True).__iter__():
        if code != "main":
            yield str(code), rows.select("school", "effect")
    frame = case.used.with_columns(
        pl.col("prior").mean().over("school").alias("intake"), (pl.col("prior") ** 2).alias("squared")
    )
    intake = ["intake"] if case.findings.design.school_mean_prior else []
    yield "slopes", _effects(frame, ["prior", *intake], slope=True)
    yield "curved", _effects(frame, ["prior", "squared", *intake], slope=False)
    means = frame.group_by("school", maintain_order=True).agg(
        pl.col("residual").mean().alias("unshrunken"),
        pl.col("residual").median().alias("median"),
        (pl.col("actual") - pl.col("prior")).mean().alias("gain"),
    )
    for code in ("unshrunken", "median", "gain"):
        yield code, means.select("school", pl.col(code).alias("effect"))


def _effects(frame: pl.DataFrame, predictors: list[str], *, slope: bool) -> pl.DataFrame:
    found = fit_model("other", frame, predictors, slope=slope).effects
    return pl.DataFrame({"school": found.schools, "effect": found.effect})
