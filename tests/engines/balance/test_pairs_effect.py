"""Help and what it did: exact intervals against trying every shift, coverage, refusals."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import linregress, permutation_test, ttest_1samp, ttest_ind

from xuequ.engines.balance.pairs_effect import PairsEffect, Watched, pairs_effect
from xuequ.engines.errors import InputError


def schools(helped: list[float], others: list[float], base: float = 60.0) -> list[Watched]:
    """Schools with these changes."""
    given = [(True, change) for change in helped] + [(False, change) for change in others]
    return [Watched(f"s{i:02}", own, base, base + change) for i, (own, change) in enumerate(given)]


def p_value(change: np.ndarray, k: int, shift: float, side: int) -> float:
    """One-sided permutation test after the shift is taken off the first k, by all assignments."""
    left = change.copy()
    left[:k] -= shift
    n = len(left)
    seen = side * (left[:k].mean() - left[k:].mean())
    stats = []
    for named in combinations(range(n), k):
        inside = np.isin(np.arange(n), named)
        stats.append(side * (left[inside].mean() - left[~inside].mean()))
    return float(np.mean(np.array(stats) >= seen - 1e-10))


@pytest.mark.parametrize("seed", range(4))
def test_the_interval_holds_just_the_shifts_that_the_test_does_not_refuse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(3, 2, 4).round(2), rng.normal(0, 2, 5).round(2)
    found = pairs_effect(schools(a.tolist(), b.tolist()), confidence=0.9)
    change = np.concatenate([a, b])
    step = 1e-4
    assert p_value(change, 4, found.low + step, 1) > 0.05 >= p_value(change, 4, found.low - step, 1)
    assert p_value(change, 4, found.high - step, -1) > 0.05 >= p_value(change, 4, found.high + step, -1)
    assert found.effect == pytest.approx(a.mean() - b.mean())
    assert (found.method, found.assignments, found.helped, found.others) == ("permutation", 126, 4, 5)


def test_p_is_scipy_s_of_the_exact_test() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.normal(1.5, 1, 6), rng.normal(0, 1, 8)
    found = pairs_effect(schools(a.tolist(), b.tolist()))
    peer = permutation_test(
        (a, b), lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), vectorized=True, n_resamples=np.inf
    )
    assert found.p == pytest.approx(float(peer.pvalue))


def test_many_schools_are_drawn_or_without_a_generator_judged_by_welch() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(2, 1, 12), rng.normal(0, 1, 30)
    given = schools(a.tolist(), b.tolist())
    welch = pairs_effect(given)
    peer = ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert (welch.method, welch.low, welch.high) == (
        "welch-t",
        pytest.approx(peer.low),
        pytest.approx(peer.high),
    )
    drawn = pairs_effect(given, rng=np.random.default_rng(1))
    assert (drawn.method, drawn.assignments) == ("permutation-drawn", 20_000)
    assert (drawn.low, drawn.high) == (pytest.approx(peer.low, abs=0.25), pytest.approx(peer.high, abs=0.25))
    assert pairs_effect(given, rng=np.random.default_rng(1)) == drawn


def test_the_interval_covers_as_often_as_it_says_whatever_the_distribution() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        noise = rng.exponential(2, 10)
        found = pairs_effect(schools((noise[:4] + 1.5).tolist(), noise[4:].tolist()), confidence=0.9)
        covered += found.low <= 1.5 <= found.high
    # Exact, so at least 90 %: 210 assignments let it be just that; 3 standard errors of 400 draws are 4.5 %.
    assert 0.855 <= covered / 400 <= 0.96


def test_gaps_to_partners_and_what_the_reader_must_know() -> None:
    given = [
        Watched("a", True, 50, 58, "x", 80, 82), Watched("b", True, 52, 55, "x"),
        Watched("c", True, 51, 59, "y", 70, 70),
        *(Watched(f"o{i}", False, 70 + i, 71 + i + i % 2) for i in range(6)),
    ]  # fmt: skip
    found = pairs_effect(given)
    assert found.remarks == ("baseline-differs", "no-common-start", "shared-partners")
    assert found.baseline is not None and found.baseline < -1
    a, b, _ = found.pairs
    assert (a.gap_before, a.gap_after, a.closed, a.change) == (30, 24, 6, 8)
    assert (b.closed, b.change) == (None, 3)
    alike = pairs_effect(schools([1, 2, 3, 4], [1, 2, 3, 4]))
    assert (alike.effect, alike.baseline, alike.p, alike.remarks) == (0, None, 1.0, ())


def refused(given: list[Watched], **options: float) -> str:
    with pytest.raises(InputError) as caught:
        result: PairsEffect = pairs_effect(given, **options)  # type: ignore[arg-type]
        del result
    return caught.value.code


def test_too_few_schools_are_refused_and_so_is_bad_input() -> None:
    assert refused(schools([1, 2], [1, 2, 3, 4, 5])) == "too-few-schools"
    assert refused(schools([1, 2, 3], [1, 2, 3])) == "too-few-schools"
    assert pairs_effect(schools([1, 2, 3], [1, 2, 3]), confidence=0.9).assignments == 20
    assert refused(schools([1, 2, 3, 4], [1, 2, 3, 4]), confidence=0.99) == "too-few-schools"
    assert refused(schools([1, 2, 3, 4], [1, 2, 3, float("nan")])) == "not-finite"
    assert refused([*schools([1, 2, 3], [1, 2, 3, 4]), Watched("s00", True, 1, 1)]) == "duplicate-school"
    assert refused(schools([1, 2, 3], [1, 2, 3]), confidence=1.0) == "bad-confidence"


def test_where_help_goes_to_the_low_the_same_start_tells_regression_to_the_mean_from_an_effect() -> None:
    rng = np.random.default_rng(5)
    misled = covered = 0
    for _ in range(300):
        true = rng.normal(60, 5, 30)
        before, after = true + rng.normal(0, 5, 30), true + rng.normal(0, 5, 30)
        helped = np.argsort(np.argsort(before)) < 10
        given = [Watched(f"s{i}", bool(helped[i]), before[i], after[i]) for i in range(30)]
        found = pairs_effect(given)
        assert found.adjusted is not None
        misled += found.low > 0
        covered += found.adjusted.low <= 0 <= found.adjusted.high
    # Help did nothing: the plain difference says it did most of the time, the one at the same start 5 % of the time.
    assert misled / 300 > 0.4
    assert 0.91 <= covered / 300 <= 0.985


def test_the_same_start_is_least_squares_and_silent_where_nothing_can_be_told() -> None:
    before = [1.0, 2, 3, 4, 2, 3, 4, 5]
    given = [Watched(f"s{i}", i < 4, b, 2 * b + 3 * (i < 4) + 1) for i, b in enumerate(before)]
    found = pairs_effect(given).adjusted
    assert found is not None
    assert (found.value, found.low, found.high) == tuple(pytest.approx(3) for _ in range(3))
    assert pairs_effect(schools([1, 2, 3, 4], [1, 2, 3, 5])).adjusted is None
    rng = np.random.default_rng(8)
    x, group = rng.normal(size=20), np.arange(20) < 8
    y = 0.5 * x + group + rng.normal(size=20)
    own = pairs_effect([Watched(f"s{i}", bool(group[i]), x[i], y[i]) for i in range(20)]).adjusted
    # Frisch and Waugh: the slope of y on the part of the group that the start does not tell.
    line = linregress(x, group)
    rest = group - line.intercept - line.slope * x
    assert own is not None
    assert own.value == pytest.approx(float((rest * y).sum() / (rest * rest).sum()))


def test_the_gap_closed_has_an_interval_that_counts_givers() -> None:
    others = [Watched(f"o{i}", False, 60, 61) for i in range(5)]
    closed = [3.0, 5.0, 4.0, 8.0]
    alone = [Watched(f"a{i}", True, 50, 50 + c, f"g{i}", 80, 80) for i, c in enumerate(closed)]
    found = pairs_effect([*alone, *others]).gap
    peer = ttest_1samp(closed, 0).confidence_interval(0.95)
    assert found is not None
    assert (found.value, found.low, found.high) == tuple(
        pytest.approx(v) for v in (5.0, float(peer.low), float(peer.high))
    )
    twice = [Watched(f"b{i}", True, 50, 50 + c, f"g{i}", 80, 80) for i, c in enumerate(closed)]
    both = pairs_effect([*alone, *twice, *others]).gap
    # The same again under the same givers is no new knowledge.
    assert both is not None
    assert (both.low, both.high) == (pytest.approx(found.low), pytest.approx(found.high))
    few = [Watched(f"a{i}", True, 50, 50 + c, f"g{i % 2}", 80, 80) for i, c in enumerate(closed)]
    assert pairs_effect([*few, *others]).gap is None
