"""The profiled deviance against textbook matrices, its derivative, and the minimum on the cone."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.growth.likelihood import (
    Array,
    Method,
    Problem,
    lower_root,
    minimise,
    profile,
    settle,
)


def problem(
    seed: int,
    *,
    q: int = 2,
    blocks: Sequence[int] | None = None,
    sd: float = 0.5,
    method: Method = "reml",
    J: int = 8,
) -> tuple[Problem, list[tuple[Array, Array]]]:
    """Random data with q random terms: the cross-products, and X and y by group."""
    rng = np.random.default_rng(seed)
    groups = []
    for _ in range(J):
        X = np.column_stack([np.ones(9), rng.normal(size=(9, 3))])
        y = X @ [1.0, 0.5, 0.0, -0.3] + X[:, :q] @ rng.normal(0, sd, q) + rng.normal(size=9)
        groups.append((X, y))
    W = [np.column_stack([X, y]) for X, y in groups]
    A = np.stack([X[:, :q].T @ X[:, :q] for X, _ in groups], axis=-1)
    B = np.stack([X[:, :q].T @ w for (X, _), w in zip(groups, W, strict=True)], axis=-1)
    return Problem(A, B, sum(w.T @ w for w in W), 9 * J, method, tuple(blocks or (q,))), groups


def textbook(of: Problem, groups: list[tuple[Array, Array]], factor: Array) -> float:
    """Minus twice the (restricted) log likelihood maximised over β and σ², with V in full."""
    log_determinant, information, score, squares = 0.0, np.zeros((4, 4)), np.zeros(4), 0.0
    for X, y in groups:
        V = np.eye(9) + X[:, : of.q] @ factor @ factor.T @ X[:, : of.q].T
        W = np.linalg.inv(V)
        log_determinant += np.linalg.slogdet(V)[1]
        information, score, squares = information + X.T @ W @ X, score + X.T @ W @ y, squares + y @ W @ y
    r2 = squares - score @ np.linalg.solve(information, score)
    if of.method == "reml":
        log_determinant += np.linalg.slogdet(information)[1]
    return float(log_determinant + of.degrees * (1 + np.log(2 * np.pi * r2 / of.degrees)))


cases = st.tuples(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from(["ml", "reml"]))


def random_factor(seed: int, q: int) -> Array:
    return np.tril(np.random.default_rng(seed + 1).normal(size=(q, q)))


@settings(max_examples=40, deadline=None)
@given(cases)
def test_deviance_is_that_of_the_textbook(case: tuple[int, int, Method]) -> None:
    seed, q, method = case
    of, groups = problem(seed, q=q, method=method)
    factor = random_factor(seed, q)
    assert profile(of, factor).deviance == pytest.approx(textbook(of, groups, factor), rel=1e-11)


@settings(max_examples=40, deadline=None)
@given(cases)
def test_gradient_is_the_slope_of_the_deviance(case: tuple[int, int, Method]) -> None:
    seed, q, method = case
    of, _ = problem(seed, q=q, method=method)
    factor = random_factor(seed, q)
    numeric = []
    for row, column in zip(*of.pattern, strict=True):
        moved = [factor.copy(), factor.copy()]
        moved[0][row, column] -= 1e-5
        moved[1][row, column] += 1e-5
        numeric.append((profile(of, moved[1]).deviance - profile(of, moved[0]).deviance) / 2e-5)
    np.testing.assert_allclose(profile(of, factor).gradient(of.pattern), numeric, rtol=1e-5, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(cases, st.sampled_from([0.0, 0.2, 1.0, 30.0]))
def test_the_minimum_meets_its_conditions_and_nothing_is_lower(
    case: tuple[int, int, Method], sd: float
) -> None:
    seed, q, method = case
    of, _ = problem(seed, q=q, sd=sd, method=method)
    best = settle(of, minimise(of))
    covariance = best.factor @ best.factor.T
    # GΣ = 0 and no negative eigenvalue of G: no variance could be added or taken away with profit.
    assert np.abs(best.G @ best.factor).max() < 1e-4 * of.n
    assert np.linalg.eigvalsh(best.G)[0] > -1e-6 * of.n
    rng = np.random.default_rng(seed)
    for size in (1e-3, 0.1, 1.0):
        other = covariance + size * (covariance.max() + 0.1) * _perturbation(rng, q)
        values, vectors = np.linalg.eigh(other)
        factor = lower_root((vectors * np.clip(values, 0, None)) @ vectors.T, of.blocks)
        assert profile(of, factor).deviance >= best.deviance - 1e-7


def _perturbation(rng: np.random.Generator, q: int) -> Array:
    change = rng.normal(size=(q, q))
    return (change + change.T) / 2


def test_separate_blocks_stay_uncorrelated() -> None:
    of, _ = problem(5, q=2, blocks=(1, 1))
    factor = minimise(of).factor
    assert factor[1, 0] == 0.0
    assert len(of.pattern[0]) == 2


@pytest.mark.parametrize("seed", range(12))
def test_variances_of_zero_are_reached_exactly(seed: int) -> None:
    """With no variance planted, about half of the searches end on the bound, and then exactly there."""
    of, _ = problem(seed, q=1, sd=0.0)
    best = settle(of, minimise(of))
    on_bound = profile(of, np.zeros((1, 1)))
    assert (best.factor[0, 0] == 0.0) == (on_bound.G[0, 0] >= 0)


def test_the_bound_is_left_when_the_data_ask_for_it() -> None:
    """At Λ = 0 the derivative by Λ vanishes whatever the data; the one by Σ must be asked."""
    of, _ = problem(3, q=2, sd=1.0)
    assert np.abs(profile(of, np.zeros((2, 2))).gradient(of.pattern)).max() == 0.0
    assert np.linalg.eigvalsh(profile(of, np.zeros((2, 2))).G)[0] < 0
    assert minimise(of).deviance < profile(of, np.zeros((2, 2))).deviance


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_lower_root_squares_to_the_covariance_even_when_singular(seed: int, rank: int) -> None:
    half = np.random.default_rng(seed).normal(size=(3, rank))
    root = lower_root(half @ half.T, (3,))
    np.testing.assert_allclose(root @ root.T, half @ half.T, atol=1e-12)
    assert np.array_equal(root, np.tril(root))


def test_an_outcome_without_remainder_is_refused() -> None:
    of, groups = problem(1, q=1, sd=0.0)
    W = [np.column_stack([X, X @ np.arange(4.0)]) for X, _ in groups]
    B = np.stack([w[:, :1].T @ w for w in W], axis=-1)
    with pytest.raises(InputError) as caught:
        minimise(Problem(of.A, B, sum(w.T @ w for w in W), of.n, "reml", (1,)))
    assert caught.value.code == "no-residual-variation"
