"""Value added with an error-prone prior: matrices written out, bias against intake, coverage, refusals."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.errors_in_variables import (
    CorrectedFit,
    PriorError,
    fit_with_error,
    fit_with_error_cohort,
)
from xuequ.engines.growth.mixed import fit_mixed_model

Array = NDArray[np.float64]
PLAIN = "y ~ x + sex + (1 | school)"


@dataclass(frozen=True)
class World:
    """Pupils with a true start, of which a test of the given reliability is seen, and planted school effects."""

    table: pl.DataFrame
    intake: Array
    effects: Array


def world(
    seed: int, *, schools: int = 60, pupils: int = 80, reliability: float = 0.85, peers: float = 0.0
) -> World:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), pupils)
    intake, effects = rng.normal(0, 0.5, schools), rng.normal(0, 0.15, schools)
    true = intake[school] + rng.normal(size=len(school))
    mean = np.bincount(school, true) / pupils
    error = np.sqrt(1.25 * (1 - reliability) / reliability)
    seen = true + rng.normal(0, error, len(school))
    y = 0.8 * true + peers * mean[school] + effects[school] + rng.normal(0, 0.5, len(school))
    table = pl.DataFrame({"y": y, "prior": seen, "school": school, "sem": np.full(len(school), error)})
    return World(table, mean, effects)


def corrected(seed: int, **settings: float) -> tuple[CorrectedFit, World]:
    made = world(seed, **settings)  # type: ignore[arg-type]
    error = PriorError("prior", reliability=settings.get("reliability", 0.85))
    return fit_with_error(made.table, "y ~ prior + (1 | school)", error), made


def test_without_error_it_is_the_ordinary_fit() -> None:
    table = invented(3)
    fit, plain = fit_with_error(table, PLAIN, PriorError("x", reliability=1.0)), fit_mixed_model(table, PLAIN)
    for term, effect in plain.fixed.items():
        assert fit.fixed[term].estimate == pytest.approx(effect.estimate, abs=1e-9)
    assert fit.school_variance == pytest.approx(plain.random.covariance[0, 0], abs=1e-8)
    assert fit.residual_variance == pytest.approx(plain.residual_variance, abs=1e-8)
    np.testing.assert_allclose(fit.effects, plain.effects[:, 0], atol=1e-8)
    np.testing.assert_allclose(fit.se, plain.se[:, 0], atol=1e-8)


@pytest.mark.parametrize("school_mean", [False, True])
def test_against_the_matrices_written_out(school_mean: bool) -> None:
    """β, its sandwich and the REML equation from V in full; the expected error of XᵀV⁻¹X from its definition."""
    table = invented(5, rows=180).with_columns(sem=0.2 + 0.3 * pl.col("z").abs().clip(0, 1))
    fit = fit_with_error(table, PLAIN, PriorError("x", sem="sem"), school_mean=school_mean)
    school = table["school"].to_numpy()
    same = (school[:, None] == school).astype(float)
    means = same / same.sum(axis=1, keepdims=True)
    x, y, s2 = table["x"].to_numpy(), table["y"].to_numpy(), table["sem"].to_numpy() ** 2
    X = np.column_stack([np.ones(180), x, table["sex"] == "M", *([means @ x] if school_mean else [])])
    V = fit.residual_variance * np.eye(180) + fit.school_variance * same
    W = np.linalg.inv(V)
    ways = {1: np.eye(180), **({3: means} if school_mean else {})}

    def expected(inside: Array) -> Array:
        weights = inside[:, None] * W * inside
        error = np.zeros((X.shape[1],) * 2)
        for a, A in ways.items():
            for b, B in ways.items():
                error[a, b] = (A.T @ weights @ B * np.diag(s2)).sum()
        return error

    corrected_matrix = X.T @ W @ X - expected(np.ones(180))
    beta = np.linalg.solve(corrected_matrix, X.T @ W @ y)
    np.testing.assert_allclose([e.estimate for e in fit.fixed.values()], beta, atol=1e-8)

    psi = []
    for label in fit.groups:
        inside = (school == label).astype(float)
        psi.append(X.T @ (inside * (W @ (y - X @ beta))) + expected(inside) @ beta)
    inverse = np.linalg.inv(corrected_matrix)
    J = len(fit.groups)
    sandwich = inverse @ np.array(psi).T @ np.array(psi) @ inverse.T * J / (J - 1)
    np.testing.assert_allclose(fit.fixed_covariance, sandwich, atol=1e-8)

    P = W - W @ X @ np.linalg.solve(X.T @ W @ X, X.T @ W)
    r = y - X @ beta
    assert (P * same).sum() == pytest.approx(r @ W @ same @ W @ r, abs=1e-6)
    assert r @ W @ r == pytest.approx(180 - X.shape[1], abs=1e-6)
    Z = np.array([school == label for label in fit.groups]).T.astype(float)
    np.testing.assert_allclose(fit.effects, fit.school_variance * Z.T @ W @ r, atol=1e-8)


def bias_slope(effects: Array, made: World) -> float:
    """By how much an effect is wrong for each unit of the school's true mean start."""
    return float(np.polyfit(made.intake, effects - made.effects, 1)[0])


def test_effects_do_not_go_with_intake_where_naive_ones_do() -> None:
    found = [corrected(seed) for seed in range(40)]
    naive = np.mean([bias_slope(fit.naive.effects[:, 0], made) for fit, made in found])
    clean = np.mean([bias_slope(fit.effects, made) for fit, made in found])
    assert naive >= 0.05
    assert abs(clean) < 0.02


@pytest.mark.parametrize("reliability", [0.85, 0.7])
def test_the_slope_is_recovered_and_its_se_is_right(reliability: float) -> None:
    found = [corrected(seed, pupils=40, reliability=reliability)[0].fixed["prior"] for seed in range(150)]
    z = np.array([(slope.estimate - 0.8) / slope.se for slope in found])
    assert abs(np.mean([slope.estimate for slope in found]) - 0.8) < 0.005
    assert 0.88 <= np.std(z) <= 1.15


@pytest.mark.parametrize("pupils", [80, 25])
def test_prediction_intervals_cover(pupils: int) -> None:
    inside = []
    for seed in range(40):
        fit, made = corrected(seed, pupils=pupils)
        inside.append(np.abs(fit.effects - made.effects) <= 1.96 * fit.se_prediction)
    assert 0.93 <= np.mean(inside) <= 0.97


def test_the_effect_of_the_schools_mean_start_is_recovered_where_the_naive_one_is_inflated() -> None:
    """Without any effect of the company, (1 - reliability) of the slope looks like one."""
    coefficients, naive, inside = [], [], []
    for seed in range(40):
        made = world(seed, pupils=20, reliability=0.8)
        error = PriorError("prior", sem=float(made.table["sem"][0]))
        fit = fit_with_error(made.table, "y ~ prior + (1 | school)", error, school_mean=True)
        coefficients.append(fit.fixed["mean(prior)"].estimate)
        naive.append(fit.naive.fixed["mean(prior)"].estimate)
        inside.append(np.abs(fit.effects - made.effects) <= 1.96 * fit.se_prediction)
    assert np.mean(naive) > 0.1
    assert abs(np.mean(coefficients)) < 0.02
    assert 0.92 <= np.mean(inside) <= 0.97


def test_an_effect_of_the_company_is_kept() -> None:
    made = [world(seed, reliability=0.8, peers=0.3) for seed in range(20)]
    fits = [
        fit_with_error(
            w.table, "y ~ prior + (1 | school)", PriorError("prior", reliability=0.8), school_mean=True
        )
        for w in made
    ]
    assert np.mean([fit.fixed["mean(prior)"].estimate for fit in fits]) == pytest.approx(0.3, abs=0.03)


def test_a_column_of_equal_errors_is_the_same_as_one_error() -> None:
    made = world(1)
    one = fit_with_error(
        made.table, "y ~ prior + (1 | school)", PriorError("prior", sem=float(made.table["sem"][0]))
    )
    each = fit_with_error(made.table, "y ~ prior + (1 | school)", PriorError("prior", sem="sem"))
    np.testing.assert_allclose(each.effects, one.effects, atol=1e-10)
    assert each.error_variance == pytest.approx(one.error_variance)


def test_rows_without_a_score_stay_out_of_the_error_as_well() -> None:
    made = world(2)
    gaps = made.table.with_columns(y=pl.when(pl.int_range(pl.len()) % 7 != 0).then("y"))
    error = PriorError("prior", sem="sem")
    with_gaps = fit_with_error(gaps, "y ~ prior + (1 | school)", error)
    without = fit_with_error(gaps.drop_nulls(), "y ~ prior + (1 | school)", error)
    np.testing.assert_array_equal(with_gaps.effects, without.effects)
    assert with_gaps.naive.n_dropped == 686


def test_the_batch_entry_returns_every_number() -> None:
    params = {"formula": PLAIN, "column": "x", "reliability": 0.8, "school_mean": True}
    rows = fit_with_error_cohort(invented(3), params)
    fit = fit_with_error(invented(3), PLAIN, PriorError("x", reliability=0.8), school_mean=True)
    assert rows.filter(part="fixed")["name"].to_list() == list(fit.fixed)
    assert rows.filter(part="effect")["name"].to_list() == list(fit.groups)
    np.testing.assert_array_equal(rows.filter(part="effect")["value"], fit.effects)
    assert rows.filter(name="school_variance")["value"].item() == fit.school_variance


SETTINGS: dict[str, tuple[dict[str, object], str]] = {
    "neither": ({}, "reliability-or-sem"),
    "both": ({"reliability": 0.8, "sem": 2.0}, "reliability-or-sem"),
    "a reliability of 0": ({"reliability": 0.0}, "bad-reliability"),
    "a reliability in percent": ({"reliability": 85.0}, "bad-reliability"),
    "a negative error": ({"sem": -1.0}, "bad-sem"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_errors_that_make_no_sense(case: str) -> None:
    settings, code = SETTINGS[case]
    with pytest.raises(InputError) as caught:
        PriorError("x", **settings)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.column) == (code, "x")


BAD = {
    "a slope at random": ("y ~ x + (x | school)", PriorError("x", reliability=0.8), "random-slope"),
    "an interaction": ("y ~ x * sex + (1 | school)", PriorError("x", reliability=0.8), "prior-not-alone"),
    "a square": ("y ~ x + I(x^2) + (1 | school)", PriorError("x", reliability=0.8), "prior-not-alone"),
    "a gain as the outcome": (
        "I(y - x) ~ x + (1 | school)",
        PriorError("x", reliability=0.8),
        "prior-not-alone",
    ),
    "another column": ("y ~ x + (1 | school)", PriorError("z", reliability=0.8), "prior-not-alone"),
    "no intercept": ("y ~ 0 + x + (1 | school)", PriorError("x", reliability=0.8), "prior-not-alone"),
    "error as large as the scores": ("y ~ x + (1 | school)", PriorError("x", sem=1.1), "error-too-large"),
    "an error that is missing": ("y ~ x + (1 | school)", PriorError("x", sem="gap"), "bad-sem"),
    "no such column": ("y ~ x + (1 | school)", PriorError("x", sem="csem"), "unknown-column"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_corrected_is_refused(case: str) -> None:
    formula, error, code = BAD[case]
    table = invented(3).with_columns(gap=pl.when(pl.int_range(150) != 20).then(0.2))
    with pytest.raises(InputError) as caught:
        fit_with_error(table, formula, error)
    assert caught.value.code == code
    if code == "bad-sem":
        assert caught.value.row == 21
