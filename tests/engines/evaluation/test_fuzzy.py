"""Fuzzy evaluation: operators, depth, readings, memberships from votes and values, schemes, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.examples import GRADES, SCORES, two_levels
from xuequ.engines.evaluation.fuzzy import OPERATORS, Factor, FuzzyDesign, compose, evaluate, read
from xuequ.engines.evaluation.membership import CURVES, memberships_of_values, memberships_of_votes
from xuequ.engines.evaluation.scheme import design_of

POINTS = (90.0, 80.0, 70.0, 60.0)


def reading(b: list[float], **options):
    grades = tuple("ABCDE"[: len(b)])
    return read(np.array(b), FuzzyDesign(grades, Factor(""), **options))


def test_operators_are_their_definitions() -> None:
    rng = np.random.default_rng(1)
    a, R = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(3), 4)
    pairs = [[(a[i], R[i, k]) for i in range(4)] for k in range(3)]
    expected = {
        "weighted": [sum(x * y for x, y in column) for column in pairs],
        "min-max": [max(min(x, y) for x, y in column) for column in pairs],
        "prod-max": [max(x * y for x, y in column) for column in pairs],
        "min-bsum": [min(1, sum(min(x, y) for x, y in column)) for column in pairs],
    }
    for operator in OPERATORS:
        assert compose(a, R, operator) == pytest.approx(expected[operator])
        assert compose(a, np.stack([R, R]), operator) == pytest.approx(np.array([expected[operator]] * 2))


def test_the_weighted_operator_gives_the_leaves_their_products_of_weights_at_any_depth() -> None:
    leaf = [Factor(f"u{i}", 0.5, membership=m) for i, m in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 1)))]
    tree = Factor("", factors=(leaf[0], Factor("v", 0.5, (leaf[1], Factor("w", 0.5, (leaf[2],))))))
    found = evaluate(FuzzyDesign(("A", "B", "C"), tree))
    assert found.root.memberships == pytest.approx((0.5, 0.25, 0.25))
    assert [node.path for node in found.nodes] == [
        (),
        ("u0",),
        ("v",),
        ("v", "u1"),
        ("v", "w"),
        ("v", "w", "u2"),
    ]
    assert [node.weight for node in found.nodes] == [1, 0.5, 0.5, 0.5, 0.5, 1]


def test_weights_of_a_level_that_do_not_add_up_to_one_are_divided_and_it_is_said() -> None:
    parts = (Factor("a", 3, membership=(1, 0)), Factor("b", 1, membership=(0, 1)))
    found = evaluate(FuzzyDesign(("A", "B"), Factor("", factors=parts)))
    assert found.root.memberships == pytest.approx((0.75, 0.25))
    assert [(r.code, r.numbers) for r in found.remarks] == [("weights-normalised", {"sum": 4.0})]


def test_a_doubtful_verdict_is_not_given() -> None:
    found = evaluate(two_levels())
    assert (found.root.reading.leading, found.root.reading.verdict) == ("良", None)
    assert found.root.reading.validity == "low"
    assert [remark.code for remark in found.remarks] == ["verdict-doubtful"]
    tied = evaluate(two_levels("min-max")).root.reading
    assert (tied.tie, tied.verdict) == (True, None)


def test_readings() -> None:
    clear = reading([0.05, 0.8, 0.1, 0.05], scores=(90, 80, 70, 60))
    assert (clear.verdict, clear.validity) == ("B", "very-effective")
    assert clear.alpha == pytest.approx((4 * 0.8 - 1) / (2 * 0.1 * 3))
    assert clear.score == pytest.approx(78.5)
    assert clear.spread == pytest.approx(
        np.sqrt(0.05 * 11.5**2 + 0.8 * 1.5**2 + 0.1 * 8.5**2 + 0.05 * 18.5**2)
    )
    one = reading([0.0, 1.0, 0.0])
    assert (one.verdict, one.alpha, one.validity, one.entropy) == ("B", None, "very-effective", 0)
    assert reading([0.25, 0.25, 0.25, 0.25]).entropy == pytest.approx(1)
    assert [reading([0.3, 0.3, 0.4], confidence=c).at_least for c in (0.5, 0.6, 0.7)] == ["B", "B", "C"]
    assert (one.score, one.spread) == (None, None)


def test_votes_become_shares() -> None:
    assert memberships_of_votes(np.array([[5.0, 3, 2], [0, 0, 4]])).tolist() == [[0.5, 0.3, 0.2], [0, 0, 1]]


@pytest.mark.parametrize("curve", CURVES)
@given(value=st.floats(-200, 300))
def test_memberships_of_a_value_add_up_to_one_and_costs_mirror_benefits(curve: str, value: float) -> None:
    benefit = memberships_of_values(np.array([value]), POINTS, curve)
    assert benefit.sum() == pytest.approx(1)
    assert (benefit >= 0).all()
    cost = memberships_of_values(np.array([-value]), [-s for s in POINTS], curve)
    assert cost == pytest.approx(benefit)


def test_memberships_at_the_points_and_half_way() -> None:
    values = np.array([95.0, 80, 75, 10])
    for curve in ("triangle", "trapezoid"):
        assert memberships_of_values(values, POINTS, curve) == pytest.approx(
            np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]])
        )
    assert memberships_of_values(np.array([82.0]), POINTS, "trapezoid")[0] == pytest.approx([0, 1, 0, 0])
    bell = memberships_of_values(values, POINTS, "gaussian")
    assert bell.argmax(axis=1).tolist() == [0, 1, 1, 3]
    assert bell[2, 1] == pytest.approx(bell[2, 2])


SCHEME = {
    "grades": ["优", "良", "差"],
    "scores": [90, 80, 50],
    "factors": [
        {"name": "环境", "weight": 0.4, "factors": [
            {"name": "网络", "weight": 0.5, "votes": [6, 3, 1]},
            {"name": "师机比", "weight": 0.5, "value": 1.5, "thresholds": [1, 2, 3]},
        ]},
        {"name": "应用", "weight": 0.6, "membership": [0.2, 0.5, 0.3]},
    ],
}  # fmt: skip


def test_a_scheme_is_read_with_votes_values_and_memberships() -> None:
    found = evaluate(design_of(SCHEME))
    by = {node.path: node.memberships for node in found.nodes}
    assert by["环境", "网络"] == pytest.approx((0.6, 0.3, 0.1))
    assert by["环境", "师机比"] == pytest.approx((0.5, 0.5, 0))
    assert found.root.memberships == pytest.approx((0.34, 0.46, 0.2))
    assert design_of(SCHEME, "min-max").operator == "min-max"


def leaf(**values) -> dict:
    return {"grades": ["A", "B"], "factors": [{"name": "u"} | values]}


@pytest.mark.parametrize(
    ("scheme", "code", "column"),
    [
        (leaf(membership=[0.5, 0.4]), "not-one", "u"),
        (leaf(membership=[1.2, -0.2]), "bad-membership", "u"),
        (leaf(membership=[1]), "wrong-length", "u"),
        (leaf(membership=[0.5, "half"]), "not-a-number", "u"),
        (leaf(votes=[0, 0]), "no-votes", "u"),
        (leaf(votes=[3, -1]), "negative-votes", "u"),
        (leaf(value=3, thresholds=[1, 1]), "bad-thresholds", "u"),
        (leaf(value=3, thresholds=[1, 2], curve="line"), "unknown-curve", "u"),
        (leaf(value=None, thresholds=[1, 2]), "not-a-number", "u"),
        (leaf(value=3), "bad-scheme", "u"),
        (leaf(), "bad-scheme", "u"),
        (leaf(votes=[1, 1], membership=[0.5, 0.5]), "bad-scheme", "u"),
        (leaf(votes=[1, 1], weigth=1), "unknown-key", "factor 1"),
        (leaf(votes=[1, 1], weight=-1), "bad-weight", "u"),
        (leaf(votes=[1, 1], weight=0), "bad-weight", "the whole"),
        (leaf(votes=[1, 1], weight=True), "not-a-number", "u"),
        ({"grades": ["A", "B"], "factors": [{"votes": [1, 1]}]}, "bad-scheme", None),
        ({"grades": ["A", "B"], "factors": [{"name": "u", "votes": [1, 1]}] * 2}, "repeated-name", "u"),
        ({"grades": ["A", "A"], "factors": [{"name": "u", "votes": [1, 1]}]}, "bad-grades", None),
        (
            {"grades": ["A", "B"], "scores": [1], "factors": [{"name": "u", "votes": [1, 1]}]},
            "bad-scores",
            None,
        ),
        ({"grades": ["A", "B"]}, "bad-scheme", "the scheme"),
        ([], "bad-scheme", "the scheme"),
        (leaf(votes=[1, 1]) | {"operator": "max"}, "unknown-operator", None),
        (leaf(votes=[1, 1]) | {"confidence": 0.2}, "bad-confidence", None),
    ],
)
def test_a_scheme_that_cannot_be_used_is_refused_at_its_factor(scheme, code: str, column: str | None) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(design_of(scheme))
    assert (caught.value.code, caught.value.column) == (code, column)


def test_trees_and_operators_made_by_hand_are_checked_too() -> None:
    design = FuzzyDesign(GRADES, Factor(""), SCORES)
    with pytest.raises(InputError, match="neither"):
        evaluate(design)
    both = Factor("", factors=(Factor("a"),), membership=(1, 0, 0, 0, 0))
    with pytest.raises(InputError, match="exclude"):
        evaluate(replace(design, root=both))
    with pytest.raises(InputError, match="no operator"):
        compose(np.ones(1), np.ones((1, 2)), "max")
    with pytest.raises(InputError, match="must be numbers"):
        replace(design, scores=(1, 2, 3, 4, float("nan")))
    with pytest.raises(InputError, match="missing or infinite"):
        memberships_of_values(np.array([float("nan")]), POINTS)


def test_three_decimals_that_miss_one_by_a_thousandth_are_taken() -> None:
    root = Factor("", factors=(Factor("u", membership=(0.333, 0.333, 0.333)),))
    assert sum(evaluate(FuzzyDesign(("A", "B", "C"), root)).root.memberships) == pytest.approx(1)
