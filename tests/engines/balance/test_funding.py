"""Funding: equal to trying every choice on small cases, never below the greedy choice, and what is impossible."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from xuequ.engines.balance.funding import FundDesign, Task, front, fund, greedy, read_task
from xuequ.engines.errors import InputError


def projects(seed: int, schools: int = 4, each: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = schools * each
    return pl.DataFrame(
        {"school": np.repeat([f"s{i:02}" for i in range(schools)], each),
         "project": [f"p{k:02}" for _ in range(schools) for k in range(each)],
         "cost": rng.integers(2, 30, n).astype(float), "gain": rng.integers(1, 40, n) / 10,
         "base": np.repeat(rng.integers(450, 850, schools) / 10, each)}
    )  # fmt: skip


def choices(task: Task, design: FundDesign) -> list[np.ndarray]:
    """Every choice that keeps to the rules."""
    found = []
    for bits in product((0.0, 1.0), repeat=len(task.cost)):
        x = np.array(bits)
        weak = (task.cost * x)[task.weak[task.of]].sum()
        linked = all(x[one] <= x[other] for one, other in task.requires)
        kept = task.cost @ x <= design.budget and weak >= design.weak_share * design.budget
        if kept and linked and (x >= task.must).all():
            found.append(x)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_full_leximin_then_gain_is_the_best_of_all_choices(seed: int) -> None:
    design = FundDesign(60, 0.3, levels=4, weak_weight=2)
    table = projects(seed)
    needs = ["", "p00", ""] * 4
    table = table.with_columns(requires=pl.Series(needs), must=pl.Series([0] * 11 + [1]))
    task = read_task(table, design)
    worth = task.gain * task.weight[task.of]
    best = max(choices(task, design), key=lambda x: (tuple(np.sort(task.after(x)).round(6)), worth @ x))
    found = fund(table, design)
    assert sorted(found.schools["after"]) == pytest.approx(sorted(task.after(best)))
    assert found.gain == pytest.approx(worth @ best)
    assert found.spent <= 60
    assert found.weak_spent >= 18
    assert all(step.gap <= 1e-4 for step in found.steps)


@pytest.mark.parametrize("seed", range(3))
def test_the_weakest_school_of_a_district_is_never_below_the_greedy_choice(seed: int) -> None:
    table = projects(seed, 30, 8)
    found = fund(table, FundDesign(900, 0.4))
    assert found.worst >= found.greedy_worst
    assert found.spent <= 900
    assert found.weak_spent >= 360
    shuffled = fund(table.sample(fraction=1, shuffle=True, seed=seed), FundDesign(900, 0.4))
    assert shuffled.projects.equals(found.projects)


def test_the_greedy_choice_keeps_to_the_budget_and_serves_the_reserve_first() -> None:
    design = FundDesign(60, 0.5)
    task = read_task(projects(1), design)
    x = greedy(task, design)
    assert task.cost @ x <= 60
    assert (task.cost * x)[task.weak[task.of]].sum() >= 30


def test_the_front_runs_from_most_gain_to_the_best_weakest_school() -> None:
    design = FundDesign(300, 0.3)
    table = projects(2, 12, 6)
    points = front(table, design)
    assert points.height == 21
    assert points["gain"].is_sorted(descending=True)
    assert (points["worst"] >= points["floor"] - 1e-4).all()
    assert points["price"][0] == pytest.approx(0, abs=1e-4)
    assert points["worst"][-1] == pytest.approx(fund(table, design).worst)
    assert points["gap"].max() <= 1e-4


def test_what_is_impossible_names_the_smallest_change() -> None:
    table = pl.DataFrame(
        {"school": ["a", "b", "b"], "project": ["p", "p", "q"], "cost": [50, 30, 20], "gain": [5, 5, 5],
         "base": [40, 80, 80], "must": [0, 1, 0]}
    )  # fmt: skip
    short = fund(table, FundDesign(60, 0.5))
    assert not short.feasible
    assert short.relaxation is not None
    # Project p of b must be done (30), a is weak and costs 50: both need 80; with 60 nothing is left for a.
    assert (short.relaxation.budget, short.relaxation.weak_share) == (pytest.approx(80), pytest.approx(0))
    assert fund(table, FundDesign(80, 0.5)).feasible
    assert not fund(table, FundDesign(79.9, 0.5)).feasible
    none = fund(table, FundDesign(20, 0.0)).relaxation
    assert none is not None
    assert (none.budget, none.weak_share) == (pytest.approx(30), None)


def test_tables_that_cannot_be_used_are_refused_by_row_and_column() -> None:
    table = projects(1, 2, 2)
    design = FundDesign(10)
    for columns, expected in (
        ({"cost": [1.0, 0, 1, 1]}, ("free-project", "cost", 2)),
        ({"cost": [1.0, 20_000, 2, 1]}, ("mixed-units", "cost", 2)),
        ({"gain": [1.0, 1, -1, 1]}, ("negative", "gain", 3)),
        ({"base": [1.0, 2, 3, 3]}, ("base-differs", "base", 2)),
        ({"project": ["p", "p", "p", "q"]}, ("duplicate-project", "project", 2)),
        ({"must": ["1", "perhaps", "", ""]}, ("bad-flag", "must", 2)),
        ({"requires": ["", "x", "", ""]}, ("unknown-project", "requires", 2)),
    ):
        with pytest.raises(InputError) as caught:
            fund(table.with_columns(pl.Series(k, v) for k, v in columns.items()), design)  # type: ignore[arg-type]
        assert (caught.value.code, caught.value.column, caught.value.row) == expected
    for wrong in ({"budget": 0.0}, {"budget": 1.0, "weak_share": 1.1}, {"budget": 1.0, "levels": 0}):
        with pytest.raises(InputError):
            FundDesign(**wrong)  # type: ignore[arg-type]
