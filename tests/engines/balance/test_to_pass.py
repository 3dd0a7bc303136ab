"""The least to pass against every possible purchase, and the coefficient without each school against its definition."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.balance.curves import lorenz, without_each
from xuequ.engines.balance.dispersion import indices
from xuequ.engines.balance.exact import fraction, within
from xuequ.engines.balance.moves import paired
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


def moving(stage: Stage, fees, keeps=None) -> Stage:
    return replace(stage, fees=np.array(fees, dtype=float), keeps=keeps)


def cheapest_with_moves(stage: Stage, most: int) -> float:
    """The least cost of all ways to buy and move: every amount after, item by item, then all of them together."""
    ways = [_ways(stage, k, most) for k in range(len(stage.prices))]
    best = np.inf
    for every in product(*ways):
        cost = sum(one for one, _y in every)
        if cost < best and passes(stage, np.array([y for _cost, y in every])):
            best = cost
    return best


def _ways(stage: Stage, k: int, most: int) -> list[tuple[float, np.ndarray]]:
    x, asked = stage.amounts[k], stage.per_pupil[k] * stage.pupils
    found = []
    for y in product(*(range(int(have) + most + 1) for have in x)):
        after = np.array(y, dtype=float)
        gives = after < x
        held = stage.exempt[k] | (stage.keeps[k] if stage.keeps is not None else False)
        fair = not (gives & ((after < asked - 1e-9) | held)).any() and after.sum() >= x.sum()
        if fair and (np.isfinite(stage.fees[k]) or not gives.any()):
            fee = stage.fees[k] * float((x - after)[gives].sum()) if gives.any() else 0.0
            found.append((stage.prices[k] * float(after.sum() - x.sum()) + fee, after))
    even = [way for way in found if _is_even(stage, k, way[1])]
    return sorted(even, key=lambda way: way[0])


def _is_even(stage: Stage, k: int, amounts: np.ndarray) -> bool:
    limit = float(stage.limits[k])
    return np.isinf(limit) or not amounts.any() or within(amounts, stage.pupils, limit)


@settings(max_examples=60, deadline=None)
@given(
    amounts=st.lists(st.integers(0, 4), min_size=6, max_size=6),
    pupils=st.lists(st.integers(2, 6), min_size=3, max_size=3),
    thresholds=st.tuples(st.sampled_from([0.3, 0.5]), st.sampled_from([0.25, 0.4])),
    limit=st.sampled_from([0.2, 0.5, np.inf]),
    prices=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    fees=st.tuples(st.sampled_from([0.5, 1.0, 2.5, 4.0]), st.sampled_from([0.5, np.inf])),
    keeps=st.lists(st.booleans(), min_size=6, max_size=6),
    may_miss=st.integers(0, 1),
)
def test_with_moves_it_is_the_cheapest_of_all_ways(
    amounts, pupils, thresholds, limit, prices, fees, keeps, may_miss
) -> None:
    x = np.array(amounts, dtype=float).reshape(2, 3)
    stage = make(x, pupils, thresholds, [limit, np.inf], prices, may_miss=may_miss)
    moved = moving(stage, fees, np.array(keeps).reshape(2, 3))
    found = least_to_pass(moved)
    assert found.proven
    assert passes(moved, x + found.units - found.given)
    assert found.cost <= least_to_pass(stage).cost + 1e-9
    if found.units.max() <= 3:
        assert found.cost == pytest.approx(cheapest_with_moves(moved, 3))


def test_nobody_gives_what_the_own_threshold_needs() -> None:
    # Two above the threshold of three may go; the price of a move does not matter to that.
    stage = moving(make([[5, 0]], [10, 10], [0.3], [np.inf], [100], may_miss=0), [0.01])
    found = least_to_pass(stage)
    assert found.given.tolist() == [[2, 0]]
    assert found.units.tolist() == [[0, 3]]
    assert found.cost == pytest.approx(100 + 2 * 0.01)
    kept = least_to_pass(replace(stage, keeps=np.array([[True, False]])))
    assert kept.given.sum() == 0


def test_a_move_can_save_more_than_the_unit_that_it_brings() -> None:
    # Taking from the rich lowers the coefficient as well, so dear moves can still be worth it.
    stage = make([[40, 2, 2]], [10, 10, 10], [0.2], [0.5], [1], may_miss=0)
    bought, moved = least_to_pass(stage), least_to_pass(moving(stage, [1.5]))
    assert moved.given.sum() > 0
    assert moved.cost < bought.cost


def test_a_move_must_cost_something() -> None:
    with pytest.raises(InputError, match="move"):
        least_to_pass(moving(make([[1.0]], [10], [1], [np.inf], [1]), [0]))


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=6), st.integers(0, 99))
def test_pairs_bring_everything_that_is_given(change: list[int], seed: int) -> None:
    given_units, taken = -sum(n for n in change if n < 0), sum(n for n in change if n > 0)
    if taken < given_units:
        return
    distance = np.random.default_rng(seed).uniform(size=(len(change), len(change)))
    moves = paired(np.array(change, dtype=float), distance)
    assert sum(one.units for one in moves) == given_units
    for place, n in enumerate(change):
        assert sum(one.units for one in moves if one.giver == place) == max(-n, 0)
        assert sum(one.units for one in moves if one.taker == place) <= max(n, 0)


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
    fees = [np.inf, 1, 1, *[np.inf] * 4]
    moved = least_to_pass(moving(make(x, P, per, [0.2] * 7, [15, 15, 15, 0.4, 0.08, 1, 6]), fees))
    assert passes(make(x, P, per, [0.2] * 7, [1] * 7), x + moved.units - moved.given)
    assert moved.bound <= moved.cost < found.cost


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
