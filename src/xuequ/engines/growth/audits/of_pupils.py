"""Audits that look at pupils: does the model fit everywhere, for every group, and who is missing?"""

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.stats import chi2, t

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

CELLS = 10
CELL_GAP = 0.03
"""A cell of the grid that holds this share more or less than the tenth it should is worth a look."""
CELL_FAIL = 0.06
GROUP_GAP = 0.05
"""Gap in SD from which a group's mean residual matters."""
GROUP_FAIL = 0.15
SMALLEST_GROUP = 30
MOST_GROUPS = 12
GAP_FAIL = 0.3
FEWEST_MISSING = 5


def fit(case: Audited) -> AuditFinding:
    """Ten groups by starting point × ten bands of growth: each cell should hold a tenth of its group.

    The grid is that of growth percentiles (Betebenner 2009, Educational Measurement 28(4), 42-51), here of residuals
    within schools. ``statistic`` is the largest departure of a cell's share from one tenth; the test is Pearson's
    chi-square with 81 degrees of freedom.
    """
    used = case.used
    if used.height < CELLS * CELLS * 5:
        return not_possible(AuditCode.FIT, "pupils")
    start, growth = _tenths(used["prior"]), _tenths(used["within"])
    counts = np.zeros((CELLS, CELLS))
    np.add.at(counts, (start, growth), 1)
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / used.height
    p = float(chi2.sf(((counts - expected) ** 2 / expected).sum(), (CELLS - 1) ** 2))
    shares = counts / counts.sum(1, keepdims=True)
    worst = float(np.abs(shares - 1 / CELLS).max())
    rows = pl.DataFrame(
        {
            "start": np.repeat(np.arange(1, CELLS + 1), CELLS),
            "growth": np.tile(np.arange(1, CELLS + 1), CELLS),
            "pupils": counts.ravel().astype(np.int64),
            "share": shares.ravel(),
        }
    )
    certain = p < ALPHA
    verdict = judged(fail=certain and worst >= CELL_FAIL, caution=certain and worst >= CELL_GAP)
    return AuditFinding(AuditCode.FIT, verdict, worst, p, evidence=rows)


def _tenths(values: pl.Series) -> np.ndarray:
    # Equal values are kept together, so that an order among equals cannot look like misfit.
    rank = values.rank("average").to_numpy()
    return np.minimum((CELLS * (rank - 0.5) / len(values)).astype(np.int64), CELLS - 1)


def subgroups(case: Audited) -> AuditFinding:
    """Mean residual of each group of pupils within their schools, in SD; it should be zero for every group.

    Not zero means that the model expects too much or too little of a group: growth of schools with many of them is
    then too low or too high. The SE is robust to pupils of one school being alike; p values are adjusted by Holm.
    ``statistic`` is the largest gap in absolute value.
    """
    if not case.groups:
        return not_possible(AuditCode.SUBGROUPS, "groups")
    rows = [row for name in case.groups for row in _gaps(case.used, name)]
    if not rows:
        return not_possible(AuditCode.SUBGROUPS, "groups")
    table = pl.DataFrame(rows, schema=_GAPS, orient="row")
    table = table.with_columns(pl.Series("p", holm(table["p"].to_numpy())))
    certain = table.filter(pl.col("p") < ALPHA)["gap"].abs()
    most = float(certain.max() or 0.0)  # type: ignore[arg-type]
    verdict = judged(fail=most >= GROUP_FAIL, caution=most >= GROUP_GAP)
    largest = float(table["gap"].abs().max())  # type: ignore[arg-type]
    return AuditFinding(
        AuditCode.SUBGROUPS, verdict, largest, smallest(table["p"].to_numpy()), evidence=table
    )


_GAPS = {
    "factor": pl.String,
    "group": pl.String,
    "pupils": pl.Int64,
    "gap": pl.Float64,
    "se": pl.Float64,
    "p": pl.Float64,
}


def _gaps(used: pl.DataFrame, name: str) -> Iterator[tuple[str, str, int, float, float, float]]:
    frame = used.select("school", "within", grouped(used[name]).alias("group")).drop_nulls("group")
    for (group,), members in frame.group_by("group", maintain_order=False).__iter__():
        if members.height < SMALLEST_GROUP:
            continue
        by_school = members.group_by("school", maintain_order=True).agg(
            pl.col("within").sum().alias("sum"), pl.len().alias("n")
        )
        sums, n = by_school["sum"].to_numpy(), by_school["n"].to_numpy()
        schools = len(n)
        if schools < 2:
            continue
        gap = float(sums.sum() / n.sum())
        se = float(np.sqrt(((sums - n * gap) ** 2).sum() * schools / (schools - 1)) / n.sum())
        p = float(2 * t.sf(abs(gap) / se, schools - 1)) if se > 0 else 1.0
        yield name, str(group), members.height, gap, se, p


def grouped(values: pl.Series) -> pl.Series:
    """Return texts as they are and numbers of more than a dozen kinds as thirds."""
    if not values.dtype.is_numeric() or values.n_unique() <= MOST_GROUPS:
        return values.cast(pl.String)
    third = (3 * (values.rank("average") - 0.5) / values.is_not_null().sum()).floor().clip(0, 2)
    return third.cast(pl.Int64).replace_strict({0: "lowest third", 1: "middle third", 2: "highest third"})


def leavers(case: Audited) -> AuditFinding:
    """Who has a starting point and no outcome, by school, and how far that could move the school's growth.

    ``gap`` is the missing pupils' mean start minus that of the others, less the same gap over the district, with
    Welch's test adjusted by Holm; ``low`` and ``high`` are the school's mean residual if its missing pupils had grown
    like the lowest and the highest tenth of the district (bounds in the manner of Manski 1990, American Economic
    Review 80, 319-323). ``statistic`` is the largest gap in absolute value; ``numbers``: ``district_gap``,
    ``missing`` (share), ``uncertain`` (schools whose bounds reach the other side of the average).
    """
    known = case.findings.pupils.filter(pl.col("prior").is_not_null())
    gone = known.filter(pl.col("actual").is_null())
    if gone.height < FEWEST_MISSING:
        numbers = {"missing": gone.height / max(known.height, 1), "district_gap": 0.0, "uncertain": 0.0}
        return AuditFinding(AuditCode.LEAVERS, judged(fail=False, caution=False), numbers=numbers)
    overall = _within_gap(known)
    table = _school_gaps(case, known, overall)
    tested = table.drop_nulls("p")
    certain = tested.filter((pl.col("p") < ALPHA) & (pl.col("gap").abs() >= GAP_FAIL))
    district_off = abs(overall) >= GAP_FAIL / 2 and gone.height >= SMALLEST_GROUP
    uncertain = table.filter((pl.col("gain") * pl.col("low") < 0) | (pl.col("gain") * pl.col("high") < 0))
    numbers = {
        "missing": gone.height / known.height,
        "district_gap": overall,
        "uncertain": float(uncertain.height),
    }
    gaps = tested["gap"].abs()
    return AuditFinding(
        AuditCode.LEAVERS,
        judged(fail=certain.height > 0, caution=district_off),
        float(gaps.max()) if len(gaps) else None,  # type: ignore[arg-type]
        smallest(tested["p"].to_numpy()),
        numbers,
        tuple(certain["school"]),
        evidence=table,
    )


def _within_gap(known: pl.DataFrame) -> float:
    """Return the usual gap within a school between those who are missing and those who are not, in SD."""
    centred = known.select(
        (pl.col("prior") - pl.col("prior").mean().over("school")).alias("prior"),
        pl.col("actual").is_null().alias("gone"),
    )
    by = dict(centred.group_by("gone").agg(pl.col("prior").mean()).iter_rows())
    return float(by[True] - by.get(False, 0.0))


def _school_gaps(case: Audited, known: pl.DataFrame, overall: float) -> pl.DataFrame:
    lowest = float(case.used["residual"].quantile(0.1) or 0.0)
    highest = float(case.used["residual"].quantile(0.9) or 0.0)
    gone = pl.col("actual").is_null()
    start = pl.col("prior")
    table = known.group_by("school", maintain_order=True).agg(
        gone.sum().alias("missing"),
        (~gone).sum().alias("present"),
        (start.filter(gone).mean() - start.filter(~gone).mean() - overall).alias("gap"),
        (start.filter(gone).var() / gone.sum()).alias("v_gone"),
        (start.filter(~gone).var() / (~gone).sum()).alias("v_here"),
    )
    table = table.join(case.school_means.select("school", "gain"), on="school", how="left").sort("school")
    total = pl.col("missing") + pl.col("present")
    bounds = [
        ((pl.col("gain") * pl.col("present") + at * pl.col("missing")) / total).alias(name)
        for name, at in (("low", lowest), ("high", highest))
    ]
    table = table.with_columns(*bounds, (pl.col("v_gone") + pl.col("v_here")).sqrt().alias("se"))
    return table.with_columns(_welch(table)).select(
        "school", "missing", "present", "gap", "se", "p", "gain", "low", "high"
    )


def _welch(table: pl.DataFrame) -> pl.Series:
    enough = (table["missing"] >= FEWEST_MISSING) & (table["present"] >= FEWEST_MISSING) & (table["se"] > 0)
    p = np.full(table.height, np.nan)
    rows = np.flatnonzero(enough.fill_null(False).to_numpy())
    chosen = table[rows]
    columns = ("v_gone", "v_here", "missing", "present", "gap", "se")
    a, b, m, n, gap, se = (chosen[name].cast(pl.Float64).to_numpy() for name in columns)
    df: Array = (a + b) ** 2 / (a**2 / (m - 1) + b**2 / (n - 1))
    p[rows] = holm(2 * t.sf(np.abs(gap / se), df))
    return pl.Series("p", p).fill_nan(None)
