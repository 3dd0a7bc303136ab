"""Variance between schools, classes and pupils: published numbers, the textbook, intervals, refusals."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.pupils import invented
from xuequ.engines.errors import InputError
from xuequ.engines.growth.decomposition import DecompositionDesign, Nested, decompose, fit_nested
from xuequ.engines.growth.examples import dyestuff, pastes
from xuequ.engines.growth.mixed import fit_mixed_model
from xuequ.engines.growth.nested import fit_nested as general_fit

DESIGN = DecompositionDesign("y", replicates=20)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def district(
    seed: int, schools: int = 20, classes: int = 4, size: int = 30, tau: float = 6.0
) -> pl.DataFrame:
    draw = rng(seed)
    klass = np.repeat(np.arange(schools * classes), size)
    school = klass // classes
    y = 70 + draw.normal(0, tau, schools)[school] + draw.normal(0, 3, schools * classes)[klass]
    x = draw.normal(size=len(klass))
    y = y + 4 * x + draw.normal(0, 9, len(klass))
    return pl.DataFrame({"school": school, "klass": klass % classes, "x": x, "y": np.clip(y, 0, None)})


def test_published_variances_are_obtained() -> None:
    """Davies and Goldsmith (1972), table 6.5: three casks of each of ten batches, two samples of each cask."""
    cask = np.repeat(np.arange(30), 2)
    nested = Nested(cask, np.repeat(np.arange(10), 3), np.full(30, 2.0))
    found = fit_nested(pastes()["strength"].to_numpy(), np.ones((60, 1)), nested, classes=True)
    assert [round(v, 3) for v in (found.school, found.klass, found.pupil)] == [1.657, 8.434, 0.678]


def test_it_is_the_nested_mixed_model() -> None:
    table = district(11)
    found = decompose(table, DecompositionDesign("y", ("x",), klass="klass", replicates=2), rng())
    fit = general_fit(table, "y ~ x + (1 | school)", "klass")
    expected = [fit.school.random.covariance[0, 0], fit.class_variance, fit.school.residual_variance]
    assert found.parts["variance"].to_list() == pytest.approx(expected, rel=1e-4)
    assert found.deviance == pytest.approx(fit.school.deviance, abs=1e-6)


def test_with_schools_alone_it_is_the_mixed_model() -> None:
    table = invented(1, slope_sd=0.0)
    fit = fit_mixed_model(table, "y ~ x + (1 | school)")
    found = decompose(table, replace(DESIGN, predictors=("x",)), rng())
    assert found.deviance == pytest.approx(fit.deviance, abs=1e-7)
    expected = [fit.random.covariance[0, 0], fit.residual_variance]
    assert found.parts["variance"].to_list() == pytest.approx(expected, rel=1e-4)
    assert 0.1 < found.explained < 0.7


def test_with_classes_it_is_the_textbook_by_full_matrices() -> None:
    draw = rng(2)
    klass = np.sort(draw.integers(0, 9, 70))
    klass = np.unique(klass, return_inverse=True)[1]
    owner = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3])[: klass.max() + 1]
    X = np.column_stack([np.ones(70), draw.normal(size=70)])
    y = X @ [5, 1] + draw.normal(0, 2, 4)[owner[klass]] + draw.normal(0, 1, 9)[klass] + draw.normal(size=70)
    nested = Nested(klass, owner, np.bincount(klass).astype(float))
    fit = fit_nested(y, X, nested, classes=True)
    same_school = owner[klass][:, None] == owner[klass][None, :]
    same_class = klass[:, None] == klass[None, :]

    def criterion(s: float, c: float, e: float) -> float:
        V = s * same_school + c * same_class + e * np.eye(70)
        W = np.linalg.inv(V)
        information = X.T @ W @ X
        r = y - X @ np.linalg.solve(information, X.T @ W @ y)
        logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
        return float(logs + r @ W @ r + 68 * np.log(2 * np.pi))

    at = np.array([fit.school, fit.klass, fit.pupil])
    assert fit.deviance == pytest.approx(criterion(*at), abs=1e-8)
    for change in np.vstack([np.eye(3), -np.eye(3)]):
        assert criterion(*(at * (1 + 0.05 * change))) > fit.deviance - 1e-7


def test_intervals_of_the_shares_hold_the_truth() -> None:
    truth = np.array([36, 9, 97]) / 142
    inside = []
    for seed in range(8):
        found = decompose(
            district(seed), DecompositionDesign("y", klass="klass", replicates=60), rng(seed)
        ).parts
        assert found["share"].sum() == pytest.approx(1.0)
        inside += ((found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy())).tolist()
    assert np.mean(inside) >= 0.8


def test_the_coefficient_of_variation_is_freed_of_chance() -> None:
    design = DecompositionDesign("y", klass="klass", counted=True, replicates=40)
    found = decompose(district(3), design, rng())
    table = district(3)
    means = table.group_by("school").agg(pl.col("y").mean())["y"].to_numpy()
    assert found.variation == pytest.approx(means.std() / table["y"].mean())
    assert found.true_variation == pytest.approx(np.sqrt(found.variation**2 - found.chance**2))
    assert found.low < 6.0 / 70 < found.high
    nothing = decompose(district(4, tau=0.0), replace(design, klass=""), rng())
    assert nothing.true_variation < nothing.variation
    assert decompose(district(3), replace(design, counted=False), rng()).variation is None


def test_limits_are_labelled() -> None:
    one_class = district(5, schools=6, classes=1)
    found = decompose(one_class, DecompositionDesign("y", klass="klass", replicates=10), rng())
    assert {remark.code for remark in found.remarks} >= {"class-is-school", "few-schools"}
    assert found.parts["part"].to_list() == ["school", "pupil"]


TABLE = district(6)


@pytest.mark.parametrize(
    ("table", "design", "code"),
    [
        (TABLE.drop("y"), DESIGN, "unknown-column"),
        (TABLE.with_columns(y=pl.lit(3.0)), DESIGN, "constant"),
        (TABLE.with_columns(y=pl.col("y") - 80), replace(DESIGN, counted=True), "not-counted"),
        (TABLE.filter(pl.col("school") < 2), DESIGN, "too-few-schools"),
        (TABLE.with_columns(x2=2 * pl.col("x")), replace(DESIGN, predictors=("x", "x2")), "collinear-predictors"),
        (TABLE.with_columns(y=pl.col("school").cast(pl.Float64)), DESIGN, "no-residual-variation"),
        (TABLE.with_columns(y=pl.when(pl.col("school") == 2).then(500 + pl.col("y")).otherwise("y")), DESIGN,
         "mixed-scales"),
    ],
)  # fmt: skip
def test_what_cannot_be_decomposed_is_refused(
    table: pl.DataFrame, design: DecompositionDesign, code: str
) -> None:
    with pytest.raises(InputError) as caught:
        decompose(table, design, rng())
    assert caught.value.code == code


def test_the_same_generator_gives_the_same_intervals() -> None:
    parts = [decompose(TABLE, DESIGN, rng(9)).parts for _again in range(2)]
    assert parts[0].equals(parts[1])


def test_few_values_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        decompose(dyestuff().rename({"batch": "school", "yield": "y"}), DESIGN, rng())
    assert caught.value.code == "too-few-pupils"
