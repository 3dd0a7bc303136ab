"""Factor shares: exact sums, brute force over all orders, the case of independent factors, intervals, refusals."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import polars as pl
import pytest

from tests.engines.growth.pupils import dense
from xuequ.engines.errors import InputError
from xuequ.engines.growth.crossproducts import cross_products
from xuequ.engines.growth.dominance import (
    FactorDesign,
    _sampled,
    explained,
    factor_shares,
    shapley,
    weigh,
)
from xuequ.engines.growth.mixed import fit_mixed_model

DESIGN = FactorDesign("y", ("a", "b", "sex"), ("x",), replicates=0)


def pupils(seed: int, schools: int = 15, size: int = 30, more: int = 0) -> pl.DataFrame:
    """A prior, two related factors, a text factor, a factor of the school, and noise factors."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), size)
    a, x = rng.normal(size=len(school)), rng.normal(size=len(school))
    b = 0.7 * a + 0.7 * rng.normal(size=len(school))
    sex = rng.choice(["F", "M"], len(school))
    money = rng.normal(size=schools)[school]
    y = 0.6 * x + 0.5 * a + 0.3 * b + 0.2 * (sex == "M") + 0.2 * money + rng.normal(0, 0.3, schools)[school]
    y = y + rng.normal(size=len(school))
    extra = {f"noise_{i}": rng.normal(size=len(school)) for i in range(more)}
    return pl.DataFrame(
        {"school": school, "x": x, "a": a, "b": b, "sex": sex, "money": money, "y": y, **extra}
    )


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_shares_add_up_exactly() -> None:
    found = factor_shares(pupils(1), DESIGN, rng())
    table = found.shares
    assert table["share"].sum() == pytest.approx(found.explained, abs=1e-14)
    assert (table["last"] <= table["alone"] + 1e-12).all()
    assert (found.exact, found.low) == (True, None)
    assert "association" in {remark.code for remark in found.remarks}


def test_the_shares_are_the_means_over_all_orders_by_full_matrices() -> None:
    table = pupils(2, schools=6, size=12)
    formula = "y ~ x + a + b + sex + (1 | school)"
    full = dense(fit_mixed_model(table, formula), table)
    W = np.linalg.inv(full.V)
    at = {"a": 2, "b": 3, "sex": 4}

    def r2(names: tuple[str, ...]) -> float:
        X = full.X[:, [0, 1, *(at[name] for name in names)]]
        r = full.y - X @ np.linalg.solve(X.T @ W @ X, X.T @ W @ full.y)
        return float(r @ W @ r)

    gains = {name: [] for name in at}
    for order in permutations(at):
        for i, name in enumerate(order):
            gains[name].append((r2(order[:i]) - r2(order[: i + 1])) / r2(()))
    found = factor_shares(table, DESIGN, rng()).shares
    assert found["share"].to_list() == pytest.approx([np.mean(gains[name]) for name in at], abs=1e-10)


def test_independent_factors_get_what_they_explain_alone() -> None:
    """A balanced plan: no factor tells anything of another."""
    a, b, school = (m.ravel() for m in np.meshgrid([-1.0, 1.0], [-1.0, 0.0, 1.0], np.repeat(np.arange(8), 5)))
    y = a + 0.5 * b + np.random.default_rng(3).normal(size=len(a))
    table = pl.DataFrame({"school": school.astype(int), "a": a, "b": b, "y": y})
    found = factor_shares(table, FactorDesign("y", ("a", "b"), replicates=0), rng()).shares
    assert found["share"].to_list() == pytest.approx(found["alone"].to_list(), abs=1e-10)
    assert found["share"].to_list() == pytest.approx(found["last"].to_list(), abs=1e-10)


def test_random_orders_come_near_the_exact_shares_with_an_honest_error() -> None:
    design = FactorDesign("y", ("a", "b", "sex", "money", "x"))
    weighted = weigh(cross_products(pupils(4), "y ~ a + b + sex + money + x + (1 | school)"), design)
    exact = shapley(weighted)
    shares, se = _sampled(weighted, 200, rng(1))
    assert shares.sum() == pytest.approx(exact.sum(), abs=1e-12)
    assert np.abs(shares - exact).max() < 4 * se.max() + 1e-9
    assert explained(weighted, np.ones((1, 5)))[0] == pytest.approx(exact.sum(), abs=1e-12)


def test_beyond_twelve_factors_orders_are_drawn_and_still_add_up() -> None:
    names = ("a", "b", "sex", *(f"noise_{i}" for i in range(10)))
    design = FactorDesign("y", names, ("x",), orders=60, replicates=0)
    found = factor_shares(pupils(5, more=10), design, rng())
    assert not found.exact
    assert found.shares["share"].sum() == pytest.approx(found.explained, abs=1e-12)
    assert (found.shares["se"] > 0).all()
    assert found.shares.sort("share")["factor"][-1] == "a"


def test_bootstrap_intervals_hold_the_share_of_the_population() -> None:
    truth = factor_shares(pupils(99, schools=400, size=40), DESIGN, rng()).shares["share"].to_numpy()
    inside = []
    for seed in range(8):
        found = factor_shares(pupils(seed, schools=25), replace(DESIGN, replicates=60), rng(seed))
        table = found.shares
        inside += ((table["low"].to_numpy() <= truth) & (truth <= table["high"].to_numpy())).tolist()
        assert found.low < found.explained < found.high
    assert np.mean(inside) >= 0.8


def test_a_factor_of_chance_gets_the_share_of_chance() -> None:
    design = replace(DESIGN, factors=("a", "noise_0"))
    found = [
        factor_shares(pupils(seed, more=1), design, rng()).shares.row(1, named=True) for seed in range(40)
    ]
    assert found[0]["chance"] == pytest.approx(1 / (450 - 2))
    assert np.mean([row["share"] for row in found]) == pytest.approx(found[0]["chance"], rel=0.5)


def test_a_school_factor_takes_its_part_of_the_schools_variance() -> None:
    found = factor_shares(pupils(6, schools=40), replace(DESIGN, factors=("money",)), rng())
    assert found.school_variance < found.school_variance_base


TABLE = pupils(7)


@pytest.mark.parametrize(
    ("table", "design", "code"),
    [
        (TABLE.drop("b"), DESIGN, "unknown-column"),
        (TABLE.with_columns(b=2 * pl.col("a") + 1), DESIGN, "collinear-factors"),
        (TABLE.with_columns(y=pl.lit(1.0)), DESIGN, "constant-response"),
        (TABLE.with_columns(sex=pl.lit("F")), DESIGN, "constant-predictor"),
        (TABLE.filter(pl.col("school") < 4), DESIGN, "too-few-schools"),
        (TABLE.with_columns(y=pl.lit("A")), DESIGN, "text-in-number-column"),
        (TABLE.with_columns(school=pl.lit(None)), DESIGN, "missing-key"),
        (TABLE.with_columns(y=pl.col("y") + 50 * (pl.col("school") == 3)), DESIGN, "mixed-scales"),
    ],
)
def test_what_cannot_be_divided_is_refused(table: pl.DataFrame, design: FactorDesign, code: str) -> None:
    with pytest.raises(InputError) as caught:
        factor_shares(table, design, rng())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("factors", "code"),
    [
        ((), "no-factors"),
        (("a", "a"), "design-column-twice"),
        (tuple(map(str, range(41))), "too-many-factors"),
    ],
)
def test_a_wrong_design_is_refused(factors: tuple[str, ...], code: str) -> None:
    with pytest.raises(InputError) as caught:
        FactorDesign("y", factors)
    assert caught.value.code == code


def test_the_order_of_the_rows_leaves_no_trace() -> None:
    shuffled = TABLE.sample(fraction=1, shuffle=True, seed=1)
    found = [factor_shares(t, replace(DESIGN, replicates=5), rng(3)).shares for t in (TABLE, shuffled)]
    assert found[0].equals(found[1])
