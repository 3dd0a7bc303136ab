"""Classes in schools: published variances, matrices written out, bounds, and what cannot be told apart."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.examples import pastes
from xuequ.engines.growth.likelihood import Method
from xuequ.engines.growth.mixed import fit_mixed_model
from xuequ.engines.growth.nested import NestedFit, fit_nested, fit_nested_cohort

Array = NDArray[np.float64]
FORMULA = "y ~ x + sex + (1 | school)"


def with_classes(seed: int, *, rows: int = 160, class_sd: float = 0.5, groups: int = 10) -> pl.DataFrame:
    """Pupils of up to four classes, labelled alike in every school; each class gives something of its own."""
    rng = np.random.default_rng(seed)
    table = invented(seed, rows=rows, groups=groups).with_columns(form=pl.Series(rng.integers(1, 5, rows)))
    gives = rng.normal(0, class_sd, (groups, 5))
    at = table["school"].str.slice(1).cast(pl.Int64).to_numpy()
    return table.with_columns(y=pl.col("y") + pl.Series(gives[at, table["form"].to_numpy()]))


def test_pastes_has_the_variances_and_deviance_that_lme4_prints() -> None:
    """Balanced: mean squares 27.489, 17.545 and 0.678 give (17.545 - 0.678)/2 and (27.489 - 17.545)/6."""
    fit = fit_nested(pastes(), "strength ~ 1 + (1 | batch)", "cask")
    assert fit.school.residual_variance == pytest.approx(0.678, rel=1e-10)
    assert fit.class_variance == pytest.approx((17.54533333333334 - 0.678) / 2, rel=1e-10)
    assert fit.school.random.covariance[0, 0] == pytest.approx(
        (27.489185185185 - 17.545333333333) / 6, rel=1e-9
    )
    assert fit.school.fixed["(Intercept)"].estimate == pytest.approx(60.0533, abs=5e-5)
    assert fit.school.fixed["(Intercept)"].se == pytest.approx(0.6769, abs=5e-5)
    assert fit.school.deviance == pytest.approx(246.9907, abs=5e-5)
    full = fit_nested(pastes(), "strength ~ 1 + (1 | batch)", "cask", method="ml")
    assert full.school.deviance == pytest.approx(247.9945, abs=5e-5)


@dataclass(frozen=True)
class Dense:
    """The marginal model of a fit in full."""

    X: Array
    y: Array
    Z: Array
    T: Array
    classes: Array
    V: Array

    @staticmethod
    def of(fit: NestedFit, table: pl.DataFrame, *, slope: bool) -> "Dense":
        school, x = table["school"].to_numpy(), table["x"].to_numpy()
        X = np.column_stack([np.ones(len(table)), x, table["sex"] == "M"])
        own = [np.ones(len(table)), *([x] if slope else [])]
        Z = np.column_stack([(school == label) * column for label in fit.school.groups for column in own])
        label = table["form"].cast(pl.String).to_numpy()
        pairs = zip(fit.class_school, fit.class_label, strict=True)
        classes = np.column_stack([((school == s) & (label == c)).astype(float) for s, c in pairs])
        T = np.kron(np.eye(len(fit.school.groups)), fit.school.random.covariance)
        V = fit.school.residual_variance * np.eye(len(table)) + Z @ T @ Z.T
        V += fit.class_variance * classes @ classes.T
        return Dense(X, table["y"].to_numpy(), Z, T, classes, V)

    def projection(self, method: Method) -> Array:
        W = np.linalg.inv(self.V)
        if method == "ml":
            return W
        return W - W @ self.X @ np.linalg.solve(self.X.T @ W @ self.X, self.X.T @ W)


@settings(max_examples=8)
@given(st.integers(0, 1000), st.sampled_from(["ml", "reml"]), st.booleans())
def test_against_the_matrices_written_out(seed: int, method: Method, slope: bool) -> None:
    """Deviance, β, both kinds of effects and their errors; and no first-order way to a lower deviance."""
    table = with_classes(seed)
    formula = "y ~ x + sex + (x | school)" if slope else FORMULA
    fit = fit_nested(table, formula, "form", method=method)
    full = Dense.of(fit, table, slope=slope)
    W = np.linalg.inv(full.V)
    information = full.X.T @ W @ full.X
    beta = np.linalg.solve(information, full.X.T @ W @ full.y)
    np.testing.assert_allclose(fit.school.coefficients, beta, atol=1e-8)
    r = full.y - full.X @ beta
    n, p = full.X.shape
    deviance = np.linalg.slogdet(full.V)[1] + r @ W @ r
    if method == "reml":
        deviance += np.linalg.slogdet(information)[1] - p * np.log(2 * np.pi)
    assert fit.school.deviance == pytest.approx(deviance + n * np.log(2 * np.pi), abs=1e-8)

    np.testing.assert_allclose(fit.school.effects.ravel(), full.T @ full.Z.T @ W @ r, atol=1e-8)
    np.testing.assert_allclose(fit.class_effects, fit.class_variance * full.classes.T @ W @ r, atol=1e-8)
    P = full.projection("reml")
    errors = full.T - full.T @ full.Z.T @ P @ full.Z @ full.T
    np.testing.assert_allclose(fit.school.se_prediction.ravel() ** 2, np.diag(errors), atol=1e-8)
    g = fit.class_variance
    of_classes = g - g**2 * np.diag(full.classes.T @ P @ full.classes)
    np.testing.assert_allclose(fit.class_se_prediction**2, of_classes, atol=1e-8)
    given_beta = g - g**2 * np.diag(full.classes.T @ W @ full.classes)
    np.testing.assert_allclose(fit.class_se**2, given_beta, atol=1e-8)

    Q = full.projection(method)
    slopes = {}
    for name, change in {"class": full.classes @ full.classes.T, "pupil": np.eye(n)}.items():
        slopes[name] = (Q * change).sum() - r @ W @ change @ W @ r
    assert slopes["pupil"] == pytest.approx(0.0, abs=1e-6)
    assert slopes["class"] == pytest.approx(0.0, abs=1e-5) if g > 0 else slopes["class"] >= -1e-9


def test_classes_that_do_not_differ_have_a_variance_of_exactly_zero_and_change_nothing() -> None:
    fits = {seed: fit_nested(with_classes(seed, class_sd=0.0), FORMULA, "form") for seed in range(8)}
    zero = {seed: fit for seed, fit in fits.items() if fit.class_variance == 0.0}
    assert len(zero) >= 2
    for seed, fit in zero.items():
        plain = fit_mixed_model(with_classes(seed, class_sd=0.0), FORMULA)
        assert fit.school.deviance == pytest.approx(plain.deviance, rel=1e-12)
        np.testing.assert_allclose(fit.school.effects, plain.effects, atol=1e-9)
        assert not fit.class_effects.any() and not fit.class_se_prediction.any()


def test_leaving_the_classes_out_makes_schools_look_surer_than_they_are() -> None:
    table = with_classes(2, rows=2400, groups=40, class_sd=0.8)
    nested, plain = fit_nested(table, FORMULA, "form"), fit_mixed_model(table, FORMULA)
    assert nested.school.deviance < plain.deviance - 20
    assert (nested.school.se_prediction > 1.3 * plain.se_prediction).all()


def test_prediction_intervals_of_classes_cover() -> None:
    inside = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        school = np.repeat(np.arange(25), 100)
        form = np.tile(np.repeat(np.arange(4), 25), 25)
        u, v = rng.normal(0, 0.3, 25), rng.normal(0, 0.25, (25, 4))
        x = rng.normal(size=2500)
        y = 0.7 * x + u[school] + v[school, form] + rng.normal(0, 0.7, 2500)
        fit = fit_nested(
            pl.DataFrame({"y": y, "x": x, "school": school, "form": form}), "y ~ x + (1 | school)", "form"
        )
        assert [int(label) for label in fit.class_label[:5]] == [0, 1, 2, 3, 0]
        inside.append(np.abs(fit.class_effects - v.ravel()) <= 1.96 * fit.class_se_prediction)
    assert 0.93 <= np.mean(inside) <= 0.97


def test_equal_labels_in_two_schools_are_two_classes_in_natural_order() -> None:
    fit = fit_nested(with_classes(4), FORMULA, "form")
    assert fit.class_school[:4] == ("s000",) * 4
    assert fit.class_label[:4] == ("1", "2", "3", "4")
    assert fit.class_sizes.sum() == fit.school.n == 160


def test_pupils_without_a_class_are_left_out_and_counted() -> None:
    table = with_classes(5).with_columns(form=pl.when(pl.int_range(160) > 4).then("form"))
    fit = fit_nested(table, FORMULA, "form")
    assert (fit.school.n, fit.school.n_dropped) == (155, 5)


def test_the_batch_entry_returns_every_number_of_schools_and_classes() -> None:
    table = with_classes(6)
    rows = fit_nested_cohort(table, {"formula": FORMULA, "class": "form", "method": "ml"})
    fit = fit_nested(table, FORMULA, "form", method="ml")
    classes = rows.filter(part="class")
    assert classes.select("group", "term").rows() == list(zip(fit.class_school, fit.class_label, strict=True))
    np.testing.assert_array_equal(classes["value"], fit.class_effects)
    np.testing.assert_array_equal(classes["se_prediction"], fit.class_se_prediction)
    assert rows.filter(term="class_variance")["value"].item() == fit.class_variance
    assert rows.filter(part="effect").height == len(fit.school.groups)


BAD = {
    "one class in each school": (with_classes(1).with_columns(form=pl.lit("a")), FORMULA, "class-is-school"),
    "a number for each pupil": (
        with_classes(1).with_columns(form=pl.int_range(160)),
        FORMULA,
        "class-is-pupil",
    ),
    "the class as a predictor": (with_classes(1), "y ~ x + form + (1 | school)", "class-in-formula"),
    "no such column": (with_classes(1).drop("form"), FORMULA, "unknown-column"),
    "one school": (with_classes(1).with_columns(school=pl.lit("a")), FORMULA, "one-group"),
    "all scores equal": (with_classes(1).with_columns(y=pl.lit(60.0)), FORMULA, "constant-response"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_told_apart_is_refused(case: str) -> None:
    table, formula, code = BAD[case]
    with pytest.raises(InputError) as caught:
        fit_nested(table, formula, "form")
    assert caught.value.code == code


def test_an_unknown_method() -> None:
    with pytest.raises(InputError, match="no method 'bayes'"):
        fit_nested(with_classes(1), FORMULA, "form", method="bayes")  # type: ignore[arg-type]
