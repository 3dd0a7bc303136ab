"""Ranges of a group's weights: a plain loop's, honest with few experts, and silent where they would say nothing."""

import numpy as np
import pytest
from scipy.stats import t

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.group import WAYS, GroupPriorities, aggregate, rejoined, weight_ranges
from xuequ.engines.evaluation.judgements import SAATY, Judgements, judgements

NAMES = ("a", "b", "c", "d")
TRUE = np.array([0.45, 0.3, 0.15, 0.1])
STEPS = np.log(np.array(SAATY))


def expert(rng: np.random.Generator, *, skipped: int = 0, spread: float = 0.4) -> Judgements:
    """Somebody with an opinion around the true weights, who judges in steps of the scale and skips some pairs."""
    i, j = np.triu_indices(4, 1)
    own = np.log(TRUE) + rng.normal(0, spread, 4)
    logs = own[i] - own[j] + rng.normal(0, 0.2, 6)
    values = np.full((4, 4), np.nan)
    values[i, j] = np.exp(STEPS[np.abs(logs[:, None] - STEPS).argmin(axis=1)])
    values[i[-skipped:], j[-skipped:]] = np.nan if skipped else values[i, j]
    return judgements(NAMES, values)


def panel(seed: int, experts: int, **how: float) -> list[Judgements]:
    rng = np.random.default_rng(seed)
    return [expert(rng, **how) for _expert in range(experts)]  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("skipped", [0, 2])
def test_ranges_are_those_of_leaving_out_each_expert_in_a_loop(way: str, skipped: int) -> None:
    members = panel(1, 6, skipped=skipped)
    group = aggregate(members, way)
    found = weight_ranges(group)
    assert found is not None
    odds = []
    for out in range(6):
        weights = aggregate([m for at, m in enumerate(members) if at != out], way).weights
        odds.append([np.log(w / (1 - w)) for w in weights])
    error = np.sqrt(5 / 6 * np.sum((np.array(odds) - np.mean(odds, axis=0)) ** 2, axis=0))
    own = np.log(group.weights / (1 - group.weights))
    for end, sign in ((found.low, -1), (found.high, 1)):
        np.testing.assert_allclose(end, 1 / (1 + np.exp(-(own + sign * t.ppf(0.975, 5) * error))), rtol=1e-6)
    assert (found.low < group.weights).all()
    assert (group.weights < found.high).all()


@pytest.mark.parametrize("way", WAYS)
def test_joining_in_another_way_is_joining_anew(way: str) -> None:
    members = panel(2, 5)
    found = rejoined(aggregate(members), way)
    assert found.way == way
    np.testing.assert_allclose(found.weights, aggregate(members, way).weights, rtol=1e-9)
    with pytest.raises(InputError):
        rejoined(found, "mean")


def test_two_experts_have_no_range_and_equal_ones_a_point() -> None:
    assert weight_ranges(aggregate(panel(3, 2))) is None
    group = aggregate(panel(3, 1) * 4)
    found = weight_ranges(group)
    assert found is not None
    np.testing.assert_allclose(found.low, found.high, rtol=1e-9)
    assert found.apart.tolist() == (group.weights[:, None] > group.weights[None, :] + 1e-9).tolist()


def percentiles(group: GroupPriorities, rng: np.random.Generator) -> np.ndarray:
    """What resampling ballots would say: too little."""
    n = len(group.members)
    logs = np.log([member.completed for member in group.members]).mean(axis=2)
    times = rng.multinomial(n, np.full(n, 1 / n), 500) / n
    weights = np.exp(times @ logs)
    return np.quantile(weights / weights.sum(axis=1, keepdims=True), [0.025, 0.975], axis=0)


@pytest.mark.parametrize(("experts", "least"), [(3, 0.9), (5, 0.9), (8, 0.9)])
def test_ranges_cover_the_planted_weights_where_percentiles_do_not(experts: int, least: float) -> None:
    rng = np.random.default_rng(experts)
    members = [expert(rng) for _expert in range(2000)]
    truth = aggregate(members).weights
    covered, narrow = [], []
    for _panel in range(150):
        group = aggregate([members[at] for at in rng.integers(0, 2000, experts)])
        found, resampled = weight_ranges(group), percentiles(group, rng)
        assert found is not None
        covered.append((found.low <= truth) & (truth <= found.high))
        narrow.append((resampled[0] <= truth) & (truth <= resampled[1]))
    assert least <= np.mean(covered) <= 0.985
    assert np.mean(narrow) < np.mean(covered) - 0.03


def test_an_order_is_clear_only_when_the_experts_agree_on_it() -> None:
    agreed, split = (
        weight_ranges(aggregate(panel(5, 8, spread=0.05))),
        weight_ranges(aggregate(panel(5, 3, spread=1.2))),
    )
    assert agreed is not None
    assert split is not None
    assert agreed.apart[0, 2:].all()
    assert not split.apart[0].all()
    assert not (agreed.apart & agreed.apart.T).any()
