"""Funding: equal to trying every choice on small cases, never below the greedy choice, and what is impossible."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from xuequ.engines.balance.fairness import equivalent
from xuequ.engines.balance.funding import FundDesign, Source, Task, front, fund, greedy, more, read_task
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


KINDS = ["网络", "教室", "研训"] * 4
SOURCES = (
    Source("财政", 30.0),
    Source("企业", 18.0, kinds=("网络",)),
    Source("社会", 12.0, schools=("s00", "s01"), weak_only=False),
)


def payable(task: Task, design: FundDesign, x: np.ndarray) -> bool:
    """Whether every chosen project can be paid by the sources open to it: a flow, found by linear programming."""
    chosen = np.flatnonzero(x)
    pays = np.array([task.payable(source)[chosen] for source in design.sources], dtype=float)
    if not len(chosen):
        return True
    K, P = pays.shape
    found = linprog(
        np.zeros(K * P),
        A_ub=np.kron(np.eye(K), np.ones((1, P))), b_ub=[source.amount for source in design.sources],
        A_eq=np.kron(np.ones((1, K)), np.eye(P)), b_eq=task.cost[chosen],
        bounds=[(0, None if may else 0) for may in pays.ravel()],
    )  # fmt: skip
    return found.status == 0


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_fair_choice_is_the_best_of_all_within_its_gap(alpha: float, seed: int) -> None:
    design = FundDesign(60, 0.2, weak_weight=1.5, alpha=alpha)
    table = projects(seed)
    task = read_task(table, design)
    best = max(equivalent(task.after(x), task.weight, alpha) for x in choices(task, design))
    found = fund(table, design)
    (step,) = found.steps
    assert step.name == "fair"
    assert step.value == pytest.approx(found.equivalent)
    assert best * (1 - 1e-4) <= found.equivalent <= best + 1e-9
    assert step.gap <= 1e-4
    assert found.equivalent >= best * (1 - step.gap - 1e-9)


def test_a_larger_alpha_lifts_the_weakest_and_costs_gain() -> None:
    table = projects(4, 12, 6)
    found = [fund(table, FundDesign(300, alpha=alpha)) for alpha in (0.0, 2.0, 12.0)]
    highest = fund(table, FundDesign(300))
    assert found[0].price == pytest.approx(0, abs=1e-4)
    assert found[0].worst <= found[1].worst <= found[2].worst <= highest.worst
    assert found[0].price <= found[1].price + 1e-4 <= found[2].price + 2e-4
    assert highest.price == pytest.approx(1 - highest.gain / found[0].gain, abs=2e-4)
    with pytest.raises(InputError, match="above 0"):
        fund(table.with_columns(base=pl.lit(0.0)), FundDesign(300, alpha=1.0))


@pytest.mark.parametrize("seed", range(4))
def test_earmarks_are_kept_and_the_choice_is_the_best_that_keeps_them(seed: int) -> None:
    design = FundDesign(60, 0.2, levels=None, sources=SOURCES)
    table = projects(seed).with_columns(kind=pl.Series(KINDS))
    task = read_task(table, design)
    able = [x for x in choices(task, design) if payable(task, design, x)]
    best = max(able, key=lambda x: tuple(np.sort(task.after(x)).round(6)))
    found = fund(table, design)
    assert sorted(found.schools["after"]) == pytest.approx(sorted(task.after(best)))
    paid = found.money.group_by("source").agg(pl.col("amount").sum())
    for source in SOURCES:
        given = paid.filter(source=source.name)["amount"].sum()
        assert given <= source.amount + 2e-6
    assert found.money["amount"].sum() == pytest.approx(found.spent)
    network = found.money.filter(source="企业").join(table, on=["school", "project"])
    assert set(network["kind"]) <= {"网络"}


@pytest.mark.parametrize("seed", range(6))
def test_leximin_raises_every_score_in_turn(seed: int) -> None:
    design = FundDesign(55, levels=None)
    table = projects(seed, 5, 2)
    task = read_task(table, design)
    best = max(choices(task, design), key=lambda x: (tuple(np.sort(task.after(x)).round(6)), -task.cost @ x))
    found = fund(table, design)
    assert sorted(found.schools["after"]) == pytest.approx(sorted(task.after(best)))
    assert [step.name for step in found.steps] == [*(f"worst-{k}" for k in range(1, 6)), "gain"]
    assert {step.gap for step in found.steps} == {0.0}
    assert found.spent == pytest.approx(task.cost @ best)


def test_leximin_of_a_district_beats_every_single_trade() -> None:
    design = FundDesign(1500, 0.4, levels=None)
    table = projects(1, 45, 8)
    found = fund(table, design)
    assert {step.gap for step in found.steps} == {0.0}
    assert found.worst == fund(table, FundDesign(1500, 0.4)).worst
    assert found.worst >= found.greedy_worst


def test_each_amount_is_explained_by_codes() -> None:
    table = pl.DataFrame(
        {"school": ["a", "a", "b", "b", "c"], "project": ["p", "q", "p", "q", "p"], "cost": [50, 20, 30, 25, 90],
         "gain": [5.0, 3.0, 5.0, 6.0, 9.0], "base": [40, 40, 60, 60, 90], "must": [0, 0, 1, 0, 0],
         "requires": ["q", "", "", "", ""]}
    )  # fmt: skip
    found = fund(table, FundDesign(125))
    assert found.projects["reason"].to_list() == ["floor", "floor", "must", "gain", ""]
    assert found.schools["why"].to_list() == ["floor 70", "must 30; gain 25", "elsewhere"]
    reserve = fund(table.drop("must", "requires"), FundDesign(100, 0.7, weak_weight=0.01, alpha=0.0))
    assert reserve.projects.filter(school="a")["reason"].to_list() == ["reserve", "reserve"]


def test_more_money_is_worth_what_choosing_anew_brings() -> None:
    table = projects(2, 12, 6)
    design = FundDesign(300, 0.3)
    found = more(table, design, 10)
    richer = fund(table, FundDesign(310, 0.3))
    assert found.worst == pytest.approx(richer.worst - fund(table, design).worst)
    assert found.worst >= 0
    assert found.price is not None and found.price > 0
    fair = more(table, FundDesign(300, alpha=1.0), 10)
    assert fair.price is None and fair.equivalent > 0
    marked = table.with_columns(kind=pl.Series(["网络", "教室"] * 36))
    split = FundDesign(300, sources=(Source("财政", 290.0), Source("企业", 10.0, kinds=("网络",))))
    assert more(marked, split, 10, "企业").worst <= more(marked, split, 10).worst + 1e-9
    with pytest.raises(InputError, match="no source"):
        more(table, design, 10, "x")


def test_further_money_says_by_how_much_it_can_be_off_and_uses_what_is_known() -> None:
    table, design = projects(2, 12, 6), FundDesign(300, 0.3)
    now = fund(table, design)
    assert more(table, design, 10, now=now) == more(table, design, 10)
    richer = fund(table, FundDesign(310, 0.3))
    gaps = [step.gap * step.value for found in (now, richer) for step in found.steps if step.name == "gain"]
    assert more(table, design, 10).error == pytest.approx(sum(gaps))
    everything = float(table["cost"].sum())
    with pytest.raises(InputError, match="cannot be kept"):
        more(table, FundDesign(everything), 10, weak_share=0.9)


def test_a_narrow_purse_pays_before_a_free_one_whatever_was_chosen() -> None:
    table = pl.DataFrame(
        {"school": ["a", "b"], "project": ["p", "q"], "cost": [30.0, 50.0], "gain": [5.0, 1.0],
         "base": [50.0, 60.0], "kind": ["网络", "教室"]}
    )  # fmt: skip
    money = fund(
        table, FundDesign(40, sources=(Source("财政", 10.0), Source("企业", 30.0, kinds=("网络",))))
    ).money
    assert money.rows() == [("企业", "a", "p", 30.0)]


def test_the_dual_is_the_slope_of_the_relaxed_gain() -> None:
    table = pl.DataFrame({"school": ["a", "b"], "project": ["p", "p"], "cost": [10.0, 20.0], "gain": [5.0, 4.0],
                          "base": [50.0, 50.0]})  # fmt: skip
    # a is done whole (0.5 each unit), the rest goes to b: 0.2 for each further unit.
    assert more(table, FundDesign(15, alpha=None, levels=1), 1).price == pytest.approx(0.2)


def test_the_smallest_change_of_one_source_is_told() -> None:
    table = pl.DataFrame(
        {"school": ["a", "b"], "project": ["p", "p"], "cost": [50.0, 30.0], "gain": [5, 5], "base": [40, 80],
         "must": [1, 1], "kind": ["网络", "教室"]}
    )  # fmt: skip
    sources = (Source("财政", 60.0), Source("企业", 10.0, kinds=("网络",)))
    found = fund(table, FundDesign(70, sources=sources)).relaxation
    assert found is not None
    # 80 are needed: 10 more from either; the enterprise then pays 20 of the 50.
    assert (found.budget, dict(found.sources)) == (
        pytest.approx(80),
        {"财政": pytest.approx(70), "企业": pytest.approx(20)},
    )
    narrow = (Source("财政", 20.0), Source("企业", 80.0, kinds=("网络",)))
    none = fund(table, FundDesign(100, sources=narrow)).relaxation
    assert none is not None
    assert dict(none.sources) == {"财政": pytest.approx(30), "企业": None}


def test_sources_that_do_not_fit_are_refused() -> None:
    table = projects(1).with_columns(kind=pl.Series(KINDS))
    for sources, code in (
        ((Source("a", 30.0), Source("a", 30.0)), "bad-sources"),
        ((Source("a", 30.0),), "bad-sources"),
        ((Source("a", -1.0), Source("b", 61.0)), "bad-sources"),
        (tuple(Source(f"s{k}", 60 / 9) for k in range(9)), "bad-sources"),
    ):
        with pytest.raises(InputError) as caught:
            FundDesign(60, sources=sources)
        assert caught.value.code == code
    for source in (Source("a", 60.0, kinds=("食堂",)), Source("a", 60.0, schools=("x",))):
        with pytest.raises(InputError) as caught:
            fund(table, FundDesign(60, sources=(source,)))
        assert caught.value.code == "unknown-earmark"
    with pytest.raises(InputError, match="alpha"):
        FundDesign(60, alpha=21)


@pytest.mark.parametrize("seed", range(8))
def test_leximin_is_the_best_of_all_where_the_reserve_decides(seed: int) -> None:
    design = FundDesign(60, 0.8, levels=None, weak_weight=1.5)
    table = projects(seed)
    task = read_task(table, design)
    able = choices(task, design)
    found = fund(table, design)
    assert found.feasible == bool(able)
    if able:
        best = max(able, key=lambda x: (tuple(np.sort(task.after(x)).round(6)), task.worth @ x))
        assert sorted(found.schools["after"]) == pytest.approx(sorted(task.after(best)))
        assert found.gain == pytest.approx(task.worth @ best)


@pytest.mark.parametrize("share", [0.5, 0.75, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_every_score_is_proven_where_a_reserve_and_what_is_required_decide(seed: int, share: float) -> None:
    design = FundDesign(70, share, levels=None)
    table = projects(seed, 4, 3).with_columns(
        requires=pl.Series(["", "p00", ""] * 4), must=pl.Series([0] * 5 + [1] + [0] * 6)
    )
    task = read_task(table, design)
    able = choices(task, design)
    found = fund(table, design)
    assert found.feasible == bool(able)
    if able:
        best = max(able, key=lambda x: tuple(np.sort(task.after(x)).round(6)))
        assert sorted(found.schools["after"]) == pytest.approx(sorted(task.after(best)))
        assert all(step.gap <= 1e-4 for step in found.steps)


def test_a_district_with_a_binding_reserve_is_proven_to_the_last_school() -> None:
    table = projects(0, 45, 12)
    free, found = (fund(table, FundDesign(1500, share, levels=None, seconds=1)) for share in (0.0, 0.95))
    assert free.weak_spent < 0.95 * 1500 <= found.weak_spent + 1e-6
    assert len(found.steps) == 46
    assert max(step.gap for step in found.steps) < 1e-9
    assert sorted(found.schools["after"]) < sorted(free.schools["after"])
