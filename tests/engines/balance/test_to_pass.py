"""The least to pass against every possible purchase, and the coefficient without each school against its definition."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.balance.curves import lorenz, without_each
from xuequ.engines.balance.dispersion import indices
from xuequ.engines.balance.exact import fraction, within
from xuequ.engines.balance.to_pass import Plan, Stage, least_to_pass
from xuequ.engines.errors import InputError

BOOKS, PUPILS = np.array([279, 137, 935, 160, 402.0]), np.array([45, 37, 89, 76, 55.0])


def make(
    amounts, pupils, thresholds, limits, prices, *, whole=True, exempt=None, may_miss=1, floor=0.85
) -> Stage:
    x = np.array(amounts, dtype=float)
    exempt = np.zeros(x.shape, dtype=bool) if exempt is None else np.array(exempt)
    return Stage(
        x, np.array(pupils, dtype=float), np.array(thresholds, dtype=float), np.array(limits, dtype=float),
        np.array(prices, dtype=float), np.full(len(x), whole), exempt, may_miss, floor,
    )  # fmt: skip


def passes(stage: Stage, amounts: np.ndarray) -> bool:
    """Whether the rules hold: written out once more, from their wording."""
    for s, count in enumerate(stage.pupils):
        missed = 0
        for k, threshold in enumerate(stage.per_pupil):
            asked = fraction(float(threshold)) * fraction(float(count))
            if stage.exempt[k, s] or fraction(float(amounts[k, s])) >= asked:
                continue
            if fraction(float(amounts[k, s])) < fraction(stage.floor) * asked:
                return False
            missed += 1
        if missed > stage.may_miss:
            return False
    pairs = zip(amounts, stage.limits, strict=True)
    return all(np.isinf(t) or not row.any() or within(row, stage.pupils, float(t)) for row, t in pairs)


def cheapest(stage: Stage, most: int) -> float:
    """The least cost of all purchases of up to ``most`` units at each place."""
    best = np.inf
    for bought in product(range(most + 1), repeat=stage.amounts.size):
        units = np.array(bought, dtype=float).reshape(stage.amounts.shape)
        cost = float((units * stage.prices[:, None]).sum())
        if cost < best and passes(stage, stage.amounts + units):
            best = cost
    return best


@settings(max_examples=40)
@given(
    amounts=st.lists(st.integers(0, 3), min_size=6, max_size=6),
    pupils=st.lists(st.integers(2, 6), min_size=3, max_size=3),
    thresholds=st.tuples(st.sampled_from([0.3, 0.5]), st.sampled_from([0.25, 0.4])),
    limit=st.sampled_from([0.2, 0.5, np.inf]),
    prices=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    may_miss=st.integers(0, 1),
    floor=st.sampled_from([0.5, 0.85]),
)
def test_it_is_the_cheapest_of_all_purchases(
    amounts, pupils, thresholds, limit, prices, may_miss, floor
) -> None:
    x = np.array(amounts, dtype=float).reshape(2, 3)
    stage = make(x, pupils, thresholds, [limit, np.inf], prices, may_miss=may_miss, floor=floor)
    found = least_to_pass(stage)
    assert found.proven
    assert passes(stage, x + found.units)
    if found.units.max() <= 3:
        assert found.cost == pytest.approx(cheapest(stage, 3))


def test_what_is_exempt_costs_nothing() -> None:
    stage = make(
        [[0, 5], [5, 5]],
        [10, 10],
        [0.5, 0.5],
        [np.inf, np.inf],
        [1, 1],
        exempt=[[True, False], [False, False]],
    )
    assert least_to_pass(stage).cost == 0


def test_the_dearer_item_is_left_at_its_floor() -> None:
    stage = make([[8], [8]], [10], [1, 1], [np.inf, np.inf], [1, 100])
    found = least_to_pass(stage)
    assert found.left == ((1,),)
    assert found.units.ravel().tolist() == [2, 1]


def test_a_plan_of_a_district_is_found_in_time_and_keeps_to_the_rules() -> None:
    rng = np.random.default_rng(5)
    P = rng.integers(60, 1800, 45).astype(float)
    per = np.array([0.042, 0.01, 0.009, 4.5, 7.5, 0.2, 0.023])
    x = np.floor(per[:, None] * P * rng.uniform(0.7, 2.0, (7, 45)))
    found = least_to_pass(make(x, P, per, [0.2] * 7, [15, 15, 15, 0.4, 0.08, 1, 6]))
    assert isinstance(found, Plan)
    assert passes(make(x, P, per, [0.2] * 7, [1] * 7), x + found.units)
    assert found.bound <= found.cost


def test_unusable_input_is_refused() -> None:
    with pytest.raises(InputError, match="price"):
        least_to_pass(make([[1.0]], [10], [1], [np.inf], [0]))
    with pytest.raises(InputError, match="not known"):
        least_to_pass(make([[np.nan]], [10], [1], [np.inf], [1]))
    with pytest.raises(InputError, match="pupils"):
        least_to_pass(make([[1.0]], [0], [1], [np.inf], [1]))


def test_the_curve_agrees_with_the_gini_index() -> None:
    assert lorenz(BOOKS, PUPILS).gini == pytest.approx(indices(BOOKS / PUPILS, PUPILS).gini)
    with pytest.raises(InputError, match="zero"):
        lorenz(BOOKS * 0, PUPILS)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), min_size=3, max_size=8))
def test_leaving_a_school_out_is_what_it_says(pairs: list[tuple[int, int]]) -> None:
    x, P = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    for i, found in enumerate(without_each(x, P)):
        rest = np.delete(x, i)
        if rest.any():
            expected = indices(rest / np.delete(P, i), np.delete(P, i)).cv
            assert found == pytest.approx(expected, abs=1e-6)
        else:
            assert np.isnan(found)
