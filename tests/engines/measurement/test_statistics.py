"""Item and option statistics, and what is flagged."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engines.measurement.papers import choices, sat
from xuequ.engines.measurement.analysis import analyse
from xuequ.engines.measurement.flags import UNSOUND
from xuequ.engines.measurement.responses import Responses
from xuequ.engines.measurement.statistics import extreme_weights, item_statistics, option_statistics


def flags_of(responses: Responses, number: str) -> tuple[str, ...]:
    return next(item.flags for item in analyse(responses).items if item.number == number)


def changed(
    responses: Responses, place: int, scores: np.ndarray, chosen: np.ndarray | None = None
) -> Responses:
    whole = responses.scores.copy()
    whole[:, place] = scores
    options = list(responses.options)
    options[place] = chosen
    return Responses(responses.items, whole, tuple(options))


def test_difficulty_is_the_share_of_marks_and_discrimination_leaves_the_item_out() -> None:
    responses = sat(1).responses
    scores, found = responses.scores, item_statistics(responses)
    total = scores.sum(axis=1)
    assert found[0].difficulty == pytest.approx(scores[:, 0].mean() / 4)
    assert found[0].discrimination == pytest.approx(np.corrcoef(scores[:, 0], total - scores[:, 0])[0, 1])
    assert found[0].low < found[0].discrimination < found[0].high  # type: ignore[operator]


def test_the_extreme_groups_do_not_depend_on_the_order_of_rows() -> None:
    responses = choices(2)
    order = np.random.default_rng(0).permutation(len(responses.scores))
    mixed = Responses(
        responses.items, responses.scores[order], tuple(c[order] for c in responses.options if c is not None)
    )
    first = [item.upper_lower for item in item_statistics(responses)]
    assert [item.upper_lower for item in item_statistics(mixed)] == pytest.approx(first)


@pytest.mark.parametrize("share", [0.1, 0.27, 0.5])
def test_the_extreme_groups_hold_their_share_of_pupils(share: float) -> None:
    total = np.random.default_rng(1).integers(0, 10, 997).astype(float)
    lower, upper = extreme_weights(total, share)
    assert lower.sum() == pytest.approx(share * 997)
    assert upper.sum() == pytest.approx(share * 997)
    assert np.average(total, weights=upper) > np.average(total, weights=lower)


def test_pupils_who_were_not_given_an_item_count_for_the_others_only() -> None:
    responses = sat(3, pupils=100).responses
    responses.scores[:10, 0] = np.nan
    found = item_statistics(responses)
    assert (found[0].n, found[1].n) == (90, 100)
    assert found[0].mean == pytest.approx(responses.scores[10:, 0].mean())
    assert analyse(responses).incomplete == 10


def test_no_index_of_extreme_groups_for_a_handful_of_pupils() -> None:
    found = item_statistics(sat(4, pupils=29).responses)
    assert all(item.upper_lower is None for item in found)


def test_shares_of_options_add_up_in_each_group() -> None:
    own = [row for row in option_statistics(choices(5)) if row.number == "3"]
    for name in ("share", "lower", "middle", "upper"):
        assert sum(getattr(row, name) for row in own) == pytest.approx(1.0)
    assert own[0].is_key and own[0].option == "A"
    assert own[0].point_biserial > 0 > max(row.point_biserial for row in own[1:])  # type: ignore[operator,type-var]


def test_a_sound_paper_has_no_unsound_items() -> None:
    flags = {flag for item in analyse(choices(6)).items for flag in item.flags}
    assert flags & (UNSOUND | {"weak", "lowers-alpha"}) == set()


def test_a_wrong_key_is_suspected() -> None:
    responses = choices(7)
    chosen = responses.options[4]
    assert chosen is not None
    # Everyone who knew it chose A, but the sheet was marked with the key B.
    items = list(responses.items)
    items[4] = replace(items[4], key="B")
    wrong = changed(responses, 4, (chosen == "B").astype(float), chosen)
    found = analyse(Responses(tuple(items), wrong.scores, wrong.options))
    assert {"key-suspected", "negative"} <= set(found.items[4].flags)
    suspected = [row.option for row in found.options if "suspected-key" in row.flags]
    assert suspected == ["A"]


def test_other_weaknesses_are_flagged() -> None:
    responses = choices(8)
    rng = np.random.default_rng(9)
    n = len(responses.scores)
    assert flags_of(changed(responses, 0, np.ones(n)), "1") == ("no-variance",)
    assert "weak" in flags_of(changed(responses, 0, rng.integers(0, 2, n).astype(float)), "1") or (
        "negative" in flags_of(changed(responses, 0, rng.integers(0, 2, n).astype(float)), "1")
    )
    assert "too-easy" in flags_of(changed(responses, 0, (rng.random(n) < 0.97).astype(float)), "1")
    assert "too-hard" in flags_of(changed(responses, 0, (rng.random(n) < 0.05).astype(float)), "1")
    chosen = np.where(responses.scores[:, 0] > 0, "A", "B")
    chosen[:3] = "C"
    assert "idle-distractor" in flags_of(changed(responses, 0, responses.scores[:, 0], chosen), "1")


def test_floor_ceiling_and_few_pupils_are_flagged_for_the_paper() -> None:
    responses = sat(10, pupils=100).responses
    responses.scores[:20] = 0
    assert analyse(responses).flags == ("floor",)
    responses.scores[:20] = 4
    assert analyse(responses).flags == ("ceiling",)
    assert analyse(sat(10, pupils=20).responses).flags == ("few-pupils",)
