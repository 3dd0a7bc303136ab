"""Weights from data: definitions, costs, constants, combinations, refusals."""

import numpy as np
import polars as pl
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.objective import combine, objective_weights, read_indexes, scaled


def schools(seed: int = 0, n: int = 40) -> pl.DataFrame:
    x = np.random.default_rng(seed).gamma(4, 2, (n, 4))
    return pl.DataFrame({"school": [f"s{i}" for i in range(n)], **{f"u{j}": x[:, j] for j in range(4)}})


def weights(table: pl.DataFrame, method: str, *costs: str):
    return objective_weights(read_indexes(table, costs), method)


def test_entropy_is_its_definition_and_does_not_depend_on_the_unit() -> None:
    table = schools()
    x = table.drop("school").to_numpy()
    p = x / x.sum(axis=0)
    information = 1 + (p * np.log(p)).sum(axis=0) / np.log(len(x))
    assert weights(table, "entropy").weights == pytest.approx(information / information.sum())
    other = weights(table.with_columns(pl.col("u1") * 1000), "entropy")
    assert other.weights == pytest.approx(information / information.sum())


def test_critic_is_its_definition() -> None:
    table = schools(1)
    x = table.drop("school").to_numpy()
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    information = x.std(axis=0) * (1 - np.corrcoef(x, rowvar=False)).sum(axis=0)
    assert weights(table, "critic").weights == pytest.approx(information / information.sum())


def test_indexes_that_all_tell_the_same_have_no_critic_weights() -> None:
    x = np.arange(5.0) / 7
    same = pl.DataFrame({"a": x, "b": 3.3 * x + 1, "c": 0.1 * x})
    with pytest.raises(InputError, match="all tell the same"):
        weights(same, "critic")


def test_a_cost_is_a_benefit_with_the_sign_turned() -> None:
    table = schools(2)
    turned = table.with_columns(-pl.col("u2"))
    assert weights(table, "critic", "u2").weights == pytest.approx(weights(turned, "critic").weights)
    indexes = read_indexes(table, ["u2"])
    assert scaled(indexes)[:, 2] == pytest.approx(scaled(read_indexes(turned))[:, 2])
    found = weights(table, "entropy", "u2")
    assert [(r.code, r.name) for r in found.remarks] == [("cost-scaled", "u2")]
    assert found.weights[2] != pytest.approx(weights(table, "entropy").weights[2])


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_an_index_that_does_not_vary_has_no_weight_and_it_is_said(method: str) -> None:
    found = weights(schools().with_columns(u1=pl.lit(5.0)), method)
    assert found.weights[1] == 0
    assert np.isfinite(found.weights).all()
    assert [(r.code, r.name) for r in found.remarks] == [("constant", "u1")]
    without = weights(schools().drop("u1"), method)
    assert np.delete(found.weights, 1) == pytest.approx(without.weights)


def test_few_rows_are_said() -> None:
    assert [r.code for r in weights(schools(n=5), "critic").remarks] == ["few-rows"]


def test_a_first_column_of_text_or_called_school_names_the_rows() -> None:
    table = schools()
    numbered = table.with_columns(school=pl.int_range(40))
    named = table.rename({"school": "学校"})
    expected = weights(table, "critic").weights
    assert all((weights(each, "critic").weights == expected).all() for each in (numbered, named))


def test_combinations() -> None:
    a, b = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    both = np.array([a, b])
    assert combine(both) == pytest.approx(a * b / (a * b).sum())
    assert combine(both, "linear", 0.7) == pytest.approx(0.7 * a + 0.3 * b)
    alpha = np.linalg.solve(both @ both.T, np.diag(both @ both.T))
    assert combine(both, "game") == pytest.approx(alpha / alpha.sum() @ both)
    assert combine(np.array([a, a]), "game") == pytest.approx(a)


@pytest.mark.parametrize(
    ("change", "method", "code", "column", "row"),
    [
        ({"u1": pl.Series(["1", "x"] * 20)}, "critic", "not-numeric", "u1", 2),
        ({"u1": pl.Series([1.0, None] * 20)}, "critic", "missing-value", "u1", 2),
        ({"u1": pl.Series([1.0, 2.0, float("inf"), 1.0] * 10)}, "critic", "not-finite", "u1", 3),
        ({"u1": pl.Series([1.0, -2.0] * 20)}, "entropy", "negative", "u1", 2),
        ({}, "gini", "unknown-method", None, None),
        ({f"u{j}": pl.lit(1.0) for j in range(4)}, "entropy", "constant", None, None),
    ],
)
def test_data_that_cannot_be_used_are_refused(change, method, code, column, row) -> None:
    with pytest.raises(InputError) as caught:
        weights(schools().with_columns(**change), method)
    assert (caught.value.code, caught.value.column, caught.value.row) == (code, column, row)


def test_too_little_is_refused() -> None:
    for table, costs, code in (
        (schools().select("school", "u1"), [], "too-few-indexes"),
        (schools(n=1), [], "too-few-rows"),
        (schools(), ["u9"], "unknown-column"),
    ):
        with pytest.raises(InputError) as caught:
            read_indexes(table, costs)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("vectors", "way", "share", "code"),
    [
        ([[0.5, 0.6], [0.5, 0.5]], "linear", 0.5, "bad-weights"),
        ([[1, 0], [0, 1]], "multiplicative", 0.5, "bad-weights"),
        ([[0.5, 0.5], [0.5, 0.5]], "mean", 0.5, "unknown-method"),
        ([[0.5, 0.5], [0.5, 0.5]], "linear", 1.5, "bad-share"),
    ],
)
def test_vectors_that_cannot_be_combined_are_refused(vectors, way, share, code) -> None:
    with pytest.raises(InputError) as caught:
        combine(np.array(vectors), way, share)
    assert caught.value.code == code
