"""The simple methods side by side: what each is, its error, and the bias it has on these pupils."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import rankdata

from xuequ.engines.errors import InputError
from xuequ.engines.growth.simple import METHODS, CompareDesign, compare_methods

DESIGN = CompareDesign("end", "start")


def cohort(seed: int, schools: int = 24, size: int = 60, *, effect: float = 0.2) -> pl.DataFrame:
    """Schools of unequal intake whose effects have nothing to do with it; tests with error."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), size)
    intake, u = rng.normal(0, 0.5, schools), rng.normal(0, effect, schools)
    true = intake[school] + rng.normal(size=len(school))
    start = 70 + 10 * (true + rng.normal(0, 0.4, len(school)))
    end = 70 + 10 * (0.9 * true + u[school] + rng.normal(0, 0.6, len(school)))
    names = [f"s{i:02}" for i in school]
    return pl.DataFrame({"school": names, "start": start.round(1), "end": end.round(1)})


TABLE = cohort(1)
FOUND = compare_methods(TABLE, DESIGN)


def values(method: str, name: str = "value") -> np.ndarray:
    return FOUND.schools.filter(method=method)[name].to_numpy()


def test_every_method_has_every_school_with_an_interval() -> None:
    counts = FOUND.schools.group_by("method").len()
    assert dict(counts.iter_rows()) == dict.fromkeys(METHODS, 24)
    assert FOUND.methods["method"].to_list() == list(METHODS)
    shown = FOUND.schools
    assert ((shown["low"] < shown["value"]) & (shown["value"] < shown["high"])).all()


def test_the_methods_are_what_they_say() -> None:
    z = TABLE.select(((pl.col(c) - pl.col(c).mean()) / pl.col(c).std()).alias(c) for c in ("start", "end"))
    first = (TABLE["school"] == "s00").to_numpy()
    gain = (z["end"] - z["start"]).to_numpy()
    assert values("z-gain")[0] == pytest.approx(gain[first].mean())
    assert values("z-gain", "se")[0] == pytest.approx(gain[first].std(ddof=1) / np.sqrt(60))
    ranks = {c: 100 * (rankdata(TABLE[c]) - 0.5) / TABLE.height for c in ("start", "end")}
    assert values("rank-gain")[0] == pytest.approx((ranks["end"] - ranks["start"])[first].mean())
    slope = np.corrcoef(z["start"], z["end"])[0, 1]
    assert values("residual")[0] == pytest.approx((z["end"] - slope * z["start"]).to_numpy()[first].mean())
    levels = {
        c: np.searchsorted(np.quantile(z[c], [0.2, 0.4, 0.6, 0.8]), z[c], side="right") for c in z.columns
    }
    assert values("level-change")[0] == pytest.approx(np.sign(levels["end"] - levels["start"])[first].mean())


def test_progress_by_prior_group_compares_with_pupils_who_started_alike() -> None:
    """Two prior groups, three schools: by hand."""
    start = [1.0, 1.0, 2.0, 2.0] * 15
    end = [1.0, 3.0, 5.0, 9.0] * 15
    school = (["a"] * 2 + ["b"] * 1 + ["c"] * 1) * 15
    found = compare_methods(pl.DataFrame({"school": school, "start": start, "end": end}), DESIGN)
    by = dict(found.schools.filter(method="prior-group").select("school", "value").iter_rows())
    sd = float(np.std(end, ddof=1))
    assert found.groups == 2
    assert by == {"a": pytest.approx(0.0), "b": pytest.approx(-2 / sd), "c": pytest.approx(2 / sd)}


def test_the_cap_raises_only_extreme_scores() -> None:
    outlier = TABLE.with_columns(end=pl.when(pl.int_range(pl.len()) == 5).then(-60.0).otherwise("end"))
    found = compare_methods(outlier, DESIGN).schools
    plain = found.filter(method="prior-group", school="s00")["value"][0]
    capped = found.filter(method="prior-group-capped", school="s00")["value"][0]
    assert capped > plain + 0.05
    others = found.filter(pl.col("school") == "s07").filter(pl.col("method").str.starts_with("prior-group"))
    assert np.ptp(others["value"].to_numpy()) < 0.03


def test_transitions_count_everybody() -> None:
    table = FOUND.transitions
    assert table["pupils"].sum() == TABLE.height
    assert table.group_by("from").agg(pl.col("share").sum())["share"].to_numpy() == pytest.approx(1.0)
    stayed = table.filter(pl.col("from") == pl.col("to"))["pupils"].sum()
    assert 0.35 < stayed / TABLE.height < 0.7


def test_gains_are_shown_to_regress_to_the_mean_and_to_punish_high_intake() -> None:
    codes = set(FOUND.biases.select("method", "code").iter_rows())
    for method in ("z-gain", "rank-gain", "level-change"):
        assert (method, "regression-to-the-mean") in codes
        row = FOUND.methods.filter(method=method).row(0, named=True)
        assert row["regression"] < 0
    assert FOUND.methods.filter(method="residual")["regression"][0] == pytest.approx(0.0, abs=1e-12)
    many = [compare_methods(cohort(seed), DESIGN).methods for seed in range(2, 10)]
    slopes = pl.concat(many).group_by("method").agg(pl.col("intake_slope").mean())
    by = dict(slopes.iter_rows())
    # Plain gains punish schools of high intake; residuals, whose slope measurement error flattens, favour them.
    assert by["z-gain"] < 0 < by["residual"]
    assert abs(by["mixed"]) < 0.05 < by["residual"]


def test_who_cannot_rise_is_counted() -> None:
    row = FOUND.methods.filter(method="level-change").row(0, named=True)
    assert row["cannot_rise"] == pytest.approx(0.2, abs=0.01)
    assert ("level-change", "ceiling") in set(FOUND.biases.select("method", "code").iter_rows())
    capped = TABLE.with_columns(pl.col("start", "end").clip(upper_bound=75.0))
    found = compare_methods(capped, DESIGN).methods
    for method in ("z-gain", "rank-gain"):
        at_top = (capped["start"] == 75.0).mean()
        assert found.filter(method=method)["cannot_rise"][0] == pytest.approx(at_top, abs=0.02)


def test_agreement_is_the_rank_correlation_with_the_mixed_model() -> None:
    agreement = dict(FOUND.methods.select("method", "agreement").iter_rows())
    assert agreement["mixed"] is None
    assert 0.8 < agreement["residual"] <= 1.0
    assert agreement["z-gain"] < agreement["residual"]


def test_a_small_school_has_no_value_in_any_method() -> None:
    table = pl.concat([TABLE, TABLE.head(3).with_columns(school=pl.lit("tiny"))])
    found = compare_methods(table, DESIGN)
    assert found.schools.filter(school="tiny")["value"].null_count() == len(METHODS)
    assert "too-few-pupils" in {remark.code for remark in found.remarks}


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (TABLE.drop("end"), "unknown-column"),
        (TABLE.with_columns(end=pl.lit(60.0)), "constant"),
        (TABLE.with_columns(end=pl.lit("A")), "not-numeric"),
        (TABLE.with_columns(end=pl.when(pl.int_range(pl.len()) % 2 == 0).then("end"),
                            start=pl.when(pl.int_range(pl.len()) % 2 == 1).then("start")), "too-few-pupils"),
        (TABLE.with_columns(school=pl.lit("a")), "too-few-schools"),
        (TABLE.with_columns(end=pl.when(school="s03").then(pl.col("end") * 7.5).otherwise("end")), "mixed-scales"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(table: pl.DataFrame, code: str) -> None:
    with pytest.raises(InputError) as caught:
        compare_methods(table, DESIGN)
    assert caught.value.code == code


def test_a_school_on_a_scale_that_may_be_another_is_labelled() -> None:
    table = TABLE.with_columns(end=pl.when(school="s03").then(pl.col("end") + 36).otherwise("end"))
    found = compare_methods(table, DESIGN)
    assert [remark.name for remark in found.remarks if remark.code == "suspect-scale"] == ["s03"]


def test_levels_must_add_up() -> None:
    with pytest.raises(InputError, match="add up"):
        replace(DESIGN, levels=(0.5, 0.2))


def test_schools_stand_in_the_order_in_which_people_count() -> None:
    numbered = TABLE.with_columns(school=pl.col("school").str.slice(1).cast(pl.Int64))
    found = compare_methods(numbered, DESIGN).schools.filter(method="mixed")["school"].to_list()
    assert found == [str(i) for i in range(24)]


def test_the_share_of_chance_in_the_spread_is_told_where_nothing_is_shrunk() -> None:
    shares = {row[0]: row[2] for row in FOUND.biases.iter_rows() if row[1] == "no-shrinkage"}
    assert set(shares) == set(METHODS) - {"mixed"}
    mine = FOUND.schools.filter(method="residual")
    assert shares["residual"] == pytest.approx((mine["se"] ** 2).mean() / mine["value"].var())
