"""What a part of a paper adds, checked against invented pupils whose truth is known."""

import numpy as np
import pytest

from tests.engines.measurement.papers import Sat, sat
from xuequ.engines.consistency import alpha_of
from xuequ.engines.errors import InputError
from xuequ.engines.measurement.analysis import analyse, pupil_estimates
from xuequ.engines.measurement.responses import Floats, Item, Responses
from xuequ.engines.measurement.subscores import Prediction, estimates, point_statistics


def truth(paper: Sat, point: str) -> Floats:
    """The pupils' true shares of a point."""
    places = [i for i, item in enumerate(paper.responses.items) if item.point == point]
    return paper.true[:, places].sum(axis=1) / (4 * len(places))


def real_prmse(true: Floats, *predictors: Floats) -> float:
    """How much better than the mean the best linear prediction of the real truth is."""
    design = np.column_stack([np.ones(len(true)), *predictors])
    left = true - design @ np.linalg.lstsq(design, true, rcond=None)[0]
    return float(1 - left.var() / true.var())


@pytest.mark.parametrize("overlap", [0.2, 0.6, 0.9])
def test_the_three_prmse_values_are_those_of_the_real_truth(overlap: float) -> None:
    paper = sat(1, pupils=60_000, overlap=overlap)
    scores = paper.responses.scores
    row = point_statistics(paper.responses)[0]
    own, total, true = scores[:, :5].sum(axis=1), scores.sum(axis=1), truth(paper, "p1")
    assert row.prmse_own == pytest.approx(real_prmse(true, own), abs=0.02)
    assert row.prmse_total == pytest.approx(real_prmse(true, total), abs=0.02)
    assert row.prmse_both == pytest.approx(real_prmse(true, own, total), abs=0.02)


def test_a_part_adds_value_when_it_is_something_of_its_own_only() -> None:
    assert {row.use for row in point_statistics(sat(2, overlap=0.1, each=8).responses)} == {"own"}
    assert {row.use for row in point_statistics(sat(2, overlap=1.0, each=3).responses)} <= {"total", "both"}


def test_a_single_item_says_nothing_of_one_pupil() -> None:
    responses = sat(3).responses
    items = list(responses.items)
    items[0] = Item("1", 4.0, points=("alone",))
    row = point_statistics(Responses(tuple(items), responses.scores, responses.options))[0]
    assert (row.point, row.reliability, row.use) == ("alone", None, "none")
    assert row.mean == pytest.approx(responses.scores[:, 0].mean() / 4)


def test_a_paper_about_one_point_has_no_part() -> None:
    responses = sat(4).responses
    items = tuple(Item(item.number, 4.0, points=("all",)) for item in responses.items)
    assert point_statistics(Responses(items, responses.scores, responses.options))[0].use == "none"


def test_two_parts_with_the_total_are_wainers_augmented_scores() -> None:
    """With two parts, own score and total span the same space as both scores (Wainer et al. 2001)."""
    scores = sat(5, points=2).responses.scores
    first, second = scores[:, :5].sum(axis=1), scores[:, 5:].sum(axis=1)
    alpha = alpha_of(scores[:, :5]) or 0.0
    ours = Prediction.of(first, first + second, alpha)
    observed = np.cov(first, second)
    true = observed.copy()
    true[0, 0] *= alpha
    weights = np.linalg.solve(observed, true[0])
    centred = np.column_stack([first - first.mean(), second - second.mean()])
    with_total = np.column_stack([centred[:, 0], centred.sum(axis=1)])
    np.testing.assert_allclose(with_total @ ours.weights, centred @ weights, atol=1e-9)


def test_intervals_of_pupils_hold_the_truth_as_often_as_they_say() -> None:
    paper = sat(6, pupils=20_000, overlap=0.5, each=8)
    rows = [row for row in point_statistics(paper.responses) if row.use in {"own", "both"}]
    found = estimates(paper.responses, rows, 0.9)
    assert len(found) == 3
    for item in found:
        true = truth(paper, item.point)
        held = np.mean((item.low <= true) & (true <= item.high))
        assert held == pytest.approx(0.9, abs=0.025)
        observed = paper.responses.scores[
            :, [i for i, x in enumerate(paper.responses.items) if x.point == item.point]
        ]
        crude = observed.sum(axis=1) / 32
        assert np.mean((item.value - true) ** 2) < np.mean((crude - true) ** 2)


def test_pupils_with_a_gap_get_no_estimate() -> None:
    paper = sat(7, overlap=0.3, each=8).responses
    paper.scores[0, 0] = np.nan
    keys = [f"k{i}" for i in range(len(paper.scores))]
    table = pupil_estimates(paper, analyse(paper), keys)
    assert table.columns == ["pupil", "point", "value", "low", "high"]
    assert "k0" not in table["pupil"].to_list()
    assert table.height == 3 * (len(keys) - 1)


def test_no_telling_points_give_an_empty_table() -> None:
    paper = sat(8, points=1).responses
    table = pupil_estimates(paper, analyse(paper), ["k"] * len(paper.scores))
    assert table.height == 0
    assert table.columns == ["pupil", "point", "value", "low", "high"]


def test_too_few_pupils_or_equal_totals_are_refused() -> None:
    with pytest.raises(InputError, match="only 4 pupils"):
        analyse(sat(9, pupils=4).responses)
    flat = Responses((Item("1", 1.0), Item("2", 1.0)), np.ones((10, 2)), (None, None))
    with pytest.raises(InputError, match="same total"):
        analyse(flat)
