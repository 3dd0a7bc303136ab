"""Audits that look at schools: what growth goes with that it should not, whether it lasts, and how sure it is."""

import numpy as np
import polars as pl
from scipy.stats import norm, t

from xuequ.engines.growth.audits.inputs import Audited, slope
from xuequ.engines.growth.audits.verdicts import (
    ALPHA,
    Array,
    AuditCode,
    AuditFinding,
    AuditVerdict,
    holm,
    judged,
    not_possible,
)
from xuequ.engines.growth.intervals import discoveries, two_sided_p

FEWEST_SCHOOLS = 6
SLOPE_CAUTION, SLOPE_FAIL = 0.02, 0.05
"""Growth that goes with the school's mean starting point: SD of growth for one SD of mean start."""
PAST_CAUTION, PAST_FAIL = 0.03, 0.06
"""What this year's growth "explains" of a result from before: SD of it for one SD of growth."""
RELIABLE, UNRELIABLE = 0.7, 0.4
JUMP = 0.25
"""Growth of a school that is this much larger in the evaluated measure than in the other one, in SD."""
SMALLEST_SCHOOL = 10
KEPT = 0.9


def intake(case: Audited) -> AuditFinding:
    """Slope of the schools' growth on their mean starting point; a sound value goes with neither.

    A slope appears when the error of the starting point is left out or when company counts; a model with the
    school's mean start has none by construction, then ``statistic`` is 0 and the slope that the model without it
    would have stands in ``numbers`` as ``without``. Slope in SD of the outcome for one SD of mean start, SE by HC3.
    """
    effects = case.findings.alternatives
    code = "without-school-mean" if case.findings.design.school_mean_prior else "main"
    table = effects.filter(model=code).join(case.school_means, on="school", how="inner").sort("school")
    if table.height < FEWEST_SCHOOLS:
        return not_possible(AuditCode.INTAKE, "schools")
    start = table["intake"].to_numpy()
    spread = float(np.std(start))
    if spread == 0:
        return not_possible(AuditCode.INTAKE, "intake")
    found, se = slope(start / spread, table["effect"].to_numpy(), np.ones(table.height))
    p = float(2 * t.sf(abs(found) / se, table.height - 2)) if se > 0 else 1.0
    evidence = table.select("school", "n", "intake", "effect")
    numbers = {"without": found, "se": se, "schools": float(table.height)}
    if case.findings.design.school_mean_prior:
        return AuditFinding(AuditCode.INTAKE, AuditVerdict.SOUND, 0.0, None, numbers, evidence=evidence)
    certain = p < ALPHA
    verdict = judged(
        fail=certain and abs(found) >= SLOPE_FAIL, caution=certain and abs(found) >= SLOPE_CAUTION
    )
    return AuditFinding(AuditCode.INTAKE, verdict, found, p, numbers, evidence=evidence)


def falsification(case: Audited) -> AuditFinding:
    """Does this year's growth of a school "explain" a result from before its pupils entered it? It cannot.

    Rothstein (2010), Quarterly Journal of Economics 125, 175-214. The earlier result, given the pupils' and the
    school's mean starting point, is averaged by school and regressed on the school's mean residual (weights n, SE by
    HC3). ``statistic``: SD of the earlier result for one SD of growth. Pupils who were in the same school at the
    earlier result must not be in it: the school may have moved that result too.
    """
    column = case.options.earlier
    if not column:
        return not_possible(AuditCode.FALSIFICATION, "earlier")
    frame = case.used.drop_nulls(column).with_columns(pl.col("prior").mean().over("school").alias("intake"))
    table = _residual_means(frame, column)
    if table.height < FEWEST_SCHOOLS:
        return not_possible(AuditCode.FALSIFICATION, "schools")
    gain = table["gain"].to_numpy()
    spread = float(np.std(gain))
    if spread == 0:
        return not_possible(AuditCode.FALSIFICATION, "growth")
    found, se = slope(gain / spread, table["other"].to_numpy(), table["n"].to_numpy().astype(np.float64))
    p = float(2 * t.sf(abs(found) / se, table.height - 2)) if se > 0 else 1.0
    certain = p < ALPHA
    verdict = judged(fail=certain and abs(found) >= PAST_FAIL, caution=certain and abs(found) >= PAST_CAUTION)
    numbers = {"se": se, "schools": float(table.height), "pupils": float(frame.height)}
    return AuditFinding(AuditCode.FALSIFICATION, verdict, found, p, numbers, evidence=table)


def _residual_means(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return by school the mean residual (``gain``) and that of another measure in SD, given the start (``other``)."""
    values = frame[column].to_numpy()
    values = (values - values.mean()) / (values.std() or 1.0)
    prior, intake_ = frame["prior"].to_numpy(), frame["intake"].to_numpy()
    X = np.column_stack([np.ones_like(prior), prior, intake_])
    left = values - X @ np.linalg.lstsq(X, values, rcond=None)[0]
    return (
        frame.select("school", "residual", pl.Series("left", left))
        .group_by("school", maintain_order=True)
        .agg(
            pl.len().alias("n"),
            pl.col("residual").mean().alias("gain"),
            pl.col("left").mean().alias("other"),
            (pl.col("residual") - pl.col("left")).var().alias("variance"),
        )
        .filter(pl.col("n") >= SMALLEST_SCHOOL)
        .sort("school")
    )


def persistence(case: Audited) -> AuditFinding:
    """Schools whose growth is far larger in the evaluated result than in a later or independent one: coaching?

    d_j is the mean residual of the outcome minus that of the follow-up, both given the starting point. It varies
    between schools by τ² and chance; their joint variance is taken from the middle nine tenths of the standardised
    d_j, which a few coached schools do not move. t_j = (d_j − median) / √(τ² + s_j²/n_j) with J − 2 degrees of
    freedom, one-sided, adjusted by Holm. ``statistic``: the largest d_j − median
    in SD. A school is named from a difference of 0.25 SD; it is a question to the school, not a finding of fault.
    """
    column = case.options.followup
    if not column:
        return not_possible(AuditCode.PERSISTENCE, "followup")
    frame = case.used.drop_nulls(column).with_columns(pl.col("prior").mean().over("school").alias("intake"))
    table = _residual_means(frame, column)
    if table.height < FEWEST_SCHOOLS:
        return not_possible(AuditCode.PERSISTENCE, "schools")
    difference = (table["gain"] - table["other"]).to_numpy()
    error = (table["variance"] / table["n"]).to_numpy()
    excess = difference - np.median(difference)
    between = max(0.0, _trimmed_variance(excess) - float(np.mean(error)))
    p = holm(t.sf(excess / np.sqrt(between + error), table.height - 2))
    named = (p < ALPHA) & (excess >= JUMP)
    table = table.select("school", "n", "gain", "other", pl.Series("excess", excess), pl.Series("p", p))
    chosen = tuple(table.filter(pl.Series(named))["school"])
    verdict = judged(fail=bool(chosen), caution=False)
    return AuditFinding(
        AuditCode.PERSISTENCE, verdict, float(excess.max()), float(p.min()), schools=chosen, evidence=table
    )


def _trimmed_variance(excess: Array) -> float:
    """Return the variance that normal values have whose middle nine tenths (by distance from 0) are those given."""
    inner = np.sort(np.abs(excess))[: int(np.ceil(KEPT * len(excess)))]
    end = float(norm.ppf((1 + KEPT) / 2))
    return float((inner**2).mean()) / (1 - 2 * end * float(norm.pdf(end)) / KEPT)


def reliability(case: Audited) -> AuditFinding:
    """How much of the differences between schools their data resolve: the median λ_j, with the pairs told apart.

    λ_j = τ²/(τ² + σ²/n_j). Caution below 0.7, failure below 0.4 or where no difference between schools is detectable.
    ``numbers``: ``distinct`` (share of pairs that stay distinct at a false discovery rate of 1 − confidence) and
    ``lowest``.
    """
    rows = case.findings.schools.drop_nulls("reliability").select(
        "school", "n", "reliability", "effect", "se"
    )
    if rows.is_empty() or case.findings.main.boundary:
        return AuditFinding(AuditCode.RELIABILITY, AuditVerdict.FAIL, 0.0, evidence=rows)
    told = case.findings.distinguishability
    median = float(rows["reliability"].median())  # type: ignore[arg-type]
    numbers = {
        "distinct": told.distinct_pairs / told.pairs if told.pairs else 0.0,
        "lowest": float(rows["reliability"].min()),  # type: ignore[arg-type]
    }
    verdict = judged(fail=median < UNRELIABLE, caution=median < RELIABLE)
    return AuditFinding(AuditCode.RELIABILITY, verdict, median, None, numbers, evidence=rows)


def multiplicity(case: Audited) -> AuditFinding:
    """Schools told from the average one by one, and those that remain when all are looked at together.

    Benjamini and Hochberg (1995) at a false discovery rate of 1 − confidence. ``statistic``: schools that remain;
    ``numbers``: ``flagged`` one by one and ``chance``, how many would be flagged if all schools were alike.
    """
    rows = case.findings.schools.drop_nulls("se").filter(pl.col("se") > 0).sort("school")
    if rows.height < 2:
        return not_possible(AuditCode.MULTIPLICITY, "schools")
    rate = 1 - case.findings.design.confidence
    df = max(rows.height - 1 - int(case.findings.design.school_mean_prior), 1)
    p = two_sided_p((rows["effect"] / rows["se"]).to_numpy(), df)
    kept = discoveries(p, rate)
    flagged = rows["verdict"].is_in(["above", "below"]).to_numpy()
    lost = flagged & ~kept
    evidence = rows.select("school", "effect", "low", "high", "verdict").with_columns(
        pl.Series("p", p), pl.Series("remains", kept)
    )
    numbers = {"flagged": float(flagged.sum()), "chance": rate * rows.height, "schools": float(rows.height)}
    return AuditFinding(
        AuditCode.MULTIPLICITY,
        judged(fail=False, caution=bool(lost.any())),
        float((kept & flagged).sum()),
        None,
        numbers,
        tuple(evidence.filter(pl.Series(lost))["school"]),
        evidence=evidence,
    )
