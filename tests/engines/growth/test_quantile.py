"""Exact quantile regression against HiGHS, against its optimality conditions, and against published numbers."""

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog

from xuequ.engines.errors import InputError
from xuequ.engines.growth import quantile
from xuequ.engines.growth.quantile import check_loss, fit_quantile_process

FloatArray = NDArray[np.float64]
TAUS = np.array([0.5, 0.05, 1 / 3, 0.9])


@st.composite
def samples(draw: st.DrawFn) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Designs with and without an intercept, ties and collinear columns; weights with zeros."""
    n, p = draw(st.integers(1, 40)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    coarse = draw(st.sampled_from([1, 3, 10, 10**6]))
    X = np.round(rng.normal(size=(n, p)) * coarse)
    if draw(st.booleans()):
        X[:, 0] = 1.0
    if p > 2 and draw(st.booleans()):
        X[:, p - 1] = X[:, 0] - 2.0 * X[:, 1]
    y = np.round(rng.normal(size=n) * draw(st.sampled_from([0, 1, 2, 100])) + rng.integers(-3, 600))
    y *= draw(st.sampled_from([1.0, 0.001, 1e6]))
    w = draw(
        st.sampled_from([np.ones(n), rng.integers(0, 4, n) + (np.arange(n) == 0), rng.uniform(0.1, 5, n)])
    )
    if not X.any():
        X[0, 0] = 1.0
    return X, y, np.asarray(w, dtype=float)


def highs_loss(X: FloatArray, y: FloatArray, tau: float, w: FloatArray) -> float:
    """The minimum by linear programming: residuals split into positive and negative parts."""
    n, p = X.shape
    # The loss does not depend on the columns' scale, but HiGHS gives up on columns of a million.
    largest = np.abs(X).max(axis=0)
    X = X / np.where(largest > 0, largest, 1.0)
    cost = np.concatenate([np.zeros(p), tau * w, (1 - tau) * w])
    equal = np.hstack([X, np.eye(n), -np.eye(n)])
    bounds = [(None, None)] * p + [(0, None)] * (2 * n)
    return float(linprog(cost, A_eq=equal, b_eq=y, bounds=bounds, method="highs").fun)


def is_optimal(X: FloatArray, residuals: FloatArray, tau: float, w: FloatArray) -> bool:
    """Koenker's condition: subgradients of the loss at zero residuals can make the gradient vanish."""
    touching = np.abs(residuals) <= 1e-7 * (1 + np.abs(residuals).max())
    fixed = (w * (tau - (residuals < 0.0)))[~touching] @ X[~touching]
    if not touching.any():
        return bool(np.allclose(fixed, 0.0, atol=1e-7))
    free = X[touching] * w[touching, None]
    scale = 1.0 + np.abs(X * w[:, None]).sum(axis=0)
    ranges = [(tau - 1, tau)] * int(touching.sum())
    excess = linprog(
        np.concatenate([np.zeros(len(ranges)), [1.0]]),
        A_ub=np.vstack(
            [
                np.hstack([(free / scale).T, -np.ones((X.shape[1], 1))]),
                np.hstack([-(free / scale).T, -np.ones((X.shape[1], 1))]),
            ]
        ),
        b_ub=np.concatenate([-fixed / scale, fixed / scale]),
        bounds=[*ranges, (0, None)],
        method="highs",
    )
    return bool(excess.fun <= 1e-7)


@settings(max_examples=40, deadline=None)
@given(samples())
def test_loss_equals_linear_programming(sample: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    X, y, w = sample
    process = fit_quantile_process(X, y, TAUS, w)
    best = [highs_loss(X, y, tau, w) for tau in TAUS]
    size = float(np.abs(w * y).sum())
    np.testing.assert_allclose(process.loss, best, rtol=1e-8, atol=1e-9 * size)
    residuals = y[:, None] - X @ process.coefficients
    np.testing.assert_allclose(check_loss(residuals, TAUS, w), process.loss, rtol=1e-12, atol=1e-12 * size)
    assert (process.gap <= 1e-10 * process.loss + 1e-11 * size).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([30, 300, 1500]), st.integers(1, 9), st.booleans())
def test_optimality_conditions_hold_at_every_tau(seed: int, n: int, p: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, p))])
    y = X @ rng.normal(size=p + 1) + rng.standard_t(3, size=n) * (1 + np.abs(X[:, 1]))
    if whole:
        X, y = np.round(3 * X), np.round(5 * y)
        X[:, 0] = 1.0
    taus = np.arange(1, 40) / 40
    process = fit_quantile_process(X, y, taus)
    residuals = y[:, None] - X @ process.coefficients
    for k in range(0, len(taus), 9):
        assert is_optimal(X, residuals[:, k], taus[k], np.ones(n))
    touched = np.take_along_axis(residuals, process.basis.T, axis=0)
    np.testing.assert_allclose(touched, 0.0, atol=1e-9 * np.abs(y).max())


@settings(max_examples=30, deadline=None)
@given(samples(), st.integers(0, 2**32))
def test_the_order_of_rows_and_taus_does_not_change_the_loss(sample: Any, seed: int) -> None:
    X, y, w = sample
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(y)), rng.permutation(len(TAUS))
    process = fit_quantile_process(X, y, TAUS, w)
    other = fit_quantile_process(X[rows], y[rows], TAUS[columns], w[rows])
    size = float(np.abs(w * y).sum())
    np.testing.assert_allclose(other.loss, process.loss[columns], rtol=1e-9, atol=1e-10 * size)


@settings(max_examples=30, deadline=None)
@given(samples())
@example((np.ones((3, 1)), np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, 1.0])))
def test_a_whole_weight_counts_as_repeated_rows(sample: tuple[FloatArray, FloatArray, FloatArray]) -> None:
    X, y, w = sample
    times = np.ceil(w).astype(int)
    weighted = fit_quantile_process(X, y, TAUS, times)
    repeated = fit_quantile_process(np.repeat(X, times, axis=0), np.repeat(y, times), TAUS)
    size = float(np.abs(times * y).sum())
    np.testing.assert_allclose(weighted.loss, repeated.loss, rtol=1e-9, atol=1e-10 * size)


def test_without_covariates_the_quantiles_of_the_response_are_found() -> None:
    y = np.random.default_rng(5).permutation(np.arange(101.0))
    process = fit_quantile_process(np.ones((101, 1)), y, [0.005, 0.1, 0.5, 0.995])
    assert process.coefficients.tolist() == [[0.0, 10.0, 50.0, 100.0]]


def test_the_engine_does_not_tire_on_a_single_repeated_response() -> None:
    rng = np.random.default_rng(11)
    X = np.column_stack([np.ones(400), rng.integers(0, 3, (400, 3))])
    y = np.where(rng.random(400) < 0.9, 5.0, 6.0)
    process = fit_quantile_process(X, y, np.arange(1, 100) / 100)
    assert process.loss[9::20] == pytest.approx(
        [highs_loss(X, y, t, np.ones(400)) for t in process.taus[9::20]]
    )


def test_collinear_columns_are_dropped_and_named() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(50, 2))
    X = np.column_stack([np.ones(50), x[:, 0], 1.0 + x[:, 0], np.zeros(50), x[:, 1]])
    y = x.sum(axis=1) + rng.normal(size=50)
    process = fit_quantile_process(X, y, TAUS)
    assert process.dropped == (2, 3)
    assert not process.coefficients[[2, 3]].any()
    smaller = fit_quantile_process(X[:, [0, 1, 4]], y, TAUS)
    np.testing.assert_allclose(process.coefficients[[0, 1, 4]], smaller.coefficients, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_with_no_more_rows_than_columns_every_response_is_met(n: int) -> None:
    rng = np.random.default_rng(n)
    X, y = rng.normal(size=(n, 3)), rng.normal(size=n)
    process = fit_quantile_process(X, y, TAUS)
    np.testing.assert_allclose(X @ process.coefficients, np.repeat(y[:, None], len(TAUS), axis=1), atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"X": np.ones((3, 1)), "y": np.ones(2)}, "bad-shape"),
        ({"X": np.array([[1.0], [np.nan]])}, "infinite-value"),
        ({"y": np.array([1.0, np.inf])}, "infinite-value"),
        ({"taus": [0.0]}, "bad-tau"),
        ({"taus": [0.5, 1.0]}, "bad-tau"),
        ({"taus": []}, "bad-tau"),
        ({"weights": [1.0, -1.0]}, "bad-weight"),
        ({"weights": [0.0, 0.0]}, "bad-weight"),
        ({"X": np.zeros((2, 1))}, "no-column"),
    ],
)
def test_unusable_input_is_refused_by_name(arguments: dict[str, Any], code: str) -> None:
    usable = {"X": np.ones((2, 1)), "y": np.array([1.0, 2.0]), "taus": [0.5]}
    with pytest.raises(InputError) as refusal:
        fit_quantile_process(**(usable | arguments))
    assert refusal.value.code == code


def test_published_examples_hold() -> None:
    assert doctest.testmod(quantile).failed == 0
