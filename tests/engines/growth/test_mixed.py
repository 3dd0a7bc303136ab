"""The mixed-model engine: published numbers, textbook matrices, invariances, bounds, coverage."""

import dataclasses
import json
import pickle
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.growth.pupils import Array, dense, invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.crossproducts import CrossProducts, cross_products
from xuequ.engines.growth.examples import dyestuff, dyestuff2
from xuequ.engines.growth.likelihood import Method
from xuequ.engines.growth.mixed import (
    MixedModelFit,
    fit_cohort,
    fit_cross_products,
    fit_mixed_model,
    predict,
)

SLOPES = "y ~ x + sex + (x | school)"


def numbers(fit: MixedModelFit) -> dict[str, Array]:
    """Every number of a fit."""
    return {
        "fixed": fit.coefficients,
        "fixed_covariance": fit.fixed_covariance,
        "random": fit.random.covariance,
        "sigma2": np.array(fit.residual_variance),
        "deviance": np.array(fit.deviance),
        "effects": fit.effects,
        "se": fit.se,
        "se_prediction": fit.se_prediction,
        "reliability": fit.reliability,
    }


def assert_same(a: MixedModelFit, b: MixedModelFit, *, tolerance: float = 1e-6) -> None:
    assert (a.groups, a.n, a.n_dropped, a.dropped) == (b.groups, b.n, b.n_dropped, b.dropped)
    for name, value in numbers(a).items():
        scale = np.abs(value).max()
        np.testing.assert_allclose(numbers(b)[name], value, rtol=0, atol=tolerance * scale, err_msg=name)


def test_dyestuff_gives_the_analysis_of_variance_of_the_book() -> None:
    """Balanced: REML is the analysis of variance, σ² = MS within and T = (MS between - MS within)/5."""
    fit = fit_mixed_model(dyestuff(), "yield ~ 1 + (1 | batch)")
    assert fit.residual_variance == pytest.approx(2451.25, rel=1e-8)
    assert fit.random.covariance[0, 0] == pytest.approx((11271.5 - 2451.25) / 5, rel=1e-8)
    assert fit.fixed["(Intercept)"].estimate == pytest.approx(1527.5)
    assert fit.fixed["(Intercept)"].se == pytest.approx(np.sqrt(11271.5 / 30), rel=1e-8)
    assert fit.deviance == pytest.approx(319.654276842, abs=1e-8)
    shrinkage = 1 - 2451.25 / 11271.5
    means = dyestuff().group_by("batch").agg(pl.col("yield").mean()).sort("batch")["yield"].to_numpy()
    np.testing.assert_allclose(fit.effects[:, 0], shrinkage * (means - 1527.5), rtol=1e-8)
    np.testing.assert_allclose(fit.reliability, shrinkage, rtol=1e-8)


def test_dyestuff_2_reaches_a_variance_of_zero_and_says_so() -> None:
    fit = fit_mixed_model(dyestuff2(), "yield ~ 1 + (1 | batch)")
    assert fit.random.covariance[0, 0] == 0.0
    assert fit.zero_variances == ("(Intercept)",)
    assert fit.singular
    assert fit.residual_variance == pytest.approx(13.80630963, rel=1e-8)
    assert fit.deviance == pytest.approx(161.828277812, abs=1e-8)
    assert not fit.effects.any()
    assert not fit.reliability.any()


MODELS = [
    "exam-null-ml",
    "exam-ri-ml",
    "exam-ri-reml",
    "exam-rs-ml",
    "exam-rs-reml",
    "hsb-null-reml",
    "hsb-meanses-reml",
    "hsb-cses-reml",
]


@pytest.mark.parametrize("name", MODELS)
def test_reference_models(shared_data: Path, name: str) -> None:
    folder = shared_data / "growth"
    model = next(m for m in json.loads((folder / "lme4_reference.json").read_text()) if m["name"] == name)
    fit = fit_mixed_model(pl.read_csv(folder / model["data"]), model["formula"], method=model["method"])
    assert (fit.n, len(fit.groups)) == (model["n"], model["groups"])
    assert fit.deviance == pytest.approx(model["deviance"], rel=1e-11)
    assert fit.residual_variance == pytest.approx(model["residual_variance"], rel=1e-7)
    np.testing.assert_allclose(fit.random.covariance, model["covariance"], rtol=1e-5)
    for term, expected in model["fixed"].items():
        assert fit.fixed[term].estimate == pytest.approx(expected["estimate"], rel=1e-6)
        assert fit.fixed[term].se == pytest.approx(expected["se"], rel=1e-6)
    at = [fit.groups.index(effect["group"]) for effect in model["effects"]]
    effects = np.array([effect["effect"] for effect in model["effects"]])
    np.testing.assert_allclose(fit.effects[at], effects, rtol=0, atol=1e-5 * effects.std(axis=0).min())
    np.testing.assert_allclose(fit.se[at], [effect["se"] for effect in model["effects"]], rtol=1e-6)


def test_names_are_those_of_r(shared_data: Path) -> None:
    exam = pl.read_csv(shared_data / "growth" / "exam.csv")
    fit = fit_mixed_model(exam, "normexam ~ sex*standLRT + (standLRT | school)", method="ml")
    assert list(fit.fixed) == ["(Intercept)", "sexM", "standLRT", "sexM:standLRT"]
    # lmer 1.1-31 on the same data and formula.
    assert fit.deviance == pytest.approx(9287.3873845, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(
        [
            "y ~ x + (1 | school)",
            SLOPES,
            "y ~ x * sex + (x || school)",
            "y ~ 0 + sex + x + (0 + x | school)",
            "y ~ x + (sex | school)",
            "y ~ x + I(x^2) + (x + z | school)",
        ],
    ),
    st.sampled_from(["ml", "reml"]),
    st.sampled_from([0.0, 500.0]),
)
def test_against_henderson_in_full(seed: int, formula: str, method: Method, level: float) -> None:
    """Deviance, β, u, and both errors from V and the mixed-model equations written out (Henderson 1975)."""
    table = invented(seed, rows=120, level=level)
    fit = fit_mixed_model(table, formula, method=method)
    full = dense(fit, table)
    assert fit.deviance == pytest.approx(full.deviance(method), rel=1e-9)
    J, p = len(fit.groups), len(fit.fixed)
    # Absorbing T = LL' keeps the equations regular when T is singular: u = (I ⊗ L) v with v ~ N(0, I).
    values, vectors = np.linalg.eigh(full.T)
    L = np.kron(np.eye(J), vectors * np.sqrt(np.clip(values, 0, None)))
    W = np.hstack([full.X, full.Z @ L])
    left = W.T @ W / full.sigma2
    left[p:, p:] += np.eye(L.shape[1])
    inverse = np.linalg.inv(left)
    solution = inverse @ W.T @ full.y / full.sigma2
    np.testing.assert_allclose(fit.coefficients, solution[:p], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(fit.fixed_covariance, inverse[:p, :p], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(fit.effects.ravel(), L @ solution[p:], atol=1e-6)
    errors = L @ inverse[p:, p:] @ L.T
    np.testing.assert_allclose(fit.se_prediction.ravel(), np.sqrt(np.diag(errors).clip(0)), atol=1e-6)
    given_beta = L @ np.linalg.inv(left[p:, p:]) @ L.T
    np.testing.assert_allclose(fit.se.ravel(), np.sqrt(np.diag(given_beta).clip(0)), atol=1e-6)
    q = len(fit.random.terms)
    for k, term in enumerate(fit.random.terms):
        np.testing.assert_allclose(fit.prediction_covariance(term), errors[k::q, k::q], atol=1e-6)


def test_the_reliability_of_an_intercept_is_the_familiar_ratio() -> None:
    fit = fit_mixed_model(invented(4), "y ~ x + (1 | school)")
    T = fit.random.covariance[0, 0]
    np.testing.assert_allclose(fit.reliability[:, 0], T / (T + fit.residual_variance / fit.sizes))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["ml", "reml"]))
def test_the_order_of_rows_does_not_matter(seed: int, method: Method) -> None:
    table = invented(seed)
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=seed)
    assert_same(
        fit_mixed_model(table, SLOPES, method=method), fit_mixed_model(shuffled, SLOPES, method=method)
    )


def test_the_names_of_schools_do_not_matter() -> None:
    table = invented(6)
    renamed = table.with_columns("第" + pl.col("school") + "中学")
    fit, other = fit_mixed_model(table, SLOPES), fit_mixed_model(renamed, SLOPES)
    assert_same(fit, dataclasses.replace(other, groups=fit.groups), tolerance=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([-40.0, 600.0]), st.sampled_from([0.01, 85.0]))
def test_moving_and_stretching_scores_moves_and_stretches_the_answer(
    seed: int, move: float, stretch: float
) -> None:
    table = invented(seed)
    fit = fit_mixed_model(table, SLOPES, method="ml")
    other = fit_mixed_model(
        table.with_columns(pl.col("y") * stretch + move, pl.col("x") * 10 + 500), SLOPES, method="ml"
    )
    slope = fit.fixed["x"].estimate * stretch / 10
    assert other.fixed["x"].estimate == pytest.approx(slope, rel=1e-6)
    assert other.fixed["sexM"].se == pytest.approx(fit.fixed["sexM"].se * stretch, rel=1e-6)
    expected = fit.fixed["(Intercept)"].estimate * stretch + move - 500 * slope
    assert other.fixed["(Intercept)"].estimate == pytest.approx(expected, rel=1e-6, abs=1e-4 * stretch)
    assert other.deviance == pytest.approx(fit.deviance + 2 * fit.n * np.log(stretch), rel=1e-9)
    scale = np.abs(fit.effects[:, 1]).max()
    np.testing.assert_allclose(
        other.effects[:, 1] * 10 / stretch, fit.effects[:, 1], atol=1e-4 * scale + 1e-9
    )


def test_an_intercept_made_of_dummies_is_the_same_model() -> None:
    table = invented(8)
    with_intercept = fit_mixed_model(table, "y ~ sex + x + (1 | school)")
    without = fit_mixed_model(table, "y ~ 0 + sex + x + (1 | school)")
    assert without.deviance == pytest.approx(with_intercept.deviance, rel=1e-11)
    np.testing.assert_allclose(without.effects, with_intercept.effects, atol=1e-9)


@pytest.mark.parametrize("by", ["school", "year"])
def test_adding_schools_or_years_equals_the_full_refit(by: str) -> None:
    table = invented(9, rows=400).with_columns(year=pl.int_range(400) % 3)
    whole = cross_products(table, SLOPES)
    parts = [cross_products(part, whole.model) for part in table.partition_by(by)]
    sent = [CrossProducts.from_bytes(part.to_bytes()) for part in parts]
    assert_same(fit_cross_products(whole), fit_cross_products(reduce(add, sent)), tolerance=1e-10)


def test_a_file_gives_the_same_as_memory(tmp_path: Path) -> None:
    table = invented(10)
    table.write_parquet(tmp_path / "pupils.parquet")
    streamed = fit_mixed_model(pl.scan_parquet(tmp_path / "pupils.parquet"), SLOPES)
    assert pickle.dumps(numbers(streamed)) == pickle.dumps(numbers(fit_mixed_model(table, SLOPES)))


def test_the_batch_entry_is_pure_and_crosses_process_borders() -> None:
    params = {"formula": SLOPES, "method": "ml"}
    here = fit_cohort(invented(11), params)
    entry, table, parameters = pickle.loads(pickle.dumps((fit_cohort, invented(11), params)))
    assert here.equals(entry(table, parameters))
    summary = here.filter(part="summary")
    assert summary["term"].to_list() == [
        "n",
        "n_dropped",
        "groups",
        "residual_variance",
        "deviance",
        "singular",
    ]
    assert here.filter(part="effect").height == 12 * 2
    with pytest.raises(InputError):
        fit_cohort(invented(11), {"formula": SLOPES, "method": "bayes"})


def test_a_slope_that_does_not_vary_is_said() -> None:
    found = [fit_mixed_model(invented(seed, slope_sd=0.0), "y ~ x + (x || school)") for seed in range(8)]
    zero = [fit for fit in found if fit.zero_variances]
    assert zero and all(fit.zero_variances == ("x",) and fit.singular for fit in zero)
    assert all(not fit.effects[:, 1].any() and not fit.se_prediction[:, 1].any() for fit in zero)
    assert all(fit.effects[:, 0].any() for fit in zero)


def test_a_perfect_correlation_is_said() -> None:
    fits = [fit_mixed_model(invented(s, slope_sd=0.1, groups=6), "y ~ x + (x | school)") for s in range(12)]
    perfect = [fit for fit in fits if fit.singular and not fit.zero_variances]
    assert perfect
    for fit in perfect:
        T = fit.random.covariance
        assert abs(T[0, 1]) == pytest.approx(np.sqrt(T[0, 0] * T[1, 1]), rel=1e-6)


def test_collinear_terms_are_dropped_and_named() -> None:
    table = invented(12).with_columns(double=pl.col("x") * 2 + 1)
    fit = fit_mixed_model(table, "y ~ x + double + sex + (1 | school)")
    assert fit.dropped == ("double",)
    assert list(fit.fixed) == ["(Intercept)", "x", "sexM"]
    plain = fit_mixed_model(table, "y ~ x + sex + (1 | school)")
    np.testing.assert_array_equal(fit.coefficients, plain.coefficients)


def test_the_last_of_redundant_dummies_is_dropped() -> None:
    table = invented(13).with_columns(half=pl.Series(["am", "pm"] * 75))
    fit = fit_mixed_model(table, "y ~ sex:half + x + (1 | school)")
    assert fit.dropped == ("sexM:halfpm",)


def test_predictions_are_those_of_the_matrices() -> None:
    table = invented(14)
    fit = fit_mixed_model(table, SLOPES)
    full, made = dense(fit, table), predict(fit, table)
    np.testing.assert_allclose(made.fixed, full.X @ fit.coefficients, atol=1e-12)
    np.testing.assert_allclose(made.fitted, made.fixed + full.Z @ fit.effects.ravel(), atol=1e-12)
    np.testing.assert_allclose(made.residual, full.y - made.fitted, atol=1e-12)


def test_predictions_for_others() -> None:
    fit = fit_mixed_model(invented(15), SLOPES)
    others = pl.DataFrame(
        {
            "x": [0.5, 0.5, None, 0.5],
            "sex": ["M", "M", "F", None],
            "school": ["s001", "elsewhere", "s001", "s001"],
        }
    )
    made = predict(fit, others)
    assert made.fitted[0] != made.fixed[0]
    assert made.fitted[1] == made.fixed[1] == made.fixed[0]
    assert np.isnan(made.fitted[2:]).all()
    assert np.isnan(made.residual).all()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (pl.col("x").alias("gone"), "unknown-column"),
        (pl.lit("X").alias("sex"), "unknown-level"),
        (pl.lit("优").alias("x"), "text-in-number-column"),
    ],
)
def test_predictions_refuse_what_the_model_does_not_know(change: pl.Expr, code: str) -> None:
    fit = fit_mixed_model(invented(15), SLOPES)
    table = invented(16).with_columns(change)
    with pytest.raises(InputError) as caught:
        predict(fit, table.drop("x") if code == "unknown-column" else table)
    assert caught.value.code == code


def test_prediction_intervals_cover() -> None:
    """95 % of 20 × 60 planted effects; a binomial share of 1200 stays within ± 3 × 0.0063 of it."""
    inside = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        school, x = np.repeat(np.arange(60), 20), rng.normal(size=1200)
        u = rng.normal(0, 0.4, 60)
        y = 0.7 * x + u[school] + rng.normal(0, 0.7, 1200)
        fit = fit_mixed_model(pl.DataFrame({"y": y, "x": x, "school": school}), "y ~ x + (1 | school)")
        inside.append(np.abs(fit.effects[:, 0] - u) <= 1.96 * fit.se_prediction[:, 0])
    assert 0.93 <= np.mean(inside) <= 0.97


GOOD = invented(17, groups=4, rows=40)
BAD = {
    "fewer than ten pupils": (GOOD.head(9), "y ~ x + (1 | school)", "too-few-rows"),
    "one school": (GOOD.with_columns(school=pl.lit("a")), "y ~ x + (1 | school)", "one-group"),
    "a school for each pupil": (
        GOOD.with_columns(school=pl.int_range(40)),
        "y ~ x + (1 | school)",
        "too-many-effects",
    ),
    "more terms than pupils": (
        GOOD.head(10).with_columns(kind=pl.Series([*"abcdefghia"]), school=pl.Series([*"xyxyxyxyxy"])),
        "y ~ kind + x + (1 | school)",
        "too-few-rows",
    ),
    "constant predictor": (GOOD.with_columns(x=1 / 3), "y ~ x + (1 | school)", "constant-predictor"),
    "constant transform": (
        GOOD.with_columns(x=(pl.int_range(40) % 2) * 2 - 1),
        "y ~ I(x^2) + (1 | school)",
        "constant-predictor",
    ),
    "constant outcome": (GOOD.with_columns(y=600.0), "y ~ x + (1 | school)", "constant-response"),
    "outcome among predictors": (
        GOOD.with_columns(double=pl.col("y") * 2),
        "y ~ double + (1 | school)",
        "no-residual-variation",
    ),
    "outcome constant within schools": (
        GOOD.with_columns(y=pl.col("school").str.tail(1).cast(pl.Float64)),
        "y ~ 1 + (1 | school)",
        "no-residual-variation",
    ),
    "redundant random terms": (
        GOOD,
        "y ~ x + (x + I(x * 2) | school)",
        "collinear-random-terms",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_refused(case: str) -> None:
    table, formula, code = BAD[case]
    with pytest.raises(InputError) as caught:
        fit_mixed_model(table, formula)
    assert caught.value.code == code
