"""The path to the next star: equal to trying every set of options, its ties, what cannot be reached, refusals."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.pathway import (
    Item,
    Option,
    Path,
    Target,
    marginals,
    obstacles_of,
    path,
    wanted_vetoes,
)

Case = tuple[list[Item], list[Option], Target]


@st.composite
def cases(draw: st.DrawFn, most_items: int = 8, most_options: int = 3) -> Case:
    halves = lambda top: st.integers(0, top).map(lambda half: half / 2)  # noqa: E731
    items, options = [], []
    for i in range(draw(st.integers(1, most_items))):
        full, veto = draw(st.integers(2, 8)), draw(st.booleans())
        points = draw(halves(full))
        items.append(Item(f"i{i}", draw(st.sampled_from("AB")), points, full / 1, veto, draw(st.booleans())))
        for k in range(draw(st.integers(0, most_options))):
            reached = draw(halves(round(2 * (full - points)))) + points
            others = [o.code for o in options if o.item != f"i{i}"]
            needed = draw(st.lists(st.sampled_from(others), max_size=1)) if others else []
            cost = draw(st.sampled_from([0.0, 0.5, 100, 100, 250, 1000, 10000.01]))
            options.append(Option(f"i{i}", f"i{i}-{k}", reached, cost, 1, tuple(needed), draw(st.booleans())))
    names = sorted({item.dimension for item in items})
    minimums = {name: draw(halves(16)) for name in draw(st.lists(st.sampled_from(names), unique=True))}
    return items, options, Target(draw(halves(60)), minimums)


def sets(items: list[Item], options: list[Option]) -> list[tuple[int, ...]]:
    """Every set of options of which none excludes or lacks another."""
    own = [[None, *(at for at, o in enumerate(options) if o.item == item.code)] for item in items]
    found = []
    for pick in product(*own):
        chosen = {at for at in pick if at is not None}
        codes = {options[at].code for at in chosen}
        if all(set(options[at].requires) <= codes for at in chosen):
            found.append(tuple(sorted(chosen)))
    return found


def lacking(case: Case, chosen: tuple[int, ...]) -> tuple[list[str], list[float]]:
    """Vetoes unmet, and points short of the total and of each dimension."""
    items, options, target = case
    reached = {item.code: item.points for item in items} | {
        options[at].item: options[at].points for at in chosen
    }
    met = {item.code for item in items if item.met} | {options[at].item for at in chosen if options[at].meets}
    short = [max(target.total - sum(reached.values()), 0)]
    for name, least in target.minimums.items():
        have = sum(reached[item.code] for item in items if item.dimension == name)
        short.append(max(least - have, 0))
    return [code for code in wanted_vetoes(items, target) if code not in met], short


def worse(case: Case, chosen: tuple[int, ...]) -> tuple[object, ...]:
    """What is minimised, in this order: the relaxation first, then the path."""
    vetoes, short = lacking(case, chosen)
    unmet = [code in vetoes for code in wanted_vetoes(case[0], case[2])]
    relaxed = (len(vetoes), sum(short), *short, *unmet)
    return (*relaxed, round(sum(case[1][at].cost for at in chosen), 2), len(chosen), chosen)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_the_path_is_the_best_of_all_sets_of_options(case: Case) -> None:
    items, options, target = case
    best = min(sets(items, options), key=lambda chosen: worse(case, chosen))
    vetoes, short = lacking(case, best)
    found = path(items, options, target)
    assert [step.option for step in found.steps] == [options[at].code for at in best]
    assert found.feasible == (not vetoes and not any(short))
    assert found.gap == 0
    if found.short is not None:
        assert list(found.short.vetoes) == vetoes
        assert found.short.total == short[0]
        assert dict(found.short.dimensions) == {
            d: s for d, s in zip(target.minimums, short[1:], strict=True) if s
        }
    assert found.after == found.before + sum(step.gained for step in found.steps)
    assert found.cost == pytest.approx(sum(options[at].cost for at in best))


ITEMS = [
    Item("net", "environment", 2, 5),
    Item("rooms", "environment", 1, 4),
    Item("use", "application", 3, 6),
    Item("safe", "application", 0, 1, veto=True, met=False),
]
OPTIONS = [
    Option("net", "fibre", 5, 30_000, effort=10),
    Option("net", "wireless", 4, 12_000, effort=6),
    Option("rooms", "smart room", 4, 45_000, requires=("fibre",)),
    Option("use", "training", 5.5, 6_000, effort=20),
    Option("safe", "assessment", 1, 8_000, effort=3),
]


def test_a_path_names_its_steps_what_they_add_and_what_they_cost() -> None:
    found = path(ITEMS, OPTIONS, Target(11, {"environment": 4}))
    assert [(s.option, s.gained, s.meets) for s in found.steps] == [
        ("wireless", 2, False), ("training", 2.5, False), ("assessment", 1, True)
    ]  # fmt: skip
    assert (found.cost, found.effort, found.before, found.after) == (26_000, 29, 6, 11.5)
    assert [(d.dimension, d.before, d.after, d.minimum) for d in found.dimensions] == [
        ("environment", 3, 5, 4), ("application", 3, 6.5, None)
    ]  # fmt: skip


def test_what_is_required_comes_along_and_excludes_the_cheaper_way() -> None:
    found = path(ITEMS, OPTIONS, Target(0, {"environment": 9}, vetoes=()))
    assert [step.option for step in found.steps] == ["fibre", "smart room"]


def test_a_school_that_is_there_already_needs_nothing() -> None:
    found = path(ITEMS, OPTIONS, Target(6, vetoes=()))
    assert (found.already, found.steps, found.cost) == (True, (), 0)


def test_what_cannot_be_reached_tells_how_far_it_can_go() -> None:
    found = path(ITEMS, OPTIONS[:4], Target(17, {"environment": 9.5}))
    assert not found.feasible
    assert found.short is not None
    # All options: 5 + 4 + 5.5 = 14.5; the environment has 9, the veto has no option at all.
    assert (found.short.total, dict(found.short.dimensions), found.short.vetoes) == (
        2.5,
        {"environment": 0.5},
        ("safe",),
    )
    assert [step.option for step in found.steps] == ["fibre", "smart room", "training"]


def test_ties_are_settled_by_fewest_steps_and_then_by_the_order_given() -> None:
    items = [Item(c, "D", 0, 4) for c in "abc"]
    options = [Option("a", "a1", 1, 100), Option("b", "b1", 1, 100), Option("c", "c2", 2, 200),
               Option("b", "b2", 2, 200)]  # fmt: skip
    assert [step.option for step in path(items, options, Target(2)).steps] == ["c2"]
    assert [step.option for step in path(items, options[::-1], Target(2)).steps] == ["b2"]
    many = [Option("a", "z", 2, 200), *options]
    assert {path(items, many, Target(2)) == path(items, many, Target(2)) for _ in range(5)} == {True}


def test_points_per_yuan_and_obstacles() -> None:
    found = marginals(ITEMS, [*OPTIONS, Option("use", "rule", 3.5, 0), Option("net", "none", 2, 5)])
    assert [one.option for one in found][:3] == ["rule", "training", "wireless"]
    assert found[0].per_yuan is None
    assert found[1].per_yuan == pytest.approx(2.5 / 6000)
    assert found[-1].option == "none"
    # Lacking 3, 3, 3, 1 of 10.
    assert [(o.name, round(o.degree, 2)) for o in obstacles_of(ITEMS)] == [
        ("net", 0.3),
        ("rooms", 0.3),
        ("use", 0.3),
    ]


def test_a_large_school_scheme_is_solved_and_no_single_swap_is_cheaper() -> None:
    rng = np.random.default_rng(5)
    items = [Item(f"i{i}", f"d{i % 6}", 1, 4) for i in range(40)]
    options = [
        Option(f"i{i}", f"o{i}-{k}", 2 + k, float(rng.integers(5, 200)) * 1000)
        for i in range(40)
        for k in (0, 1, 2)
    ]
    found = path(items, options, Target(110, {f"d{k}": 15 for k in range(6)}))
    assert found.feasible and found.gap == 0
    assert path(items, options, Target(110, {f"d{k}": 15 for k in range(6)})) == found
    for step in found.steps:
        left = [o for o in options if o.code != step.option]
        assert path(items, left, Target(110, {f"d{k}": 15 for k in range(6)})).cost >= found.cost


def refusal(items: list[Item], options: list[Option], target: Target) -> str:
    with pytest.raises(InputError) as caught:
        path(items, options, target)
    return caught.value.code


def test_what_does_not_fit_together_is_refused() -> None:
    item, option, target = Item("a", "D", 1, 4), Option("a", "o", 2, 1), Target(2)
    b = Item("b", "D", 0, 4)
    assert refusal([], [], target) == "no-items"
    assert refusal([item, item], [], target) == "duplicate-code"
    assert refusal([item], [option, option], target) == "duplicate-code"
    assert refusal([Item("a", "D", 5, 4)], [], target) == "bad-points"
    assert refusal([Item("a", "D", 1.25, 4)], [], target) == "bad-points"
    assert refusal([Item("a", "D", 1.5, 4)], [], Target(2, step=1)) == "bad-points"
    assert refusal([Item("a", "D", 1 / 3, 2000)], [], Target(1999, step=None)) == "bad-points"
    assert refusal([item], [Option("a", "o", 0.5, 1)], target) == "lowers"
    assert refusal([item], [Option("a", "o", 2, -1)], target) == "bad-cost"
    assert refusal([item], [Option("x", "o", 2, 1)], target) == "unknown-item"
    assert refusal([item], [Option("a", "o", 2, 1, requires=("x",))], target) == "unknown-option"
    assert refusal([item], [option, Option("a", "p", 3, 1, requires=("o",))], target) == "same-item"
    ring = [Option("a", "o", 2, 1, requires=("p",)), Option("b", "p", 2, 1, requires=("o",))]
    assert refusal([item, b], ring, target) == "cycle"
    assert refusal([item], [], Target(2, {"E": 1})) == "unknown-dimension"
    assert refusal([item], [], Target(2, vetoes=("a",))) == "not-a-veto"
    assert refusal([item], [], Target(-1)) == "bad-points"
    assert isinstance(path([Item("a", "D", 1.25, 4)], [], Target(1, step=None)), Path)
    assert isinstance(path([Item("a", "D", 0.3, 4)], [], Target(0.1, step=0.1)), Path)
