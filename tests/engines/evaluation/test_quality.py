"""The audit of an index system: planted defects are found, sound systems left in peace, and refusals."""

import numpy as np
import polars as pl
import pytest

from xuequ.engines.consistency import alpha_of
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.comparison import compare_operators, compare_weights, votes
from xuequ.engines.evaluation.diagnosis import importance_performance, obstacles, obstruction
from xuequ.engines.evaluation.quality import audit
from xuequ.engines.evaluation.ratings import ratings_of, read_ratings
from xuequ.engines.evaluation.simulation import DEFECTS, accused, found_in, planted

SEEDS = 40


def test_planted_defects_are_found_and_nothing_else_is() -> None:
    hits, false, judged = dict.fromkeys(DEFECTS, 0), 0, 0
    for seed in range(SEEDS):
        case = planted(np.random.default_rng(seed))
        found, wrong, of = found_in(case, audit(case.ratings, omega=False))
        false, judged = false + wrong, judged + of
        hits = {defect: hits[defect] + found[defect] for defect in DEFECTS}
    assert min(hits.values()) >= 0.95 * SEEDS
    assert false <= 0.05 * judged


def test_a_sound_system_is_left_in_peace() -> None:
    marks = [
        accused(audit(planted(np.random.default_rng(seed), defects=False).ratings, omega=False))
        for seed in range(SEEDS)
    ]
    assert np.mean(marks) <= 0.01


def test_independent_indexes_are_kept_for_they_need_not_correlate() -> None:
    marks = [
        accused(audit(planted(np.random.default_rng(seed), common=0.0, defects=False).ratings, omega=False))
        for seed in range(SEEDS)
    ]
    assert np.mean(marks) <= 0.05


def test_one_rater_who_gives_everyone_the_same_is_careless() -> None:
    case = planted(np.random.default_rng(1), defects=False)
    values = case.ratings.values.copy()
    values[:, 2] = 4
    found = audit(ratings_of(values))
    assert [rater.name for rater in found.rated_by if rater.careless] == ["r3"]


def test_nobody_is_careless_for_an_answer_that_most_raters_give_to_nearly_everything() -> None:
    met = np.ones((40, 5, 6))
    met[np.random.default_rng(11).random(met.shape) < 0.02] = 0
    assert not any(rater.careless for rater in audit(ratings_of(met), omega=False).rated_by)


def test_what_raters_do_not_agree_on_is_no_duplicate() -> None:
    for seed in range(10):
        found = audit(ratings_of(np.random.default_rng(seed).normal(size=(8, 3, 20))), omega=False)
        noisy = [index for index in found.indexes if index.icc is not None and index.icc < 0.5]
        assert len(noisy) >= 10
        assert [index.reason for index in noisy if index.reason != "raters-disagree"] in ([], ["reversed"])


def test_a_rater_who_answered_nothing_hinders_no_comparison_of_the_others() -> None:
    values = planted(np.random.default_rng(12), raters=4, defects=False).ratings.values.copy()
    with_ = np.concatenate([values, np.full_like(values[:, :1], np.nan)], axis=1)
    silent, full = (audit(ratings_of(one), omega=False) for one in (with_, values))
    assert (silent.icc_mean, silent.indexes) == (full.icc_mean, full.indexes)
    assert not silent.rated_by[-1].careless


def test_an_index_on_which_raters_disagree_is_to_be_reworded() -> None:
    rng = np.random.default_rng(2)
    values = planted(rng, defects=False).ratings.values.copy()
    values[:, :, 3] = rng.integers(1, 6, values.shape[:2])
    index = audit(ratings_of(values)).indexes[3]
    assert (index.verdict, index.reason) == ("reword", "raters-disagree")


def test_the_numbers_are_those_of_the_means() -> None:
    case = planted(np.random.default_rng(3), schools=80, indexes=8, defects=False)
    found = audit(case.ratings)
    means = case.ratings.values.mean(axis=1)
    assert found.alpha == pytest.approx(alpha_of(means))
    inverse = np.linalg.inv(np.corrcoef(means, rowvar=False)).diagonal()
    assert [index.vif for index in found.indexes] == pytest.approx(inverse.tolist())
    z = (means - means.mean(axis=0)) / means.std(axis=0)
    rest = np.corrcoef(z[:, 0], z[:, 1:].sum(axis=1))[0, 1]
    assert found.indexes[0].rest == pytest.approx(rest)
    assert found.icc_mean is not None and found.icc_one is not None and found.icc_mean > found.icc_one
    assert all(0.5 < index.without <= 1 for index in found.indexes)
    assert found.remarks == ()


def test_gaps_are_no_zeros() -> None:
    case = planted(np.random.default_rng(4), defects=False)
    values = case.ratings.values.copy()
    holes = np.random.default_rng(5).random(values.shape) < 0.1
    values[holes] = np.nan
    found = audit(ratings_of(values), omega=False)
    assert accused(found).sum() == 0
    assert [remark.code for remark in found.remarks] == ["few-for-factors", "incomplete"]
    full = audit(case.ratings, omega=False)
    assert [a.mean for a in found.indexes] == pytest.approx([b.mean for b in full.indexes], abs=0.1)


def test_the_unit_of_an_index_changes_no_verdict() -> None:
    case = planted(np.random.default_rng(8), common=0.6)
    values = case.ratings.values.copy()
    values[:, :, case.constant] = 4
    plain = audit(ratings_of(values), omega=False)
    values[:, :, ::2] *= 10_000
    scaled = audit(ratings_of(values), omega=False)
    assert [index.verdict for index in scaled.indexes] == [index.verdict for index in plain.indexes]
    assert [rater.careless for rater in scaled.rated_by] == [rater.careless for rater in plain.rated_by]
    assert scaled.alpha == pytest.approx(plain.alpha, abs=0.02)
    assert scaled.indexes[0].mean == pytest.approx(plain.indexes[0].mean * 10_000)
    assert "standardised" in [remark.code for remark in scaled.remarks]


def test_an_index_of_zeros_alone_is_dropped_and_is_no_other_scale() -> None:
    values = planted(np.random.default_rng(10), defects=False).ratings.values.copy()
    values[:, :, 5] = 0
    found = audit(ratings_of(values), omega=False)
    assert [index.name for index in found.indexes if index.verdict != "keep"] == ["u6"]
    assert "standardised" not in [remark.code for remark in found.remarks]


def test_raters_who_share_no_school_cannot_be_compared() -> None:
    values = planted(np.random.default_rng(9), raters=2, defects=False).ratings.values.copy()
    values[:30, 0], values[30:, 1] = np.nan, np.nan
    found = audit(ratings_of(values), omega=False)
    assert (found.kendall, found.icc_mean, found.krippendorff) == (None, None, None)
    assert "raters-apart" in [remark.code for remark in found.remarks]
    assert accused(found).sum() == 0


def test_without_raters_indexes_are_judged_and_agreement_is_not() -> None:
    means = planted(np.random.default_rng(6), defects=False).ratings.means
    found = audit(ratings_of(means[:, None, :]))
    assert (found.kendall, found.icc_mean, found.krippendorff, found.rated_by) == (None, None, None, ())
    assert "one-rater" in [remark.code for remark in found.remarks]


def test_weights_and_operators_are_compared() -> None:
    case = planted(np.random.default_rng(7), defects=False)
    weighed = compare_weights(case.ratings.means, case.ratings.indexes)
    assert [one.way for one in weighed] == ["equal", "entropy", "critic"]
    assert all(one.tau > 0.8 for one in weighed)
    assert [one.way for one in compare_weights(-case.ratings.means, case.ratings.indexes)] == [
        "equal",
        "critic",
    ]
    voted = votes(case.ratings)
    assert voted is not None
    memberships, answers = voted
    assert memberships.sum(axis=2) == pytest.approx(np.ones(memberships.shape[:2]))
    assert memberships @ answers == pytest.approx(case.ratings.means)
    compared = compare_operators(memberships, np.full(20, 1 / 20), answers)
    assert compared[0].tau == 1
    # Twenty factors make each weight so small that M(∧,∨) sees hardly anything but the weights.
    assert compared[1].ties == 1
    assert votes(ratings_of(case.ratings.means[:, None, :])) is None


def test_obstacles_add_up_and_the_largest_come_first() -> None:
    values, weights = np.array([[1.0, 0.2, 0.6], [1.0, 1.0, 1.0]]), np.array([0.5, 0.25, 0.25])
    assert obstruction(values, weights) == pytest.approx(np.array([[0, 2 / 3, 1 / 3], [0, 0, 0]]))
    found = obstacles(["a", "b", "c"], values, weights)
    assert [[one.name for one in school] for school in found] == [["b", "c"], []]
    with pytest.raises(InputError) as caught:
        obstruction(np.array([[0.5, 1.2]]), np.array([0.5, 0.5]))
    assert (caught.value.code, caught.value.row, caught.value.column) == ("out-of-range", 1, "2")
    with pytest.raises(InputError, match="not all 0"):
        obstruction(values, np.zeros(3))


def test_importance_against_performance() -> None:
    placed = importance_performance("abcd", np.array([4.0, 4, 1, 1]), np.array([0.9, 0.1, 0.1, 0.9]))
    assert [one.quadrant for one in placed] == ["keep-up", "concentrate", "low-priority", "more-than-enough"]


def test_indexes_of_equal_importance_lie_on_its_mean() -> None:
    # The mean of three times 0.1 is 0.10000000000000002.
    placed = importance_performance("abc", np.full(3, 0.1), np.array([0.9, 0.1, 0.5]))
    assert [one.quadrant for one in placed] == ["keep-up", "concentrate", "keep-up"]


RATED = pl.DataFrame({"school": ["甲", "甲", "乙"], "rater": ["1", "2", "1"], "a": ["1", "2", "3"], "b": ["1", "", "2"],
                      "c": ["4", "5", "5"]})  # fmt: skip


def test_ratings_are_read_with_gaps() -> None:
    found = read_ratings(RATED)
    assert (found.schools, found.raters, found.indexes) == (("甲", "乙"), ("1", "2"), ("a", "b", "c"))
    assert found.means[0].tolist() == [1.5, 1, 4.5]
    assert np.isnan(found.values[0, 1, 1])
    assert read_ratings(RATED.filter(rater="1").drop("rater")).raters == ("",)


@pytest.mark.parametrize(
    ("table", "code", "column", "row"),
    [
        (RATED.drop("school"), "unknown-column", "school", None),
        (RATED.drop("c"), "too-few-indexes", None, None),
        (RATED.with_columns(rater=pl.lit("1")), "repeated-rating", "school", 2),
        (RATED.with_columns(school=pl.lit(" ")), "missing-key", "school", 1),
        (RATED.with_columns(b=pl.Series(["1", "2", "good"])), "not-numeric", "b", 3),
    ],
)
def test_ratings_that_cannot_be_used_are_refused(table, code, column, row) -> None:
    with pytest.raises(InputError) as caught:
        read_ratings(table)
    assert (caught.value.code, caught.value.column, caught.value.row) == (code, column, row)


def test_too_little_to_judge_is_refused() -> None:
    with pytest.raises(InputError, match="at least 8"):
        audit(read_ratings(RATED))
    values = planted(np.random.default_rng(1), defects=False).ratings.values.copy()
    values[3, 1, 4] = np.inf
    with pytest.raises(InputError) as caught:
        audit(ratings_of(values))
    assert (caught.value.code, caught.value.column) == ("not-finite", "u5")
    values[3, 1, 4] = 3
    values[4, :, 2] = np.nan
    with pytest.raises(InputError) as caught:
        audit(ratings_of(values))
    assert (caught.value.code, caught.value.column, caught.value.value) == ("no-ratings", "u3", "s5")


def test_a_reversed_index_of_a_small_weakly_related_system_is_mostly_found() -> None:
    found = [
        found_in(case, audit(case.ratings, omega=False))[0]["reversed"]
        for case in (planted(np.random.default_rng(9000 + s), 40, 10, 5, common=0.3) for s in range(SEEDS))
    ]
    assert np.mean(found) >= 0.75


def test_an_index_that_has_nothing_to_do_with_the_others_is_seldom_called_reversed() -> None:
    accusations = 0
    for seed in range(60):
        rng = np.random.default_rng(7000 + seed)
        values = planted(rng, 40, 10, 5, common=0.3, defects=False).ratings.values.copy()
        alone = rng.normal(size=(40, 1)) + rng.normal(0, 0.7, (40, 5))
        values[:, :, 0] = np.clip(np.round(3 + alone), 1, 5)
        accusations += audit(ratings_of(values), omega=False).indexes[0].reason == "reversed"
    # 5 % are expected at the most; 8 is 3 standard errors above.
    assert accusations <= 8
