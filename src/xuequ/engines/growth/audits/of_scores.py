"""Audits that look at the tests: is there room above, and do papers on one scale mean the same?"""

import numpy as np
import polars as pl
from scipy.stats import f as f_distribution
from scipy.stats import norm

from xuequ.engines.growth.audits.inputs import Audited
from xuequ.engines.growth.audits.verdicts import (
    ALPHA,
    Array,
    AuditCode,
    AuditFinding,
    holm,
    judged,
    not_possible,
    smallest,
)
from xuequ.engines.growth.mixed import MixedModelFit, fit_mixed_model

EXCESS_CAUTION, EXCESS_FAIL = 0.01, 0.03
"""Share of pupils at the end of the scale beyond what the middle of the scores leads one to expect."""
FORM_CAUTION, FORM_FAIL = 0.05, 0.10
"""Difference between two papers that are said to be on one scale, in SD."""
SMALLEST_FORM = 30
FEWEST_VALUES = 8


def ceiling(case: Audited) -> AuditFinding:
    """Share of pupils at the highest or lowest score beyond what a normal curve through the middle foretells.

    Mean and SD come from the quantiles between 20 % and 80 %, which a ceiling leaves alone. Pupils at the ceiling
    cannot show growth, so schools with many of them seem to grow less. ``statistic`` is the largest excess share;
    p from the binomial's normal approximation, adjusted by Holm.
    """
    design = case.findings.design
    rows = [
        row
        for measure in (*design.outcomes, *design.priors)
        for row in _ends(case.table[measure.column].drop_nulls(), measure.column)
    ]
    if not rows:
        return not_possible(AuditCode.CEILING, "scores")
    table = pl.DataFrame(rows, schema=_ENDS, orient="row")
    table = table.with_columns(pl.Series("p", holm(table["p"].to_numpy())))
    certain = table.filter(pl.col("p") < ALPHA)["excess"]
    most = float(certain.max() or 0.0)  # type: ignore[arg-type]
    verdict = judged(fail=most >= EXCESS_FAIL, caution=most >= EXCESS_CAUTION)
    worst = float(table["excess"].max())  # type: ignore[arg-type]
    return AuditFinding(AuditCode.CEILING, verdict, worst, smallest(table["p"].to_numpy()), evidence=table)


_ENDS = {
    "column": pl.String,
    "end": pl.String,
    "at": pl.Float64,
    "pupils": pl.Int64,
    "share": pl.Float64,
    "expected": pl.Float64,
    "excess": pl.Float64,
    "p": pl.Float64,
}


def _ends(scores: pl.Series, column: str) -> list[tuple[str, str, float, int, float, float, float, float]]:
    values = np.sort(scores.to_numpy())
    kinds = np.unique(values)
    if len(kinds) < FEWEST_VALUES:
        return []
    mean, sd = _middle(values)
    step = float(np.diff(kinds).min())
    n = len(values)
    found = []
    for end, at, sign in (("highest", values[-1], 1.0), ("lowest", values[0], -1.0)):
        count = int((values == at).sum())
        # What lies beyond a full mark piles up on it: only the cell of that one score is to be expected there.
        edges = (sign * (at - mean) + np.array([-step, step]) / 2) / (sd or np.inf)
        expected = float(norm.sf(edges[0]) - norm.sf(edges[1]))
        se = np.sqrt(max(expected, 1 / n) * (1 - expected) / n)
        p = float(norm.sf((count / n - expected - 0.5 / n) / se))
        found.append((column, end, float(at), count, count / n, expected, count / n - expected, p))
    return found


def _middle(values: Array) -> tuple[float, float]:
    """Fit a normal curve to the quantiles between 20 % and 80 %."""
    place = (np.arange(len(values)) + 0.5) / len(values)
    inner = (place >= 0.2) & (place <= 0.8)
    sd, mean = np.polyfit(norm.ppf(place[inner]), values[inner], 1)
    return float(mean), float(sd)


def forms(case: Audited) -> AuditFinding:
    """Differences between papers that are said to be on one scale, in SD of the outcome.

    For each column the outcome is regressed on the starting point, the school's mean start, the paper and schools at
    random, with a slope of each paper's own; the differences and slopes should be zero (Wald F over the paper's
    terms, adjusted by Holm over the columns). Where whole schools sat one paper, the difference between papers
    cannot be told from that between schools, and the SE grows as it must. ``statistic`` is the largest difference.
    """
    rows = [row for name in case.options.forms for row in _differences(case.used, name)]
    if not rows:
        return not_possible(AuditCode.FORMS, "forms")
    table = pl.DataFrame(rows, schema=_FORMS, orient="row")
    by_column = table.unique("column", maintain_order=True)
    adjusted = dict(zip(by_column["column"], holm(by_column["p"].to_numpy()), strict=True))
    table = table.with_columns(pl.col("column").replace_strict(adjusted, return_dtype=pl.Float64).alias("p"))
    certain = table.filter(pl.col("p") < ALPHA)["difference"].abs()
    most = float(certain.max() or 0.0)  # type: ignore[arg-type]
    verdict = judged(fail=most >= FORM_FAIL, caution=most >= FORM_CAUTION)
    largest = float(table["difference"].abs().max())  # type: ignore[arg-type]
    return AuditFinding(AuditCode.FORMS, verdict, largest, smallest(table["p"].to_numpy()), evidence=table)


_FORMS = {
    "column": pl.String,
    "form": pl.String,
    "pupils": pl.Int64,
    "term": pl.String,
    "difference": pl.Float64,
    "se": pl.Float64,
    "p": pl.Float64,
}


def _differences(used: pl.DataFrame, column: str) -> list[tuple[str, str, int, str, float, float, float]]:
    frame = used.select("school", "actual", "prior", pl.col(column).cast(pl.String).alias("paper"))
    frame = frame.drop_nulls("paper").filter(pl.len().over("paper") >= SMALLEST_FORM)
    if frame["paper"].n_unique() < 2:
        return []
    frame = frame.with_columns(pl.col("prior").mean().over("school").alias("intake"))
    # The level names would become part of the terms' names: numbered, they cannot clash with a formula's signs.
    names = frame["paper"].unique().sort()
    codes = {name: f"f{place:03d}" for place, name in enumerate(names)}
    frame = frame.with_columns(pl.col("paper").replace_strict(codes))
    fit = fit_mixed_model(frame, "actual ~ prior * paper + intake + (1 | school)")
    sizes = dict(frame.group_by("paper").len().iter_rows())
    p = _wald(fit)
    return [
        (column, name, sizes[code], kind, effect.estimate, effect.se, p)
        for name, code in codes.items()
        for term, effect in fit.fixed.items()
        if code in term
        for kind in ("slope" if "prior" in term else "level",)
    ]


def _wald(fit: MixedModelFit) -> float:
    terms = list(fit.fixed)
    chosen = [place for place, term in enumerate(terms) if "paper" in term]
    beta = fit.coefficients[chosen]
    covariance = fit.fixed_covariance[np.ix_(chosen, chosen)]
    statistic = float(beta @ np.linalg.pinv(covariance) @ beta) / len(chosen)
    return float(f_distribution.sf(statistic, len(chosen), max(len(fit.groups) - 2, 1)))
