"""Second ratings: the lot, the interval of a total, what schools give themselves too much, chances of stars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engines.evaluation.test_star_scheme import small
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.second_rating import draw, nearest_cut, overstatement, rated_totals
from xuequ.engines.evaluation.star_chance import RatedSchool, star_chances
from xuequ.engines.evaluation.star_scheme import scheme_of


@given(st.sets(st.text(min_size=1, max_size=4), max_size=30), st.floats(0, 1), st.integers(0, 2**31))
def test_the_lot_depends_on_seed_and_keys_only(keys: set[str], share: float, seed: int) -> None:
    listed = sorted(keys)
    chosen = draw(listed, share, seed)
    assert chosen == draw(listed[::-1], share, seed)
    assert set(chosen) <= keys
    assert len(chosen) == int(np.ceil(round(share * len(keys), 9)))


def test_every_school_is_drawn_as_often() -> None:
    keys = list("abcdefgh")
    counts = dict.fromkeys(keys, 0)
    for seed in range(4000):
        for key in draw(keys, 0.25, seed):
            counts[key] += 1
    # 1000 expected each, standard deviation below 28: five of them.
    assert all(860 < count < 1140 for count in counts.values())


def test_bad_shares_and_double_keys_are_refused() -> None:
    for keys, share, code in ((["a"], 1.5, "bad-share"), (["a", "a"], 0.5, "duplicate-code")):
        with pytest.raises(InputError) as caught:
            draw(keys, share, 1)
        assert caught.value.code == code


def test_the_nearest_cut() -> None:
    assert nearest_cut(74, [60, 75, 90]) == -1
    assert nearest_cut(62, [60, 75, 90]) == 2
    assert nearest_cut(62, []) == np.inf


def test_the_interval_pools_the_spread_of_all_schools() -> None:
    # Pooled: squares 8 + 2 over 2 degrees of freedom, s² = 5; t(2; .975) = 4.302653; half width 4.302653·√(5/2).
    one, other, alone = rated_totals({"a": [70, 74], "b": [80, 82], "c": [60]}, 100)
    half = 4.302653 * np.sqrt(5 / 2)
    assert one.low == pytest.approx(72 - half, abs=1e-4)
    assert other.high == pytest.approx(81 + half, abs=1e-4)
    assert alone.low == pytest.approx(60 - 4.302653 * np.sqrt(5), abs=1e-4)
    assert rated_totals({"a": [70]}, 100)[0].low is None
    assert rated_totals({"a": [98, 100]}, 100)[0].high == 100


def test_overstatement_is_students_interval() -> None:
    found = overstatement([2, 4, 6])
    assert found is not None
    # Mean 4, s = 2, t(2; .975) = 4.302653.
    assert (found.mean, found.sd) == (4, 2)
    assert found.low == pytest.approx(4 - 4.302653 * 2 / np.sqrt(3), abs=1e-5)
    assert overstatement([1, 2]) is None


FULL = np.array([3.0, 1, 4, 2])


def rated(key: str, own: list[float], *seconds: list[float], by_lot: bool = True) -> RatedSchool:
    return RatedSchool(key, np.array(own), np.array(seconds, dtype=float).reshape(-1, 4), by_lot)


DRAWN = [
    rated("a", [3, 1, 4, 2], [3, 1, 4, 2], [3, 1, 3, 2]),
    rated("b", [1.5, 1, 2, 2], [1.5, 1, 2, 1], [1.5, 1, 1, 1]),
    rated("c", [3, 0.5, 4, 2], [3, 0, 4, 2], [3, 0.5, 4, 2]),
]


def test_chances_add_up_and_a_veto_bars_every_star() -> None:
    found = star_chances(
        scheme_of(small()), [*DRAWN, rated("d", [3, 1, 4, 2], by_lot=False)], np.random.default_rng(1)
    )
    by_key = {one.key: one for one in found.schools}
    for one in found.schools:
        assert sum(one.chances) == pytest.approx(1)
        assert one.low <= one.points <= one.high
    assert by_key["a"].star == 4
    assert by_key["c"].chances[0] == 1, "its veto item is never met"
    assert by_key["d"].raters == 0
    assert by_key["d"].points < 10, "set right by what drawn schools gave themselves too much"
    assert (found.residuals, found.drawn) == (6, 3)


def test_the_same_seed_gives_the_same_chances() -> None:
    runs = [star_chances(scheme_of(small()), DRAWN, np.random.default_rng(7)) for _ in range(2)]
    assert runs[0].schools == runs[1].schools


def test_without_noise_and_spread_the_verdict_is_certain() -> None:
    same = [rated(key, [3, 1, 4, 2], [3, 1, 4, 2], [3, 1, 4, 2]) for key in "abc"]
    found = star_chances(scheme_of(small()), same, np.random.default_rng(1), noise=0)
    assert all(one.chances == (0, 0, 1) and one.low == one.high == 10 for one in found.schools)


def test_chances_hold_what_they_promise() -> None:
    """Unbiased ratings by a known error: of schools given 5 to 95 % for a star, about as many truly have it."""
    document = small()
    document["stars"] = [{"star": 3, "title": "三星", "total": 5.5}]
    scheme = scheme_of(document)
    rng = np.random.default_rng(20260301)
    promised, kept = [], 0
    for _round in range(150):
        # Half a point away from either end, so that raters err up as often as down; 5.5 is the middle of all totals.
        truth = 0.5 + np.stack([rng.integers(0, 2 * full - 1, 8) for full in FULL], axis=1) / 2
        truth[:, 1] = 1
        error = rng.choice([-0.5, 0, 0.5], p=[0.2, 0.6, 0.2], size=(8, 3, 4))
        error[:, :, 1] = 0
        schools = [RatedSchool(str(at), truth[at], truth[at] + error[at], True) for at in range(8)]
        found = star_chances(scheme, schools, rng, draws=200, noise=0)
        for one, points in zip(found.schools, truth, strict=True):
            chance = one.chances[1]
            if 0.05 <= chance <= 0.95:
                promised.append(chance)
                kept += points.sum() >= 5.5
    assert len(promised) > 100
    spread = np.sqrt(sum(chance * (1 - chance) for chance in promised))
    assert abs(kept - sum(promised)) < 3 * spread


@pytest.mark.parametrize(
    ("schools", "code"),
    [
        (DRAWN[:2], "few-seconds"),
        ([rated("a", [3, 1, 4, 9], [3, 1, 4, 2])], "bad-points"),
        ([RatedSchool("a", np.ones(3), np.ones((1, 3)), True)], "bad-shape"),
    ],
)
def test_what_cannot_be_used_is_refused(schools: list[RatedSchool], code: str) -> None:
    with pytest.raises(InputError) as caught:
        star_chances(scheme_of(small()), schools, np.random.default_rng(1))
    assert caught.value.code == code


def test_points_that_cannot_be_are_told_with_school_and_item() -> None:
    schools = [*DRAWN, rated("d", [3, 1, 4, 2], [3, 1, 4, 2], [3, float("nan"), 4, 2])]
    with pytest.raises(InputError) as caught:
        star_chances(scheme_of(small()), schools, np.random.default_rng(1))
    assert (caught.value.code, caught.value.column, caught.value.value) == ("bad-points", "A2", "d")


def test_a_scheme_without_stars_is_refused() -> None:
    document = small()
    del document["stars"]
    with pytest.raises(InputError) as caught:
        star_chances(scheme_of(document), DRAWN, np.random.default_rng(1))
    assert caught.value.code == "no-stars"
