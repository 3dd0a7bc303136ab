"""Reliability coefficients against exact structures and each other."""

import numpy as np
import pytest

from tests.engines.measurement.papers import sat
from xuequ.engines.consistency import alpha_of, alphas_without, feldt_interval, omega_of, one_factor
from xuequ.engines.measurement.reliability import reliability_of, split_half_of, stratified_alpha
from xuequ.engines.measurement.verification import checks


def test_every_published_number_is_obtained(shared_data) -> None:
    found, missing = checks(shared_data / "measurement")
    assert [check.name for check in found if not check.passed] == []
    assert missing == []
    assert len(found) == 22


def test_missing_files_are_named(tmp_path) -> None:
    found, missing = checks(tmp_path / "measurement")
    assert found == []
    assert [name.rsplit("/", 1)[1] for name in missing] == ["attitude.csv", "bfi.csv"]


def test_alpha_without_each_item_is_alpha_of_the_others() -> None:
    scores = sat(1).responses.scores
    for place, value in enumerate(alphas_without(scores)):
        assert value == pytest.approx(alpha_of(np.delete(scores, place, axis=1)), abs=1e-12)


def test_equal_items_are_perfectly_reliable_and_independent_ones_not_at_all() -> None:
    rng = np.random.default_rng(2)
    column = rng.normal(size=(500, 1))
    assert alpha_of(np.repeat(column, 4, axis=1)) == pytest.approx(1.0)
    assert abs(alpha_of(rng.normal(size=(20_000, 6))) or 0) < 0.05
    assert alpha_of(np.ones((5, 3))) is None
    assert alpha_of(column) is None


def test_one_factor_is_recovered_exactly_and_gives_omega() -> None:
    loadings = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    correlation = np.outer(loadings, loadings)
    np.fill_diagonal(correlation, 1.0)
    found, unique = one_factor(correlation)
    np.testing.assert_allclose(found, loadings, atol=1e-3)
    np.testing.assert_allclose(unique, 1 - loadings**2, atol=2e-3)


def test_omega_is_the_share_of_true_variance_where_alpha_falls_short() -> None:
    rng = np.random.default_rng(3)
    loadings, unique = np.array([3.0, 2.0, 1.0, 0.5]), np.array([1.0, 1.0, 1.0, 1.0])
    scores = rng.normal(size=(200_000, 1)) * loadings + rng.normal(size=(200_000, 4)) * unique
    truth = loadings.sum() ** 2 / (loadings.sum() ** 2 + 4)
    assert omega_of(scores) == pytest.approx(truth, abs=0.003)
    assert (alpha_of(scores) or 0) < truth - 0.03


def test_split_half_of_two_items_is_alpha() -> None:
    scores = sat(4).responses.scores[:, :2]
    assert split_half_of(scores) == pytest.approx(alpha_of(scores))


def test_strata_that_are_the_items_themselves_give_no_other_value() -> None:
    scores = sat(5).responses.scores
    assert stratified_alpha(scores, ["a"] * scores.shape[1]) is None
    halves = ["a"] * 8 + ["b"] * 7
    assert stratified_alpha(scores, halves) != pytest.approx(alpha_of(scores))


def test_stratified_alpha_is_nearer_the_truth_when_parts_differ() -> None:
    paper = sat(6, pupils=100_000, overlap=0.2)
    scores = paper.responses.scores
    truth = paper.true.sum(axis=1).var() / scores.sum(axis=1).var()
    strata = [item.point for item in paper.responses.items]
    stratified, plain = stratified_alpha(scores, strata) or 0, alpha_of(scores) or 0
    assert stratified == pytest.approx(truth, abs=0.015)
    assert plain < stratified - 0.03


def test_feldt_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    truth, covered = 5 * 0.5 / (5 * 0.5 + 0.5), 0  # items share half of their variance
    for _ in range(1000):
        scores = rng.normal(size=(60, 1)) * 0.5**0.5 + rng.normal(size=(60, 5)) * 0.5**0.5
        low, high = feldt_interval(alpha_of(scores) or 0, 60, 5, 0.95)
        covered += low < truth < high
    assert covered / 1000 == pytest.approx(0.95, abs=0.02)


def test_the_standard_error_of_measurement_is_that_of_the_errors() -> None:
    paper = sat(8, pupils=50_000)
    error = (paper.responses.scores - paper.true).sum(axis=1).std()
    strata = [item.point for item in paper.responses.items]
    found = reliability_of(paper.responses.scores, strata)
    assert found.sem is not None and found.stratified is not None
    assert found.sem == pytest.approx(error, rel=0.1)
    assert found.sd * (1 - found.stratified) ** 0.5 == pytest.approx(error, rel=0.02)
