"""Norms of base years: stacked, saved, and later cohorts judged by them."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.engines.growth.cohorts import GAIN, chain, design
from xuequ.engines.errors import InputError
from xuequ.engines.growth.baseline import (
    Baseline,
    baseline_percentiles,
    fit_norms,
    panel_baseline,
)
from xuequ.engines.growth.panel import PanelLayout
from xuequ.engines.growth.percentiles import growth_percentiles

BASE = {year: chain(300, year, years=1 + (year > 2022)) for year in (2022, 2023, 2024)}
NORMS = fit_norms(5, BASE)
BASELINE = Baseline("district reading", (NORMS,))


def test_norms_stack_all_cohorts() -> None:
    assert NORMS.cohorts == ((2022, 300), (2023, 300), (2024, 300))
    assert [(model.order, model.n) for model in NORMS.models] == [(1, 900), (2, 600)]
    assert NORMS.score.n == 900
    assert NORMS.decimals == 1


def test_knots_come_from_the_stacked_cohorts() -> None:
    stack = pl.concat([table["prior_1"] for table in BASE.values()])
    assert NORMS.models[0].bases[0].knots == tuple(np.quantile(stack, [0.2, 0.4, 0.6, 0.8]).round(3))


def test_a_single_base_cohort_gives_its_own_percentiles() -> None:
    table = BASE[2024]
    own = growth_percentiles(table, design(table)).table
    by_norms = baseline_percentiles(table, fit_norms(5, {2024: table})).table
    assert_frame_equal(by_norms.select("id", "sgp", "sgp_order"), own.select("id", "sgp", "sgp_order"))


def test_a_district_that_advances_more_than_the_base_rises_above_50() -> None:
    means = [baseline_percentiles(chain(400, 7, gain=GAIN + more), NORMS).mean for more in (-12.0, 0.0, 12.0)]
    assert means[0] < 40 < 45 < means[1] < 55 < 60 < means[2]
    own = chain(400, 7, gain=GAIN + 12.0)
    assert growth_percentiles(own, design(own)).table["sgp"].mean() == pytest.approx(50, abs=3)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.1, 20.0))
def test_higher_scores_never_lower_a_percentile(seed: int, more: float) -> None:
    table = chain(20, seed).with_columns(pl.all().exclude("id").clip(580, 720))
    before = baseline_percentiles(table, NORMS).table["sgp"]
    after = baseline_percentiles(table.with_columns(pl.col("score") + more), NORMS).table["sgp"]
    assert (after >= before).all()


def test_saved_norms_come_back_exactly() -> None:
    document = json.loads(json.dumps(BASELINE.to_dict()))
    again = Baseline.from_dict(document)
    assert again.fingerprint == BASELINE.fingerprint == document["fingerprint"]
    table = chain(250, 9)
    ours, theirs = (baseline_percentiles(table, b.norms(5, "district reading")) for b in (BASELINE, again))
    assert_frame_equal(ours.table, theirs.table)


DAMAGE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a coefficient": (
        lambda d: d["grades"][0]["models"][0]["coefficients"][0].__setitem__(0, 1.0),
        "baseline-damaged",
    ),
    "the scale": (lambda d: d.update(scale="another"), "baseline-damaged"),
    "no fingerprint": (lambda d: d.pop("fingerprint"), "baseline-damaged"),
    "a later version": (lambda d: d.update(version=2), "baseline-version"),
    "another document": (lambda d: d.update(format="something"), "not-a-baseline"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_changed_norms_are_refused(kind: str) -> None:
    change, code = DAMAGE[kind]
    document = json.loads(json.dumps(BASELINE.to_dict()))
    change(document)
    with pytest.raises(InputError) as refusal:
        Baseline.from_dict(document)
    assert refusal.value.code == code


def test_a_list_is_no_norms_file() -> None:
    with pytest.raises(InputError) as refusal:
        Baseline.from_dict([])  # type: ignore[arg-type]
    assert refusal.value.code == "not-a-baseline"


def test_scores_declared_on_another_scale_are_refused() -> None:
    with pytest.raises(InputError, match=r"'county maths'.*'district reading'") as refusal:
        BASELINE.norms(5, "county maths")
    assert refusal.value.code == "scale-not-linked"


def test_a_grade_without_norms_is_refused() -> None:
    with pytest.raises(InputError, match="grade 6; it has them for 5"):
        BASELINE.norms(6, "district reading")


UNLINKED: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "hundred points": (lambda t: t.with_columns(pl.all().exclude("id") / 10), "outside-scale"),
    "score of another scale": (lambda t: t.with_columns(pl.col("score") - 80), "outside-scale"),
    "prior of another scale": (
        lambda t: t.with_columns(prior_1=620 + pl.col("prior_1") / 20),
        "scale-not-linked",
    ),
    "mixed": (
        lambda t: t.with_columns(
            pl.when(pl.col("id") % 3 == 0).then(pl.col("score") / 10).otherwise("score")
        ),
        "mixed-scales",
    ),
    "nobody with a prior": (
        lambda t: t.with_columns(pl.lit(None, pl.Float64).alias("prior_1")),
        "no-prior",
    ),
}


@pytest.mark.parametrize("kind", UNLINKED)
def test_a_cohort_that_is_not_linked_is_refused(kind: str) -> None:
    change, code = UNLINKED[kind]
    with pytest.raises(InputError) as refusal:
        baseline_percentiles(change(chain(400, 5)), NORMS)
    assert refusal.value.code == code


def test_three_pupils_are_judged_and_the_doubt_is_labelled() -> None:
    found = baseline_percentiles(chain(3, 11), NORMS)
    assert (found.n, found.scale_compared) == (3, False)
    assert found.se_mean is not None
    assert baseline_percentiles(chain(1, 11), NORMS).se_mean is None


def test_single_pupils_beyond_the_bounds_are_counted_and_not_judged() -> None:
    table = chain(400, 5).with_columns(pl.all().exclude("id").clip(560, 740))
    far = pl.when(pl.col("id") == 7).then(980.0).otherwise("prior_1")
    found = baseline_percentiles(table.with_columns(prior_1=far), NORMS)
    assert (found.n, found.n_outside, found.n_without_prior) == (399, 1, 0)
    assert 7 not in found.table["id"]


def test_a_cohort_with_fewer_earlier_years_is_judged_by_those_it_has() -> None:
    found = baseline_percentiles(chain(250, 3, years=1), NORMS)
    assert found.table["sgp_order"].unique().to_list() == [1]
    assert found.scale_compared


def test_nan_is_a_missing_score() -> None:
    table = chain(300, 3).with_columns(pl.all().exclude("id").clip(560, 740))
    gaps = table.with_columns(prior_1=pl.when(pl.col("id") % 9 > 0).then("prior_1"))
    with_nan = gaps.with_columns(pl.col("prior_1").fill_null(np.nan))
    ours, theirs = (baseline_percentiles(t, NORMS) for t in (gaps, with_nan))
    assert_frame_equal(ours.table, theirs.table)
    assert ours.n_without_prior == theirs.n_without_prior == 34
    assert fit_norms(5, {2025: with_nan}).cohorts == ((2025, 266),)


@pytest.mark.parametrize(
    ("table", "code", "column"),
    [
        (chain(9, 3).drop("id"), "unknown-column", "id"),
        (chain(9, 3).drop("score"), "unknown-column", "score"),
        (chain(9, 3).with_columns(id=pl.lit(5)), "duplicate-id", "id"),
        (chain(9, 3).with_columns(score=pl.lit("600")), "not-numeric", "score"),
    ],
)
def test_an_unusable_table_is_refused_by_name(table: pl.DataFrame, code: str, column: str) -> None:
    with pytest.raises(InputError) as refusal:
        baseline_percentiles(table, NORMS)
    assert (refusal.value.code, refusal.value.column) == (code, column)


def test_base_years_on_different_scales_are_not_stacked() -> None:
    other = chain(300, 4).with_columns(pl.all().exclude("id") + 200)
    with pytest.raises(InputError, match=r"grade 5, 2025: \d+ of 300 pupils"):
        fit_norms(5, {**BASE, 2025: other})


def panel(n: int) -> pl.DataFrame:
    """Pupils of grades 4 to 6 in 2025 over four years; grade 3 is the first tested."""
    tables = []
    for grade in (4, 5, 6):
        wide = chain(n, grade, years=3).with_columns(id=pl.format("{}-{}", pl.lit(grade), "id"))
        columns = {"ID": wide["id"]}
        for back, name in enumerate(["score", "prior_1", "prior_2", "prior_3"]):
            tested = grade - back >= 3
            columns[f"G{2025 - back}"] = pl.Series([grade - back if tested else None] * n, dtype=pl.Int64)
            columns[f"S{2025 - back}"] = wide[name] if tested else pl.Series([None] * n, dtype=pl.Float64)
        tables.append(pl.DataFrame(columns))
    return pl.concat(tables)


LAYOUT = PanelLayout("ID", "G{year}", "S{year}", 2025)


def test_a_panel_gives_norms_of_every_grade_with_all_its_years() -> None:
    found = panel_baseline(panel(210), LAYOUT, "scale")
    assert [(norms.grade, [year for year, _ in norms.cohorts]) for norms in found.grades] == [
        (4, [2023, 2024, 2025]),
        (5, [2024, 2025]),
        (6, [2025]),
    ]
    assert [len(norms.models) for norms in found.grades] == [1, 2, 2]


def test_grades_with_too_few_pupils_are_named() -> None:
    found = panel_baseline(panel(120), LAYOUT, "scale")
    assert [norms.grade for norms in found.grades] == [4, 5]
    assert found.skipped == (
        (6, "120 pupils have a score and an earlier one; percentiles need at least 200"),
    )
    with pytest.raises(InputError, match="grade 6: 9 pupils") as refusal:
        panel_baseline(panel(9), LAYOUT, "scale")
    assert refusal.value.code == "no-norms"


def test_years_without_overlap_give_no_norms() -> None:
    apart = panel(210).with_columns(pl.when(pl.col("G2025") < 0).then("S2025").alias("S2024"))
    with pytest.raises(InputError) as refusal:
        panel_baseline(apart.select("ID", "G2024", "S2024", "G2025", "S2025"), LAYOUT, "scale")
    assert refusal.value.code == "no-norms"


def test_a_baseline_needs_the_name_of_its_scale() -> None:
    with pytest.raises(InputError) as refusal:
        panel_baseline(panel(30), LAYOUT, " ")
    assert refusal.value.code == "no-scale"


@pytest.mark.parametrize("table", [chain(3, 1), chain(250, 1).with_columns(score=pl.lit(600.0))])
def test_too_few_pupils_and_equal_scores_give_no_norms(table: pl.DataFrame) -> None:
    with pytest.raises(InputError) as refusal:
        fit_norms(5, {2025: table})
    assert refusal.value.code in ("too-few-pupils", "constant-outcome")
