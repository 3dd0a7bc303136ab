"""Star schemes: what is refused and where, what may be given, where a school stands, and its path."""

import copy
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.standing import cost_of, path_to, standing
from xuequ.engines.evaluation.star_scheme import StarScheme, scheme_of

EXAMPLE = Path(__file__).parents[3] / "src/xuequ/systems/stars/schemes/examples/smart_campus.toml"


def small() -> dict[str, Any]:
    """Two dimensions, four items, one of them a veto, five improvements, two stars."""
    return {
        "kind": "smart_campus",
        "name": "虚构方案",
        "stars": [
            {"star": 3, "title": "三星", "total": 5},
            {"star": 4, "title": "四星", "total": 8, "minimums": {"A": 4}},
        ],
        "dimensions": [
            {
                "code": "A",
                "title": "环境",
                "items": [
                    {
                        "code": "A1", "text": "网络", "points": 3,
                        "levels": [{"points": 1.5, "text": "一半"}, {"points": 3, "text": "全部"}],
                        "improvements": [
                            {"code": "A1h", "text": "补一半", "points": 1.5, "cost_yuan": 300},
                            {"code": "A1f", "text": "补全部", "points": 3, "cost_yuan": 1000, "per": "class"},
                        ],
                    },
                    {
                        "code": "A2", "text": "安全", "points": 1, "veto": True,
                        "improvements": [{"code": "A2f", "text": "备案", "points": 1, "cost_yuan": 50}],
                    },
                ],
            },
            {
                "code": "B",
                "title": "教学",
                "items": [
                    {
                        "code": "B1", "text": "常态使用", "points": 4,
                        "improvements": [
                            {"code": "B1f", "text": "教研", "points": 4, "cost_yuan": 700, "requires": ["A1h"]}
                        ],
                    },
                    {
                        "code": "B2", "text": "课程", "points": 2,
                        "improvements": [{"code": "B2f", "text": "开课", "points": 2, "cost_yuan": 200}],
                    },
                ],
            },
        ],
    }  # fmt: skip


def refused(document: object) -> InputError:
    with pytest.raises(InputError) as caught:
        scheme_of(document)
    return caught.value


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = small()
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def test_the_example_is_whole_and_official_nowhere() -> None:
    scheme = scheme_of(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert scheme.points == 100
    assert not scheme.official
    # The published points of 江苏's 智慧环境: 25 in all, network 7, security 3.
    environment = scheme.dimensions[0]
    assert environment.points == 25
    assert sum(item.points for item in environment.items[:6]) == 7
    assert [item.points for item in environment.items[11:15]] == [0.5, 1, 1, 0.5]
    assert all(not rule.verified for rule in scheme.stars)
    assert not any(way.verified for item in scheme.items for way in item.improvements)


A1, IMPROVEMENT = ("dimensions", 0, "items", 0), ("dimensions", 0, "items", 0, "improvements", 0)
BAD = [
    ((*A1, "points"), -1, "bad-points", "A1"),
    ((*A1, "points"), 2.25, "bad-points", "A1"),
    ((*A1, "points"), "3", "not-a-number", "A1"),
    ((*A1, "points"), True, "not-a-number", "A1"),
    ((*A1, "text"), "", "bad-scheme", "A1"),
    ((*A1, "colour"), "red", "unknown-key", "A1"),
    ((*A1, "evidence"), ["video"], "unknown-word", "A1"),
    ((*A1, "veto"), "yes", "not-yes-or-no", "A1"),
    ((*A1, "code"), "B1", "duplicate-code", "item"),
    ((*A1, "levels"), [{"points": 1, "text": "x"}], "bad-points", "A1"),
    ((*A1, "levels"), [{"points": 3, "text": "x"}, {"points": 3, "text": "y"}], "duplicate-code", "A1"),
    ((*IMPROVEMENT, "points"), 1, "bad-points", "A1h"),
    ((*IMPROVEMENT, "cost_yuan"), -5, "bad-cost", "A1h"),
    ((*IMPROVEMENT, "per"), "room", "unknown-word", "A1h"),
    ((*IMPROVEMENT, "requires"), ["nothing"], "unknown-option", "A1h"),
    ((*IMPROVEMENT, "requires"), ["A1f"], "same-item", "A1h"),
    ((*IMPROVEMENT, "requires"), ["B1f"], "cycle", "A1h"),
    (("stars", 0, "total"), 12, "too-high", "star 3"),
    (("stars", 0, "total"), 8.5, "bad-order", "star 4"),
    (("stars", 1, "minimums"), {"C": 1}, "unknown-dimension", "star 4"),
    (("stars", 1, "minimums"), {"A": 5}, "too-high", "star 4"),
    (("stars", 1, "vetoes"), ["B1"], "not-a-veto", "star 4"),
    (("stars", 0, "star"), 3.5, "bad-points", "stars"),
    (("step",), 0.3, "bad-points", "scheme"),
    (("kind",), "garden", "unknown-word", "scheme"),
    (("dimensions",), [], "bad-scheme", "scheme"),
]


@pytest.mark.parametrize(("path", "value", "code", "where"), BAD, ids=[f"{p[-1]}={v}" for p, v, _, _ in BAD])
def test_what_is_wrong_is_refused_with_its_place(
    path: tuple[Any, ...], value: Any, code: str, where: str
) -> None:
    error = refused(changed(path, value))
    assert error.code == code
    assert where in (error.column or "")


def test_anything_but_a_table_is_refused() -> None:
    for document in (None, [], "x", 3, {"dimensions": "x"}):
        assert refused(document).code in {"bad-scheme", "unknown-word"}


def test_levels_say_what_may_be_given_and_half_points_where_there_are_none() -> None:
    scheme = scheme_of(small())
    assert scheme.item("A1").given == (0, 1.5, 3)
    assert scheme.item("A2").given == (0, 0.5, 1)
    assert scheme.item("A1").level_of(2) == "一半"


def test_a_star_needs_total_minimum_veto_and_all_stars_below() -> None:
    scheme = scheme_of(small())
    assert standing(scheme, {"A1": 3, "A2": 1, "B1": 4}).star == 4
    missing = standing(scheme, {"A1": 3, "B1": 4, "B2": 2})
    assert missing.star == 0, "the veto stands against every star"
    assert missing.next is not None
    assert missing.next.vetoes == ("A2",)
    assert standing(scheme, {"A1": 1.5, "A2": 1, "B1": 4, "B2": 2}).star == 3, (
        "the dimension's minimum is missed"
    )
    assert standing(scheme, {"A2": 1}).unrated == ("A1", "B1", "B2")


def test_unknown_items_and_points_beyond_are_refused() -> None:
    scheme = scheme_of(small())
    for points, code in (
        ({"X": 1}, "unknown-item"),
        ({"A1": 3.5}, "bad-points"),
        ({"A1": -0.5}, "bad-points"),
    ):
        with pytest.raises(InputError) as caught:
            standing(scheme, points)
        assert caught.value.code == code


def test_costs_grow_with_the_school() -> None:
    way = scheme_of(small()).item("A1").improvements[1]
    assert cost_of(way, {"class": 24}) == 24_000
    assert cost_of(way, {}) == 1000


given_points = st.fixed_dictionaries(
    {
        "A1": st.sampled_from([0, 1.5, 3]),
        "A2": st.sampled_from([0, 0.5, 1]),
        "B1": st.sampled_from([0, 0.5, 1, 2, 3.5, 4]),
        "B2": st.sampled_from([0, 1, 1.5, 2]),
    }
)


@given(given_points)
def test_scores_never_exceed_the_points_and_stay_halves(points: dict[str, float]) -> None:
    found = standing(scheme_of(small()), points)
    assert 0 <= found.total <= found.full
    assert found.total == sum(points.values())
    assert (2 * found.total).is_integer()
    for dimension in found.dimensions:
        assert 0 <= dimension.points <= dimension.full
    for one in found.missing:
        assert one.reached == (one.total == 0 and not one.dimensions and not one.vetoes)
        assert one.star > found.star or one.reached


def cheapest(scheme: StarScheme, points: dict[str, float], star: int, sizes: dict[str, int]) -> float | None:
    """Try all sets of improvements: the oracle."""
    ways = [
        (item, way) for item in scheme.items for way in item.improvements if way.points > points[item.code]
    ]
    done = {w.code for i in scheme.items for w in i.improvements if points[i.code] >= w.points}
    best = None
    for count in range(len(ways) + 1):
        for chosen in combinations(ways, count):
            codes = {way.code for _item, way in chosen} | done
            if len({item.code for item, _way in chosen}) < count:
                continue
            if any(set(way.requires) - codes for _item, way in chosen):
                continue
            after = points | {item.code: way.points for item, way in chosen}
            if standing(scheme, after).star >= star:
                cost = sum(cost_of(way, sizes) for _item, way in chosen)
                best = cost if best is None else min(best, cost)
    return best


@settings(max_examples=60)
@given(given_points, st.sampled_from([3, 4]), st.integers(1, 3))
def test_the_path_is_the_cheapest_of_all_sets(points: dict[str, float], star: int, classes: int) -> None:
    scheme, sizes = scheme_of(small()), {"class": classes}
    found = path_to(scheme, points, star, sizes)
    best = cheapest(scheme, points, star, sizes)
    assert found.feasible == (best is not None)
    if best is not None:
        assert found.cost == best
        after = points | {step.item: points[step.item] + step.gained for step in found.steps}
        assert standing(scheme, after).star >= star


def test_a_way_that_is_left_out_takes_those_that_need_it_along() -> None:
    scheme = scheme_of(small())
    points = dict.fromkeys(("A1", "A2", "B1", "B2"), 0.0)
    with_it = path_to(scheme, points, 3, {})
    assert {step.option for step in with_it.steps} >= {"A2f"}
    without = path_to(scheme, points, 3, {}, without={"A1h"})
    assert "B1f" not in {step.option for step in without.steps}


def test_documents_are_not_changed_by_reading() -> None:
    document = small()
    before = copy.deepcopy(document)
    scheme_of(document)
    assert document == before


def test_ways_that_need_many_others_take_no_longer_than_the_scheme_is_long() -> None:
    # Followed one by one, the ways that lead to the last item are 3^29.
    items = [
        {
            "code": f"I{at}", "text": "事项", "points": 3,
            "improvements": [
                {"code": f"w{at}-{k}", "text": "办法", "points": k, "cost_yuan": 100 * k,
                 "requires": [f"w{at - 1}-{j}" for j in (1, 2, 3)] if at else []}
                for k in (1, 2, 3)
            ],
        }
        for at in range(30)
    ]  # fmt: skip
    document = small() | {
        "dimensions": [{"code": "A", "title": "环境", "items": items}],
        "stars": [{"star": 3, "title": "三星", "total": 3}],
    }
    scheme = scheme_of(document)
    found = path_to(scheme, {}, 3, {}, without={"w0-1"})
    assert [step.option for step in found.steps] == ["w0-3"]
    items[0]["improvements"][0]["requires"] = ["w29-1"]
    assert refused(document).code == "cycle"
