"""The least top-up: equal to trying everything on small cases, consistent on large ones."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xuequ.engines.balance.exact import within
from xuequ.engines.balance.topup import TopUpDesign, coefficient, least, top_up
from xuequ.engines.errors import InputError

CASES = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 5), st.integers(1, 4)), min_size=2, max_size=4)
TARGETS = st.sampled_from([0.25, 0.3, 0.45, 0.5, 0.7])


def hands(total: int, schools: int) -> Iterator[tuple[int, ...]]:
    """All ways to hand out a total."""
    if schools == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in hands(total - first, schools - 1):
            yield (first, *rest)


@settings(deadline=None, max_examples=60)
@given(CASES, TARGETS)
def test_no_smaller_number_of_units_suffices(case: list[tuple[int, int, int]], target: float) -> None:
    x, P, _ = np.array(case, dtype=float).T
    assume(x.any())
    added = least(x, P, target)
    assert (added >= 0).all()
    assert within(x + added, P, target)
    assume(added.sum() < 20)
    fewer = [np.array(d) for total in range(int(added.sum())) for d in hands(total, len(x))]
    assert not any(within(x + d, P, target) for d in fewer)
    # Divisible amounts need no more than whole ones.
    assert least(x, P, target, whole=False).sum() <= added.sum() + 1e-9


@settings(deadline=None, max_examples=30)
@given(CASES, TARGETS)
def test_no_smaller_cost_suffices(case: list[tuple[int, int, int]], target: float) -> None:
    x, P, price = np.array(case, dtype=float).T
    assume(x.any())
    added = least(x, P, target, price)
    cost = float(added @ price)
    assert within(x + added, P, target)
    assume(np.prod(cost // price + 1) < 20_000)
    tried = (np.array(d) for d in product(*(range(int(cost // p) + 1) for p in price)))
    assert not any(d @ price < cost and within(x + d, P, target) for d in tried)
    divisible = least(x, P, target, price, whole=False)
    assert within(x + divisible, P, target)
    assert divisible @ price <= cost + 1e-6
    assert divisible @ price <= least(x, P, target, whole=False) @ price + 1e-6


def test_a_district_gets_there_and_one_unit_less_does_not() -> None:
    rng = np.random.default_rng(5)
    P = rng.integers(200, 3000, 45).astype(float)
    x = np.rint(P * rng.gamma(2, 3, 45))
    added = least(x, P, 0.3)
    assert coefficient(x + added, P) <= 0.3 < coefficient(x + added - np.eye(45)[int(np.argmax(added))], P)
    price = rng.uniform(1, 3, 45)
    whole, divisible = least(x, P, 0.3, price), least(x, P, 0.3, price, whole=False)
    assert within(x + whole, P, 0.3)
    assert divisible @ price <= whole @ price <= divisible @ price + price.sum()
    assert whole @ price < added @ price


def test_target_zero_makes_all_schools_equal() -> None:
    added = least(np.array([1.0, 4.0]), np.array([2.0, 3.0]), 0.0)
    assert ((np.array([1.0, 4.0]) + added) / [2, 3] == 2).all()


def test_the_table_tells_where_and_stages_stand_apart() -> None:
    table = pl.DataFrame(
        {"school": list("abcdefg"), "stage": ["小学"] * 5 + ["初中"] * 2, "pupils": [45, 37, 89, 76, 55, 10, 10],
         "books": [279, 137, 935, 160, 402, 50, 50], "price": [1, 1, 1, 9, 1, 1, 1]}
    )  # fmt: skip
    primary, junior = top_up(table, TopUpDesign("books", "pupils", 0.5)).stages
    assert primary.schools.select("school", "units").rows() == [("d", 17.0)]
    assert (junior.units, junior.schools.height) == (0.0, 0)
    dear = top_up(table, TopUpDesign("books", "pupils", 0.5, cost="price")).stages[0]
    assert dear.cost < 17 * 9
    assert "d" not in dear.schools["school"].to_list()


def test_a_price_of_nothing_and_a_negative_target_are_refused() -> None:
    table = pl.DataFrame({"school": ["a", "b"], "pupils": [1, 1], "books": [1, 9], "price": [0, 1]})
    with pytest.raises(InputError) as caught:
        top_up(table, TopUpDesign("books", "pupils", 0.5, cost="price"))
    assert (caught.value.code, caught.value.column, caught.value.row) == ("free-unit", "price", 1)
    with pytest.raises(InputError):
        TopUpDesign("books", "pupils", -0.1)
