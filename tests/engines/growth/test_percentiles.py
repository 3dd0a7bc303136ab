"""Growth percentiles against the published algorithm; R's numbers are met in test_verification."""

import doctest
import json
import pickle
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from xuequ.engines.errors import InputError
from xuequ.engines.growth import percentiles
from xuequ.engines.growth.percentiles import (
    TAUS,
    PercentileDesign,
    PercentileModel,
    apply_models,
    growth_percentiles,
    percentile_table,
    summarise_percentiles,
)
from xuequ.engines.growth.quantile import check_loss
from xuequ.engines.growth.splines import spline_basis


def cohort(n: int, seed: int = 1) -> pl.DataFrame:
    """Invented whole-number scores of three years; every tenth pupil lacks the older, every fiftieth both."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(500, 50, n)
    first, second, third = (np.round(ability + rng.normal(0, 25, n) + 10 * t) for t in range(3))
    position = np.arange(n)
    return pl.DataFrame(
        {
            "id": [f"P{i:05}" for i in position],
            "score": third,
            "prior_1": np.where(position % 50 == 0, np.nan, second),
            "prior_2": np.where(position % 10 == 0, np.nan, first),
        }
    ).with_columns(pl.col("prior_1", "prior_2").fill_nan(None))


def design(table: pl.DataFrame, **settings: Any) -> PercentileDesign:
    priors = [name for name in table.columns if name.startswith("prior")]
    return PercentileDesign(tuple(spline_basis(table[name].drop_nulls()) for name in priors), **settings)


TABLE = cohort(400)
DESIGN = design(TABLE)
RESULT = growth_percentiles(TABLE, DESIGN)


def test_each_pupil_is_judged_by_the_highest_order_available() -> None:
    assert [model.order for model in RESULT.models] == [1, 2]
    assert [model.n for model in RESULT.models] == [392, 360]
    assert (RESULT.n_scored, RESULT.n_without_prior, RESULT.too_small) == (400, 8, ())
    assert RESULT.table["sgp_order"].value_counts().sort("sgp_order").rows() == [(1, 32), (2, 360)]
    by_order = pl.coalesce("sgp_order_2", "sgp_order_1")
    assert RESULT.table.select((pl.col("sgp") == by_order).all()).item()


def test_a_percentile_counts_the_sorted_and_rounded_expected_scores_below() -> None:
    model = RESULT.models[0]
    pupils = TABLE.drop_nulls("prior_1")
    X = percentiles.design_matrix(pupils.select("prior_1").to_numpy(), model.bases)
    expected = np.round(np.sort(X @ model.coefficients, axis=1), 5)
    rank = np.minimum(np.maximum((expected < pupils["score"].to_numpy()[:, None]).sum(axis=1), 1), 99)
    assert RESULT.table["sgp_order_1"].to_list() == rank.tolist()
    only_first = RESULT.table.with_row_index().filter(pl.col("sgp_order") == 1)
    assert only_first["cut_35"].to_list() == np.round(expected[only_first["index"].to_numpy(), 35]).tolist()


def test_pupils_below_each_quantile_are_as_many_as_its_tau_says() -> None:
    """With an intercept the residuals below a plane are at most n tau, those below or on it at least n tau."""
    model = RESULT.models[1]
    pupils = TABLE.drop_nulls()
    X = percentiles.design_matrix(pupils.select("prior_1", "prior_2").to_numpy(), model.bases)
    residuals = pupils["score"].to_numpy()[:, None] - X @ model.coefficients
    n = len(pupils)
    assert ((residuals < -1e-6).sum(axis=0) <= n * TAUS).all()
    assert ((residuals < 1e-6).sum(axis=0) >= n * TAUS).all()
    np.testing.assert_allclose(check_loss(residuals, TAUS), model.loss, rtol=1e-12)


def test_the_order_of_pupils_leaves_no_trace() -> None:
    shuffled = TABLE.sample(fraction=1.0, shuffle=True, seed=4)
    again = growth_percentiles(shuffled, DESIGN)
    assert_frame_equal(again.table.sort("id"), RESULT.table)
    assert again.models[1].coefficients.tolist() == RESULT.models[1].coefficients.tolist()


def test_saved_models_judge_new_pupils() -> None:
    saved = json.loads(json.dumps([model.to_dict() for model in RESULT.models]))
    models = [PercentileModel.from_dict(data) for data in saved]
    assert_frame_equal(apply_models(TABLE, models, DESIGN), RESULT.table)
    beyond = pl.DataFrame({"id": ["x"], "score": [900.0], "prior_1": [400.0], "prior_2": [None]})
    judged = apply_models(beyond.cast({"prior_2": pl.Float64}), models, DESIGN)
    assert judged.select("sgp", "sgp_order", "sgp_order_2").rows() == [(99, 1, None)]


def test_the_batch_entry_is_pure_and_picklable() -> None:
    entry = pickle.loads(pickle.dumps(partial(percentile_table, design=DESIGN)))
    before = TABLE.clone()
    assert_frame_equal(entry(TABLE), RESULT.table)
    assert_frame_equal(TABLE, before)


def test_an_order_with_too_few_pupils_is_left_out_and_counted() -> None:
    result = growth_percentiles(TABLE, design(TABLE, min_cohort=380))
    assert [model.order for model in result.models] == [1]
    assert result.too_small == ((2, 360),)
    assert "sgp_order_2" not in result.table.columns


def test_settings_of_the_cuts() -> None:
    result = growth_percentiles(TABLE, design(TABLE, cuts=(50,), cut_decimals=2, cut_range=(480.0, 530.0)))
    cuts = result.table["cut_50"]
    assert (cuts.min(), cuts.max()) == (480.0, 530.0)
    assert (cuts.round(2) == cuts).all() and not (cuts.round(1) == cuts).all()
    assert [name for name in result.table.columns if name.startswith("cut")] == ["cut_50"]


def test_at_the_ceiling_expected_scores_that_are_equal_count_too() -> None:
    capped = TABLE.with_columns(pl.col("score").clip(upper_bound=520))
    plain = growth_percentiles(capped, design(capped)).table
    adjusted = growth_percentiles(capped, design(capped, ceiling=520.0)).table
    at_top = adjusted["id"].is_in(capped.filter(pl.col("score") == 520)["id"].implode())
    assert adjusted.filter(~at_top)["sgp"].to_list() == plain.filter(~at_top)["sgp"].to_list()
    assert (adjusted.filter(at_top)["sgp"] >= plain.filter(at_top)["sgp"]).all()
    assert adjusted.filter(at_top)["sgp"].mean() > plain.filter(at_top)["sgp"].mean()


def test_few_distinct_priors_drop_columns_instead_of_failing() -> None:
    coarse = TABLE.select("id", "score", prior_1=(pl.col("prior_1") / 60).round())
    result = growth_percentiles(coarse, design(coarse))
    assert result.models[0].dropped
    assert 45 < result.table["sgp"].mean() < 55


def test_school_summaries_leave_out_pupils_without_a_percentile() -> None:
    table = pl.DataFrame({"school": ["b", "a", "a", "a"], "sgp": [None, 30, None, 60]})
    assert summarise_percentiles(table, ["school"])["n"].to_list() == [2]


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda t: t.drop("prior_2"), "unknown-column", ("prior_2", None)),
        (lambda t: t.with_columns(pl.col("score").cast(pl.String)), "not-numeric", ("score", None)),
        (lambda t: t.with_columns(id=pl.lit("same")), "duplicate-id", ("id", 2)),
        (
            lambda t: t.with_columns(id=pl.when(pl.col("score").rank("ordinal") > 1).then("id")),
            "missing-id",
            None,
        ),
        (lambda t: t.with_columns(score=pl.lit(7.0)), "constant-outcome", ("score", None)),
        (lambda t: t.with_columns(score=pl.lit(np.inf)), "infinite-value", ("score", 1)),
        (lambda t: t.head(150), "too-few-pupils", (None, None)),
        (lambda t: t.with_columns(score=pl.lit(None, pl.Float64)), "too-few-pupils", (None, None)),
    ],
)
def test_unusable_input_is_refused_by_name(change: Any, code: str, place: tuple[Any, Any] | None) -> None:
    with pytest.raises(InputError) as refusal:
        growth_percentiles(change(TABLE), DESIGN)
    assert refusal.value.code == code
    assert place is None or (refusal.value.column, refusal.value.row) == place


def test_a_cut_must_be_a_percentile() -> None:
    with pytest.raises(InputError, match="from 1 to 99"):
        growth_percentiles(TABLE, design(TABLE, cuts=(0,)))


def test_published_examples_hold() -> None:
    assert doctest.testmod(percentiles).failed == 0
