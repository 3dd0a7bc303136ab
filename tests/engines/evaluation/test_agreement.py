"""Agreement of raters: exact cases, invariances, and what cannot be said."""

import numpy as np
import pytest

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.agreement import (
    alpha_range,
    concordance,
    content_validity,
    intraclass,
    krippendorff,
)
from xuequ.engines.evaluation.examples import KRIPPENDORFF, SHROUT_FLEISS
from xuequ.engines.evaluation.factorability import factorability

SAME = np.tile(np.arange(1.0, 7.0)[:, None], (1, 4))


def test_raters_of_one_mind_agree_wholly() -> None:
    found = intraclass(SAME)
    assert found is not None
    assert (found.one_way_1, found.agreement_1, found.consistency_k) == pytest.approx((1, 1, 1))
    ranked = concordance(SAME)
    assert ranked is not None
    assert (ranked.w, ranked.uncorrected) == pytest.approx((1, 1))
    assert krippendorff(SAME) == pytest.approx(1)


def test_a_stricter_rater_is_consistent_but_does_not_agree() -> None:
    shifted = SAME + np.array([0, 0, 0, 3.0])
    found = intraclass(shifted)
    assert found is not None
    assert found.consistency_1 == pytest.approx(1)
    assert found.agreement_1 < 0.8


def test_krippendorff_of_two_values_is_the_same_on_every_scale() -> None:
    binary = np.where(KRIPPENDORFF > 2, 1.0, np.where(np.isnan(KRIPPENDORFF), np.nan, 0.0))
    nominal = krippendorff(binary, "nominal")
    assert krippendorff(binary, "ordinal") == pytest.approx(nominal)
    assert krippendorff(binary, "interval") == pytest.approx(nominal)


def test_interval_alpha_does_not_depend_on_unit_or_origin() -> None:
    assert krippendorff(3 * SHROUT_FLEISS + 7) == pytest.approx(krippendorff(SHROUT_FLEISS))


def test_interval_alpha_is_that_of_all_pairs_and_measured_values_take_no_time() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=(60, 5)) + rng.normal(size=(60, 1))
    values[rng.random(values.shape) < 0.3] = np.nan
    paired = values[(~np.isnan(values)).sum(axis=1) >= 2]
    apart = 0.0
    for row in paired:
        given = row[~np.isnan(row)]
        apart += ((given[:, None] - given) ** 2).sum() / (len(given) - 1)
    pool = paired[~np.isnan(paired)]
    expected = ((pool[:, None] - pool) ** 2).sum() / (len(pool) - 1)
    assert krippendorff(values) == pytest.approx(1 - apart / expected)
    # The coincidences of 200,000 different values would take 300 GB.
    assert krippendorff(rng.normal(size=(40_000, 5))) == pytest.approx(0, abs=0.01)


def test_what_cannot_be_said_is_none() -> None:
    assert intraclass(np.ones((5, 3))) is None
    assert intraclass(np.ones((5, 1))) is None
    assert concordance(SHROUT_FLEISS[:, :2]) is None
    assert concordance(np.ones((5, 3))) is None
    assert krippendorff(np.ones((5, 3))) is None
    for scale in ("nominal", "ordinal", "interval"):
        assert krippendorff(np.array([[1.0, np.nan], [np.nan, 2.0]]), scale) is None
        assert krippendorff(np.full((5, 3), np.nan), scale) is None
    with pytest.raises(InputError, match="no scale"):
        krippendorff(SAME, "ratio-like")


def test_content_validity_is_that_of_the_published_table() -> None:
    ratings = np.array([[4, 4, 1], [4, 3, 2], [3, 4, 4], [3, 3, 3], [4, 4, 1], [4, 1, np.nan]], dtype=float)
    found, average = content_validity(["a", "b", "c"], ratings)
    assert [(one.experts, round(one.i_cvi, 2), round(one.kappa, 2)) for one in found] == [
        (6, 1.0, 1.0), (6, 0.83, 0.82), (5, 0.4, 0.13),
    ]  # fmt: skip
    assert average == pytest.approx((1 + 5 / 6 + 0.4) / 3)
    with pytest.raises(InputError, match="nobody has rated"):
        content_validity(["a"], np.full((3, 1), np.nan))


def test_factorability_of_two_indexes_is_a_half_and_of_fixed_ones_unknown() -> None:
    x = np.random.default_rng(1).normal(size=(50, 3))
    found = factorability(x[:, :2])
    assert found is not None
    assert found.kmo == pytest.approx(0.5)
    assert factorability(np.column_stack([x, x.sum(axis=1)])) is None
    assert factorability(x[:3]) is None
    assert factorability(np.column_stack([x, np.ones(50)])) is None


def test_bartlett_accepts_independence_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    p = [found.p for _ in range(400) if (found := factorability(rng.normal(size=(60, 5)))) is not None]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_the_range_of_alpha_holds_the_planted_one() -> None:
    """Items that measure one thing alike: α = kρ/(1 + (k − 1)ρ)."""
    rng, n, k, share = np.random.default_rng(1), 20, 8, 0.4
    truth = k * share / (1 + (k - 1) * share)
    held = []
    for _sample in range(600):
        values = np.sqrt(share) * rng.normal(size=(n, 1)) + np.sqrt(1 - share) * rng.normal(size=(n, k))
        variances = values.var(axis=0, ddof=1).sum() / values.sum(axis=1).var(ddof=1)
        low, high = alpha_range(k / (k - 1) * (1 - variances), n, k)
        held.append(low <= truth <= high)
    assert 0.92 <= np.mean(held) <= 0.98
